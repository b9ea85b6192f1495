"""The fold of what watches over a run: failures of tools and breakers, work outside, stalls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from workbench import events as e
from workbench.events import Record
from workbench.view.parts import BreakerView, StepView
from workbench.view.run_view import RunView

PROGRESS = frozenset(
    {
        "run.started",
        "run.resumed",
        "request.answered",
        "call.succeeded",
        "call.confirmed",
        "loop.turned",
        "step.skipped",
        "step.given",
        "step.denied",
        "step.shared",
        "model.streaming",
        "model.answered",
    }
)
"""Events by which a run comes forward: a step is done, a model says something, or the person has
acted. A failed attempt moves nothing, however many there are."""


def moved(view: RunView, record: Record) -> None:
    """Note that the run has come forward."""
    view.__dict__["moved"] = record.at  # see `fold`: as an attribute it costs a microsecond
    if view.stalled:
        view.stalled = ""


def failed(view: RunView, step: StepView, error: str) -> None:
    """Count one more failed attempt of the step's tool; a call that was never made is none."""
    if step.state != "running" or view.plan is None:
        return
    tool = view.plan.by_id[step.id].tool
    known = view.breakers.get(tool, BreakerView())
    failures = known.failures + 1
    view.breakers[tool] = known.model_copy(update={"failures": failures, "error": error})


def succeeded(view: RunView, step: StepView) -> None:
    """Begin to count anew: a call of the tool came through. Call it when there are breakers."""
    tool = view.plan.by_id[step.id].tool if view.plan else ""
    known = view.breakers.get(tool)
    if known is not None and known.state == "closed":
        del view.breakers[tool]


def settled(view: RunView, step: StepView) -> None:
    """Let one call try again when the last doubt about a tool's calls is settled."""
    if step.state != "in_doubt" or view.plan is None:
        return
    plan = view.plan.by_id
    tool = plan[step.id].tool
    known = view.breakers.get(tool)
    if known is None or known.state != "open" or known.until is not None:
        return
    others = (
        other
        for other in view.steps.values()
        if other.state == "in_doubt" and other.id != step.id and plan[other.id].tool == tool
    )
    if next(others, None) is None:
        view.breakers[tool] = known.model_copy(update={"state": "half_open"})


def resumed(view: RunView) -> None:
    """Let one call of each stopped tool try again: the person ended a pause."""
    for tool, known in view.breakers.items():
        if known.state == "open" and known.until is None:
            view.breakers[tool] = known.model_copy(update={"state": "half_open"})


def opened(view: RunView, _record: Record, event: e.BreakerOpened) -> None:
    """Stop a tool."""
    known = view.breakers.get(event.tool, BreakerView())
    view.breakers[event.tool] = BreakerView(
        state="open",
        failures=event.failures,
        opened=known.opened + 1,
        until=event.until,
        error=event.why,
    )


def closed(view: RunView, _record: Record, event: e.BreakerClosed) -> None:
    """Let a tool go on."""
    view.breakers.pop(event.tool, None)


def submitted(view: RunView, record: Record, event: e.CallSubmitted) -> None:
    """Remember what names the work outside."""
    view.put_step(
        view.steps[event.step],
        event.kind,
        handle=event.handle,
        not_before=record.at + timedelta(seconds=event.wait_s),
    )
    view.submitted[event.step] = record.at


def polled(view: RunView, record: Record, event: e.CallPolled) -> None:
    """Note what a poll said; only work that comes forward counts as progress."""
    step = view.steps[event.step]
    changes: dict[str, Any] = {"polls": event.polls}
    if event.progress is not None:
        changes["progress"] = event.progress
    not_before = record.at + timedelta(seconds=event.wait_s)
    view.put_step(step, event.kind, not_before=not_before, **changes)
    if event.progress is not None and event.progress > (step.progress or 0.0):
        moved(view, record)


def stalled(view: RunView, _record: Record, event: e.RunStalled) -> None:
    """Say that nothing comes forward."""
    view.stalled = event.why


def accepted(view: RunView, _record: Record, event: e.ToolsAccepted) -> None:
    """Know the tools by their present digests."""
    view.tools = {**view.tools, **event.tools}
    view.sources = {**view.sources, **event.sources}
    view.schemas = {**view.schemas, **event.schemas}
