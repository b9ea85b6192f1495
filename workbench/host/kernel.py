"""The host in a kernel or any other process: drives runs in the engine's thread."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import Future
from contextvars import Context
from datetime import datetime
from functools import partial

import anyio
import anyio.to_thread

from workbench.commands import ERRANDS, Command, Wake
from workbench.engine import Drive, Parts
from workbench.engine.bridge import settled
from workbench.engine.gates import LimitState
from workbench.errors import JournalError, LeaseLost
from workbench.executor import Leftover, in_engine_loop, inside_run
from workbench.host.delivery import Callback, Deliveries
from workbench.host.errands import Errands
from workbench.host.guard import guard
from workbench.host.recall import Recall
from workbench.host.thread import portal
from workbench.ids import new_id
from workbench.journal import Lease
from workbench.journal.changes import Changes
from workbench.journal.lease import this_owner
from workbench.points import reach
from workbench.view import RunView

WATCH_S = 0.05
"""How often commands of other processes are looked for."""
FOLLOW_S = 0.5
"""How often a run that another process drives is tried."""


class KernelHost:
    """Drives the runs that this process has started or opened."""

    def __init__(
        self, parts: Parts, backend: str = "asyncio", on_end: Callback | None = None
    ) -> None:
        """Prepare; the thread starts with the first run."""
        self._parts, self._backend = parts, backend
        parts.attach = self.attach
        self.owner = this_owner(new_id("host"))
        self._recall = Recall(parts.journal)
        self._leases: dict[str, Lease] = {}
        self._epochs: dict[str, int] = {}
        """Of the last lease under which each run was driven here."""
        self._attached: set[str] = set()
        self._drives: dict[str, Drive | None] = {}
        self._again: set[str] = set()
        self._errors: dict[str, BaseException] = {}
        self._expiries: dict[str, datetime] = {}
        self._following: dict[str, anyio.CancelScope] = {}
        self._deliveries = Deliveries(parts, self.owner, on_end)
        self._errands = Errands(parts, self.owner)
        self._lock = threading.Lock()
        self._watching: Future[None] | None = None
        self._changes = Changes(parts.journal)
        self._must_look = True
        """Whether orders may wait in the journal, although nothing was committed since."""
        self._closed = False

    @property
    def tells_ends(self) -> bool:
        """Whether somebody is to be told of the ends of all its runs."""
        return self._deliveries.callback is not None

    def adopt(self, view: RunView) -> None:
        """Take over the view of a run that was just made, so that it need not be read back."""
        self._recall.keep(view)

    def final_view(self, run: str) -> RunView | None:
        """Give a copy of the view of a run that has ended here, if it is still at hand."""
        return self._recall.final(run)

    def attach(self, run: str) -> None:
        """Take care of a run from now on: drive it whenever there is something to do."""
        self._attached.add(run)
        self._must_look = True
        self.wake(run)
        with self._lock:
            if self._watching is None:
                self._watching = portal(self._backend).start_task_soon(self._watch)

    def wake(self, run: str) -> None:
        """Look at a run: a command was written, or it was just attached."""
        if run in self._attached and not self._closed:
            self._errors.pop(run, None)
            # A call that gives an order must not hand its own context on to the run's drive, and
            # the portal refuses calls from its own loop.
            start = partial(portal(self._backend).start_task_soon, self._drive, run)
            drive = self._drives.get(run) if inside_run.get() in self._drives else None
            if in_engine_loop() and drive is not None:
                # This is the loop of that drive: it looks before the next step begins.
                self._again.add(run)
                drive.look_again()
            elif in_engine_loop():
                threading.Thread(target=start, name="workbench-wake").start()
            else:
                Context().run(start)

    def on_end(self, run: str, callback: Callback) -> None:
        """Tell `callback` when the run has ended; at once when it has."""
        self._deliveries.register(run, callback)
        portal(self._backend).start_task_soon(self._deliveries.deliver_now, run)

    def tell_old_ends(self) -> None:
        """Tell the ends that another process had promised to tell and did not."""
        portal(self._backend).start_task_soon(self._deliveries.catch_up)

    def order(self, run: str, command: Command) -> int:
        """Write a command and see that it is taken; gives its number.

        At rest the run's lease is taken in the same commit.
        """
        now, journal = self._parts.clock.now(), self._parts.journal
        guard(journal, command)
        if run not in self._attached or self._closed or isinstance(command, ERRANDS):
            return journal.command(run, command, now)
        number, lease = journal.command_and_lease(
            run, command, now, owner=self.owner, ttl_s=self._parts.lease_s
        )
        reach("command-written")
        if lease is not None:
            self._leases[run] = lease
        self.wake(run)
        return number

    def attached(self, run: str) -> bool:
        """Whether this host takes care of the run."""
        return run in self._attached

    def error(self, run: str) -> BaseException | None:
        """Say why the last drive of a run broke off; None when it did not."""
        return self._errors.get(run)

    def failed(self, run: str, error: BaseException) -> None:
        """Take note that another process, which should drive the run, has failed to."""
        self._errors[run] = error
        self._parts.journal.notify()

    def live(self, run: str) -> list[str]:
        """Give the steps whose calls exist in this process now; empty while a run waits."""
        drive = self._drives.get(run)
        return drive.live() if drive is not None else []

    def waiting_for(self, run: str) -> dict[str, str]:
        """Say why steps of a run that are ready do not start, by id; the empty id: the run."""
        drive = self._drives.get(run)
        return drive.waiting_for() if drive is not None else {}

    def settle_captures(self, run: str) -> None:
        """Wait until captures of variables that are under way here are in the journal."""
        drive = self._drives.get(run)
        if drive is not None and not in_engine_loop():
            portal(self._backend).call(drive.settle_captures)

    def limits(self) -> list[LimitState]:
        """Say how the limits stand that the runs of this process share."""
        limits, admission = self._parts.limits, self._parts.admission
        now, found = limits.clock.monotonic(), []
        for gate in limits.gates():
            lines = [line for line in list(limits.lines) if gate in line.gates]
            waiting = sum(len(line.queue) for line in lines)
            starts = gate.starts(now)
            found.append(LimitState(gate.name, str(gate.limit), gate.held, starts, waiting))
        if admission.active_runs is not None:
            words = f"{admission.active_runs} runs acting"
            acting, queued = len(admission.acting), len(admission.queue)
            found.append(LimitState("active runs", words, acting, 0, queued))
        return found

    def leftovers(self, run: str | None = None) -> list[Leftover]:
        """Give the threads that go on although their call was ended."""
        return self._parts.executor.leftovers(run)

    def blocking(self) -> str | None:
        """Say which step keeps the engine from everything else now; None when none does."""
        return self._parts.executor.blocking()

    def driving(self, run: str) -> bool:
        """Whether a drive of the run exists in this process now."""
        return run in self._drives

    def close(self) -> None:
        """Let every drive come to an end: calls in flight are ended, leases are given back."""
        self._closed = True
        with self._lock:
            watching, self._watching = self._watching, None
        if watching is not None or self._deliveries.busy:
            portal(self._backend).call(self._end)
        if watching is not None:
            watching.cancel()
        self._parts.executor.close()

    # -- in the engine's loop ----------------------------------------------------------------

    async def _drive(self, run: str) -> None:
        if run in self._drives:
            drive = self._drives[run]
            self._again.add(run)
            if drive is not None:
                drive.nudge()
            return
        self._drives[run] = None
        try:
            while await self._drive_once(run):
                pass
        except BaseException as error:
            self._errors[run] = _innermost(error)
            if isinstance(error, anyio.get_cancelled_exc_class()):
                raise
        finally:
            del self._drives[run]
            self._parts.journal.notify()
        await self._deliveries.deliver(run)

    async def _drive_once(self, run: str) -> bool:
        """Drive until the run is at rest; True when it should be looked at once more."""
        self._again.discard(run)
        journal = self._parts.journal
        lease = self._given(run) or await self._take(run)
        if lease is None:
            with anyio.CancelScope() as self._following[run]:
                await anyio.sleep(FOLLOW_S)
            return not self._closed
        if self._closed:
            await settled(journal.release(lease))
            return False
        self._epochs[run] = lease.epoch
        try:
            view = await self._recall.view(lease)
            drive = self._begin(lease, view)
            was_final = view.final
            await drive.run()
        except BaseException as error:
            if isinstance(_innermost(error), LeaseLost):
                return not self._closed
            if self._drives[run] is None:
                journal.release(lease)
            raise
        finally:
            self._drives[run] = None
        if drive.is_written:
            self._recall.keep(drive.view)
        self._note_expiry(run, drive)
        if drive.view.final:
            self._deliveries.note_end(drive.view, fresh=not was_final)
            if drive.view.undoes and not self._closed:
                await anyio.to_thread.run_sync(self.attach, drive.view.undoes)
        if self._closed:
            return False
        ordered = bool(await anyio.to_thread.run_sync(journal.open_commands, run))
        # Asked last: whoever wakes the run from here on finds no drive of it, and begins one.
        return ordered or run in self._again

    def _begin(self, lease: Lease, view: RunView) -> Drive:
        """Make the drive of a run, which knows what was ordered since its lease was taken."""
        drive = self._drives[lease.run] = Drive(self._parts, lease, view)
        if lease.run in self._again:
            drive.look_again()
        return drive

    def _given(self, run: str) -> Lease | None:
        """Give the lease that came with an order, unless a later one was taken since."""
        lease = self._leases.pop(run, None)
        return lease if lease is not None and lease.epoch > self._epochs.get(run, 0) else None

    async def _take(self, run: str) -> Lease | None:
        ttl_s = self._parts.lease_s
        now = self._parts.clock.now()
        reach("before-lease")
        try:
            coming: Future[Lease | None] = Future()
            taken = self._parts.journal.acquire(run, self.owner, now, ttl_s, coming=coming)
            await self._recall.foresee(run, coming, self._prepare)
            lease = await settled(taken)
        except LeaseLost:
            return None
        reach("after-lease")
        return lease

    def _prepare(self, view: RunView) -> None:
        """Look at what a drive of this process asks for first, and only once."""
        standing, tools, plan = self._parts.standing, self._parts.tools, view.plan
        if standing.revision < 0:
            standing.load()
        for name in {plan[step].tool for step in view.index.left} if plan else ():
            if (tool := tools.get(name)) is not None:
                _ = tool.digest  # of its source: it is kept

    def _note_expiry(self, run: str, drive: Drive) -> None:
        due = [r.opened.expires for r in drive.view.open_requests if r.opened.expires]
        if due and not drive.view.final:
            self._expiries[run] = min(due)
        else:
            self._expiries.pop(run, None)

    async def _watch(self) -> None:
        """Notice commands of other processes, and requests that expire."""
        journal, clock = self._parts.journal, self._parts.clock
        while not self._closed:
            await anyio.sleep(WATCH_S)
            now = clock.now()
            # A database that is busy or full now is asked again the next time.
            with contextlib.suppress(JournalError):
                for run, due in list(self._expiries.items()):
                    if due <= now:
                        await anyio.to_thread.run_sync(journal.command, run, Wake(by="engine"), now)
                        del self._expiries[run]
                if self._changes.any() or self._must_look:
                    await anyio.to_thread.run_sync(self._look, now)

    def _look(self, now: datetime) -> None:
        """Take what is ordered in the journal; in a thread, as it waits for the disk."""
        self._must_look, left = False, True
        try:
            waiting = self._parts.journal.runs_with_commands() & self._attached
            for run in waiting:
                self.wake(run)
            left = self._errands.take(self._attached, now) or bool(waiting)
        finally:
            self._must_look = self._must_look or left

    async def _end(self) -> None:
        while self._drives:
            for drive in self._drives.values():
                if drive is not None:
                    drive.leave()
            for scope in self._following.values():
                scope.cancel()
            await anyio.sleep(0.01)
        self._changes.close()
        await self._deliveries.close(self._parts.stop_grace_s)


def _innermost(error: BaseException) -> BaseException:
    """Unpack what a task group wrapped; a journal that fails does so in every task at once."""
    while isinstance(error, BaseExceptionGroup):
        first, *others = error.exceptions
        journal = isinstance(first, JournalError)
        if any(
            other is not first and not (journal and isinstance(other, JournalError))
            for other in others
        ):
            break
        error = first
    return error
