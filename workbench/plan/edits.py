"""Edit operations: the same for the planner and the person, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError, field_validator

from workbench.errors import PlanError, ValueNotStorable
from workbench.plan.argument import from_argument, to_arguments
from workbench.plan.base import Frozen
from workbench.plan.step import Step
from workbench.values import Stored
from workbench.values.codec import to_json

if TYPE_CHECKING:
    from workbench.plan.plan import Plan


class Add(Frozen):
    """Put a new step into the plan, before the step `before` in the list or at its end."""

    op: Literal["add"] = "add"
    step: Step
    before: str | None = None


class Remove(Frozen):
    """Take a step out of the plan."""

    op: Literal["remove"] = "remove"
    step: str


class Change(Frozen):
    """Replace fields of a step; `args` are merged by name, a None among them removes one."""

    op: Literal["change"] = "change"
    step: str
    changes: dict[str, Any]

    @field_validator("changes", mode="before")
    @classmethod
    def _normalise(cls, changes: Any) -> Any:
        """Keep the JSON form, so that an edit means the same before and after the journal."""
        if not isinstance(changes, Mapping):
            return changes
        return {str(field): _plain(str(field), value) for field, value in changes.items()}


class Move(Frozen):
    """Change what a step waits for (`after`), or its place in the list (`before`), or both."""

    op: Literal["move"] = "move"
    step: str
    after: tuple[str, ...] | None = None
    before: str | None = None


class Skip(Frozen):
    """Do not run this step; what waits for it goes on."""

    op: Literal["skip"] = "skip"
    step: str


class SetOutput(Frozen):
    """Count the step as done, with this output."""

    op: Literal["set_output"] = "set_output"
    step: str
    output: Stored


Edit = Annotated[Add | Remove | Change | Move | Skip | SetOutput, Field(discriminator="op")]
"""Any one edit."""

EditList: TypeAdapter[list[Edit]] = TypeAdapter(list[Edit])
"""Reads and writes lists of edits as data."""


def touched(edit: Edit) -> str:
    """Give the id of the step that an edit is about."""
    return edit.step.id if isinstance(edit, Add) else edit.step


def apply_edits(plan: Plan, edits: Iterable[Edit]) -> Plan:
    """Make the plan that results; nothing is checked but that each edit can be made.

    Raises:
        PlanError: an edit names a step that does not exist or adds one that does, or makes a
            step that is no step.
    """
    steps = list(plan.steps)
    for edit in edits:
        _apply(steps, edit)
    return plan.model_copy(update={"steps": tuple(steps)})


def _apply(steps: list[Step], edit: Edit) -> None:
    match edit:
        case Add():
            if any(step.id == edit.step.id for step in steps):
                raise PlanError(
                    f"The plan already has a step {edit.step.id!r}.",
                    "Choose another id, or change the step that is there.",
                    step=edit.step.id,
                )
            steps.insert(_place(steps, edit.before), edit.step)
        case Remove():
            del steps[_index(steps, edit.step)]
        case Change():
            at = _index(steps, edit.step)
            steps[at] = _rebuilt(steps[at], edit.changes)
        case Move():
            at = _index(steps, edit.step)
            step = steps[at] if edit.after is None else _rebuilt(steps[at], {"after": edit.after})
            steps[at] = step
            if edit.before is not None:
                del steps[at]
                steps.insert(_place(steps, edit.before), step)
        case Skip():
            at = _index(steps, edit.step)
            steps[at] = steps[at].model_copy(update={"skip": True})
        case SetOutput():
            at = _index(steps, edit.step)
            steps[at] = steps[at].model_copy(update={"output": edit.output})


def _plain(field: str, value: Any) -> Any:
    if field == "args":
        return {name: from_argument(item) for name, item in to_arguments(value).items()}
    try:
        return to_json(value)
    except ValueNotStorable as error:
        raise ValueError(str(error)) from error


def _index(steps: list[Step], step_id: str) -> int:
    for at, step in enumerate(steps):
        if step.id == step_id:
            return at
    raise PlanError(
        f"The plan has no step {step_id!r}, so the edit cannot be made.",
        f"Its steps are: {', '.join(step.id for step in steps) or 'none'}.",
        step=step_id,
    )


def _place(steps: list[Step], before: str | None) -> int:
    return len(steps) if before is None else _index(steps, before)


def _rebuilt(step: Step, changes: dict[str, Any]) -> Step:
    fields = {name: getattr(step, name) for name in type(step).model_fields}
    unknown = set(changes) - set(fields)
    if unknown or "id" in changes:
        raise PlanError(
            f"Step {step.id!r} has no field that can be changed named "
            f"{', '.join(map(repr, sorted(unknown or {'id'})))}.",
            f"Fields are: {', '.join(sorted(set(fields) - {'id'}))}.",
            step=step.id,
        )
    if "args" in changes:
        merged = {**step.args, **changes["args"]}
        kept = {name: value for name, value in merged.items() if value is not None}
        changes = {**changes, "args": kept}
    try:
        return Step.model_validate({**fields, **changes})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise PlanError(
            f"Step {step.id!r} cannot be changed so: {where}: {first['msg']}.",
            "Correct the value and edit again.",
            step=step.id,
        ) from error
