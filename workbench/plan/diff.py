"""What changed between two plans."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from workbench.ids import canonical
from workbench.plan.base import Frozen
from workbench.plan.plan import Plan
from workbench.plan.step import Step


class StepChange(Frozen):
    """One field of one step that differs."""

    field: str
    before: Any
    after: Any


class PlanDiff(Frozen):
    """Steps added, removed and changed, by id; `moved` when only the listing order differs."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: dict[str, tuple[StepChange, ...]] = Field(default_factory=dict)
    moved: bool = False

    def __bool__(self) -> bool:
        """Say whether anything differs."""
        return bool(self.added or self.removed or self.changed or self.moved)

    def __str__(self) -> str:
        """Show one change a line."""
        lines = [f"+ {step}" for step in self.added] + [f"- {step}" for step in self.removed]
        for step, changes in self.changed.items():
            lines += [f"~ {step}.{c.field}: {c.before!r} → {c.after!r}" for c in changes]
        if self.moved:
            lines.append("~ the order of the list")
        return "\n".join(lines) or "no difference"


def diff_plans(before: Plan, after: Plan) -> PlanDiff:
    """Compare two plans; see `Plan.diff`."""
    old, new = before.by_id, after.by_id
    changed = {}
    for step_id in old.keys() & new.keys():
        if old[step_id] != new[step_id]:
            changed[step_id] = tuple(_changes(old[step_id], new[step_id]))
    kept_old = [step.id for step in before.steps if step.id in new]
    kept_new = [step.id for step in after.steps if step.id in old]
    return PlanDiff(
        added=tuple(step.id for step in after.steps if step.id not in old),
        removed=tuple(step.id for step in before.steps if step.id not in new),
        changed=dict(sorted(changed.items())),
        moved=kept_old != kept_new,
    )


def _changes(before: Step, after: Step) -> list[StepChange]:
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return [
        StepChange(field=field, before=old[field], after=new[field])
        for field in old
        if canonical(old[field]) != canonical(new[field])
    ]
