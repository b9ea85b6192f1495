"""The writer: one thread that gathers what is to be written into one commit.

Whatever is waiting when a transaction begins goes into it together, so a hundred outcomes that
arrive during one disk sync cost the next one and no more.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from sqlalchemy import Connection, Transaction
from sqlalchemy.exc import SQLAlchemyError

from workbench.errors import WorkbenchError
from workbench.journal.checkpoint import Checkpoints
from workbench.journal.database import Database
from workbench.journal.engines import WAIT_S
from workbench.journal.faults import closed, explain, is_disconnect, opened_for_reading
from workbench.points import reach

T = TypeVar("T")
Phase = Literal["begin", "work", "commit"]

GROUP_LIMIT = 512
"""Jobs that go into one commit at most."""
QUICK_S, SLOW_S = 0.01, 0.05
"""A commit by the caller's own thread that took longer than the first: none for the second."""
log = logging.getLogger(__name__)


@dataclass(eq=False)
class Job(Generic[T]):
    """One piece of a commit. `work` checks first and writes after, so a refusal leaves no trace."""

    work: Callable[[Connection], T]
    repeatable: bool
    """Whether doing it once more than needed changes nothing."""
    done: Future[T] | None = None
    """Who waits in another thread; None: whoever has it done looks at `result` and `error`."""
    result: Any = None
    error: Exception | None = None

    def run(self, connection: Connection) -> None:
        """Do the work, and keep its result or its refusal until the commit."""
        self.error = None
        try:
            self.result = self.work(connection)
        except WorkbenchError as refusal:
            self.error = refusal

    def settle(self) -> None:
        """Tell whoever waits: it is on disk, or it was refused."""
        if self.done is None:
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)


LOOK: Job[Any] = Job(lambda _connection: None, repeatable=True)
"""Is never done: it only wakes the writer's thread, to see whether a checkpoint is due."""


