"""Rules by tool name, `deny > ask > allow`; without a rule the declared effect decides."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from workbench.errors import ToolError
from workbench.plan import Step
from workbench.tools import Tool


@dataclass(frozen=True)
class Allow:
    """Go on."""

    reason: str


@dataclass(frozen=True)
class Ask:
    """Ask the person first."""

    reason: str


@dataclass(frozen=True)
class Deny:
    """Do not do it."""

    reason: str


Decision = Allow | Ask | Deny


@dataclass(frozen=True)
class CallFacts:
    """All that a decision may depend on."""

    run: str
    agent: str
    on_behalf_of: str
    step: Step
    tool: Tool
    args: dict[str, Any]
    """The arguments as JSON, with references resolved."""


class Decider(Protocol):
    """Anything that decides about calls; it must be pure."""

    def decide(self, call: CallFacts) -> Decision:
        """Decide about one call; an exception counts as deny."""
        ...


class Policy:
    """Rules by tool name.

    Args:
        deny: tools that never run.
        ask: tools that are asked about every time.
        allow: tools that run without a question.

    A name matches exactly; only a name written with `*` is a pattern. Without a rule, tools that
    change nothing and reversible ones of local risk are allowed; all others, and those without a
    declaration, are asked about.
    """

    def __init__(
        self, *, deny: Iterable[str] = (), ask: Iterable[str] = (), allow: Iterable[str] = ()
    ) -> None:
        """Hold the rules.

        Raises:
            ToolError: rules are given as one text, of which each letter would be a rule.
        """
        self.deny, self.ask, self.allow = _rules(deny), _rules(ask), _rules(allow)

    def decide(self, call: CallFacts) -> Decision:
        """Decide about one call."""
        name = call.tool.name
        if rule := _match(name, self.deny):
            return Deny(f"the rule deny {rule!r} forbids {name}")
        if call.step.ask:
            return Ask("the plan asks for an approval here")
        if rule := _match(name, self.ask):
            return Ask(f"the rule ask {rule!r} covers {name}")
        if rule := _match(name, self.allow):
            return Allow(f"the rule allow {rule!r} covers {name}")
        return _by_effect(call.tool)

    def only(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Give the rules that matter for tools of these names, as JSON."""
        known = list(names)
        return {
            kind: [rule for rule in rules if any(_match(name, (rule,)) for name in known)]
            for kind, rules in (("deny", self.deny), ("ask", self.ask), ("allow", self.allow))
        }

    def check(self, tools: Iterable[Tool]) -> None:
        """Refuse rules that can match no tool of the catalogue.

        Raises:
            ToolError: a rule matches nothing, so it would protect nothing.
        """
        names = [tool.name for tool in tools]
        for rule in (*self.deny, *self.ask, *self.allow):
            if not any(_match(name, (rule,)) for name in names):
                raise ToolError(
                    f"The policy rule {rule!r} matches no tool.",
                    f"Known tools are: {', '.join(sorted(names)) or 'none'}.",
                    rule=rule,
                )

    def forbids(self, tool: Tool) -> str | None:
        """Say why a tool is denied whatever it is called with; None when it is not.

        A plan that uses such a tool is refused before it starts.
        """
        rule = _match(tool.name, self.deny)
        return f"the rule deny {rule!r} forbids {tool.name}" if rule else None


def _rules(names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise ToolError(f"The policy rule {names!r} is no list.", f"Write [{names!r}].", rule=names)
    return tuple(names)


def _by_effect(tool: Tool) -> Decision:
    if not tool.declared:
        return Ask(f"{tool.name} does not declare its effect, so it counts as irreversible")
    if tool.repeatable:
        return Allow(f"{tool.name} changes nothing ({tool.effect})")
    if tool.effect == "reversible" and tool.risk in ("read", "local"):
        return Allow(f"{tool.name} can be undone and is local")
    return Ask(f"{tool.name} is {tool.effect} ({tool.risk} risk)")


def _match(name: str, rules: Iterable[str]) -> str | None:
    for rule in rules:
        if rule == name or ("*" in rule and fnmatch.fnmatchcase(name, rule)):
            return rule
    return None
