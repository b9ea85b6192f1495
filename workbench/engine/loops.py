"""Turns of a step that is repeated until its output is good enough."""

from __future__ import annotations

from typing import Any

from workbench import events as e
from workbench.engine.outputs import Outputs
from workbench.plan import Step
from workbench.values import Stored
from workbench.view import RunView, StepView

NOT_KNOWN = "it happened, and what came of it is not known"


def arguments(
    step: Step, view: RunView, outputs: Outputs, as_of: int | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give a step's arguments, and their JSON form: from the second turn on with what is carried.

    `as_of` is what `Outputs.resolve` is to know.

    Raises:
        NotFound: a reference leads nowhere.
    """
    values, shown = outputs.resolve(step.args, view, as_of)
    last = view.steps[step.id].last_output
    if last is not None and step.repeat is not None and step.repeat.carry is not None:
        name = step.repeat.carry
        values[name], shown[name] = outputs.whole(last)
    return values, shown


def end_of_turn(
    step: Step,
    stands: StepView,
    why: str,
    *,
    output: Stored | None,
    duration_s: float = 0.0,
    by: str = "",
    tries: int = 0,
) -> e.Event:
    """Give the event that ends a turn whose output was not good enough."""
    assert step.repeat is not None  # noqa: S101 - asked only of steps that repeat
    turn = stands.turn + 1
    kind = e.LoopTurned if turn < step.repeat.at_most else e.LoopExhausted
    return kind(
        step=step.id,
        attempt=stands.attempt,
        turn=turn,
        output=output,
        why=why,
        duration_s=duration_s,
        by=by,
        tries=tries,
    )


def turns_used_up(step: Step, stands: StepView) -> e.Event | None:
    """End a loop whose bound was lowered below the turns that are done; None: a turn is left."""
    if step.repeat is None or stands.turn < step.repeat.at_most:
        return None
    return e.LoopExhausted(
        step=step.id, attempt=0, turn=stands.turn, output=stands.last_output, why=stands.not_yet
    )


def why_again(step: Step, stands: StepView) -> str:
    """Say which turn a request is about; empty for the first and only one."""
    if step.repeat is None or not stands.turn:
        return ""
    turn = f"turn {stands.turn + 1} of at most {step.repeat.at_most}"
    return f"{turn}, because the last was not good enough: {stands.not_yet}"


def how_ended(stands: StepView) -> str | None:
    """Say how a stop found a step between two turns; None when it is no such step."""
    if not stands.turn or stands.state != "ready":
        return None
    begun = "the next was cancelled" if stands.attempt else "no other was begun"
    turns = f"{stands.turn} turn{'s' * (stands.turn != 1)}"
    return f"{turns} done, not good enough ({stands.not_yet}), and {begun}"
