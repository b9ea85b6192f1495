"""The trace of a run and the list of runs as pandas frames with stated columns and dtypes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.events import Record
from workbench.report.attempts import Attempt, attempts_of
from workbench.report.audit import AUDIT_COLUMNS, audit_frame
from workbench.report.columns import TEXT, TIME, make_frame, step_names
from workbench.report.values import stored_json, stored_text
from workbench.view import RunView

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "AUDIT_COLUMNS",
    "RUNS_COLUMNS",
    "SIZES_COLUMNS",
    "TRACE_COLUMNS",
    "audit_frame",
    "runs_frame",
    "sizes_frame",
    "trace_frame",
]

TRACE_COLUMNS: dict[str, str] = {
    "run": TEXT,
    "agent": TEXT,
    "on_behalf_of": TEXT,
    "seq": "int64",  # place in the journal of the intent, or of the event that ended the step
    "step": TEXT,
    "title": TEXT,
    "turn": "int64",  # of a step that repeats, from 1; attempts count within it
    "attempt": "int64",  # from 1; 0: the step was finished without a call
    "tries": "int64",  # requests that it sent, those inside a client library included
    "tool": TEXT,
    "effect": TEXT,  # as declared when it was called; missing when it was not called
    "planned": "boolean",  # False: a call that the plan does not have, made during the step's
    "state": TEXT,  # succeeded, failed, retrying …: one of `words.ATTEMPT_SIGNS`
    "started": TIME,
    "ended": TIME,  # missing while it is in flight
    "duration_s": "float64",  # seconds; missing while in flight, and when nobody knows
    "args": TEXT,  # JSON, long parts cut
    "args_digest": TEXT,
    "output": TEXT,  # one line
    "error": TEXT,  # or why it was skipped, refused, cancelled, doubted
    "key": TEXT,  # idempotency key: the same on every attempt
    "again": "boolean",  # True: an attempt before it, under the same key, may have happened
    "allowed_by": TEXT,  # rule, grant or answer that let it happen
    "verified": "boolean",  # True: its output passed a check; missing: the step has none
    "level": TEXT,  # accepted, performed or confirmed; missing: it did not succeed
    "by": TEXT,  # who brought it about: the agent, or who settled, skipped, gave or refused it
    "spend": TEXT,  # JSON, amounts by unit that were not given back
    "spend_usd": "float64",  # missing: it spends no usd
}
"""Columns of `trace_frame` and their dtypes: one row for each attempt of a step, and one for each
step that was finished without a call."""

RUNS_COLUMNS: dict[str, str] = {
    "run": TEXT,
    "goal": TEXT,
    "state": TEXT,
    "created": TIME,
    "updated": TIME,
    "seq": "int64",  # place of the last event
    "done": "int64",  # steps done or skipped
    "total": "int64",  # steps of the current revision
    "open_requests": "int64",
    "key": TEXT,  # as given by the caller; missing when none was
}
"""Columns of `runs_frame` and their dtypes: one row for each run."""


def trace_frame(records: Iterable[Record], view: RunView) -> pd.DataFrame:
    """Give what a run did, in the order of the journal; columns as in `TRACE_COLUMNS`.

    Args:
        records: the run's journal from its beginning.
        view: the run after the last of them.
    """
    read = list(records)
    titles, tools = step_names(read, view)
    rows = (_trace_row(attempt, view, titles, tools) for attempt in attempts_of(read))
    return make_frame(rows, TRACE_COLUMNS)


def _trace_row(
    attempt: Attempt, view: RunView, titles: Mapping[str, str], tools: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "run": view.run,
        "agent": view.agent,
        "on_behalf_of": view.on_behalf_of,
        "seq": attempt.seq,
        "step": attempt.step,
        "title": titles.get(attempt.step, attempt.step),
        "turn": attempt.turn,
        "attempt": attempt.attempt,
        "tries": attempt.tries,
        "tool": attempt.tool or tools.get(attempt.step),
        "effect": attempt.effect,
        "planned": attempt.planned,
        "state": attempt.state,
        "started": attempt.started,
        "ended": attempt.ended,
        "duration_s": attempt.duration_s,
        "args": stored_json(attempt.args) or None,
        "args_digest": attempt.args_digest or None,
        "output": stored_text(attempt.output) or None,
        "error": attempt.error,
        "again": attempt.again,
        "key": attempt.key or None,
        "allowed_by": attempt.allowed_by or None,
        "verified": attempt.verified,
        "level": attempt.level,
        "by": attempt.by or (view.agent if attempt.tool else "engine"),
        "spend": json.dumps(attempt.spend, sort_keys=True) if attempt.spend else None,
        "spend_usd": attempt.spend.get("usd"),
    }


SIZES_COLUMNS: dict[str, str] = {
    "run": TEXT,
    "state": TEXT,
    "updated": TIME,
    "events": "int64",
    "event_bytes": "int64",
    "snapshot_bytes": "int64",
    "artifacts": "int64",  # that it refers to; one may belong to several runs
    "artifact_bytes": "int64",
    "captured": "int64",  # of these artifacts, those that are captured variables
    "captured_bytes": "int64",
}
"""Columns of `sizes_frame` and their dtypes: one row for each run, bytes as stored."""


def sizes_frame(rows: Iterable[object]) -> pd.DataFrame:
    """List what each run takes."""
    return make_frame([vars(row) for row in rows], SIZES_COLUMNS)


def runs_frame(rows: Iterable[Mapping[str, Any] | object]) -> pd.DataFrame:
    """Give a list of runs as a frame; columns as in `RUNS_COLUMNS`.

    Args:
        rows: one summary a run, as a mapping or an object with fields of the columns' names; times
            as `datetime` with a time zone or as ISO text.
    """

    def field(row: Mapping[str, Any] | object, name: str) -> Any:
        return row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)

    return make_frame(
        ({name: field(row, name) for name in RUNS_COLUMNS} for row in rows), RUNS_COLUMNS
    )
