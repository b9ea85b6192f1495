"""What a planner proposes, looked at before it is believed. No I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from workbench.errors import PlanError
from workbench.plan import Add, Edit, EditList, Plan, Remove
from workbench.planner import Decision, Proposal, Question
from workbench.view import RunView

VERBS = ("plan", "edits", "keep", "questions", "wait", "abandon")
"""What a planner can answer with."""


def faults_of(answer: Any) -> str | None:
    """Say in what way an answer is no proposal at all; None when it is one."""
    if not isinstance(answer, Proposal):
        return f"a {type(answer).__name__} instead of a proposal"
    looks = (
        ("a plan that is none", answer.plan is None or _are(Plan, [answer.plan])),
        ("a reason that is no text", _are(str, [answer.abandon, answer.reason, answer.wait])),
        ("a word to keep that is no text", _are(str, [answer.keep])),
        ("questions that are none", _are(Question, answer.questions)),
        ("decisions that are none", _are(Decision, answer.decisions)),
        ("a usage that is no amounts by unit", are_amounts(answer.usage)),
        ("edits that are none", _are_edits(answer.edits)),
        (
            "nothing",
            any(getattr(answer, verb) for verb in VERBS),
        ),
    )
    return next((fault for fault, holds in looks if not holds), None)


def as_edits(view: RunView, plan: Plan) -> tuple[Edit, ...]:
    """Turn a whole new plan into edits of the current one; what is finished stays as it is.

    Raises:
        PlanError: the new plan changes a step that is finished or being done.
    """
    assert view.plan is not None  # noqa: S101 - the first plan is no edit
    fixed, old = view.fixed(), view.plan.by_id
    for step_id, why in fixed.items():
        if step_id in plan and plan[step_id] != old[step_id]:
            raise PlanError(
                f"Step {step_id!r} is {why} and cannot be changed by a new plan.",
                "Give what is to be done now another id.",
                step=step_id,
            )
    new = [step for step in plan.steps if old.get(step.id) != step]
    kept = {step.id for step in plan.steps if old.get(step.id) == step}
    gone = [step_id for step_id in old if step_id not in kept and step_id not in fixed]
    return (*(Remove(step=step_id) for step_id in gone), *(Add(step=step) for step in new))


def are_amounts(usage: Any) -> bool:
    """Whether these are amounts by unit."""
    return isinstance(usage, Mapping) and all(
        isinstance(amount, (int, float)) and 0 <= amount < math.inf for amount in usage.values()
    )


def _are(kind: type, items: Any) -> bool:
    return isinstance(items, Sequence) and all(isinstance(item, kind) for item in items)


def usage_of(usage: Any) -> dict[str, float]:
    """Give the amounts that a planner says it used before it failed; empty when they are none."""
    return dict(usage) if are_amounts(usage) else {}


def _are_edits(edits: Any) -> bool:
    try:
        EditList.validate_python(list(edits))
    except (ValidationError, TypeError):
        return False
    return True
