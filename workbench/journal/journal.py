"""The journal's own door: one database of runs, written by one thread, read by any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import Connection

from workbench.commands import Command
from workbench.grants import Rule
from workbench.journal import (
    artifacts,
    checkpoint,
    commands,
    ledger,
    lines,
    retention,
    runs,
    standing,
)
from workbench.journal.append import append
from workbench.journal.faults import opened_for_reading
from workbench.journal.lease import LEASE_S, Lease
from workbench.journal.migrations import refuse_newer
from workbench.journal.notice import Notice
from workbench.journal.reader import JournalReader
from workbench.journal.retention import Pruned
from workbench.journal.rows import Batch, CommandRow, Line, RunRow
from workbench.journal.writer import Job, NoWriter, Writer
from workbench.points import reach

T = TypeVar("T")


class Journal(JournalReader):
    """One database of runs; safe to use from any thread and from several processes.

    Every reading method raises `JournalError` when the database cannot be read, every writing one
    when it cannot be written; nothing that was committed is lost.
    """

    def __init__(self, place: str | Path, *, read_only: bool = False) -> None:
        """Open or create the journal at a path or a SQLAlchemy URL; see `JournalReader`."""
        super().__init__(place, read_only=read_only)
        self._listeners: list[Callable[[], None]] = []
        self._writer = (NoWriter if read_only else Writer)(self._database, self._committed)
        self.committed = Notice()
        """Told after each commit of this process."""
        self.turned = Notice()
        """Told when a run of this process changes its state or inbox, decides a command or rests:
        who waits for that is not woken by every step."""
        self._stands: dict[str, tuple[str, int]] = {}

    # -- runs --------------------------------------------------------------------------------

    def create_run(
        self,
        run: str,
        key: str | None,
        goal: str,
        now: datetime,
        first: list[Line],
        *,
        of: str = "",
        stands: Mapping[str, Any] = MappingProxyType({}),
    ) -> str:
        """Make a run with its first lines; with a key that is known, give the run that has it.

        Args:
            run: its id.
            key: as the caller gave it.
            goal: what is wanted.
            now: the time.
            first: its lines.
            of: the run that it is a fork of.
            stands: what its row says of how it stands, where that is more than "queued".

        Raises:
            NotFound: there is no run `of`, whose artifacts the lines name.
        """

        def work(connection: Connection) -> str:
            refuse_newer(connection, self.name)
            if of:
                runs.find(connection, of)
            if runs.make(connection, run, key, goal, now=now, last=first[-1], stands=stands):
                reach("run-made")
                lines.write(connection, run, 0, first)
                reach("first-lines-written")
                return run
            return run if key is None else runs.with_key(connection, key)

        return self._writer.submit(work).result()

    # -- lease -------------------------------------------------------------------------------

    def acquire(
        self,
        run: str,
        owner: str,
        now: datetime,
        ttl_s: float = LEASE_S,
        *,
        coming: Future[Lease | None] | None = None,
    ) -> Future[Lease | None]:
        """Take the right to drive a run; gives None while another live owner holds it.

        `coming` is done before: as soon as the lease is written, while the disk is waited for. It
        may still fail then, and gives nobody any right.
        """

        def told(lease: Lease | None) -> Lease | None:
            if coming is not None and not coming.done():
                coming.set_result(lease)
            return lease

        taken = self._writer.submit(lambda c: told(self._take(c, run, owner, now, ttl_s)))
        taken.add_done_callback(lambda _: told(None))
        return taken

    def _take(
        self, connection: Connection, run: str, owner: str, now: datetime, ttl_s: float
    ) -> Lease | None:
        refuse_newer(connection, self.name)
        lease = runs.take(connection, run, owner, now, ttl_s)
        if lease is not None:
            held = tuple(ledger.held(connection, run)) if lease.epoch > 1 else ()
            ordered, rules = commands.any_waiting(connection, run), standing.revision(connection)
            lease = replace(lease, rules=rules, ordered=ordered, held=held)
        if lease is not None and checkpoint.claim(connection, owner, now):
            self._writer.checkpoints.owner = owner
        return lease

    def renew(self, lease: Lease, now: datetime, ttl_s: float | None = None) -> Future[None]:
        """Keep the lease while nothing is appended; the future raises `LeaseLost`."""
        keep_s = lease.ttl_s if ttl_s is None else ttl_s
        return self._writer.submit(lambda c: runs.renew(c, lease, now, keep_s))

    def release(self, lease: Lease) -> Future[None]:
        """Give the lease back; the future raises `LeaseLost`."""
        return self._writer.submit(lambda c: runs.release(c, lease))

    # -- events ------------------------------------------------------------------------------

    def append(self, batch: Batch) -> Future[int]:
        """Append events under a lease; the future is done when they are on disk.

        It gives the revision of the standing rules.

        The future raises:
            LeaseLost: another host has taken the run over; the lines were kept as late outcomes.
            JournalError: the database cannot be written, or a batch before this one was not.
        """
        done = self._writer.submit(lambda c: append(c, batch))
        if self._turns(batch):
            done.add_done_callback(lambda _: self.turned.tell())
        return done

    def append_at_once(self, batch: Batch) -> Job[int] | None:
        """Do the same in the calling thread, when nobody else writes; None: nothing was done."""
        done = self._writer.at_once(lambda c: append(c, batch))
        if done is not None and self._turns(batch):
            self.turned.tell()
        return done

    def _turns(self, batch: Batch) -> bool:
        """Whether somebody may wait for what a batch changes."""
        stands = (batch.state, batch.open_requests)
        if not (batch.handled or batch.release) and self._stands.get(batch.lease.run) == stands:
            return False
        self._stands[batch.lease.run] = stands
        return True

    # -- commands ----------------------------------------------------------------------------

    def command(self, run: str, command: Command, now: datetime) -> int:
        """Write a command for the holder of the run's lease; gives its number."""

        def work(connection: Connection) -> int:
            refuse_newer(connection, self.name)
            return commands.write(connection, run, command, now)

        return self._writer.submit(work, repeatable=False).result()

    def command_and_lease(
        self, run: str, command: Command, now: datetime, *, owner: str, ttl_s: float = LEASE_S
    ) -> tuple[int, Lease | None]:
        """Write a command and, where nobody holds the run's lease, take it in the same commit."""

        def work(connection: Connection) -> tuple[int, Lease | None]:
            free = not runs.find(connection, run).owner
            refuse_newer(connection, self.name)
            number = commands.write(connection, run, command, now)
            return number, self._take(connection, run, owner, now, ttl_s) if free else None

        return self._writer.submit(work, repeatable=False).result()

    def take_errand(self, number: int) -> bool:
        """Begin an errand; False when another process has begun it."""
        return self._writer.submit(lambda c: commands.take(c, number), repeatable=False).result()

    def end_errand(self, number: int, error: str) -> None:
        """Note what became of an errand; without an error it was done."""
        end = (number, "refused" if error else "done", error)
        self._writer.submit(lambda c: commands.decide(c, [end]), repeatable=True).result()

    # -- standing rules ----------------------------------------------------------------------

    def put_rule(self, rule_id: str, rule: Rule, by: str, now: datetime) -> None:
        """Set a rule for every run of this journal, in every process, from this commit on."""
        self._writer.submit(
            lambda c: standing.put(c, rule_id, rule, by, now), repeatable=False
        ).result()

    def lift_rule(self, rule_id: str, by: str, now: datetime) -> None:
        """Lift a rule.

        Raises:
            NotFound: no such rule stands.
        """
        self._writer.submit(lambda c: standing.lift(c, rule_id, by, now), repeatable=False).result()

    # -- snapshots and artifacts -------------------------------------------------------------

    def put_artifact(self, digest: str, content: bytes) -> None:
        """Store bytes under their digest, once."""
        self._writer.submit(lambda c: artifacts.put(c, {digest: content})).result()

    # -- upkeep ------------------------------------------------------------------------------

    def prune(
        self, now: datetime, *, older_than: timedelta | None, keep: int = 0, orphans: bool = False
    ) -> Pruned:
        """Remove old finished runs as a whole, and what only they referred to; see `retention`."""
        return self._writer.submit(
            lambda c: retention.prune(c, now, older_than=older_than, keep=keep, orphans=orphans),
            repeatable=False,
        ).result()

    def vacuum(self) -> None:
        """Give the room of what was removed back to the disk; takes the database for itself."""
        self.refuse_writing()
        self._database.vacuum()

    def write(self, work: Callable[[Connection], T]) -> Future[T]:
        """Let the writer's thread do some upkeep in one transaction; it may be done twice."""
        return self._writer.submit(work)

    def refuse_writing(self) -> None:
        """Refuse what would write.

        Raises:
            JournalError: it was opened only for reading.
        """
        if self.read_only:
            raise opened_for_reading(self.name)

    # -- notice ------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each commit of this process, in the writer's thread.

        Gives the function that ends it.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    @property
    def commits(self) -> int:
        """Transactions that this process has committed."""
        return self._writer.commits

    def close(self) -> None:
        """Finish what is queued and close the database."""
        self._writer.close()
        self._database.close()

    def notify(self) -> None:
        """Wake everybody who waits for anything, and all listeners."""
        self.turned.tell()
        self._committed()

    def _committed(self) -> None:
        self.committed.tell()
        for listener in list(self._listeners):
            listener()


__all__ = ["Batch", "CommandRow", "Journal", "Line", "RunRow"]
