"""What a run leaves behind: work that goes on, effects that nobody knows of, rights that hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from workbench.report.columns import TEXT, TIME, make_frame
from workbench.report.values import stored_text
from workbench.view import RunView
from workbench.view.authority import live

if TYPE_CHECKING:
    import pandas as pd

    from workbench.executor import Leftover
    from workbench.journal import RunRow

LEFTOVER_COLUMNS: dict[str, str] = {
    "kind": TEXT,  # thread, run below, work outside, in doubt, may have happened, live right,
    # open question
    "step": TEXT,
    "what": TEXT,
    "since": TIME,
    "next": TEXT,  # what a person can do about it
}
"""Columns of `leftovers_frame` and their dtypes: one row for each; none: nothing is left."""


def leftovers_frame(
    view: RunView, threads: Iterable[Leftover], below: Iterable[RunRow] = ()
) -> pd.DataFrame:
    """Give what is left of a run, each with what can be done about it.

    Args:
        view: the run.
        threads: those of its calls that go on.
        below: runs that its calls have started, and that have not ended.
    """
    rows = [
        _row("thread", one.step, f"thread {one.thread}", one.since, "restart the process")
        for one in threads
    ]
    rows += [
        _row("run below", None, f"{one.id} ({one.state})", one.created, f"stop {one.id}")
        for one in below
    ]
    for step in view.steps.values():
        if step.id in view.submitted:
            since = view.submitted[step.id]
            rows.append(_row("work outside", step.id, stored_text(step.handle), since, "end it"))
        elif step.state == "in_doubt":
            then = "look whether it happened"
            rows.append(_row("in doubt", step.id, step.error, step.started, then))
        elif step.state == "failed" and step.happened is not False and step.args_digest:
            rows.append(_row("may have happened", step.id, step.error, step.ended, "look there"))
    rows += [
        _row("may have happened", gone.step, gone.error, gone.at, "look there")
        for gone in view.left
    ]
    rows += [
        _row("live right", None, str(held.grant), held.at, f"run.revoke({name!r})")
        for name, held in live(view).items()
    ]
    rows += [
        _row("open question", asked.opened.step, asked.opened.title, asked.opened_at, "answer")
        for asked in ([] if view.final else view.open_requests)
    ]
    return make_frame(rows, LEFTOVER_COLUMNS)


def _row(kind: str, step: str | None, what: str | None, since: Any, then: str) -> dict[str, Any]:
    return {"kind": kind, "step": step, "what": what, "since": since, "next": then}
