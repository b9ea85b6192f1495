"""The rows of runs: made once for each key, listed, and held by one owner at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from workbench.errors import NotFound
from workbench.journal import schema as t
from workbench.journal.lease import Lease, is_dead, lease_lost
from workbench.journal.prepared import Change, Query, Row, Value
from workbench.journal.rows import Line, RunRow
from workbench.journal.times import from_us, to_us
from workbench.states import RUN_FINAL

NOTES = 64
"""Events that may follow the end of a run: faults, and the note that the end was told."""
MAKE = Change(t.runs.insert(), "on conflict do nothing")
BY_KEY = Value(select(t.runs.c.id).where(t.runs.c.key == bindparam("key")))
BY_ID = Query(select(t.runs).where(t.runs.c.id == bindparam("run")))
BY_ID_LOCKED = Query(select(t.runs).where(t.runs.c.id == bindparam("run")).with_for_update())
ALL = Query(select(t.runs).order_by(t.runs.c.created_us.desc(), t.runs.c.id))
DRIVEN = Query(select(t.runs.c.id, t.runs.c.owner).where(t.runs.c.owner != bindparam("nobody")))
ASKING = Query(
    select(t.runs.c.id, t.runs.c.seq)
    .where(t.runs.c.open_requests > bindparam("none"))
    .order_by(t.runs.c.created_us, t.runs.c.id)
)
HOLD = Change(
    update(t.runs)
    .where(t.runs.c.id == bindparam("run"))
    .where(t.runs.c.epoch == bindparam("known"), t.runs.c.owner == bindparam("holder"))
    .values({name: bindparam(name) for name in ("epoch", "owner", "lease_until_us")})
)


def make(
    connection: Connection,
    run: str,
    key: str | None,
    goal: str,
    *,
    now: datetime,
    last: Line,
    stands: Mapping[str, Any] = MappingProxyType({}),
) -> bool:
    """Make the row of a run whose lines end with `last`; False when it, or its key, is there."""
    row: dict[str, Any] = dict.fromkeys(t.runs.c.keys(), 0)
    row |= {"id": run, "key": key, "goal": goal.replace("\0", ""), "state": "queued", "owner": ""}
    row |= stands
    row |= {"created_us": to_us(now), "updated_us": to_us(now), "seq": last.seq, "head": last.hash}
    return MAKE(connection, **row) == 1


def stand(connection: Connection, run: str, standing: dict[str, Any]) -> None:
    """Write how a run stands, where no lease is needed: it was just copied."""
    connection.execute(update(t.runs).where(t.runs.c.id == run).values(standing))


def with_key(connection: Connection, key: str) -> str:
    """Give the run that was started with this key; there is one."""
    return str(BY_KEY(connection, key=key))


def every(connection: Connection) -> list[RunRow]:
    """List all runs, newest first."""
    return [row_of(row) for row in ALL(connection)]


def driven(connection: Connection) -> dict[str, str]:
    """Give the runs that somebody drives, with who."""
    return {row.id: row.owner for row in DRIVEN(connection, nobody="")}


def asking(connection: Connection) -> list[tuple[str, int]]:
    """Give the runs that have open requests, with the position of each, oldest first."""
    return [(row.id, row.seq) for row in ASKING(connection, none=0)]


def untold(connection: Connection) -> list[str]:
    """Give the runs that have ended, were to be told of, and have no note near their end of it.

    It may name one that was told: whoever asks looks at the run itself.
    """
    first, note = t.events.alias(), t.events.alias()
    told = (
        select(note.c.seq)
        .where(note.c.run == t.runs.c.id, note.c.seq > t.runs.c.seq - NOTES)
        .where(note.c.kind == "notice.delivered")
    )
    found = connection.execute(
        select(t.runs.c.id)
        .join(first, (first.c.run == t.runs.c.id) & (first.c.seq == 1))
        .where(t.runs.c.state.in_(sorted(RUN_FINAL)), first.c.body.contains('"notify":true'))
        .where(~told.exists())
        .order_by(t.runs.c.updated_us)
    )
    return [str(row.id) for row in found]


def find(connection: Connection, run: str) -> RunRow:
    """Give one run's row.

    Raises:
        NotFound: there is no such run.
    """
    return row_of(_found(BY_ID.first(connection, run=run), run))


def take(connection: Connection, run: str, owner: str, now: datetime, ttl_s: float) -> Lease | None:
    """Take the right to drive a run; gives None while another live owner holds it.

    Raises:
        NotFound: there is no such run.
    """
    row = _found(BY_ID_LOCKED.first(connection, run=run), run)
    if row.owner not in ("", owner) and row.lease_until_us > to_us(now) and not is_dead(row.owner):
        return None
    lease = Lease(run, row.epoch + 1, row.seq, row.head, owner, ttl_s)
    _hold(connection, row.epoch, row.owner, lease, to_us(now + timedelta(seconds=ttl_s)))
    return lease


def renew(connection: Connection, lease: Lease, now: datetime, ttl_s: float) -> None:
    """Keep a lease for that long from now.

    Raises:
        LeaseLost: somebody else has it, or it was given back.
    """
    until = now + timedelta(seconds=ttl_s)
    _hold(connection, lease.epoch, lease.owner, lease, to_us(until))


def release(connection: Connection, lease: Lease) -> None:
    """Give a lease back.

    Raises:
        LeaseLost: somebody else has it, or it was given back before.
    """
    _hold(connection, lease.epoch, lease.owner, replace(lease, owner=""), 0)


def _hold(connection: Connection, known: int, holder: str, lease: Lease, until_us: int) -> None:
    parameters: dict[str, Any] = {"run": lease.run, "known": known, "holder": holder}
    parameters |= {"epoch": lease.epoch, "owner": lease.owner, "lease_until_us": until_us}
    if HOLD(connection, **parameters) != 1:
        raise lease_lost(lease.run)


def _found(row: Row | None, run: str) -> Row:
    if row is None:
        raise NotFound(
            f"The journal has no run {run!r}.", "bench.runs() lists those that it has.", run=run
        )
    return row


def row_of(row: Row) -> RunRow:
    """Understand one row of the table."""
    return RunRow(
        id=row.id,
        key=row.key,
        goal=row.goal,
        state=row.state,
        created=from_us(row.created_us),
        updated=from_us(row.updated_us),
        seq=row.seq,
        head=row.head,
        epoch=row.epoch,
        owner=row.owner,
        lease_until=from_us(row.lease_until_us),
        done=row.done,
        total=row.total,
        open_requests=row.open_requests,
    )
