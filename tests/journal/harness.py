"""A host without an engine: takes leases and appends, as the engine's log does."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from workbench.events import Event, FaultRecorded, RunCreated, dump
from workbench.journal import Batch, Chain, Journal, Lease, Line
from workbench.journal.times import to_us
from workbench.testing.clock import START as NOW

ROOT = Path(__file__).parents[2]
_numbers = itertools.count(1)


def later(seconds: float) -> datetime:
    """Give a time after the start."""
    return NOW + timedelta(seconds=seconds)


def note(text: str = "something") -> Event:
    """Make an event that can stand anywhere."""
    return FaultRecorded(where="test", error=text)


def lines(chain: Chain, epoch: int, *events: Event) -> list[Line]:
    """Extend a chain by events."""
    made = []
    for event in events:
        body = dump(event)
        seq, digest = chain.extend(to_us(NOW), epoch, event.kind, body)
        made.append(Line(seq, to_us(NOW), event.kind, body, digest))
    return made


def create(journal: Journal, run: str | None = None, *, key: str | None = None) -> str:
    """Create a run of one event; gives its id."""
    run = run or f"run-{next(_numbers)}"
    first = RunCreated(goal="count", key=key, agent="agent", on_behalf_of="ada", limits={})
    return journal.create_run(run, key, "count", NOW, lines(Chain(run), 0, first))


class Holder:
    """Appends to one run under one lease."""

    def __init__(self, journal: Journal, lease: Lease) -> None:
        self.journal, self.lease, self.run = journal, lease, lease.run
        self.expected = lease.seq
        self._chain = Chain(lease.run, lease.seq, lease.head)

    @classmethod
    def take(cls, journal: Journal, run: str, owner: str = "a", now: datetime = NOW) -> Holder:
        """Take the lease, which is free."""
        lease = journal.acquire(run, owner, now).result()
        assert lease is not None
        return cls(journal, lease)

    def batch(self, *texts: str, **more: Any) -> Batch:
        """Make the next batch: one event for each text."""
        made = lines(self._chain, self.lease.epoch, *map(note, texts))
        fields = {"now": NOW, "state": "running"} | more
        batch = Batch(self.lease, self.expected, lines=made, **fields)
        self.expected += len(made)
        return batch

    def tell(self, *events: Event) -> None:
        """Append these events and wait for the disk."""
        made = lines(self._chain, self.lease.epoch, *events)
        batch = Batch(self.lease, self.expected, lines=made, now=NOW, state="running")
        self.expected += len(made)
        self.journal.append(batch).result()

    def send(self, *texts: str, **more: Any) -> Future[None]:
        """Append without waiting."""
        return self.journal.append(self.batch(*texts, **more))

    def append(self, *texts: str, **more: Any) -> None:
        """Append and wait for the disk."""
        self.send(*texts, **more).result()


def texts(journal: Journal, run: str) -> list[str]:
    """Read what was noted, in order."""
    events = [record.event for record in journal.records(run)]
    return [event.error for event in events if isinstance(event, FaultRecorded)]


def execute(journal: Journal, *statements: str) -> None:
    """Change the database behind the journal's back."""
    engine = sa.create_engine(journal.url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def content_of(folder: Path) -> dict[str, bytes]:
    """Give every file below a folder with its content."""
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def fill_up(path: Path) -> None:
    """Make a sound journal of some size: the run `run-a`."""
    journal = Journal(path)
    holder = Holder.take(journal, create(journal, "run-a"))
    for number in range(60):
        holder.append(f"{number} " + "x" * 300)
    journal.close()


@contextmanager
def held_up(journal: Journal) -> Iterator[None]:
    """Hold the writer's thread up, so that what is submitted meanwhile forms one group."""
    held, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        go_on.wait(20)

    stop = journal.subscribe(hold)
    journal.put_artifact("held up", b"")
    held.wait(20)
    stop()
    try:
        yield
    finally:
        go_on.set()


class Child:
    """A real process that does one thing of `tests.journal.child`, and talks by lines."""

    def __init__(self, what: str, *args: str, under: tuple[str, ...] = ()) -> None:
        command = [*under, sys.executable, "-m", "tests.journal.child", what, *args]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(command, cwd=ROOT, text=True, bufsize=1, **pipes)

    @property
    def pid(self) -> int:
        return self.process.pid

    def tell(self, line: str = "go") -> None:
        """Let it go on."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")

    def hear(self) -> str:
        """Wait for what it says; empty when it has ended."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def rest(self) -> str:
        """Wait for its end; gives what it said until then."""
        out, _ = self.process.communicate(timeout=60)
        return out.strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.communicate()
