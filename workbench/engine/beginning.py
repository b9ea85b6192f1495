"""The first lines of a run, written in the same transaction that makes it."""

from __future__ import annotations

from datetime import datetime

from workbench.events import Event, dump
from workbench.journal import Chain
from workbench.journal.journal import Line
from workbench.journal.times import to_us


def first_lines(run: str, events: list[Event], now: datetime) -> list[Line]:
    """Write events as the first lines of a run, before anybody holds its lease."""
    chain, at_us = Chain(run), to_us(now)
    lines = []
    for event in events:
        body = dump(event)
        seq, digest = chain.extend(at_us, 0, event.kind, body)
        lines.append(Line(seq, at_us, event.kind, body, digest))
    return lines
