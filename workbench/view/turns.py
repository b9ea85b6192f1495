"""The fold of a step that is repeated until its output is good enough."""

from __future__ import annotations

from typing import Any

from workbench import events as e
from workbench.events import Record
from workbench.view import watch
from workbench.view.parts import UNAPPROVED, StepView
from workbench.view.run_view import RunView


def turned(view: RunView, record: Record, event: e.LoopTurned) -> None:
    """Begin the next turn: its attempts count anew, and an approval must reach that far."""
    step = view.steps[event.step]
    view.put_step(
        step,
        event.kind,
        attempt=0,
        failures=0,
        unsure=False,
        before=None,
        error=None,
        spend={},
        request=None,
        **_end(step, record, event),
        **_approval(view, step),
    )
    _came_through(view, step)


def exhausted(view: RunView, record: Record, event: e.LoopExhausted) -> None:
    """Fail the step, and keep what the last turn returned apart: it is no output."""
    step = view.steps[event.step]
    view.put_step(
        step,
        event.kind,
        error=event.error,
        exhausted=True,
        ended=record.at,
        outcome_seq=record.seq,
        request=None,
        **_end(step, record, event),
    )
    _came_through(view, step)


def _came_through(view: RunView, step: StepView) -> None:
    """A turn that is done is no failure of its tool, whatever its output is like."""
    if view.breakers:
        watch.succeeded(view, step)
        watch.settled(view, step)
    view.submitted.pop(step.id, None)


def _end(step: StepView, record: Record, event: e.Turned) -> dict[str, Any]:
    return {
        "turn": event.turn,
        "turned_seq": record.seq,
        "last_output": event.output or step.last_output,
        "not_yet": event.why,
        "duration_s": event.duration_s,
        "tries": step.tries + event.tries,
    }


def _approval(view: RunView, step: StepView) -> dict[str, Any]:
    """Give what is left of an approval: an edited argument that is carried on is a new one."""
    if not step.approved_turns or view.plan is None:
        return UNAPPROVED
    repeat = view.plan[step.id].repeat
    carried = repeat.carry if repeat is not None else None
    edited = {name: value for name, value in (step.approved_args or {}).items() if name != carried}
    return {"approved_digest": "", "approved_args": edited or None}
