"""The journal's own door: runs, events, commands, snapshots, artifacts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from workbench.commands import AnyCommand, Command
from workbench.errors import JournalError, JournalTampered, LeaseLost, NotFound
from workbench.events import Record, load
from workbench.ids import digest_bytes
from workbench.journal import schema as t
from workbench.journal.chain import GENESIS, link
from workbench.journal.database import explain, open_database
from workbench.journal.lease import LEASE_S, Lease, is_dead
from workbench.journal.times import from_us, to_us
from workbench.journal.writer import Writer


@dataclass(frozen=True)
class RunRow:
    """What the list of runs shows of one."""

    id: str
    key: str | None
    goal: str
    state: str
    created: datetime
    updated: datetime
    seq: int
    head: str
    epoch: int
    owner: str
    lease_until: datetime
    done: int
    total: int
    open_requests: int


@dataclass(frozen=True)
class CommandRow:
    """A command and what became of it."""

    number: int
    run: str
    at: datetime
    command: Command
    state: str
    """`open`, `done` or `refused`."""
    error: str


@dataclass
class Line:
    """One event, ready to be written."""

    seq: int
    at_us: int
    kind: str
    body: str
    hash: str


@dataclass
class Batch:
    """What one holder of a lease appends in one transaction."""

    lease: Lease
    expected_seq: int
    now: datetime
    lines: list[Line] = field(default_factory=list)
    handled: list[tuple[int, str, str]] = field(default_factory=list)
    """Commands decided by these events: (number, `done` or `refused`, error)."""
    artifacts: dict[str, bytes] = field(default_factory=dict)
    state: str = ""
    done: int = 0
    total: int = 0
    open_requests: int = 0
    snapshot: str | None = None
    """JSON of the view after the last line."""
    release: bool = False
    """Give the lease back with this append."""


class Journal:
    """One database of runs; safe to use from any thread and from several processes."""

    def __init__(self, place: str | Path) -> None:
        """Open or create the journal at a path or a SQLAlchemy URL; see `open_database`."""
        self._database = open_database(place)
        self.name = self._database.name
        self.url = self._database.url
        self._listeners: list[Callable[[], None]] = []
        self._changed = threading.Condition()
        self._writer = Writer(self._database.writer, self.name, self.notify)

    # -- runs --------------------------------------------------------------------------------

    def create_run(
        self, run: str, key: str | None, goal: str, now: datetime, lines: list[Line]
    ) -> str:
        """Make a run with its first lines; with a key that is known, give the run that has it."""

        def work(connection: Connection) -> str:
            if key is not None:
                known = connection.execute(select(t.runs.c.id).where(t.runs.c.key == key)).scalar()
                if known is not None:
                    return str(known)
            row = {
                "id": run, "key": key, "goal": goal, "state": "queued",
                "created_us": to_us(now), "updated_us": to_us(now),
                "seq": lines[-1].seq, "head": lines[-1].hash, "epoch": 0, "owner": "", "lease_until_us": 0,
                "done": 0, "total": 0, "open_requests": 0,
            }  # fmt: skip
            connection.execute(t.runs.insert(), row)
            rows = [{"run": run, "epoch": 0, **vars(line)} for line in lines]
            connection.execute(t.events.insert(), rows)
            return run

        return self._writer.submit(work).result()

    def runs(self) -> list[RunRow]:
        """List all runs, newest first."""
        with self._read() as connection:
            rows = connection.execute(
                select(t.runs).order_by(t.runs.c.created_us.desc(), t.runs.c.id)
            )
            return [_run_row(row) for row in rows]

    def run(self, run: str) -> RunRow:
        """Give one run's row.

        Raises:
            NotFound: there is no such run.
        """
        with self._read() as connection:
            row = connection.execute(select(t.runs).where(t.runs.c.id == run)).first()
        if row is None:
            raise NotFound(
                f"The journal {self.name} has no run {run!r}.",
                "bench.runs() lists those that it has.",
                run=run,
            )
        return _run_row(row)

    # -- lease -------------------------------------------------------------------------------

    def acquire(
        self, run: str, owner: str, now: datetime, ttl_s: float = LEASE_S
    ) -> Future[Lease | None]:
        """Take the right to drive a run; gives None while another live owner holds it."""

        def work(connection: Connection) -> Lease | None:
            row = connection.execute(select(t.runs).where(t.runs.c.id == run)).first()
            if row is None:
                raise NotFound(f"The journal {self.name} has no run {run!r}.", run=run)
            held = row.owner and row.lease_until_us > to_us(now) and row.owner != owner
            if held and not is_dead(row.owner):
                return None
            changed = connection.execute(
                update(t.runs)
                .where(t.runs.c.id == run, t.runs.c.epoch == row.epoch)
                .values(
                    epoch=row.epoch + 1,
                    owner=owner,
                    lease_until_us=to_us(now + timedelta(seconds=ttl_s)),
                )
            )
            if changed.rowcount != 1:
                return None
            return Lease(run, row.epoch + 1, row.seq, row.head, owner)

        return self._writer.submit(work)

    def renew(self, lease: Lease, now: datetime, ttl_s: float = LEASE_S) -> Future[None]:
        """Keep the lease while nothing is appended."""
        return self._writer.submit(
            lambda c: _renew(c, lease, to_us(now + timedelta(seconds=ttl_s)))
        )

    def release(self, lease: Lease) -> Future[None]:
        """Give the lease back."""
        return self._writer.submit(lambda c: _renew(c, lease, 0, owner=""))

    # -- events ------------------------------------------------------------------------------

    def append(self, batch: Batch) -> Future[None]:
        """Append events under a lease; the future is done when they are on disk.

        The future raises:
            LeaseLost: another host has taken the run over; the lines were kept as late outcomes.
            JournalError: the database cannot be written.
        """
        return self._writer.submit(lambda connection: self._append(connection, batch))

    def records(self, run: str, after: int = 0, limit: int | None = None) -> list[Record]:
        """Read events in order, from the one behind `after`."""
        query = select(t.events).where(t.events.c.run == run, t.events.c.seq > after)
        with self._read() as connection:
            rows = connection.execute(query.order_by(t.events.c.seq).limit(limit)).all()
        return [
            Record(run, row.seq, from_us(row.at_us), row.epoch, load(row.kind, row.body), row.hash)
            for row in rows
        ]

    def verify(self, run: str) -> int:
        """Check the hash chain of a run; gives the number of events.

        Raises:
            JournalTampered: an event was changed, removed or added; the first one is named.
        """
        head = GENESIS
        expected = self.run(run)
        query = select(t.events).where(t.events.c.run == run).order_by(t.events.c.seq)
        count = 0
        with self._read() as connection:
            for count, row in enumerate(connection.execute(query), 1):
                head = link(head, run, count, row.at_us, row.epoch, row.kind, row.body)
                if row.seq != count or row.hash != head:
                    raise _tampered(run, count)
        if count < expected.seq or (count == expected.seq and head != expected.head):
            raise _tampered(run, count + 1)
        return count

    def late_outcomes(self, run: str) -> list[tuple[int, str, str]]:
        """Read what fenced hosts wanted to append: (epoch, kind, body)."""
        query = select(t.late_outcomes).where(t.late_outcomes.c.run == run)
        with self._read() as connection:
            rows = connection.execute(query.order_by(t.late_outcomes.c.number))
            return [(row.epoch, row.kind, row.body) for row in rows]

    # -- commands ----------------------------------------------------------------------------

    def command(self, run: str, command: Command, now: datetime) -> int:
        """Write a command for the holder of the run's lease; gives its number."""
        row = {
            "run": run,
            "at_us": to_us(now),
            "body": command.model_dump_json(),
            "state": "open",
            "error": "",
        }

        def work(connection: Connection) -> int:
            key = connection.execute(t.commands.insert(), row).inserted_primary_key
            assert key is not None  # noqa: S101 - the table has one
            return int(key[0])

        return self._writer.submit(work).result()

    def open_commands(self, run: str) -> list[CommandRow]:
        """Read the commands that nobody has decided yet, oldest first."""
        query = select(t.commands).where(t.commands.c.run == run, t.commands.c.state == "open")
        with self._read() as connection:
            rows = connection.execute(query.order_by(t.commands.c.number))
            return [_command_row(row) for row in rows]

    def command_row(self, number: int) -> CommandRow:
        """Read one command."""
        with self._read() as connection:
            row = connection.execute(
                select(t.commands).where(t.commands.c.number == number)
            ).first()
        if row is None:
            raise NotFound(f"There is no command {number}.", number=number)
        return _command_row(row)

    def runs_with_commands(self) -> set[str]:
        """Give the runs that have commands waiting."""
        query = select(t.commands.c.run).where(t.commands.c.state == "open").distinct()
        with self._read() as connection:
            return set(connection.execute(query).scalars())

    # -- snapshots and artifacts -------------------------------------------------------------

    def snapshots(
        self, run: str, fold: int, before: int | None = None
    ) -> Iterator[tuple[int, str]]:
        """Read the snapshots of a run that this fold can use, newest first; damaged ones are left out."""
        query = select(t.snapshots).where(t.snapshots.c.run == run, t.snapshots.c.fold == fold)
        if before is not None:
            query = query.where(t.snapshots.c.seq <= before)
        with self._read() as connection:
            rows = connection.execute(query.order_by(t.snapshots.c.seq.desc()).limit(2)).all()
        for row in rows:
            if digest_bytes(row.body.encode()) == row.digest:
                yield row.seq, row.body

    def artifact(self, digest: str) -> bytes:
        """Read the bytes of an artifact.

        Raises:
            NotFound: it is not in this journal.
            JournalTampered: its bytes are not those that it is named by.
        """
        query = select(t.artifacts.c.content).where(t.artifacts.c.digest == digest)
        with self._read() as connection:
            content = connection.execute(query).scalar()
        if content is None:
            raise NotFound(f"The journal has no artifact {digest[:12]}.", artifact=digest)
        if digest_bytes(bytes(content)) != digest:
            raise JournalTampered(f"The artifact {digest[:12]} was changed.", artifact=digest)
        return bytes(content)

    def put_artifact(self, digest: str, content: bytes) -> None:
        """Store bytes under their digest, once."""
        self._writer.submit(
            lambda connection: _put_artifacts(connection, {digest: content})
        ).result()

    # -- notice ------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` (in the writer's thread) after each commit of this process; gives the off switch."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def wait_for_commit(self, timeout_s: float) -> None:
        """Block until this process commits something, or the time is up."""
        with self._changed:
            self._changed.wait(timeout_s)

    @property
    def commits(self) -> int:
        """Transactions that this process has committed."""
        return self._writer.commits

    def close(self) -> None:
        """Finish what is queued and close the database."""
        self._writer.close()
        self._database.close()

    def notify(self) -> None:
        """Wake everybody who waits for a commit or listens for one."""
        with self._changed:
            self._changed.notify_all()
        for listener in list(self._listeners):
            listener()

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        try:
            with self._database.reader.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise explain(error, self.name) from error

    def _append(self, connection: Connection, batch: Batch) -> None:
        from workbench.journal.snapshot import FOLD_VERSION

        lease, last = batch.lease, batch.lines[-1] if batch.lines else None
        values: dict[str, Any] = {
            "updated_us": to_us(batch.now),
            "lease_until_us": to_us(batch.now + timedelta(seconds=LEASE_S)),
            "state": batch.state,
            "done": batch.done,
            "total": batch.total,
            "open_requests": batch.open_requests,
        }
        if last is not None:
            values |= {"seq": last.seq, "head": last.hash}
        if batch.release:
            values |= {"owner": "", "lease_until_us": 0}
        changed = connection.execute(
            update(t.runs)
            .where(
                t.runs.c.id == lease.run,
                t.runs.c.epoch == lease.epoch,
                t.runs.c.seq == batch.expected_seq,
            )
            .values(values)
        )
        if changed.rowcount != 1:
            _keep_late(connection, batch)
            raise LeaseLost(
                f"Run {lease.run} is driven by another process now.",
                "This one wrote nothing; follow the run with bench.open(run_id).",
                run=lease.run,
            )
        _put_artifacts(connection, batch.artifacts)
        if batch.lines:
            rows = [{"run": lease.run, "epoch": lease.epoch, **vars(line)} for line in batch.lines]
            connection.execute(t.events.insert(), rows)
        for number, state, error in batch.handled:
            connection.execute(
                update(t.commands)
                .where(t.commands.c.number == number)
                .values(state=state, error=error)
            )
        if batch.snapshot is not None and last is not None:
            body = batch.snapshot
            digest = digest_bytes(body.encode())
            row = {"run": lease.run, "seq": last.seq, "fold": FOLD_VERSION}
            connection.execute(t.snapshots.insert(), {**row, "digest": digest, "body": body})


