"""What a person says of the plan: a comment on it, or that a step is refused. No I/O."""

from __future__ import annotations

from workbench import commands as c
from workbench import events as e
from workbench.errors import CommandRefused
from workbench.view import RunView

NOT_BEGUN = ("pending", "ready", "asking")


def comment(view: RunView, command: c.Comment) -> list[e.Event]:
    """Give the events of a comment; one that wants another plan lets the run go on.

    Raises:
        CommandRefused: the run is not planned again, or there is no such step.
    """
    _check(view, command.step, "A comment changes nothing.")
    said = e.PlanCommented(
        by=command.by,
        text=command.text,
        step=command.step,
        replan=command.replan,
        review=command.replan and command.review,
    )
    return [said, *_going_on(view, command.by)] if command.replan else [said]


def refuse(view: RunView, command: c.Refuse) -> list[e.Event]:
    """Give the events of a refusal: the step is not done, and the planner is asked instead.

    Raises:
        CommandRefused: the run is not planned again, or the step has begun or is no step.
    """
    _check(view, command.step, "It ends without doing more.")
    step = view.steps[command.step]
    if step.state not in NOT_BEGUN:
        raise CommandRefused(
            f"Step {step.id!r} is {step.state}, so it cannot be refused any more.",
            "Refuse one that has not begun, or go back: run.rollback(…).",
        )
    events: list[e.Event] = []
    if step.request is not None:
        why = "its step was refused"
        events.append(e.RequestVoided(request=step.request, step=step.id, why=why))
    denied = e.StepDenied(
        step=step.id,
        by=command.by,
        reason=command.reason or "no reason was given",
        replan=True,
        review=command.review,
    )
    return [*events, denied, *_going_on(view, command.by)]


def _check(view: RunView, step: str | None, instead: str) -> None:
    if view.state == "stopping" or view.run_kind == "undo":
        raise CommandRefused(f"Run {view.run} is not planned again.", instead)
    if step is not None and step not in view.steps:
        raise CommandRefused(f"The plan has no step {step!r}.", "Name another one.")


def _going_on(view: RunView, by: str) -> list[e.Event]:
    waits = view.state == "waiting" and view.plan is not None
    return [e.RunResumed(by=by)] if waits else []
