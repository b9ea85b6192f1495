"""On what terms runs act, for a process that has their journal and not their workbench.

A kernel says them in the note that it leaves for the Jupyter server. So the side panel shows what a
run could do at worst, and keeps from a plain viewer what the principal may not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

from pydantic import ValidationError

from workbench.budget import Cap
from workbench.clock import Clock
from workbench.engine import Parts
from workbench.engine.catalogue import known_tools
from workbench.engine.foresee import facts_of
from workbench.engine.standing import Standing
from workbench.errors import ToolError
from workbench.grants import Rule
from workbench.journal import Journal
from workbench.oversight.worst import stakes, worst_rows
from workbench.policy import Policy, Rights
from workbench.report import tool_row
from workbench.report.viewer import Viewer
from workbench.tools import Tool
from workbench.tools.effect import REPEATABLE
from workbench.view import RunView

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Terms:
    """What a workbench gives every run of one principal."""

    agent: str
    person: str
    viewer: Viewer
    tools: frozenset[str]
    """Names of the tools that its runs hold."""
    rights: Rights
    attended: bool
    caps: tuple[Cap, ...]
    rules: tuple[tuple[str, Rule], ...]
    """Those of files, each with where it stands."""
    policy: Policy | None
    """None: it is an object of that process, and `worst` is what it said there."""
    worst: Rows

    def stakes(
        self, journal: Journal, clock: Clock, tools: Mapping[str, Tool], view: RunView
    ) -> dict[str, Rows]:
        """Give what a run that has not begun could do at worst, as its workbench would.

        Args:
            journal: the run's, which has the standing rules and the ledger of the caps.
            clock: says which windows of caps are open.
            tools: what is declared of them, by name.
            view: the run.
        """
        held = {name: _stand_in(tools[name]) for name in self.tools if name in tools}
        standing = Standing(journal)
        standing.set_files(list(self.rules))
        known = SimpleNamespace(
            journal=journal,
            clock=clock,
            tools=_Held(held),
            policy=self.policy or Policy(),
            rights=self.rights,
            attended=self.attended,
            caps=self.caps,
            standing=standing,
        )
        found = stakes(cast("Parts", known), view)
        if self.policy is None and found["worst"]:
            found["worst"] = list(self.worst)
        return found


class _Held(dict[str, Tool]):
    """Tools by name, gone through as a registry is."""

    def __iter__(self) -> Any:
        return iter(self.values())


def as_json(
    parts: Parts, viewer: Viewer, agent: str, person: str, rules: Iterable[tuple[str, Rule]]
) -> dict[str, Any]:
    """Give the terms of a workbench as JSON; see `terms_from`."""
    policy, worst = parts.policy, Rows()
    if type(policy) is not Policy:
        worst = worst_rows(known_tools(parts), facts_of(parts, agent, person, ""), policy)
    return {
        "agent": agent,
        "person": person,
        "viewer": viewer,
        "tools": [tool.name for tool in parts.tools],
        "rights": parts.rights.as_json(),
        "attended": parts.attended,
        "caps": [cap.model_dump(mode="json") for cap in parts.caps],
        "rules": [[where, rule.model_dump(mode="json")] for where, rule in rules],
        "policy": policy.only(t.name for t in parts.tools) if type(policy) is Policy else None,
        "worst": worst,
    }


def declared_row(tool: Tool) -> dict[str, Any]:
    """Give what a note says of a tool: what forms need, and what rules look at."""
    alias = getattr(tool.function, "__name__", tool.name)
    more = {
        "declared": tool.declared,
        "deletes": tool.deletes,
        "outward": tool.outward,
        "function": alias,
    }
    takes = tool.estimate.model_dump(mode="json") if tool.estimate else None
    return {**tool_row(tool), **more, "estimate": takes}


def terms_from(said: Mapping[str, Any]) -> Terms | None:
    """Read what `as_json` gave; None: it is not that, so nobody knows the terms."""
    try:
        return Terms(
            agent=str(said["agent"]),
            person=str(said["person"]),
            viewer="operator" if said["viewer"] == "operator" else "plain",
            tools=frozenset(said["tools"]),
            rights=Rights.from_json(said["rights"]),
            attended=said["attended"] is True,
            caps=tuple(Cap(**cap) for cap in said["caps"]),
            rules=tuple((where, Rule.model_validate(rule)) for where, rule in said["rules"]),
            policy=None if said["policy"] is None else Policy.from_json(said["policy"]),
            worst=list(said["worst"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, ValidationError, ToolError):
        return None


def _stand_in(tool: Tool) -> Tool:
    """Give what a decision looks at, of a tool of which there is only its declaration."""
    more = {"planned_spend": lambda _args: None, "repeatable": tool.effect in REPEATABLE}
    return cast("Tool", SimpleNamespace(**vars(tool), **more))
