"""Rebuilding a view: the newest snapshot that can be read, then the events behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from workbench.view import RunView, fold

if TYPE_CHECKING:
    from workbench.journal.journal import Journal

FOLD_VERSION = 1
"""Raised whenever `workbench.view` changes what it folds; older snapshots are then left aside."""


def load_view(journal: Journal, run: str, *, at: int | None = None) -> RunView:
    """Fold a run's events up to `at` (default: all), starting from a snapshot where one serves.

    Raises:
        NotFound: there is no such run.
        JournalError: the events cannot be read.
    """
    journal.run(run)
    view = _from_snapshot(journal, run, at) or RunView(run=run)
    catch_up(journal, view, at=at)
    return view


def catch_up(journal: Journal, view: RunView, *, at: int | None = None) -> None:
    """Fold the events that came since."""
    limit = None if at is None else max(0, at - view.seq)
    for record in journal.records(view.run, after=view.seq, limit=limit):
        fold(view, record)


def _from_snapshot(journal: Journal, run: str, at: int | None) -> RunView | None:
    for seq, body in journal.snapshots(run, FOLD_VERSION, at):
        try:
            view = RunView.model_validate_json(body)
        except ValidationError:
            continue
        if view.seq == seq and view.run == run:
            return view
    return None
