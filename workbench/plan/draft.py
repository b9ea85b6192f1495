"""A draft: the edits that a person is making, before they are one revision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.errors import PlanError
from workbench.plan.edits import (
    Add,
    Change,
    Edit,
    Move,
    Remove,
    SetOutput,
    Skip,
    apply_edits,
    touched,
)
from workbench.plan.plan import Plan
from workbench.plan.step import Step
from workbench.values import Stored


class Draft:
    """Collects edits of a plan and shows what it would become.

    Args:
        plan: the revision that the edits are based on.
        fixed: ids that cannot be edited any more, with the reason ("finished", "running").
        store: turns a Python value into its stored form, for `set_output`.
    """

    def __init__(
        self, plan: Plan, fixed: Mapping[str, str], store: Callable[[Any], Stored]
    ) -> None:
        """Begin without edits."""
        self.base = plan
        self.plan = plan
        self.edits: list[Edit] = []
        self._fixed = fixed
        self._store = store

    def add(self, step: Step, *, before: str | None = None) -> None:
        """Add a step, before another one in the list or at the end."""
        self._edit(Add(step=step, before=before))

    def remove(self, step: str) -> None:
        """Remove a step."""
        self._edit(Remove(step=step))

    def change(self, step: str, **changes: Any) -> None:
        """Change fields of a step; arguments are merged by name."""
        self._edit(Change(step=step, changes=changes))

    def skip(self, step: str) -> None:
        """Do not run a step; what waits for it goes on."""
        self._edit(Skip(step=step))

    def set_output(self, step: str, value: Any) -> None:
        """Count a step as done, with this output."""
        self._edit(SetOutput(step=step, output=self._store(value)))

    def move(self, step: str, *, after: list[str] | None = None, before: str | None = None) -> None:
        """Change what a step waits for, or its place in the list."""
        self._edit(Move(step=step, after=None if after is None else tuple(after), before=before))

    def _edit(self, edit: Edit) -> None:
        refuse_fixed(touched(edit), self._fixed)
        self.plan = apply_edits(self.plan, [edit])
        self.edits.append(edit)


def refuse_fixed(step: str, fixed: Mapping[str, str]) -> None:
    """Refuse an edit of a step that is finished or being done.

    Raises:
        PlanError: the step is among `fixed`.
    """
    if step in fixed:
        raise PlanError(
            f"Step {step!r} is {fixed[step]} and cannot be edited.",
            "Edit what is still to come, add a step, or fork the run to change its past.",
            step=step,
        )
