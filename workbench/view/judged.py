"""The fold of what checks said."""

from __future__ import annotations

from workbench import events as e
from workbench.events import Record
from workbench.view import models, planned
from workbench.view.parts import Judged
from workbench.view.run_view import RunView


def asked(view: RunView, _record: Record, event: e.VerdictAsked) -> None:
    """Begin to count what its model takes."""
    models.meter(view, event.step)


def given(view: RunView, record: Record, event: e.VerdictGiven) -> None:
    """Keep the verdict; a result that is not good enough may be a reason to plan again."""
    said = Judged(seq=record.seq, step=event.step, ok=event.ok, why=event.why, by=event.by)
    models.spend_beyond(view, event.usage, event.step)
    if event.step is not None:
        view.judged[view.steps[event.step].id] = said
        return
    if view.revision is None or event.revision != view.revision.digest:
        return
    view.verdict = said
    if not event.ok and view.on_failure == "replan":
        planned.wanted(view, record, f"the result is not what was asked for: {event.why}")
