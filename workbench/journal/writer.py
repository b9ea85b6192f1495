"""The writer: one thread that gathers what is to be written into one commit.

Whatever is waiting when a transaction begins goes into it together, so a hundred outcomes that
arrive during one disk sync cost the next one and no more.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from workbench.errors import JournalError, WorkbenchError
from workbench.journal.database import explain
from workbench.points import reach

T = TypeVar("T")

GROUP_LIMIT = 512
"""Jobs that go into one commit at most."""


@dataclass
class Job(Generic[T]):
    """One piece of a commit. `work` checks first and writes after, so a refusal leaves no trace."""

    work: Callable[[Connection], T]
    done: Future[T] = field(default_factory=Future)
    result: Any = None


class Writer:
    """Runs jobs in the order of submission, many in one transaction."""

    def __init__(self, engine: Engine, name: str, committed: Callable[[], None]) -> None:
        """Prepare; the thread starts with the first job."""
        self._engine, self._name, self._committed = engine, name, committed
        self._queue: queue.SimpleQueue[Job[Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False
        self.commits = 0
        """Transactions committed so far."""

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """Queue `work`; the future is done when its commit is on disk."""
        job: Job[T] = Job(work)
        with self._lock:
            if self._closed:
                raise JournalError(f"The journal {self._name} is closed.", "Open it again.")
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="workbench-writer", daemon=True
                )
                self._thread.start()
            self._queue.put(job)
        return job.done

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            thread = self._thread
            self._queue.put(None)
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        while (group := self._gather()) is not None:
            self._commit(group)

    def _gather(self) -> list[Job[Any]] | None:
        first = self._queue.get()
        if first is None:
            return None
        group = [first]
        while len(group) < GROUP_LIMIT and not self._queue.empty():
            job = self._queue.get()
            if job is None:
                self._queue.put(None)
                break
            group.append(job)
        return group

    def _commit(self, group: list[Job[Any]]) -> None:
        refused: dict[int, BaseException] = {}
        try:
            with self._engine.begin() as connection:
                for position, job in enumerate(group):
                    try:
                        job.result = job.work(connection)
                    except WorkbenchError as error:
                        refused[position] = error
                reach("before-commit")
            reach("after-commit")
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the jobs
            self._fall_back(group, error)
            return
        self.commits += 1
        self._committed()
        for position, job in enumerate(group):
            if position in refused:
                job.done.set_exception(refused[position])
            else:
                job.done.set_result(job.result)

    def _fall_back(self, group: list[Job[Any]], error: Exception) -> None:
        """One bad job must not fail its neighbours: try each in a transaction of its own."""
        if len(group) > 1:
            for job in group:
                self._commit([job])
            return
        known = isinstance(error, SQLAlchemyError)
        group[0].done.set_exception(explain(error, self._name) if known else error)  # type: ignore[arg-type]
