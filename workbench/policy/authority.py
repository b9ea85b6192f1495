"""The whole decision about one call: what stands above every policy, the rights, the policy.

A pure function of the facts. In this order: freezes and rules that deny; a run that may only read;
the rights of the person and of the agent; the run's own grants; then the policy, as far as the
run's autonomy lets it allow; and where there is nobody to ask, a question is a refusal.
"""

from __future__ import annotations

from workbench.policy.decide import said, strongest
from workbench.policy.facts import Allow, Ask, CallFacts, Decider, Decision, Deny

NOBODY = ", and nobody is there to ask"
"""Ends the reason of what is refused because it would be asked about."""


def authorize(call: CallFacts, policy: Decider) -> Decision:
    """Decide about one call."""
    if (refused := _forbidden(call) or _beyond_rights(call)) is not None:
        return refused
    decision = policy.decide(call)
    if isinstance(decision, Deny):
        return decision
    decision = _with_rules(call, _with_grants(call, decision))
    if isinstance(decision, Deny):
        return decision
    decision = _with_autonomy(call, decision)
    if call.ordered and isinstance(decision, Ask) and not decision.by_rule:
        return Allow(call.ordered)
    if isinstance(decision, Ask) and not call.attended:
        return Deny(f"{missing(call)}: {decision.reason}{NOBODY}")
    return decision


def missing(call: CallFacts) -> str:
    """Name the right that is missing, as it would have to be given."""
    place = f", environment={call.environment!r}" if call.environment else ""
    return f"missing right: Grant({call.tool.name!r}, step={call.step.id!r}{place})"


def _forbidden(call: CallFacts) -> Deny | None:
    for where, rule in call.rules:
        if rule.verdict == "deny" and rule.covers(call.subject):
            return Deny(f"{said(rule, call.tool.name)}; it stands in {where}", for_now=rule.freeze)
    if call.autonomy == "read_only" and not call.tool.repeatable:
        return Deny(f"the run may only read, and {call.tool.name} is {call.tool.effect}")
    return None


def _beyond_rights(call: CallFacts) -> Deny | None:
    if call.rights.person is None and call.rights.agent is None:
        return None
    whose = (
        (f"the person {call.on_behalf_of}", call.rights.person),
        (f"the agent {call.agent}", call.rights.agent),
    )
    for who, grants in whose:
        if grants is None:
            continue
        lacks = [why for grant in grants if (why := grant.lacks(call.subject)) is not None]
        if len(lacks) == len(grants):
            named = [grant for grant in grants if grant.names(call.tool.name)]
            reasons = [why for grant in named if (why := grant.lacks(call.subject))]
            why = "; ".join(reasons) or "no right of theirs names it"
            return Deny(f"{missing(call)}: {who} may not do this: {why}")
    return None


def _with_grants(call: CallFacts, decision: Decision) -> Decision:
    """A grant of the run that covers the call answers what the policy would ask."""
    if call.grants is None:
        return decision
    reasons: list[str] = []
    gone = False
    for name, held in call.grants.items():
        if not held.grant.names(call.tool.name):
            continue
        lacks = f"it was revoked {held.revoked}" if held.revoked else None
        lacks = lacks or held.grant.lacks(call.subject, held.used)
        if lacks is None:
            # What a person wrote to be asked about, no grant answers.
            return decision if _is_by_rule(decision) else Allow(f"grant {name}")
        gone = gone or bool(held.revoked)
        reasons.append(f"grant {name}: {lacks}")
    if isinstance(decision, Allow) or not (call.closed or gone):
        return decision
    why = "; ".join(reasons) or "no grant of the run names it"
    return Deny(f"{missing(call)}: {why}", for_now=gone)


def _with_rules(call: CallFacts, decision: Decision) -> Decision:
    """Rules of the run and of the journal: the stronger word counts."""
    if not call.rules:
        return decision
    found = strongest([rule for _, rule in call.rules if rule.verdict != "deny"], call)
    if found is None or isinstance(decision, Deny):
        return decision
    words = said(found, call.tool.name)
    if found.verdict == "ask":
        return decision if isinstance(decision, Ask) else Ask(words, by_rule=True)
    return decision if _is_by_rule(decision) else Allow(words)


def _is_by_rule(decision: Decision) -> bool:
    """Whether somebody wrote that it is to be asked: `ask` is stronger than `allow`."""
    return isinstance(decision, Ask) and decision.by_rule


def _with_autonomy(call: CallFacts, decision: Decision) -> Decision:
    if call.autonomy == "ask" and isinstance(decision, Allow):
        return Ask("the run asks for everything", by_rule=True)
    if call.autonomy != "irreversible" or not isinstance(decision, Ask) or decision.by_rule:
        return decision
    if not call.tool.declared or call.tool.effect == "irreversible":
        return decision
    return Allow(f"{call.tool.name} can be undone, and the run asks only about the rest")
