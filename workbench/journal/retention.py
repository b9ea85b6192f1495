"""Retention: how much each run takes, and removing finished runs as a whole.

A run is never removed in part: its chain stands or goes. Artifacts go with the last run that
refers to them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, func, insert, select, text

from workbench.ids import new_id
from workbench.journal import artifacts, runs
from workbench.journal import schema as t
from workbench.journal.held import bodies, digests, driven, staying
from workbench.journal.rows import RunRow
from workbench.states import RUN_FINAL

PRUNED = "pruned"
"""Beginning of the keys in wb_meta that say what was removed."""
CAPTURES = ("variables.captured", "variables.restored")
OF_RUN = (t.events, t.snapshots, t.commands, t.late_outcomes)


@dataclass(frozen=True)
class RunSize:
    """What one run takes, in bytes."""

    run: str
    state: str
    events: int
    event_bytes: int
    snapshot_bytes: int
    artifacts: int
    """Artifacts that it refers to; others may refer to them, too."""
    artifact_bytes: int
    captured: int
    """Those among them that are captured variables; their short ones stand in the events."""
    captured_bytes: int
    updated: datetime


@dataclass(frozen=True)
class Sizes:
    """What a journal takes, in bytes."""

    runs: list[RunSize]
    artifacts: int
    artifact_bytes: int
    orphans: int
    """Artifacts that no run refers to."""
    orphan_bytes: int


@dataclass(frozen=True)
class Pruned:
    """What was removed."""

    runs: list[str] = field(default_factory=list)
    artifacts: int = 0
    bytes: int = 0
    """Of events, snapshots and artifacts; the file shrinks only with `vacuum`."""
    kept: dict[str, str] = field(default_factory=dict)
    """Runs that are old enough and stay, each with the reason in words."""
    before: int = 0
    """What the journal held, in bytes."""
    after: int = 0
    late: tuple[str, ...] = ()
    """Runs that are being driven: until they rest, no artifact goes."""


def sizes(connection: Connection) -> Sizes:
    """Measure every run and the artifacts; reads every event."""
    stored = dict(_pairs(connection, select(t.artifacts.c.digest, t.artifacts.c.size)))
    measured, used = [], set()
    by_snapshot = dict(_pairs(connection, _length_by_run(t.snapshots)))
    by_event = dict(_pairs(connection, _length_by_run(t.events)))
    for row in runs.every(connection):
        found = {d for d in digests(bodies(connection, row.id)) if d in stored}
        used |= found
        captures = {d for d in digests(_captures(connection, row.id)) if d in stored}
        measured.append(
            RunSize(
                run=row.id,
                state=row.state,
                events=row.seq,
                event_bytes=int(by_event.get(row.id, 0)),
                snapshot_bytes=int(by_snapshot.get(row.id, 0)),
                artifacts=len(found),
                artifact_bytes=sum(int(stored[digest]) for digest in found),
                captured=len(captures),
                captured_bytes=sum(int(stored[digest]) for digest in captures),
                updated=row.updated,
            )
        )
    orphans = {digest: int(size) for digest, size in stored.items() if digest not in used}
    total = sum(int(size) for size in stored.values())
    return Sizes(measured, len(stored), total, len(orphans), sum(orphans.values()))


def prune(
    connection: Connection,
    now: datetime,
    *,
    older_than: timedelta | None,
    keep: int,
    orphans: bool,
) -> Pruned:
    """Remove finished runs whose last event is older, but never the newest `keep` of them.

    With None no run is removed. A run stays while its undo is not over, while it is driven, has an
    undecided order, or another run that stays names it. The artifacts of what was removed go when
    nothing refers to them any more; with `orphans` all others that nothing refers to, too. While
    any run is driven all artifacts stay: what it captures is stored before it is referred to.
    """
    _keep_leases(connection)
    before, rows = total(connection), runs.every(connection)
    old = set() if older_than is None else _old(rows, now - older_than, keep)
    stays = staying(connection, rows, old, now)
    going = old - stays.why.keys()
    freed = {d for run in going for d in digests(bodies(connection, run))}
    removed = sum(_remove(connection, run) for run in going)
    late = tuple(sorted(row.id for row in rows if driven(row, now)))
    gone = {} if late else _loose(connection, stays.artifacts, None if orphans else freed)
    artifacts.remove(connection, gone)
    size = removed + sum(gone.values())
    kept = dict(sorted(stays.why.items()))
    done = Pruned(sorted(going), len(gone), size, kept, before, before - size, late)
    if done.runs or done.artifacts:
        _note(connection, done, now)
    return done


def total(connection: Connection) -> int:
    """Give what events, snapshots, orders and artifacts take in all."""
    texts = (func.sum(_length(table)) for table in OF_RUN)
    amounts = (*texts, func.sum(t.artifacts.c.size))
    return sum(int(connection.execute(select(one)).scalar_one() or 0) for one in amounts)


def history(connection: Connection) -> Iterator[tuple[str, dict[str, object]]]:
    """Give what was removed and when, oldest first."""
    mine = select(t.meta).where(t.meta.c.key.startswith(PRUNED)).order_by(t.meta.c.key)
    for row in connection.execute(mine):
        yield row.key.split()[1], json.loads(row.value)


def _old(rows: list[RunRow], since: datetime, keep: int) -> set[str]:
    """Give the finished runs that have not changed since, but not the newest `keep`."""
    finished = [row for row in rows if row.state in RUN_FINAL]
    finished.sort(key=lambda row: row.updated, reverse=True)
    return {row.id for row in finished[keep:] if row.updated <= since}


def _captures(connection: Connection, run: str) -> Iterator[str]:
    mine = select(t.events.c.body).where(t.events.c.run == run)
    yield from connection.execute(mine.where(t.events.c.kind.in_(CAPTURES))).scalars()


def _remove(connection: Connection, run: str) -> int:
    """Remove all of a run; gives the bytes of its texts."""
    size = 0
    for table in OF_RUN:
        length = select(func.coalesce(func.sum(_length(table)), 0))
        size += int(connection.execute(length.where(table.c.run == run)).scalar_one())
        connection.execute(delete(table).where(table.c.run == run))
    connection.execute(delete(t.runs).where(t.runs.c.id == run))
    return size


def _loose(connection: Connection, staying: set[str], among: set[str] | None) -> dict[str, int]:
    """Give the artifacts that nothing which stays refers to, with their sizes."""
    stored = _pairs(connection, select(t.artifacts.c.digest, t.artifacts.c.size))
    return {d: int(n) for d, n in stored if d not in staying and (among is None or d in among)}


def _keep_leases(connection: Connection) -> None:
    """Let nobody take a lease or append before this is committed; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("lock table wb_runs in share row exclusive mode"))


def _note(connection: Connection, done: Pruned, now: datetime) -> None:
    """Write down what was removed: the journal says so itself."""
    at = now.isoformat(timespec="microseconds")
    value = {"runs": done.runs, "artifacts": done.artifacts, "bytes": done.bytes}
    row = {"key": f"{PRUNED} {at} {new_id('cut')}", "value": json.dumps(value)}
    connection.execute(insert(t.meta), row)


def _length_by_run(table: Table) -> Select[Any]:
    return select(table.c.run, func.sum(_length(table))).group_by(table.c.run)


def _length(table: Table) -> ColumnElement[int]:
    """Give the length of a row's text; of a snapshot the frontier is what counts."""
    text_of = func.length(table.c.body)
    if table is t.snapshots:
        return text_of + func.length(func.coalesce(table.c.frontier, ""))
    return text_of


def _pairs(connection: Connection, statement: Select[Any]) -> Iterator[tuple[str, int]]:
    return ((row[0], row[1]) for row in connection.execute(statement))
