"""Where time and amounts went: planning, execution, retries, waiting for the person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from workbench import events as e
from workbench.events import Record
from workbench.report.attempts import Attempt, attempts_of, waits_of
from workbench.view import RunView

Span = tuple[datetime, datetime]

TIME = "time"
"""The unit of the split of the elapsed seconds."""

PARTS = ("execution", "retries", "planning", "waiting for the person", "nothing in flight")
"""In the order in which an instant is counted when several are true of it."""


def split_costs(records: Iterable[Record], view: RunView) -> dict[str, dict[str, float]]:
    """Give for each unit how much went into each part; each adds up to the run's total.

    `time` is the elapsed time in seconds: an instant in which several things went on counts once,
    for the first of `PARTS`. Retries are attempts that had to be made again, and the waits after
    them; a part that took nothing is left out.
    """
    read = list(records)
    attempts = attempts_of(read)
    repeated = _repeated(attempts)
    split = {TIME: _split_time(read, view, attempts, repeated)}
    for unit in view.usage:
        planning = sum(
            r.event.usage.get(unit, 0) for r in read if isinstance(r.event, e.PlannerAnswered)
        )
        retries = sum(a.spend.get(unit, 0) for a in attempts if a.seq in repeated)
        rest = sum(a.spend.get(unit, 0) for a in attempts if a.seq not in repeated)
        parts = {"execution": rest, "retries": retries, "planning": planning}
        split[unit] = {part: amount for part, amount in parts.items() if amount}
    return {unit: parts for unit, parts in split.items() if parts}


def _repeated(attempts: Sequence[Attempt]) -> set[int]:
    """Name the attempts that another attempt of the same step followed."""
    last: dict[str, int] = {}
    found: set[int] = set()
    for attempt in attempts:
        if attempt.attempt == 0:
            continue
        if attempt.step in last:
            found.add(last[attempt.step])
        if attempt.state == "turned":  # a turn that is done was no failure
            last.pop(attempt.step, None)
        else:
            last[attempt.step] = attempt.seq
    return found


def _split_time(
    records: Sequence[Record], view: RunView, attempts: Sequence[Attempt], repeated: set[int]
) -> dict[str, float]:
    end = view.ended or view.at
    if view.created is None or end is None or end <= view.created:
        return {}
    run = (view.created, end)
    calls = [a for a in attempts if a.attempt]
    spans: dict[str, list[Span]] = {
        "execution": [(a.started, a.ended or end) for a in calls if a.seq not in repeated],
        "retries": [
            (a.started, (a.ended or end) + timedelta(seconds=a.wait_s))
            for a in calls
            if a.seq in repeated
        ],
        "planning": _planning(records, end),
        "waiting for the person": [(w.started, w.ended or end) for w in waits_of(records)],
        "nothing in flight": [run],
    }
    split: dict[str, float] = {}
    counted: list[Span] = []
    before = 0.0
    for part in PARTS:
        counted = _union([*counted, *_clip(spans[part], run)])
        covered = sum((b - a).total_seconds() for a, b in counted)
        if covered > before:
            split[part] = covered - before
        before = covered
    return split


def _planning(records: Iterable[Record], end: datetime) -> list[Span]:
    """Give the times in which a planner was asked and had not answered."""
    spans: list[Span] = []
    asked: datetime | None = None
    for record in records:
        if isinstance(record.event, e.PlannerCalled):
            asked = record.at
        elif isinstance(record.event, e.PlannerAnswered) and asked is not None:
            spans.append((asked, record.at))
            asked = None
    return spans if asked is None else [*spans, (asked, end)]


def _clip(spans: Iterable[Span], run: Span) -> list[Span]:
    clipped = ((max(a, run[0]), min(b, run[1])) for a, b in spans)
    return [(a, b) for a, b in clipped if a < b]


def _union(spans: Iterable[Span]) -> list[Span]:
    """Merge overlapping spans."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
