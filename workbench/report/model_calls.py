"""The calls of models as a frame: one row for each, with what it took."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from workbench import events as e
from workbench.events import Record
from workbench.report.columns import TEXT, TIME, make_frame

if TYPE_CHECKING:
    import pandas as pd

MODEL_CALLS_COLUMNS: dict[str, str] = {
    "number": "int64",
    "at": TIME,
    "model": TEXT,
    "purpose": TEXT,  # `plan`, `repair`, `check`, …
    "step": TEXT,  # empty: for the plan
    "state": TEXT,  # `stop`, `length`, `calls`, `refusal`, the class of a failure, or `open`
    "tokens_in": "float64",
    "tokens_out": "float64",
    "cached": "float64",
    "usd": "float64",  # missing where the price is not known
    "attempts": "int64",
    "waited_s": "float64",
    "first_s": "float64",  # until the first part of the answer
    "duration_s": "float64",
    "rules": "int64",  # tokens by zone, reckoned before it was sent
    "goal": "int64",
    "plan": "int64",
    "history": "int64",
    "results": "int64",
    "window": "float64",
    "reserved_usd": "float64",
    "digest": TEXT,
}
"""Columns of `model_calls_frame` and their dtypes."""

_ZONES = ("rules", "goal", "plan", "history", "results")


def model_calls_frame(records: Iterable[Record]) -> pd.DataFrame:
    """Give one row for each call of a model, in their order."""
    rows: dict[int, dict[str, Any]] = {}
    for record in records:
        event = record.event
        if isinstance(event, e.ModelAsked):
            rows[event.number] = _asked(record, event)
        elif isinstance(event, e.ModelWaiting):
            row = rows[event.number]
            row["waited_s"] += event.wait_s
            row["attempts"] = event.attempt + 1
        elif isinstance(event, (e.ModelAnswered, e.ModelFailed)):
            rows[event.number] |= _ended(event)
    return make_frame(list(rows.values()), MODEL_CALLS_COLUMNS)


def _asked(record: Record, event: e.ModelAsked) -> dict[str, Any]:
    return {
        **dict.fromkeys(MODEL_CALLS_COLUMNS),
        "number": event.number,
        "at": record.at,
        "model": event.model,
        "purpose": event.purpose,
        "step": event.step or "",
        "state": "open",
        "attempts": 1,
        "waited_s": 0.0,
        **{zone: event.zones.get(zone, 0) for zone in _ZONES},
        "window": event.window,
        "reserved_usd": event.reserved.get("usd"),
        "digest": event.digest,
    }


def _ended(event: e.ModelAnswered | e.ModelFailed) -> dict[str, Any]:
    row = {unit: event.usage.get(unit) for unit in ("tokens_in", "tokens_out", "usd")}
    row |= {"attempts": event.attempts, "duration_s": event.duration_s}
    if isinstance(event, e.ModelAnswered):
        return {**row, "state": event.finish, "cached": event.cached, "first_s": event.first_s}
    return {**row, "state": event.fault}
