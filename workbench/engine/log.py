"""The log of one drive: folds each event at once, writes it soon, waits for the disk on demand."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial

from workbench.clock import Clock
from workbench.engine.bridge import settled
from workbench.errors import WorkbenchError
from workbench.events import Event, Record, dump
from workbench.journal import Batch, Chain, Journal, Lease
from workbench.journal.journal import Line
from workbench.journal.times import from_us, to_us
from workbench.points import reach
from workbench.view import RunView, fold

SNAPSHOT_EVERY = 1000
"""Events after which the view is stored, so that a resume reads at most that many."""
SNAPSHOT_AT_REST = 200
"""The same, when the run comes to rest."""


class Log:
    """Appends to one run's journal under one lease; used from the engine's loop only."""

    def __init__(
        self,
        journal: Journal,
        lease: Lease,
        view: RunView,
        clock: Clock,
        *,
        failed: Callable[[], None],
        added: Callable[[], None],
    ) -> None:
        """Go on behind the last event of `view`.

        `added` is called when events were added; `failed`, in the writer's thread, when they could
        not be written.
        """
        self.view = view
        self._journal, self._lease, self._clock = journal, lease, clock
        self._failed, self._added = failed, added
        self._chain = Chain(lease.run, lease.seq, lease.head)
        self._lines: list[Line] = []
        self._artifacts: dict[str, bytes] = {}
        self._handled: list[tuple[int, str, str]] = []
        self._submitted = lease.seq
        self._held_until = datetime.min.replace(tzinfo=UTC)
        self._snapshot_seq = view.seq
        self._last: Future[None] | None = None
        self.error: BaseException | None = None
        """Why the journal could not be written; nothing more may start then."""

    @property
    def dirty(self) -> bool:
        """Whether something was added that is not on its way to the disk."""
        return bool(self._lines or self._handled)

    def add(self, *events: Event, artifacts: dict[str, bytes] | None = None) -> None:
        """Append events: they are true in the view at once, and on disk after a `flush`.

        Raises:
            JournalError: an event is not a legal transition; it and those behind it are not added.
        """
        if artifacts:
            self._artifacts.update(artifacts)
        for event in events:
            at_us = to_us(self._clock.now())
            if self.view.at is not None:
                at_us = max(at_us, to_us(self.view.at))
            seq = self.view.seq + 1
            record = Record(self._lease.run, seq, from_us(at_us), self._lease.epoch, event, "")
            body = dump(event)
            fold(self.view, record)
            _, digest = self._chain.extend(at_us, self._lease.epoch, event.kind, body)
            self._lines.append(Line(seq, at_us, event.kind, body, digest))
            reach("event-added")
        if events:
            self._added()

    def handled(self, number: int, state: str, error: str = "") -> None:
        """Note what became of a command; it is written together with the events that it caused."""
        self._handled.append((number, state, error))

    def submit(self, *, release: bool = False) -> None:
        """Send what was added to the writer, without waiting."""
        if not (self.dirty or release) or self.error is not None:
            return
        view = self.view
        counts = view.counts
        batch = Batch(
            lease=self._lease,
            expected_seq=self._submitted,
            now=self._clock.now(),
            lines=self._lines,
            handled=self._handled,
            artifacts=self._artifacts,
            state=view.state,
            done=sum(counts.get(state, 0) for state in ("succeeded", "skipped")),
            total=len(view.steps),
            open_requests=len(view.open_requests),
            snapshot=self._snapshot(release=release),
            release=release,
        )
        self._submitted = view.seq
        self._lines, self._artifacts, self._handled = [], {}, []
        self._last = self._journal.append(batch)
        self._last.add_done_callback(partial(self._written, at=batch.now))

    async def flush(self, *, release: bool = False) -> None:
        """Send what was added and wait until all of it is on disk.

        Raises:
            LeaseLost: another process has taken over.
            JournalError: the journal cannot be written.
        """
        self.submit(release=release)
        if self._last is not None:
            await settled(self._last)
        if self.error is not None:
            raise self.error

    async def leave_evidence(self) -> None:
        """After another process took over: hand in what this one still knows, as late outcomes."""
        if not self._lines:
            return
        batch = Batch(self._lease, self._submitted, self._clock.now(), self._lines)
        self._lines = []
        with contextlib.suppress(WorkbenchError):
            await settled(self._journal.append(batch))

    def renew(self) -> Future[None]:
        """Keep the lease while nothing is appended."""
        now, lease = self._clock.now(), self._lease
        renewed = self._journal.renew(lease, now, lease.ttl_s)
        renewed.add_done_callback(partial(self._written, at=now))
        return renewed

    async def hold(self) -> None:
        """Make sure that the lease is still ours; asks the journal only when it may have run out.

        A process that was frozen, or a machine that slept, does not notice: the clock tells.

        Raises:
            LeaseLost: another process has taken over.
            JournalError: the journal cannot be written.
        """
        if self._clock.now() >= self._held_until:
            await settled(self.renew())
        if self.error is not None:
            raise self.error

    def _snapshot(self, *, release: bool) -> str | None:
        since = self.view.seq - self._snapshot_seq
        if self._lines and since >= (SNAPSHOT_AT_REST if release else SNAPSHOT_EVERY):
            self._snapshot_seq = self.view.seq
            return self.view.model_dump_json(exclude_defaults=True)
        return None

    def _written(self, future: Future[None], *, at: datetime) -> None:
        error = future.exception()
        if error is None:
            self._held_until = at + timedelta(seconds=self._lease.ttl_s)
        elif self.error is None:
            self.error = error
            self._failed()
