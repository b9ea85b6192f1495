"""Where time and amounts went: planning, execution, retries, waiting for the person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from workbench import events as e
from workbench.events import Record
from workbench.report.attempts import Attempt, attempts_of, waits_of
from workbench.report.columns import TEXT, make_frame
from workbench.view import RunView, beyond

if TYPE_CHECKING:
    import pandas as pd

Span = tuple[datetime, datetime]

TIME = "time"
"""The unit of the split of the elapsed seconds."""

PARTS = (
    "execution",
    "verification",
    "retries",
    "planning",
    "waiting for the person",
    "nothing in flight",
    "before the fork",
)
"""In the order in which an instant is counted when several are true of it; the last takes no time:
amounts that another run had used before this one was forked from it."""


COSTS_COLUMNS: dict[str, str] = {
    "unit": TEXT,  # `time` in seconds, or a unit that was spent
    "part": TEXT,  # one of `PARTS`
    "amount": "float64",
    "share": "float64",  # of the unit's total, from 0 to 1
}
"""Columns of `costs_frame` and their dtypes: one row for each part that took something."""


def costs_frame(records: Iterable[Record], view: RunView) -> pd.DataFrame:
    """Give where time and amounts went; the parts of each unit add up to the run's total."""
    rows = [
        {"unit": unit, "part": part, "amount": amount, "share": amount / sum(parts.values())}
        for unit, parts in split_costs(records, view).items()
        for part, amount in parts.items()
    ]
    return make_frame(rows, COSTS_COLUMNS)


def split_costs(records: Iterable[Record], view: RunView) -> dict[str, dict[str, float]]:
    """Give for each unit how much went into each part; each adds up to the run's total.

    `time` is the elapsed time in seconds: an instant in which several things went on counts once,
    for the first of `PARTS`. Verification is the time between what a call returned and the word of
    its check. Retries are attempts that had to be made again, and the waits after them; a part that
    took nothing is left out.
    """
    read = list(records)
    attempts = attempts_of(read)
    repeated = _repeated(attempts)
    split = {TIME: _split_time(read, view, attempts, repeated)}
    for unit in view.usage:
        asked = {part: took.get(unit, 0) for part, took in _of_models(read).items()}
        retries = sum(a.spend.get(unit, 0) for a in attempts if a.seq in repeated)
        rest = sum(a.spend.get(unit, 0) for a in attempts if a.seq not in repeated)
        parts = {"execution": rest + asked.pop("execution"), "retries": retries, **asked}
        parts["before the fork"] = view.used_before.get(unit, 0.0)
        split[unit] = {part: amount for part, amount in parts.items() if amount}
    return {unit: parts for unit, parts in split.items() if parts}


def _of_models(records: Iterable[Record]) -> dict[str, dict[str, float]]:
    """Give what models took for the plan, for checks and for steps; as `fold` counts it."""
    took: dict[str, dict[str, float]] = {"execution": {}, "verification": {}, "planning": {}}
    metered: dict[str, dict[str, float]] = {}
    purposes: dict[int, str] = {}
    for event in (record.event for record in records):
        usage, part = dict[str, float](), "planning"
        asker = getattr(event, "step", None) or ""
        if isinstance(event, (e.PlannerCalled, e.VerdictAsked)):
            metered[asker] = {}
        elif isinstance(event, e.ModelAsked):
            purposes[event.number] = event.purpose
        elif isinstance(event, (e.ModelAnswered, e.ModelFailed)):
            usage, before = event.usage, metered.get(asker, {})
            metered[asker] = {u: before.get(u, 0) + usage.get(u, 0) for u in {**before, **usage}}
            is_check = purposes[event.number] == "check"
            part = "verification" if is_check else "execution" if asker else "planning"
        elif isinstance(event, e.PlannerAnswered):
            usage = beyond(event.usage, metered.get("", {}))
        elif isinstance(event, e.VerdictGiven):
            usage, part = beyond(event.usage, metered.get(asker, {})), "verification"
        for unit, amount in usage.items():
            took[part][unit] = took[part].get(unit, 0) + amount
    return took


def _repeated(attempts: Sequence[Attempt]) -> set[int]:
    """Name the attempts that another attempt of the same step followed."""
    last: dict[str, int] = {}
    found: set[int] = set()
    for attempt in attempts:
        if attempt.attempt == 0:
            continue
        if attempt.step in last:
            found.add(last[attempt.step])
        if attempt.state in ("turned", "asked"):  # a turn that is done was no failure
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
        "execution": [(a.started, _returned(a, end)) for a in calls if a.seq not in repeated],
        "verification": [
            (_returned(a, end), a.ended or end) for a in calls if a.seq not in repeated
        ],
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
    for part, taken in spans.items():
        counted = _union([*counted, *_clip(taken, run)])
        covered = sum((b - a).total_seconds() for a, b in counted)
        if covered > before:
            split[part] = covered - before
        before = covered
    return split


def _returned(attempt: Attempt, end: datetime) -> datetime:
    """Say when a call returned; what a check took of the attempt comes after it."""
    over = attempt.ended or end
    if attempt.verified is None or attempt.duration_s is None:
        return over
    return min(over, attempt.started + timedelta(seconds=attempt.duration_s))


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