def _renew(connection: Connection, lease: Lease, until_us: int, **values: Any) -> None:
    changed = connection.execute(
        update(t.runs)
        .where(t.runs.c.id == lease.run, t.runs.c.epoch == lease.epoch)
        .values(lease_until_us=until_us, **values)
    )
    if changed.rowcount != 1:
        raise LeaseLost(f"Run {lease.run} is driven by another process now.", run=lease.run)


def _keep_late(connection: Connection, batch: Batch) -> None:
    rows = [
        {"run": batch.lease.run, "at_us": line.at_us, "epoch": batch.lease.epoch}
        | {"kind": line.kind, "body": line.body}
        for line in batch.lines
    ]
    if rows:
        connection.execute(t.late_outcomes.insert(), rows)


def _put_artifacts(connection: Connection, artifacts: dict[str, bytes]) -> None:
    for digest, content in artifacts.items():
        known = select(func.count()).where(t.artifacts.c.digest == digest)
        if not connection.execute(known).scalar():
            row = {"digest": digest, "size": len(content), "content": content}
            connection.execute(t.artifacts.insert(), row)


def _run_row(row: Row[Any]) -> RunRow:
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


def _command_row(row: Row[Any]) -> CommandRow:
    command = AnyCommand.validate_json(row.body)
    return CommandRow(row.number, row.run, from_us(row.at_us), command, row.state, row.error)


def _tampered(run: str, seq: int) -> JournalTampered:
    return JournalTampered(
        f"The hash chain of run {run} breaks at event {seq}: it was changed, removed or added.",
        f"Events before {seq} can be trusted; restore the journal from a copy.",
        run=run,
        seq=seq,
    )


__all__ = ["Batch", "CommandRow", "Journal", "JournalError", "Line", "RunRow"]
