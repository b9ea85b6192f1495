"""Telling that a run has ended: at least once, whatever the callback or the process does.

The callback is called first and the journal notes it after, so a process that dies in between
tells it again: the id of the end is the same, for whoever must not act twice.
"""

from __future__ import annotations

import contextlib
import inspect
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.to_thread

from workbench import events as e
from workbench.engine import Parts
from workbench.engine.bridge import apart, is_our_cancellation, settled
from workbench.engine.call import describe
from workbench.engine.log import Log
from workbench.errors import JournalError, LeaseLost, WorkbenchError
from workbench.journal.snapshot import load_view
from workbench.points import reach
from workbench.values.summary import summarize
from workbench.view import RunView

RETRY_S = (0.5, 2.0, 8.0)
"""Seconds before each further attempt to call a callback that raised; then the next opening."""
TIMEOUT_S = 30.0
"""Seconds that a callback may take."""
NOTE_TRIES, NOTE_AGAIN_S = 20, 0.05
"""How often, and after how many seconds, the run's lease is tried for to note a delivery."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What is told when a run has ended."""

    event_id: str
    """Names this end; it is the same when the end is told again."""
    run: str
    state: str
    """`succeeded`, `failed`, `stopped` or `abandoned`."""
    summary: str
    """The result, the errors, or the reason, in one line."""


Callback = Callable[[Ended], Any]


class Deliveries:
    """Tells the ends of the runs of one host."""

    def __init__(self, parts: Parts, owner: str, callback: Callback | None) -> None:
        """Prepare; `owner` is the host, under whose name a delivery is noted."""
        self._parts, self._owner, self.callback = parts, owner, callback
        self._own: dict[str, list[Callback]] = {}
        self._due: dict[str, tuple[Ended, bool]] = {}
        self._telling: set[str] = set()
        self._told: set[str] = set()
        """Ends that were told; the note of it may still be on its way."""
        self._pauses: set[anyio.CancelScope] = set()
        self._closed = False
        self._quiet: anyio.Event | None = None
        self._lock = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether somebody is being told now."""
        return bool(self._telling)

    def register(self, run: str, callback: Callback) -> None:
        """Tell this callback, too, when the run has ended."""
        with self._lock:
            self._own.setdefault(run, []).append(callback)

    def note_end(self, view: RunView, *, fresh: bool) -> None:
        """Remember that a run has ended; `fresh`: just now, under a drive of this host."""
        wanted = self.callback is not None and not view.delivered and (fresh or view.notify)
        if view.delivered:
            self._told.add(view.delivered)
        if wanted or self._own.get(view.run):
            self._due[view.run] = (_ended(view), wanted)

    async def deliver(self, run: str) -> None:
        """Tell a run's end to everybody who is to be told, if it has ended."""
        if run in self._telling:
            return
        self._telling.add(run)
        try:
            while run in self._due and not self._closed:
                ended, wanted = self._due.pop(run)
                with self._lock:
                    callbacks = self._own.pop(run, [])
                if wanted and self.callback is not None and ended.event_id not in self._told:
                    callbacks = [self.callback, *callbacks]
                if await self._tell_all(ended, callbacks) and wanted:
                    self._told.add(ended.event_id)
        finally:
            self._telling.discard(run)
            if self._quiet is not None:
                self._quiet.set()

    async def deliver_now(self, run: str) -> None:
        """Look whether a run has ended, and tell it."""
        with contextlib.suppress(WorkbenchError):
            view = await anyio.to_thread.run_sync(load_view, self._parts.journal, run)
            if view.final:
                self.note_end(view, fresh=False)
                await self.deliver(run)

    async def catch_up(self) -> None:
        """Tell the ends that another process had promised to tell and did not."""
        with contextlib.suppress(WorkbenchError):
            for run in await anyio.to_thread.run_sync(self._parts.journal.untold_runs):
                await self.deliver_now(run)

    async def close(self, grace_s: float) -> None:
        """Make no further attempts; those that are being made may take `grace_s` seconds."""
        self._closed = True
        for scope in self._pauses:
            scope.cancel()
        with anyio.move_on_after(grace_s):
            while self._telling:
                self._quiet = anyio.Event()
                await self._quiet.wait()

    async def _tell_all(self, ended: Ended, callbacks: list[Callback]) -> bool:
        """Tell everybody, and note it when all have taken it."""
        attempts: list[int | None] = []

        async def tell(callback: Callback) -> None:
            attempts.append(await self._tell(ended, callback))

        async with anyio.create_task_group() as tasks:
            for callback in callbacks:
                tasks.start_soon(tell, callback)
        reach("after-notice")
        told = [number for number in attempts if number is not None]
        if len(told) < len(callbacks):
            return False
        if told and ended.event_id not in self._told:
            await self._append(
                ended.run, e.NoticeDelivered(event=ended.event_id, attempt=max(told))
            )
        return True

    async def _tell(self, ended: Ended, callback: Callback) -> int | None:
        """Call one callback until it succeeds; gives the attempts, None when it never did."""
        reach("before-notice")
        for attempt, pause_s in enumerate((*RETRY_S, None), 1):
            fault, again = await self._call(callback, ended)
            if fault is None:
                return attempt
            if attempt == 1:
                where = f"on_end ({getattr(callback, '__name__', type(callback).__name__)})"
                await self._append(ended.run, e.FaultRecorded(where=where, error=fault))
            if not again or pause_s is None or self._closed:
                break
            with anyio.CancelScope() as scope:
                self._pauses.add(scope)
                await self._parts.clock.sleep(pause_s)
            self._pauses.discard(scope)
            if self._closed:
                break
        return None

    async def _call(self, callback: Callback, ended: Ended) -> tuple[str | None, bool]:
        """Call it once; gives its fault, or None, and whether it makes sense to try again."""
        try:
            with anyio.move_on_after(TIMEOUT_S) as scope:
                if inspect.iscoroutinefunction(callback):
                    await callback(ended)
                else:
                    answer = await apart(callback, ended)
                    if inspect.isawaitable(answer):
                        await answer
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            return describe(error), True
        if scope.cancelled_caught:
            return f"no answer within {TIMEOUT_S:g} s", False
        return None, False

    async def _append(self, run: str, event: e.Event) -> None:
        """Note something behind the end of a run; if that fails, it is told again another time."""
        with contextlib.suppress(JournalError):
            await self._note(run, event)

    async def _note(self, run: str, event: e.Event) -> None:
        for _ in range(NOTE_TRIES):
            with contextlib.suppress(LeaseLost):
                if await self._try_append(run, event):
                    return
            await anyio.sleep(NOTE_AGAIN_S)

    async def _try_append(self, run: str, event: e.Event) -> bool:
        parts = self._parts
        now = parts.clock.now()
        lease = await settled(parts.journal.acquire(run, self._owner, now, parts.lease_s))
        if lease is None:
            return False
        view = await anyio.to_thread.run_sync(load_view, parts.journal, run)
        log = Log(parts.journal, lease, view, parts.clock, stir=_nothing)
        log.add(event)
        await log.flush(release=True)
        return True


def _ended(view: RunView) -> Ended:
    if view.result is not None:
        summary = view.result.summary or summarize(view.result.value)
    elif view.errors:
        summary = "; ".join(f"{step}: {why}" if step else why for step, why in view.errors.items())
    else:
        summary = view.reason
    return Ended(f"{view.run}:{view.end_seq}", view.run, view.state, summarize(summary))


def _nothing() -> None:
    """Nobody waits for it."""
