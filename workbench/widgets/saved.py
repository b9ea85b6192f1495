"""The picture of a run that is saved with a notebook: small whatever the run's size, and no token.

It travels in the metadata of the output, under our own MIME type; the form of that type says only
that there is one, so that two executions of a notebook compare as equal.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.report import header_row, remark_rows, request_row, step_row, trace_row
from workbench.report.words import one_line
from workbench.view import by_class_and_age
from workbench.whereabouts import journal_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.run import Run
    from workbench.tools import Tool
    from workbench.view import RunView

SAVED_RUN = "application/vnd.workbench.run+json"
FORM = {"version": 1}
"""What stands in the output's data; the picture is in its metadata."""
LIMIT = 64_000
"""Bytes of a picture as JSON, at most."""
STEPS, EVENTS, REQUESTS, REMARKS = 100, 40, 10, 20
"""Rows that it holds at most; fewer where they are long."""
BEFORE = 10
"""Steps shown before the first that is not finished, where not all are shown."""
TEXT = 120
"""Characters of a text in it."""
LEFT = {"args": {}, "why": "", "detail": "", "token": "", "schema": {}}
"""What a picture has no use for, and what stands there instead."""

Picture = dict[str, Any]


def picture_of(run: Run) -> Picture:
    """Give the picture of a run as it stands now; at most `LIMIT` bytes of JSON."""
    view, tools = run.view, run.bench.tool_map()
    path = run.bench.journal.path
    frame = {"version": 1, "journal": journal_id(path) if path is not None else ""}
    share = 1.0
    while True:
        batch, left_out = _batch(run, view, tools, share)
        picture = {**frame, "left_out": left_out, "batch": batch}
        if len(json.dumps(picture)) <= LIMIT or share < 1 / 64:
            return picture
        share /= 2


def _batch(
    run: Run, view: RunView, tools: Mapping[str, Tool], share: float
) -> tuple[Picture, dict[str, int]]:
    """Give a full batch of a part of the rows, and how many were left out."""
    steps = _frontier(view, _part(STEPS, share))
    events = _part(EVENTS, share)
    records = run.bench.journal.records(run.id, after=max(0, view.seq - events))[-events:]
    waiting = by_class_and_age(view.open_requests)[: _part(REQUESTS, share)]
    rows = {
        "steps": [step_row(view, step, tools) for step in steps],
        "trace": [trace_row(record, view, tools) for record in records],
        "requests": [request_row(request, view, tools) for request in waiting],
        "remarks": remark_rows(view)[: _part(REMARKS, share)],
    }
    batch = {
        "kind": "batch",
        "n": 1,
        "full": True,
        "header": _short(header_row(view)),
        **{name: [_short(row) for row in found] for name, found in rows.items()},
        **{name: [] for name in ("frozen", "removed_steps", "tools", "worst", "caps")},
    }
    left_out = {"steps": len(view.steps) - len(steps), "events": view.seq - len(records)}
    return batch, left_out


def _part(most: int, share: float) -> int:
    return max(1, int(most * share))


def _frontier(view: RunView, most: int) -> list[str]:
    """Give the steps around the place that the run has come to."""
    ids = list(view.steps)
    first = next((i for i, step in enumerate(ids) if not view.steps[step].final), len(ids))
    start = max(0, min(first - BEFORE, len(ids) - most))
    return ids[start : start + most]


def _short(value: Any) -> Any:
    """Cut every text and list, and leave out what only a live view needs."""
    if isinstance(value, str):
        return one_line(value, TEXT)
    if isinstance(value, list):
        return [_short(item) for item in value[:20]]
    if isinstance(value, dict):
        return {name: LEFT[name] if name in LEFT else _short(item) for name, item in value.items()}
    return value
