"""What the checker finds: a fault that refuses the plan, or a warning that does not."""

from __future__ import annotations

from typing import Literal

from workbench.plan.base import Frozen
from workbench.plan.edits import Edit


class Finding(Frozen):
    """One fault of a plan, or one thing about it that a person should know."""

    code: Literal[
        "empty",
        "duplicate_id",
        "unknown_tool",
        "forbidden_tool",
        "unknown_check",
        "bad_check",
        "bad_repeat",
        "missing_argument",
        "unknown_argument",
        "bad_argument",
        "dangling_after",
        "dangling_ref",
        "skipped_ref",
        "bad_quorum",
        "no_such_output",
        "cycle",
        "over_budget",
        "too_far_ahead",
        "parallel_writers",
        "undo_step",
        "irreversible_before_uncertain",
        "same_call_twice",
        "spend_unknown",
        "too_many_requests",
        "too_little_left",
    ]
    step: str | None
    """The step concerned; None for the plan as a whole."""
    path: str = ""
    """Where in the step: `args.table`, `after[0]`."""
    message: str
    """The fault and, where it is known, the cure."""
    severity: Literal["error", "warning"] = "error"
    """A plan with an error is refused; one with warnings can run."""
    proposal: tuple[Edit, ...] = ()
    """Edits that would do away with it; whoever edits the plan may take them as they are."""

    def __str__(self) -> str:
        """Show on one line."""
        where = ".".join(part for part in (self.step or "plan", self.path) if part)
        return f"{where}: {self.message}"
