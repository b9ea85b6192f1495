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

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text

from workbench.journal import runs
from workbench.journal import schema as t
from workbench.journal.lease import is_dead
from workbench.journal.rows import RunRow
from workbench.journal.times import to_us
from workbench.states import RUN_FINAL

DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
RUN_ID = re.compile(r"\brun-[0-9a-z]+\b")
PRUNED = "pruned"
"""Beginning of the keys in wb_meta that say what was removed."""
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
        measured.append(
            RunSize(
                run=row.id,
                state=row.state,
                events=row.seq,
                event_bytes=int(by_event.get(row.id, 0)),
                snapshot_bytes=int(by_snapshot.get(row.id, 0)),
                artifacts=len(found),
                artifact_bytes=sum(int(stored[digest]) for digest in found),
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
    busy = set(connection.execute(select(t.commands.c.run).where(t.commands.c.state == "open")).scalars())
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
    rows = connection.execute(select(t.meta).where(t.meta.c.key.startswith(PRUNED)).order_by(t.meta.c.key))
    for row in rows:
        yield row.key.removeprefix(PRUNED).strip(), json.loads(row.value)
