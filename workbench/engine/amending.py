"""What an amended checkpoint comes to: events, or a refusal. No I/O, save for tools that check.

A person puts fields right at the place where the run is paused. Nothing that has begun may depend
on an output that is replaced: then the past must be corrected, by a rollback or a fork.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from workbench import commands as c
from workbench import events as e
from workbench.engine.limits import raise_limit
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.typed import output_fault
from workbench.errors import CommandRefused, PlanError
from workbench.plan import Change
from workbench.view import RunView

BEGUN = ("running", "in_doubt", "succeeded", "failed", "undone", "undo_failed")
"""States of a step that has used its inputs, when it has an intent."""
Edits = Callable[[c.EditPlan], list[e.Event]]
"""Decides an edit of the plan."""


async def refuse_unfit(view: RunView, command: c.Amend, parts: Parts, outputs: Outputs) -> None:
    """Refuse outputs that their steps could not have given.

    Raises:
        PlanError: some do not fit; all are listed.
    """
    if view.plan is None or view.state != "paused":
        return  # refused by `amend`, in better words
    faults = []
    for name, stored in command.outputs.items():
        if (step := view.plan.by_id.get(name)) is None:
            continue
        value = outputs.decode(stored)
        fault = await output_fault(step, value, parts)
        faults += [f"{name}: {fault}"] if fault is not None else []
    if faults:
        raise PlanError(
            f"The checkpoint cannot be amended so: {'; '.join(faults)}.", "Nothing was changed."
        )


def amend(view: RunView, command: c.Amend, now: datetime, edit: Edits) -> list[e.Event]:
    """Make a new checkpoint of changed fields; outputs have been looked at by `refuse_unfit`.

    Raises:
        CommandRefused: the run is not paused, nothing is changed, there is no such finished step, a
            step that uses the output has begun, or a limit is below what was used.
        PlanError: arguments do not fit, or are of a step that has begun.
    """
    if view.state != "paused":
        raise CommandRefused(
            f"Run {view.run} is {view.state}, and only where it is paused can a person amend it.",
            "Pause it first; what has ended is continued by a fork.",
        )
    if view.run_kind == "undo":
        raise CommandRefused(
            f"Run {view.run} takes back what run {view.undoes} did: its plan was derived.",
            "Its steps can be skipped, never changed.",
        )
    if view.plan is None or view.revision is None:
        raise CommandRefused(f"Run {view.run} has no plan yet.", "Wait until it has one.")
    if not (command.outputs or command.args or command.limits):
        raise CommandRefused("Nothing is to be amended.", "Give outputs, args or limits.")
    events: list[e.Event] = []
    for step in command.outputs:
        _refuse_past(view, step)
        events += _void(view, step)
    if command.args:
        events += edit(_as_edit(view, command, view.revision.digest))
    for unit, to in command.limits.items():
        order = c.RaiseLimit(unit=unit, to=to, by=command.by, surface=command.surface)
        events += raise_limit(view, order, now)
    amended = e.CheckpointAmended(
        name=command.name or f"amended after event {view.seq}",
        by=command.by,
        reason=command.reason,
        outputs=command.outputs,
        args=command.args,
        limits=command.limits,
    )
    return [*_once(events), amended]


def _refuse_past(view: RunView, step: str) -> None:
    stands = view.steps.get(step)
    if stands is None or stands.state != "succeeded":
        state = "is not in the plan" if stands is None else f"is {stands.state}"
        raise CommandRefused(
            f"Step {step!r} {state}, and has no output that could be amended.",
            "To give an output to a step that is not done: draft.set_output(…) in run.editing().",
        )
    assert view.plan is not None  # noqa: S101 - the caller has looked
    used_by = [
        later
        for later in view.needed_by(step)
        if view.steps[later].state in BEGUN
        and any(ref.step == step for ref in view.plan[later].refs)
    ]
    begun = [s for s in used_by if view.steps[s].intent_seq or view.steps[s].shared]
    if begun:
        raise CommandRefused(
            f"The output of step {step!r} was used already, by {', '.join(begun)}.",
            f"Roll back, or fork: run.fork(outputs={{{step!r}: …}}) does again what has used it.",
            step=step,
        )


def _void(view: RunView, step: str) -> list[e.Event]:
    """A question that shows the old output is moot: its step asks again."""
    assert view.plan is not None  # noqa: S101 - the caller has looked
    uses = {s for s in view.needed_by(step) if any(r.step == step for r in view.plan[s].refs)}
    why = f"the output of {step} was amended"
    return [
        e.RequestVoided(request=request.id, step=request.opened.step, why=why)
        for request in view.open_requests
        if request.opened.step in uses
    ]


def _as_edit(view: RunView, command: c.Amend, base: str) -> c.EditPlan:
    assert view.plan is not None  # noqa: S101 - the caller has looked
    by_id, edits = view.plan.by_id, list[Change]()
    for step, values in command.args.items():
        if step not in by_id:
            raise CommandRefused(f"The plan has no step {step!r}.", f"It has: {', '.join(by_id)}.")
        edits.append(Change(step=step, changes={"args": values}))
    reason = command.reason or "the checkpoint was amended"
    return c.EditPlan(
        base=base, edits=tuple(edits), reason=reason, by=command.by, surface=command.surface
    )


def _once(events: list[e.Event]) -> list[e.Event]:
    """Leave out what is voided a second time: two changes may concern one question."""
    seen, found = set[str](), []
    for event in events:
        if isinstance(event, e.RequestVoided):
            if event.request in seen:
                continue
            seen.add(event.request)
        found.append(event)
    return found
