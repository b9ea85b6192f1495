"""The fold of what a call says and asks while it is being made."""

from __future__ import annotations

from typing import Any

from workbench import events as e
from workbench.events import Record
from workbench.tools.talking import Said
from workbench.view import watch
from workbench.view.parts import StepView
from workbench.view.run_view import RunView

UNASKED: dict[str, Any] = {"asked": None, "said": {}}
"""Begins a call anew: what the other side had asked belongs to a call that is over."""


def reported(view: RunView, record: Record, event: e.CallReported) -> None:
    """Note how far the call is; only work that comes forward counts as progress."""
    step = view.steps[event.step]
    before = step.progress or 0.0
    share = step.progress if event.progress is None else event.progress
    view.put_step(step, event.kind, progress=share, told=event.text or step.told)
    if event.progress is not None and event.progress > before:
        watch.moved(view, record)


def asked(view: RunView, _record: Record, event: e.CallAsked) -> None:
    """Hold the questions; what was set aside for the call is set aside again for the next."""
    step = view.steps[event.step]
    view.put_step(step, event.kind, asked=event, said={}, spend={}, tries=step.tries + 1)
    for unit, amount in step.spend.items():
        view.usage[unit] = view.usage.get(unit, 0) - amount


def sampled(view: RunView, _record: Record, event: e.CallSampled) -> None:
    """Note that it happened; what the model took is counted by its own events."""
    view.put_step(view.steps[event.step], event.kind)


def answered(view: RunView, step: StepView, opened: e.RequestOpened, event: Any) -> None:
    """Keep the answer for the next call; a call in flight is told by the engine."""
    key = str(opened.evidence.get("key", ""))
    changes: dict[str, Any] = {"request": None}
    if step.asked is not None and key in step.asked.questions:
        changes["said"] = {**step.said, key: said(event)}
    view.put_step(step, event.kind, **changes)


def said(event: e.RequestAnswered) -> Said:
    """Give an answer to a question of the other side in the form that it is sent back in."""
    if event.verdict == "approve":
        return Said(verdict="accept", values=event.args or {})
    return Said(verdict="decline")
