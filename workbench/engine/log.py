"""The log of one drive: folds each event at once, writes it soon, waits for the disk on demand."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread

from workbench.clock import Clock
from workbench.engine.bridge import call_later, call_soon, settled
from workbench.errors import WorkbenchError
from workbench.events import Event, Record, dump
from workbench.grants import Rule
from workbench.journal import Batch, Chain, Journal, Lease
from workbench.journal.journal import Line
from workbench.journal.rows import Move
from workbench.journal.snapshot import load_view
from workbench.journal.times import from_us, to_us
from workbench.points import reach
from workbench.view import RunView, complete, fold, seal
from workbench.view.index import SATISFIED

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.engine.captures import Captures
    from workbench.engine.hooks import Relay
    from workbench.engine.ledger import Ledger

T = TypeVar("T")

FLUSH_AFTER_S = 0.005
"""How long an outcome may wait for the next intent, so that both share one disk sync."""
SNAPSHOT_EVERY = 48
"""Events after which the frontier is stored, or as many as steps are open where these are more."""
SNAPSHOT_AT_REST = 32
"""The same, when the run comes to rest."""
SNAPSHOT_STEPS = 2000
"""Open steps up to which a frontier is worth its cost."""


class Log:
    """Appends to one run's journal under one lease; used from the engine's loop only."""

    def __init__(
        self,
        journal: Journal,
        lease: Lease,
        view: RunView,
        clock: Clock,
        *,
        stir: Callable[[], None],
    ) -> None:
        """Go on behind the last event of `view`.

        `stir` is called when something cannot be written, or when the standing rules have changed.
        """
        self.view = view
        self._journal, self._lease, self._clock = journal, lease, clock
        self._stir = stir
        self._soon, self._later = call_soon(), call_later()
        self._chain = Chain(lease.run, lease.seq, lease.head)
        self._lines: list[Line] = []
        self._artifacts: dict[str, bytes] = {}
        self._handled: list[tuple[int, str, str]] = []
        self.moves: list[Move] = []
        """What became of amounts in the ledger, and is not on its way to the disk."""
        self._rules: list[tuple[str, Rule, str]] = []
        self._at_us = to_us(view.at) if view.at is not None else 0
        self._submitted = lease.seq
        self._ttl = timedelta(seconds=lease.ttl_s)
        self._held_until = datetime.min.replace(tzinfo=UTC)
        self._snapshot_seq = view.seq
        self._snapshot_from = 0
        """Before this event none is due: it need not be looked."""
        self._sent = self._on_disk = 0
        self._soiled_at = 0.0
        self._wanted = False
        self._waits = 0
        self._landing, self._soiled = anyio.Event(), anyio.Event()
        self.error: BaseException | None = None
        """Why the journal could not be written; nothing more may start then."""
        self.rules_revision = lease.rules
        """Of the journal's standing rules, as of the newest append."""
        self.relay: Relay | None = None
        """Who tells the hooks what is added; None when there are no hooks."""
        self.captures: Captures | None = None
        """Who captures the notebook's variables; None when there are none."""
        self.watch: Callable[[Log, Record], None] | None = None
        """Who looks at each event as it is added; None: nobody."""
        self.ledger: Ledger | None = None
        """Who knows what is set aside for calls of this run."""
        self.heard: dict[str, Callable[[Event], None]] = {}
        """Who waits, within a call, for what becomes of a request, by its id."""

    def now(self) -> datetime:
        """Give the time by the clock of this log."""
        return self._clock.now()

    @property
    def dirty(self) -> bool:
        """Whether something was added that is not on its way to the disk."""
        return bool(self._lines or self._handled or self.moves)

    def add(  # noqa: C901 - one line for each who looks
        self, *events: Event, artifacts: dict[str, bytes] | None = None
    ) -> None:
        """Append events: they are true in the view at once, and on disk after a `flush`.

        Raises:
            JournalError: an event is not a legal transition; it and those behind it are not added.
        """
        if artifacts:
            self._artifacts.update(artifacts)
        if not events:
            return
        lease, view = self._lease, self.view
        if not self._lines:
            self._soiled_at = time.monotonic()
            self._soiled.set()
        for event in events:
            if self.relay is not None:
                self.relay.coming(event)
            at = self._clock.now()
            at_us = to_us(at)
            if at_us < self._at_us:
                at_us, at = self._at_us, from_us(self._at_us)
            self._at_us = at_us
            seq = view.seq + 1
            body = dump(event)
            record = Record(lease.run, seq, at, lease.epoch, event, "")
            fold(view, record)
            _, digest = self._chain.extend(at_us, lease.epoch, event.kind, body)
            self._lines.append(Line(seq, at_us, event.kind, body, digest))
            reach("event-added")
            if self.heard and (told := self.heard.get(getattr(event, "request", ""))):
                told(event)
            if self.relay is not None:
                self.relay.saw(record)
            if self.ledger is not None:
                self.ledger.saw(record)
            if self.captures is not None:
                self.captures.saw(record)
            if self.watch is not None:
                self.watch(self, record)

    def settle(self, moves: Iterable[Move]) -> None:
        """Note what became of amounts; it is written together with the events that say so."""
        self.moves += moves
        self._soiled.set()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Do something else in the journal, after all that was sent; it may be done twice.

        Raises:
            LeaseLost: another process has taken over.
            JournalError: the journal cannot be written.
        """
        try:
            return await settled(self._journal.write(work))
        except WorkbenchError as error:
            self._fail(error)
            raise

    async def complete(self) -> None:
        """Put back the finished steps that a view from the frontier has left out."""
        if self.view.sealed:
            run = self._lease.run
            complete(self.view, await anyio.to_thread.run_sync(load_view, self._journal, run))

    def rule(self, rule_id: str, rule: Rule, by: str) -> None:
        """Let a rule stand for every run of the journal, from the commit of these events on."""
        self._rules.append((rule_id, rule, by))

    def handled(self, number: int, state: str, error: str = "") -> None:
        """Note what became of a command; it is written together with the events that it caused."""
        self._handled.append((number, state, error))

    def submit(self, *, release: bool = False, here: bool = False) -> None:
        """Send what was added to the writer, without waiting.

        One batch is under way at a time; what comes meanwhile goes with the next one. With `here`
        this thread may write it itself, unless it is large.
        """
        if not (self.dirty or release) or self.error is not None:
            return
        self._wanted = self._sent != self._on_disk and not release
        if self._wanted:
            return
        batch = self._batch(release=release)
        try:
            if here and not batch.artifacts:
                done = self._journal.append_at_once(batch)
                if done is not None:
                    self._sent += 1
                    self._land(done.error, done.result, batch.now)
                    return
            future = self._journal.append(batch)
        except WorkbenchError as error:
            self._fail(error)
            return
        self._sent += 1
        future.add_done_callback(lambda sent: self._soon(lambda: self._landed(sent, batch.now)))

    def _batch(self, *, release: bool) -> Batch:
        """Take what was added along."""
        view = self.view
        batch = Batch(
            lease=self._lease,
            expected_seq=self._submitted,
            now=self._clock.now(),
            lines=self._lines,
            handled=self._handled,
            artifacts=self._artifacts,
            moves=self.moves,
            state=view.state,
            done=view.count("succeeded") + view.count("skipped"),
            total=view.total,
            open_requests=len(view.index.open),
            snapshot=self._snapshot(release=release),
            rules=self._rules,
            release=release,
        )
        self._submitted = view.seq
        self._lines, self._artifacts, self._handled, self.moves = [], {}, [], []
        self._rules = []
        return batch

    def submit_soon(self) -> None:
        """Send it when the calls that begin now have had the time to add their intents."""
        self._later(lambda: self._later(self.submit))

    async def flush(self, *, release: bool = False, alone: bool = False) -> None:
        """Send what was added and wait until all of it is on disk.

        Who is `alone`, because no other call is being made, need not wait for others to join in.

        Raises:
            LeaseLost: another process has taken over.
            JournalError: the journal cannot be written.
        """
        leads = False
        if release or (alone and self._sent == self._on_disk):
            self.submit(release=release, here=True)
        elif self.dirty and not self._wanted:
            leads = self._wanted = True
        batch = self._sent + self._wanted
        if leads:
            # Calls that begin in this moment add theirs. Shielded, because nobody else sends it.
            await anyio.lowlevel.cancel_shielded_checkpoint()
            self.submit(here=True)
        while self._on_disk < batch and self.error is None:
            self._waits += 1
            await self._landing.wait()
        if self.error is not None:
            raise self.error

    async def send_late(self) -> None:
        """Send what no intent takes along within 5 ms; runs beside the drive until cancelled."""
        while True:
            await self._soiled.wait()
            self._soiled = anyio.Event()
            wait_s = FLUSH_AFTER_S
            while self.dirty and wait_s > 0:
                await anyio.sleep(wait_s)
                wait_s = self._soiled_at + FLUSH_AFTER_S - time.monotonic()
            self.submit()

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
        renewed.add_done_callback(partial(self._renewed, at=now))
        return renewed

    async def hold(self) -> None:
        """Make sure that the lease is still ours; asks the journal only when it may have run out.

        A process that was frozen, or a machine that slept, does not notice: the clock tells.

        Raises:
            LeaseLost: another process has taken over.
            JournalError: the journal cannot be written.
        """
        if self._clock.now() >= self._held_until:
            try:
                await settled(self.renew())
            except WorkbenchError as error:
                self._fail(error)
        if self.error is not None:
            raise self.error

    def _snapshot(self, *, release: bool) -> str | None:
        view, since = self.view, self.view.seq - self._snapshot_seq
        if since < (SNAPSHOT_AT_REST if release else SNAPSHOT_EVERY) or not self._lines:
            return None
        if view.plan is None or view.final or (view.seq < self._snapshot_from and not release):
            return None
        over = sum(view.count(state) for state in SATISFIED)
        left = view.total - over
        if left > SNAPSHOT_STEPS or over < SNAPSHOT_AT_REST:
            return None
        if not release and since < 2 * left:
            # An event adds one to the one and takes at most two from the other.
            self._snapshot_from = view.seq + (2 * left - since) // 3
            return None
        self._snapshot_seq = view.seq
        return seal(view).model_dump_json(exclude_defaults=True)

    def _landed(self, sent: Future[int], sent_at: datetime) -> None:
        error = sent.exception()
        self._land(error, 0 if error is not None else sent.result(), sent_at)

    def _land(self, error: BaseException | None, rules_revision: int, sent_at: datetime) -> None:
        self._on_disk += 1
        if error is not None:
            self._fail(error)
        else:
            self._held(sent_at)
            if rules_revision != self.rules_revision:
                self.rules_revision = rules_revision
                self._stir()
            if self._wanted:
                self.submit()
        if self._waits:
            self._waits = 0
            landing, self._landing = self._landing, anyio.Event()
            landing.set()

    def _renewed(self, done: Future[None], *, at: datetime) -> None:
        error = done.exception()
        self._soon(lambda: self._fail(error) if error is not None else self._held(at))

    def _held(self, at: datetime) -> None:
        self._held_until = max(self._held_until, at + self._ttl)

    def _fail(self, error: BaseException) -> None:
        if self.error is None:
            self.error = error
            self._stir()
        self._landing.set()
