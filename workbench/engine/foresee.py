"""What a plan will ask the person, and what it leaves of the caps: said before anything begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from workbench.budget import TOKENS
from workbench.engine.parts import Parts
from workbench.journal.ledger import CapState
from workbench.plan import Forecast, Plan, Room, Step
from workbench.policy import Ask, CallFacts, authorize
from workbench.tools import Risk


def foresee(
    plan: Plan,
    parts: Parts,
    facts: Callable[[Step], CallFacts | None],
    states: Iterable[CapState] = (),
) -> Forecast:
    """Forecast a plan with its questions, under the policy and the caps as they stand now.

    Args:
        plan: the plan.
        parts: of the workbench.
        facts: gives what is known of the call of a step; None: its tool is not known.
        states: how the caps stand.
    """
    return plan.forecast(
        parts.tools, asked=lambda step: asked_as(parts, facts(step)), room=rooms(states)
    )


def asked_as(parts: Parts, facts: CallFacts | None) -> Risk | None:
    """Give the risk class in which a call will be asked about; None: it will not be."""
    if facts is None:
        return None
    try:
        decision = authorize(facts, parts.policy)
    except Exception:  # noqa: BLE001 - a policy that fails denies, and so asks nobody
        return None
    return facts.tool.risk if isinstance(decision, Ask) else None


def facts_of(
    parts: Parts, agent: str, person: str, environment: str
) -> Callable[[Step], CallFacts | None]:
    """Give what is known of calls before a run exists: their arguments, as the plan has them."""

    def known(step: Step) -> CallFacts | None:
        tool = parts.tools.get(step.tool)
        if tool is None:
            return None
        spend = tool.planned_spend(step.args) or {}
        return CallFacts(
            "",
            agent,
            person,
            step,
            tool,
            dict(step.args),
            environment=environment,
            spend=spend,
            now=parts.clock.now(),
            rights=parts.rights,
            rules=parts.standing.rules,
            attended=parts.attended,
        )

    return known


def rooms(states: Iterable[CapState]) -> list[Room]:
    """Say what each cap has left; one of each run is as large as it is."""
    return [
        Room(
            name=state.cap.name,
            units=TOKENS if state.cap.unit == "tokens" else (state.cap.unit,),
            left=state.left,
            per_call=state.cap.per == "call",
        )
        for state in states
    ]
