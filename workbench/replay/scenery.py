"""What a replay is furnished with: events in a journal of its own, and the ids that were drawn."""

from __future__ import annotations

from collections.abc import Sequence

from workbench import events as e
from workbench.errors import WorkbenchError
from workbench.events import Event, Record, dump
from workbench.journal import Chain, Journal
from workbench.journal.journal import Line
from workbench.journal.times import to_us
from workbench.replay.course import Course
from workbench.view import RunView, fold


def drawn(event: Event, prefix: str) -> str:
    """Name the id that was drawn for an event."""
    if prefix == "req" and isinstance(event, e.RequestOpened):
        return event.request
    if prefix == "run" and isinstance(event, e.RollbackBegun):
        return event.undo
    if prefix == "rule" and isinstance(event, e.RequestAnswered):
        return event.rule_id
    return ""


def is_like(brought: Event, recorded: Event) -> bool:
    """Whether an order brings this very event, ids aside."""
    asked = ("by", "reason", "step", "name", "unit", "to", "verdict", "choice", "author")
    same = all(getattr(brought, name, None) == getattr(recorded, name, None) for name in asked)
    return brought.kind == recorded.kind and same


def write(journal: Journal, run: str, records: Sequence[Record]) -> None:
    """Write events as the first of a run, in a chain of their own."""
    chain, view, lines = Chain(run), RunView(run=run), []
    for record in records:
        body, at_us = dump(record.event), to_us(record.at)
        seq, digest = chain.extend(at_us, 0, record.kind, body)
        lines.append(Line(seq, at_us, record.kind, body, digest))
        fold(view, record._replace(seq=seq))
    stands = {"state": view.state, "done": 0, "total": view.total}
    journal.create_run(run, None, view.goal, records[-1].at, lines, stands=stands)


def copy_artifact(course: Course, journal: Journal, name: str) -> None:
    """Take over a value that stands beside the journal; what only looks like one is passed over."""
    try:
        content = course.artifact(name)
    except WorkbenchError:
        return
    journal.put_artifact(name, content)
