"""What a plan is known to spend before anything is called, held against limits."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from workbench.plan.finding import Finding
from workbench.plan.step import Step

if TYPE_CHECKING:
    from workbench.plan.plan import Plan

SHOWN = 3
"""Steps that a refusal names, the largest first."""
SLACK = 1e-9
"""Part of a limit that sums of decimal fractions may be off by."""


def planned_spend(step: Step, tool: Any) -> dict[str, float]:
    """Give what a step is known to spend at least, by unit.

    What the tool declares for these arguments and what the step estimates are two statements about
    the same money: the larger counts.
    """
    if step.skip or step.output is not None:
        return {}
    foresee = getattr(tool, "planned_spend", None)
    amounts: dict[str, float] = dict(foresee(step.args) or {}) if foresee is not None else {}
    if step.estimate is not None and step.estimate.usd is not None:
        amounts["usd"] = max(amounts.get("usd", 0.0), step.estimate.usd)
    return amounts


def over_budget(
    plan: Plan,
    known: Mapping[str, Any],
    limits: Mapping[str, float],
    *,
    used: Mapping[str, float] | None = None,
    done: Collection[str] = (),
    before: Mapping[str, float] | None = None,
) -> list[Finding]:
    """Find the units of which a plan needs more than there is.

    Args:
        plan: the plan.
        known: the tools by name.
        limits: by unit.
        used: what was spent already, or is set aside, by unit.
        done: steps that will spend nothing more.
        before: what the revision that was edited still needs, by unit; an edit that needs no more
            is never refused, because the person may have allowed what crossed the limit.
    """
    if not limits:
        return []
    findings = []
    for unit, steps in _by_unit(plan, known, limits, done).items():
        total, spent, limit = math.fsum(steps.values()), (used or {}).get(unit, 0.0), limits[unit]
        if total > (before or {}).get(unit, 0.0) and spent + total > limit * (1 + SLACK):
            message = _message(unit, steps, total, spent, limit)
            findings.append(Finding(code="over_budget", step=None, message=message))
    return findings


def still_needed(
    plan: Plan, known: Mapping[str, Any], limits: Mapping[str, float], done: Collection[str]
) -> dict[str, float]:
    """Give what a plan still needs of each unit that has a limit."""
    units = _by_unit(plan, known, limits, done)
    return {unit: math.fsum(steps.values()) for unit, steps in units.items()}


def _by_unit(
    plan: Plan, known: Mapping[str, Any], limits: Mapping[str, float], done: Collection[str]
) -> dict[str, dict[str, float]]:
    """Give unit to step to amount, of the steps that are still to come."""
    units: dict[str, dict[str, float]] = {}
    for step in plan.by_id.values():
        if step.id in done:
            continue
        for unit, amount in planned_spend(step, known.get(step.tool)).items():
            if unit in limits and amount > 0:
                units.setdefault(unit, {})[step.id] = amount
    return units


def _message(
    unit: str, steps: Mapping[str, float], total: float, spent: float, limit: float
) -> str:
    largest = sorted(steps.items(), key=lambda item: -item[1])
    named = ", ".join(f"{step} {amount:g}" for step, amount in largest[:SHOWN])
    more = f" and {len(largest) - SHOWN} more" if len(largest) > SHOWN else ""
    so_far = f"{spent:g} used + " if spent else ""
    return (
        f"{unit}: {so_far}{total:g} for the steps to come crosses the limit of {limit:g}; "
        f"the largest: {named}{more}; take some out, or raise the limit of {unit}"
    )
