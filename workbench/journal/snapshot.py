"""Snapshots: a view kept beside its events, so that rebuilding it reads only those behind it."""

from __future__ import annotations

from typing import Protocol

from pydantic import ValidationError
from sqlalchemy import Connection, bindparam, delete, insert, select

from workbench.events import Record
from workbench.ids import digest_bytes
from workbench.journal import schema as t
from workbench.journal.prepared import Query
from workbench.journal.rows import RunRow
from workbench.view import RunView, fold

FOLD_VERSION = 2
"""Raised whenever `workbench.view` changes what it folds; older snapshots are then left aside."""
KEPT = 2
"""Snapshots kept of each run: the newest, and the one before for when it is damaged."""

READ = Query(
    select(t.snapshots)
    .where(t.snapshots.c.run == bindparam("run"), t.snapshots.c.fold == bindparam("fold"))
    .where(t.snapshots.c.seq <= bindparam("until"))
    .order_by(t.snapshots.c.seq.desc())
)


class Source(Protocol):
    """What a view is rebuilt from: the journal."""

    def run(self, run: str) -> RunRow:
        """Give a run's row, or raise `NotFound`."""
        ...

    def records(self, run: str, after: int = 0, limit: int | None = None) -> list[Record]:
        """Read events in order."""
        ...

    def snapshots(self, run: str, fold: int, before: int | None = None) -> list[tuple[int, str]]:
        """Read the sound snapshots up to `before`, newest first."""
        ...


def load_view(journal: Source, run: str, *, at: int | None = None) -> RunView:
    """Fold a run's events up to `at` (default: all), starting from a snapshot where one serves.

    Raises:
        NotFound: there is no such run.
        JournalError: the events cannot be read.
    """
    journal.run(run)
    view = _from_snapshot(journal, run, at) or RunView(run=run)
    catch_up(journal, view, at=at)
    return view


def catch_up(journal: Source, view: RunView, *, at: int | None = None) -> None:
    """Fold the events that came since."""
    limit = None if at is None else max(0, at - view.seq)
    for record in journal.records(view.run, after=view.seq, limit=limit):
        fold(view, record)


def keep(connection: Connection, run: str, seq: int, body: str) -> None:
    """Store a view as JSON and forget the older ones."""
    row = {"run": run, "seq": seq, "fold": FOLD_VERSION}
    connection.execute(
        insert(t.snapshots), {**row, "digest": digest_bytes(body.encode()), "body": body}
    )
    mine = t.snapshots.c.run == run
    newest = select(t.snapshots.c.seq).where(mine).order_by(t.snapshots.c.seq.desc()).limit(KEPT)
    connection.execute(delete(t.snapshots).where(mine, t.snapshots.c.seq.not_in(newest)))


def read(connection: Connection, run: str, fold: int, until: int) -> list[tuple[int, str]]:
    """Read the snapshots that this fold can use, newest first; damaged ones are left out."""
    rows = READ(connection, run=run, fold=fold, until=until)
    return [(row.seq, row.body) for row in rows if digest_bytes(row.body.encode()) == row.digest]


def _from_snapshot(journal: Source, run: str, at: int | None) -> RunView | None:
    for seq, body in journal.snapshots(run, FOLD_VERSION, at):
        try:
            view = RunView.model_validate_json(body)
        except ValidationError:
            continue
        if view.seq == seq and view.run == run:
            return view
    return None
