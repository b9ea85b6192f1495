"""The one way into a run's journal: lease, position, lines and all that goes with them at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, String, bindparam, func, update

from workbench.errors import JournalError
from workbench.journal import artifacts, commands, ledger, lines, runs, snapshot, standing
from workbench.journal import schema as t
from workbench.journal.lease import lease_lost
from workbench.journal.prepared import Change
from workbench.journal.rows import Batch
from workbench.journal.times import to_us
from workbench.points import reach

COLUMNS = (
    "seq", "state", "done", "total", "open_requests", "updated_us", "owner", "lease_until_us"
)  # fmt: skip

ADVANCE = Change(
    update(t.runs)
    .where(t.runs.c.id == bindparam("run"), t.runs.c.seq == bindparam("expected"))
    .where(t.runs.c.epoch == bindparam("epoch"), t.runs.c.owner == bindparam("holder"))
    .values({name: bindparam(name) for name in COLUMNS})
    .values(head=func.coalesce(bindparam("head", type_=String), t.runs.c.head))
)


def append(connection: Connection, batch: Batch) -> int:
    """Write a batch, if its lease and its position are still those of the run; once is enough.

    Gives the revision of the standing rules: in the same transaction, so that whoever commits an
    intent knows every rule that was set before it.

    Raises:
        LeaseLost: another host has taken the run over; the lines were kept as late outcomes.
        JournalError: the batch before this one was not written; the lines were kept likewise.
    """
    lease = batch.lease
    advanced = ADVANCE(connection, **_row(batch)) == 1
    if not advanced and lines.are_there(connection, lease.run, batch.lines):
        return standing.revision(connection)
    if batch.artifacts:
        artifacts.put(connection, batch.artifacts)
    if not advanced:
        lines.keep_late(connection, lease.run, lease.epoch, batch.lines)
        raise _refusal(connection, batch)
    if batch.lines:
        lines.write(connection, lease.run, lease.epoch, batch.lines)
        reach("lines-written")
    if batch.handled:
        commands.decide(connection, batch.handled)
    if batch.moves:
        ledger.move(connection, lease.run, batch.moves)
    if batch.snapshot is not None and batch.lines:
        snapshot.keep(connection, lease.run, batch.lines[-1].seq, batch.snapshot)
        reach("snapshot-written")
    for rule_id, rule, by in batch.rules:
        standing.put(connection, rule_id, rule, by, batch.now)
    return standing.revision(connection)


def _row(batch: Batch) -> dict[str, Any]:
    lease, last = batch.lease, batch.lines[-1] if batch.lines else None
    return {
        "run": lease.run,
        "epoch": lease.epoch,
        "holder": lease.owner,
        "expected": batch.expected_seq,
        "seq": last.seq if last else batch.expected_seq,
        "head": last.hash if last else None,
        "state": batch.state,
        "done": batch.done,
        "total": batch.total,
        "open_requests": batch.open_requests,
        "updated_us": to_us(batch.now),
        "owner": "" if batch.release else lease.owner,
        "lease_until_us": 0 if batch.release else to_us(batch.now + timedelta(seconds=lease.ttl_s)),
    }


def _refusal(connection: Connection, batch: Batch) -> JournalError:
    lease, row = batch.lease, runs.find(connection, batch.lease.run)
    if (row.epoch, row.owner) != (lease.epoch, lease.owner):
        return lease_lost(lease.run)
    return JournalError(
        f"Events of run {lease.run} were to be written behind event {batch.expected_seq}, but its "
        f"journal ends with {row.seq}: those between could not be written.",
        "Open the run again: it goes on from what is in the journal.",
        run=lease.run,
    )
