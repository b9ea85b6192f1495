"""Migrations: an older journal is brought to the present tables, in one transaction or not at all.

To change the tables: change `schema.py`, raise `schema.VERSION`, add a `Migration` here, and freeze
a journal of the new version (`scripts/make_golden.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, Text, bindparam, insert, select, text, update

from workbench.clock import SystemClock
from workbench.errors import JournalError, JournalTooNew, NotAJournal
from workbench.journal import schema as t
from workbench.journal.lease import is_dead
from workbench.journal.prepared import Value
from workbench.journal.times import from_us, to_us
from workbench.points import reach

if TYPE_CHECKING:
    from alembic.operations import Operations

VERSION = Value(select(t.meta.c.value).where(t.meta.c.key == bindparam("key")))


@dataclass(frozen=True)
class Migration:
    """One change of the tables."""

    to: int
    """Version that the journal has afterwards."""
    why: str
    change: Callable[[Operations], None]
    """Changes the tables; what is new is nullable or has a default."""


def _frontier(op: Operations) -> None:
    op.add_column(t.snapshots.name, Column("frontier", Text, nullable=True))
    op.execute(t.snapshots.delete())  # whole views, which nobody reads any more


def _authority(op: Operations) -> None:
    for table in (t.rules, t.ledger):
        table.create(op.get_bind())


MIGRATIONS: list[Migration] = [
    Migration(2, "a snapshot keeps the frontier of a run instead of its whole view", _frontier),
    Migration(3, "standing rules, and a ledger of what all runs spend", _authority),
]
"""In order; the last one leads to `schema.VERSION`."""


def version_of(connection: Connection, name: str) -> int:
    """Give the version of a journal's tables.

    Raises:
        NotAJournal: they are the tables of something else.
        JournalTooNew: a newer version wrote them.
    """
    known = {row.key: row.value for row in connection.execute(select(t.meta))}
    if known.get("format") != t.FORMAT or not known.get("version", "").isdigit():
        raise NotAJournal(
            f"{name} is not a workbench journal.", "Choose another one.", journal=name
        )
    version = int(known["version"])
    if version > t.VERSION:
        raise too_new(name, version)
    return version


def refuse_newer(connection: Connection, name: str) -> None:
    """Refuse to write to a journal that was migrated by a newer version while it was open.

    Raises:
        JournalTooNew: it was.
    """
    version = VERSION(connection, key="version")
    if version is not None and version != str(t.VERSION):
        raise too_new(name, version)


def too_new(name: str, version: int | str) -> JournalTooNew:
    """Say that this workbench is too old for a journal."""
    return JournalTooNew(
        f"The journal {name} has version {version}; this workbench knows {t.VERSION}.",
        "Upgrade jupyter-agent-workbench to open it; the file was left as it is.",
        journal=name,
    )


def migrate(connection: Connection, name: str, version: int) -> None:
    """Bring the tables from `version` to the present one; the caller holds the lock and commits.

    Raises:
        JournalError: an older process drives a run in it just now; nothing was changed.
    """
    _refuse_driven(connection, name)
    # Imported here: it takes a second, and a journal is migrated once in its life.
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    op = Operations(MigrationContext.configure(connection))
    for migration in MIGRATIONS:
        if migration.to > version:
            migration.change(op)
            _note(connection, migration)
            reach("migrated")
    row = update(t.meta).where(t.meta.c.key == "version").values(value=str(t.VERSION))
    connection.execute(row)


def _note(connection: Connection, migration: Migration) -> None:
    """Keep when a journal was changed, and why."""
    at = SystemClock().now().isoformat(timespec="seconds")
    row = {"key": f"migrated to {migration.to}", "value": f"{at}: {migration.why}"}
    connection.execute(insert(t.meta), row)


def _refuse_driven(connection: Connection, name: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"lock table {t.runs.name} in exclusive mode"))
    now_us = to_us(SystemClock().now())
    held = select(t.runs.c.id, t.runs.c.owner, t.runs.c.lease_until_us).where(
        t.runs.c.owner != "", t.runs.c.lease_until_us > bindparam("now_us")
    )
    for run, owner, until_us in connection.execute(held, {"now_us": now_us}):
        if not is_dead(owner):
            raise JournalError(
                f"The journal {name} must be migrated to version {t.VERSION}, but a process of an "
                f"older version drives run {run} in it ({owner}; its lease lasts until "
                f"{from_us(until_us):%H:%M:%S} UTC).",
                "Pause or stop the run there, or let it end; then open the journal again.",
                journal=name,
                run=run,
                owner=owner,
            )
