"""Retention: how much each run takes, and removing finished runs as a whole.

A run is never removed in part: its chain stands or goes. Artifacts go with the last run that
refers to them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, delete, func, insert, select

from workbench.ids import new_id
from workbench.journal import commands, runs
from workbench.journal import schema as t
from workbench.journal.lease import is_dead
from workbench.journal.rows import RunRow
from workbench.states import RUN_FINAL

DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
RUN_ID = re.compile(r"\brun-[0-9a-z]+\b")
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


def sizes(connection: Connection) -> Sizes:
    """Measure every run and the artifacts; reads every event."""
    stored = dict(_pairs(connection, select(t.artifacts.c.digest, t.artifacts.c.size)))
    measured, used = [], set()
    by_snapshot = dict(_pairs(connection, _length_by_run(t.snapshots)))
    by_event = dict(_pairs(connection, _length_by_run(t.events)))
    for row in runs.every(connection):
        found = {d for d in _digests(_bodies(connection, row.id)) if d in stored}
        used |= found
        captures = {d for d in _digests(_captures(connection, row.id)) if d in stored}
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
    connection: Connection, now: datetime, *, older_than: timedelta, keep: int, orphans: bool
) -> Pruned:
    """Remove finished runs whose last event is older, but never the newest `keep` of them.

    A run stays while it is driven, has an undecided order, or another run that stays names it.
    The artifacts of what was removed go when nothing refers to them any more; with `orphans` all
    others that nothing refers to, too.
    """
    rows = runs.every(connection)
    finished = [row for row in rows if row.state in RUN_FINAL]
    finished.sort(key=lambda row: row.updated, reverse=True)
    old = [row for row in finished[keep:] if row.updated <= now - older_than]
    busy = commands.runs_waiting(connection)
    going = {row.id for row in old if row.id not in busy and not _driven(row, now)}
    staying, named = _what_stays(connection, rows, going)
    going -= named
    if named:
        staying, _ = _what_stays(connection, rows, going)
    freed = {d for run in going for d in _digests(_bodies(connection, run))}
    removed = sum(_remove(connection, run) for run in going)
    count, size = _remove_artifacts(connection, freed, staying, orphans=orphans)
    done = Pruned(sorted(going), count, removed + size)
    if done.runs or done.artifacts:
        _note(connection, done, now)
    return done


def history(connection: Connection) -> Iterator[tuple[str, dict[str, object]]]:
    """Give what was removed and when, oldest first."""
    mine = select(t.meta).where(t.meta.c.key.startswith(PRUNED)).order_by(t.meta.c.key)
    for row in connection.execute(mine):
        yield row.key.split()[1], json.loads(row.value)


def _what_stays(
    connection: Connection, rows: Iterable[RunRow], going: set[str]
) -> tuple[set[str], set[str]]:
    """Give the artifacts that what stays refers to, and the runs that it names."""
    digests: set[str] = set()
    named: set[str] = set()
    for row in rows:
        if row.id not in going:
            for body in _bodies(connection, row.id):
                digests.update(DIGEST.findall(body))
                named.update(RUN_ID.findall(body))
    return digests, named & going


def _driven(row: RunRow, now: datetime) -> bool:
    return bool(row.owner) and row.lease_until > now and not is_dead(row.owner)


def _bodies(connection: Connection, run: str) -> Iterator[str]:
    """Go through all text of a run in which a digest or an id may stand."""
    for table in (t.events, t.commands, t.late_outcomes):
        yield from connection.execute(select(table.c.body).where(table.c.run == run)).scalars()


def _captures(connection: Connection, run: str) -> Iterator[str]:
    mine = select(t.events.c.body).where(t.events.c.run == run)
    yield from connection.execute(mine.where(t.events.c.kind.in_(CAPTURES))).scalars()


def _digests(bodies: Iterable[str]) -> set[str]:
    return {digest for body in bodies for digest in DIGEST.findall(body)}


def _remove(connection: Connection, run: str) -> int:
    """Remove all of a run; gives the bytes of its texts."""
    size = 0
    for table in OF_RUN:
        length = select(func.coalesce(func.sum(func.length(table.c.body)), 0))
        size += int(connection.execute(length.where(table.c.run == run)).scalar_one())
        connection.execute(delete(table).where(table.c.run == run))
    connection.execute(delete(t.runs).where(t.runs.c.id == run))
    return size


def _remove_artifacts(
    connection: Connection, freed: set[str], staying: set[str], *, orphans: bool
) -> tuple[int, int]:
    stored = dict(_pairs(connection, select(t.artifacts.c.digest, t.artifacts.c.size)))
    going = [d for d in (stored if orphans else freed) if d in stored and d not in staying]
    gone = delete(t.artifacts).where(t.artifacts.c.digest == bindparam("gone"))
    for digest in going:
        connection.execute(gone, {"gone": digest})
    return len(going), sum(int(stored[digest]) for digest in going)


def _note(connection: Connection, done: Pruned, now: datetime) -> None:
    """Write down what was removed: the journal says so itself."""
    at = now.isoformat(timespec="microseconds")
    value = {"runs": done.runs, "artifacts": done.artifacts, "bytes": done.bytes}
    row = {"key": f"{PRUNED} {at} {new_id('cut')}", "value": json.dumps(value)}
    connection.execute(insert(t.meta), row)


def _length_by_run(table: Table) -> Select[Any]:
    return select(table.c.run, func.sum(func.length(table.c.body))).group_by(table.c.run)


def _pairs(connection: Connection, statement: Select[Any]) -> Iterator[tuple[str, int]]:
    return ((row[0], row[1]) for row in connection.execute(statement))
