"""The first lines of a run, written in the same transaction that makes it."""

from __future__ import annotations

from datetime import datetime

from workbench.events import Event, Record, dump
from workbench.journal import Chain
from workbench.journal.journal import Line
from workbench.journal.times import from_us, to_us
from workbench.view import RunView, fold


def first_lines(run: str, events: list[Event], now: datetime) -> tuple[list[Line], RunView]:
    """Write events as the first lines of a run, before anybody holds its lease.

    Gives the lines, and the view that they fold to.
    """
    chain, view, at_us = Chain(run), RunView(run=run), to_us(now)
    lines = []
    for event in events:
        body = dump(event)
        seq, digest = chain.extend(at_us, 0, event.kind, body)
        fold(view, Record(run, seq, from_us(at_us), 0, event, digest))
        lines.append(Line(seq, at_us, event.kind, body, digest))
    return lines, view
