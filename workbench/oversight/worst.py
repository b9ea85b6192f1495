"""The worst that a run could do with the tools it holds: said before it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from workbench.engine import Parts
from workbench.engine.caps import states_of
from workbench.engine.catalogue import known_tools
from workbench.engine.foresee import facts_of
from workbench.plan import Step
from workbench.policy import Allow, Ask, CallFacts, Decider, authorize
from workbench.report.columns import make_frame
from workbench.tools import RISKS, Tool
from workbench.view import RunView

if TYPE_CHECKING:
    import pandas as pd

WORST_COLUMNS = {
    "tool": "str",
    "effect": "str",
    "risk": "str",
    "decision": "str",
    "why": "str",
    "score": "int64",
    "zone": "str",
}
UNASKED, ASKED = 3, 1
"""By how much a class of risk counts when a call of it is made without a question, and with one."""
AMBER, RED = 3, 9
"""Scores from which a tool stands in these zones: a shared change unasked, a public one unasked."""


def worst_case(
    tools: Iterable[Tool], facts: Callable[[Step], CallFacts | None], policy: Decider
) -> pd.DataFrame:
    """List the tools that are held, the worst first, each by what it could do unasked.

    The score is the class of risk, from 0 (read) to 5 (irreversible), times 3 where a call needs no
    question and times 1 where it needs one; what is refused scores 0. A tool is judged by itself:
    a rule that looks at arguments counts only where it covers a call without any.

    Args:
        tools: those that the principal may know.
        facts: gives what is known of a step's call.
        policy: decides.
    """
    return make_frame(worst_rows(tools, facts, policy), WORST_COLUMNS)


def worst_rows(
    tools: Iterable[Tool], facts: Callable[[Step], CallFacts | None], policy: Decider
) -> list[dict[str, Any]]:
    """Give the rows of `worst_case`, the worst first."""
    rows = [_row(tool, facts(Step(id="any", tool=tool.name)), policy) for tool in tools]
    return sorted(rows, key=lambda row: (-row["score"], row["tool"]))


def stakes(parts: Parts, view: RunView) -> dict[str, list[dict[str, Any]]]:
    """Give what a run that has not begun could do at worst, and what the caps leave, as rows.

    It is judged by the run's own rights, rules and dial. Nothing is left once a step has begun.
    """
    if view.final or any(step.attempt for step in view.steps.values()):
        return {"worst": [], "caps": []}
    parts.standing.load()
    facts = facts_of(parts, view.agent, view.on_behalf_of, view.environment, view)
    states = states_of(
        parts.journal, parts.caps, parts.clock, agent=view.agent, person=view.on_behalf_of
    )
    return {
        "worst": worst_rows(known_tools(parts), facts, parts.policy),
        "caps": [{"name": s.cap.name, "left": s.left, "limit": s.limit} for s in states],
    }


def _row(tool: Tool, facts: CallFacts | None, policy: Decider) -> dict[str, Any]:
    decided, why = "refused", "it is not known here"
    if facts is not None:
        try:
            decision = authorize(facts, policy)
            decided = {Allow: "allowed", Ask: "asked"}.get(type(decision), "refused")
            why = decision.reason
        except Exception as error:  # noqa: BLE001 - a policy that fails denies
            why = f"the policy failed: {error}"
    weight = {"allowed": UNASKED, "asked": ASKED}.get(decided, 0)
    score = RISKS.index(tool.risk) * weight
    return {
        "tool": tool.name,
        "effect": tool.effect if tool.declared else f"{tool.effect} (undeclared)",
        "risk": tool.risk,
        "decision": decided,
        "why": why,
        "score": score,
        "zone": "red" if score >= RED else "amber" if score >= AMBER else "green",
    }