class Writer:
    """Runs jobs in the order of submission, many in one transaction."""

    def __init__(self, database: Database, committed: Callable[[], None]) -> None:
        """Prepare; the thread starts with the first job."""
        self._database, self._committed = database, committed
        self._queue: queue.SimpleQueue[Job[Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._connection: Connection | None = None
        self._lock, self._exclusive = threading.Lock(), threading.RLock()
        self._open = 0
        self._closed = False
        self._patient = True
        self._slow_until = 0.0
        self.checkpoints = Checkpoints(database)
        self.commits = 0
        """Transactions committed so far."""

    def submit(self, work: Callable[[Connection], T], *, repeatable: bool = True) -> Future[T]:
        """Queue `work`; the future is done when its commit is on disk.

        Work that is repeatable is done again when the connection broke during its commit, because
        then nobody knows whether it is on disk.

        Raises:
            JournalError: the journal was closed, or opened by a parent process.
        """
        self._database.refuse_fork()
        done: Future[T] = Future()
        with self._lock:
            self._refuse_closed()
            self._open += 1
            if self._thread is None:
                name = "workbench-writer"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()
            self._queue.put(Job(work, repeatable, done))
        return done

    def at_once(self, work: Callable[[Connection], T]) -> Job[T] | None:
        """Commit repeatable `work` in this thread; None: that cannot be now, and it was not done.

        It can be when nobody else writes and the disk is quick: a hop to the writer's thread and
        back costs as much as the commit.

        Raises:
            JournalError: the journal was closed, or opened by a parent process.
        """
        self._database.refuse_fork()
        began, job = time.monotonic(), Job(work, repeatable=True)
        if self._database.path is None or began < self._slow_until:
            return None
        with self._lock:
            self._refuse_closed()
            if self._open or not self._exclusive.acquire(blocking=False):
                return None
            self._open = 1
        try:
            transaction = self._begin_at_once()
            if transaction is None:
                self._settled(1)
                return None
            self._commit([job], begun=transaction)
        finally:
            self._exclusive.release()
        ended = time.monotonic()
        if ended - began > QUICK_S:
            self._slow_until = ended + SLOW_S
        return job

    def _refuse_closed(self) -> None:
        if self._closed:
            raise closed(self._database.name)

    def _begin_at_once(self) -> Transaction | None:
        """Begin a transaction, unless it would have to wait or fails."""
        try:
            self._be_patient(patient=False)
            return self._connect().begin()
        except Exception:  # noqa: BLE001 - the writer's thread meets it again, and has patience
            return None

    def _be_patient(self, *, patient: bool) -> None:
        """Say whether the connection, if there is one, waits for other processes."""
        if self._patient != patient and self._connection is not None:
            wait_ms = 1000 * WAIT_S if patient else 0
            self._connection.connection.cursor().execute(f"pragma busy_timeout={wait_ms}")
            self._patient = patient

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        if self._database.inherited:
            return
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
            thread = self._thread
        if thread is None:
            self._end()
        elif thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        while group := self._gather():
            with self._exclusive:
                self._be_patient(patient=True)
                self._commit(group)
        self._end()

    def _end(self) -> None:
        with self._exclusive:
            self.checkpoints.now(self._connection)
            self._disconnect()
            self._database.writer.dispose()

    def _gather(self) -> list[Job[Any]]:
        """Wait for a job and take along whatever else waits; empty at the end."""
        group: list[Job[Any]] = []
        while not group or (len(group) < GROUP_LIMIT and not self._queue.empty()):
            try:
                job = self._queue.get(timeout=None if group else self.checkpoints.patience_s)
            except queue.Empty:
                job = LOOK
            if job is LOOK:
                if not group:
                    self._look()
                continue
            if job is None:
                if group:
                    self._queue.put(None)
                break
            if job.done is None or job.done.set_running_or_notify_cancel():
                group.append(job)
            else:
                self._settled(1)
        return group

    def _look(self) -> None:
        """Checkpoint the log when it is time for it."""
        if not self.checkpoints.due:
            self.checkpoints.rest()
            return
        with self._exclusive:
            self.checkpoints.now(self._connection)

    def _settled(self, jobs: int) -> None:
        with self._lock:
            self._open -= jobs

    def _commit(
        self,
        group: list[Job[Any]],
        *,
        begun: Transaction | None = None,
        again: bool = False,
        unsure: bool = False,
    ) -> None:
        phase: Phase = "begin"
        try:
            self._database.check()
            with begun or self._connect().begin() as transaction:
                phase = "work"
                for job in group:
                    job.run(transaction.connection)
                reach("before-commit")
                phase = "commit"
            reach("after-commit")
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the jobs
            lost = self._disconnect(error)
            unsure = unsure or (lost and phase == "commit")
            if lost and not again:
                self._repeat(group, error, unsure=unsure)
            elif len(group) > 1 and phase != "begin" and not lost:
                for job in group:
                    self._commit([job], again=again, unsure=unsure)
            else:
                self._fail(group, error, unsure=unsure)
            return
        self.commits += 1
        self._settled(len(group))
        for job in group:
            job.settle()
        if self.checkpoints.committed():
            self._queue.put(LOOK)
        self._tell()

    def _repeat(self, group: list[Job[Any]], error: Exception, *, unsure: bool) -> None:
        """Try once more on a new connection what cannot happen twice by that."""
        safe = [job for job in group if job.repeatable or not unsure]
        self._fail([job for job in group if job not in safe], error, unsure=unsure)
        if safe:
            self._commit(safe, again=True, unsure=unsure)

    def _fail(self, group: list[Job[Any]], error: Exception, *, unsure: bool) -> None:
        if self._database.is_fault(error):
            error = explain(error, self._database.name, unsure=unsure)
        self._settled(len(group))
        for job in group:
            job.error = error
            job.settle()

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._database.writer.connect()
        return self._connection

    def _disconnect(self, error: Exception | None = None) -> bool:
        """Give the connection up; True when `error` came because it was lost."""
        connection, self._connection = self._connection, None
        self._patient = True
        if connection is None:
            return False
        lost = error is not None and is_disconnect(error, connection)
        with suppress(SQLAlchemyError):
            connection.invalidate()
        connection.close()
        return lost

    def _tell(self) -> None:
        try:
            self._committed()
        except Exception:
            log.exception("a listener of the journal failed")


class NoWriter(Writer):
    """Stands where the journal was opened only for reading."""

    def submit(self, work: Callable[[Connection], T], *, repeatable: bool = True) -> Future[T]:
        """Refuse.

        Raises:
            JournalError: always.
        """
        del work, repeatable
        raise opened_for_reading(self._database.name)

    def at_once(self, work: Callable[[Connection], T]) -> Job[T] | None:
        """Refuse.

        Raises:
            JournalError: always.
        """
        del work
        raise opened_for_reading(self._database.name)
