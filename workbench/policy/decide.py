"""The policy of a workbench: its rules, `deny > ask > allow`; without one the effect decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.errors import ToolError
from workbench.grants import Rule, names_tool
from workbench.policy.facts import Allow, Ask, CallFacts, Decision, Deny
from workbench.tools import Tool


class Policy:
    """Rules about calls.

    Args:
        deny: tools that never run.
        ask: tools that are asked about every time.
        allow: tools that run without a question.
        rules: rules that look at arguments, environment or kind of call, too.

    A name matches exactly; only a name written with `*` is a pattern. Without a rule, tools that
    change nothing and reversible ones of local risk are allowed; all others, those without a
    declaration, and reads by which a server of somebody else reaches out, are asked about.
    """

    def __init__(
        self,
        *,
        deny: Iterable[str] = (),
        ask: Iterable[str] = (),
        allow: Iterable[str] = (),
        rules: Iterable[Rule] = (),
    ) -> None:
        """Hold the rules.

        Raises:
            ToolError: rules are given as one text, of which each letter would be a rule.
        """
        self.deny, self.ask, self.allow = _names(deny), _names(ask), _names(allow)
        named = [Rule("deny", name) for name in self.deny]
        named += [Rule("ask", name) for name in self.ask]
        named += [Rule("allow", name) for name in self.allow]
        self._further = tuple(rules)
        self.rules = (*named, *self._further)

    def decide(self, call: CallFacts) -> Decision:
        """Decide about one call, by these rules and those that stand for its run."""
        found = strongest(self.rules, call)
        if found is not None and found.verdict == "deny":
            return Deny(said(found, call.tool.name))
        if call.step.ask:
            return Ask("the plan asks for an approval here", by_rule=True)
        if found is None:
            return by_effect(call.tool)
        words = said(found, call.tool.name)
        return Ask(words, by_rule=True) if found.verdict == "ask" else Allow(words)

    def forbids(self, tool: Tool) -> str | None:
        """Say which rule denies a tool whatever its arguments; None when none does."""
        for rule in self.rules:
            if rule.verdict == "deny" and rule.always and names_tool(rule.tool, tool.name):
                return said(rule, tool.name)
        return None

    def only(self, names: Iterable[str]) -> dict[str, list[Any]]:
        """Give the rules that matter for tools of these names, as JSON; see `from_json`."""
        known = list(names)
        lists = {
            kind: [rule for rule in rules if any(names_tool(rule, name) for name in known)]
            for kind, rules in (("deny", self.deny), ("ask", self.ask), ("allow", self.allow))
        }
        further = [rule for rule in self._further if any(names_tool(rule.tool, n) for n in known)]
        return {**lists, "rules": [rule.model_dump(mode="json") for rule in further]}

    @classmethod
    def from_json(cls, rules: Mapping[str, list[Any]]) -> Policy:
        """Make it again of what `only` gave."""
        further = [Rule.model_validate(rule) for rule in rules.get("rules", ())]
        return cls(
            deny=rules.get("deny", ()),
            ask=rules.get("ask", ()),
            allow=rules.get("allow", ()),
            rules=further,
        )

    def check(self, tools: Iterable[Tool]) -> None:
        """Refuse rules that can match no call of the catalogue's tools.

        Raises:
            ToolError: a rule matches nothing, so it would protect nothing.
        """
        known = list(tools)
        for rule in self.rules:
            if (idle := rule.idle(known)) is not None:
                raise ToolError(*idle, rule=rule.tool)


def strongest(rules: Iterable[Rule], call: CallFacts) -> Rule | None:
    """Give the rule that decides: of those that cover the call the first of the strongest."""
    found: Rule | None = None
    subject = call.subject
    for rule in rules:
        stronger = found is None or _STRENGTH[rule.verdict] > _STRENGTH[found.verdict]
        if stronger and rule.covers(subject):
            found = rule
    return found


def said(rule: Rule, tool: str) -> str:
    """Put what a rule says about a tool into words."""
    verb = "forbids" if rule.verdict == "deny" else "covers"
    return f"the rule {rule} {verb} {tool}{f' ({rule.why})' if rule.why else ''}"


def by_effect(tool: Tool) -> Decision:
    """Decide by what the tool declares to do."""
    if not tool.declared:
        return Ask(f"{tool.name} does not declare its effect, so it counts as irreversible")
    if tool.repeatable and tool.outward:
        return Ask(f"{tool.name} only reads, and what it asks for goes out ({tool.risk} risk)")
    if tool.repeatable:
        return Allow(f"{tool.name} changes nothing ({tool.effect})")
    if tool.effect == "reversible" and tool.risk in ("read", "local"):
        return Allow(f"{tool.name} can be undone and is local")
    return Ask(f"{tool.name} is {tool.effect} ({tool.risk} risk)")


def _names(names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise ToolError(f"The policy rule {names!r} is no list.", f"Write [{names!r}].", rule=names)
    return tuple(names)


_STRENGTH = {"allow": 0, "ask": 1, "deny": 2}
