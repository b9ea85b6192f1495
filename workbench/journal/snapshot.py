"""Snapshots: the frontier of a run kept beside its events, so that a resume reads few of them.

They serve the engine only. Whoever looks at a run folds its events: what is shown and audited
comes from the truth itself.
"""

from __future__ import annotations

from typing import Protocol

from pydantic import ValidationError
from sqlalchemy import Connection, bindparam, delete, func, insert, select

from workbench.errors import JournalError
from workbench.events import PlanRevised, Record
from workbench.ids import digest_bytes
from workbench.journal import schema as t
from workbench.journal.prepared import Change, Query
from workbench.journal.rows import RunRow
from workbench.view import RunView, fold

FOLD_VERSION = 4
"""Raised whenever `workbench.view` changes what it folds; older snapshots are then left aside."""

READ = Query(
    select(t.snapshots)
    .where(t.snapshots.c.run == bindparam("run"), t.snapshots.c.fold == bindparam("fold"))
    .where(t.snapshots.c.seq <= bindparam("until"))
    .order_by(t.snapshots.c.seq.desc())
)
KEEP = Change(insert(t.snapshots).values({c.name: bindparam(c.name) for c in t.snapshots.c}))
_previous = (
    select(func.max(t.snapshots.c.seq))
    .where(t.snapshots.c.run == bindparam("run"), t.snapshots.c.seq < bindparam("newest"))
    .scalar_subquery()
)
FORGET = Change(
    delete(t.snapshots).where(t.snapshots.c.run == bindparam("run"), t.snapshots.c.seq < _previous)
)
"""Keeps the newest, and the one before for when that is damaged."""


class Source(Protocol):
    """What a view is rebuilt from: the journal."""

    def run(self, run: str) -> RunRow:
        """Give a run's row, or raise `NotFound`."""
        ...

    def records(
        self, run: str, after: int = 0, limit: int | None = None, *, head: str | None = None
    ) -> list[Record]:
        """Read events in order; with `head`, checked against the chain that ends with it."""
        ...

    def snapshots(self, run: str, fold: int, before: int | None = None) -> list[tuple[int, str]]:
        """Read the sound snapshots up to `before`, newest first."""
        ...


def load_view(
    journal: Source, run: str, *, at: int | None = None, head: str | None = None
) -> RunView:
    """Fold a run's events up to `at`, or all; with `head`, checked against their chain.

    Raises:
        NotFound: there is no such run.
        JournalError: the events cannot be read.
    """
    journal.run(run)
    view = RunView(run=run)
    catch_up(journal, view, at=at, head=head)
    return view


def load_frontier(journal: Source, run: str, *, head: str | None = None) -> RunView | None:
    """Fold the last events onto the newest snapshot that serves; None when there is none.

    What is finished may be left out of it: see `workbench.view.frontier`. With `head` those events
    are checked against the chain that ends with it.

    Raises:
        JournalError: the events cannot be read.
    """
    for seq, body in journal.snapshots(run, FOLD_VERSION):
        try:
            view = RunView.model_validate_json(body)
        except ValidationError:
            continue
        tail = journal.records(run, after=seq, head=head)
        if (view.seq, view.run) != (seq, run) or any(
            isinstance(record.event, PlanRevised) for record in tail
        ):
            continue
        try:
            for record in tail:
                fold(view, record)
        except JournalError:
            continue
        return view
    return None


def catch_up(
    journal: Source, view: RunView, *, at: int | None = None, head: str | None = None
) -> None:
    """Fold the events that came since."""
    limit = None if at is None else max(0, at - view.seq)
    for record in journal.records(view.run, after=view.seq, limit=limit, head=head):
        fold(view, record)


def keep(connection: Connection, run: str, seq: int, body: str) -> None:
    """Store a frontier as JSON and forget the older ones."""
    digest = digest_bytes(body.encode())
    row = {"run": run, "seq": seq, "fold": FOLD_VERSION, "digest": digest, "frontier": body}
    KEEP(connection, **row, body="")
    FORGET(connection, run=run, newest=seq)


def read(connection: Connection, run: str, fold: int, until: int) -> list[tuple[int, str]]:
    """Read the snapshots that this fold can use, newest first; damaged ones are left out."""
    rows = READ(connection, run=run, fold=fold, until=until)
    return [
        (row.seq, row.frontier)
        for row in rows
        if row.frontier is not None and digest_bytes(row.frontier.encode()) == row.digest
    ]
