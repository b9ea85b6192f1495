"""One drive: from taking a run's lease to giving it back.

Starting, resuming after a pause, after an answer, after a restart and after a crash are this one
function: read the view, settle what is in doubt, act until nothing can be done without a person,
leave. While a run waits, nothing of it exists in the process.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

import anyio
import anyio.lowlevel
import anyio.to_thread
from anyio.abc import TaskGroup

from workbench import events as e
from workbench.engine import family, limits
from workbench.engine.above import driving
from workbench.engine.bridge import call_soon
from workbench.engine.ending import ending, failing, remains
from workbench.engine.parts import Parts
from workbench.engine.quorum import let_go, spare
from workbench.engine.specification import drift_of
from workbench.engine.stall import Stall
from workbench.engine.team import Team
from workbench.engine.timeouts import run_time_left, time_used_up
from workbench.errors import LeaseLost, WorkbenchError
from workbench.executor import inside_run
from workbench.journal import Lease
from workbench.models import witness
from workbench.points import reach
from workbench.tools.calling import calling
from workbench.view import RunView

Work = Callable[[], Awaitable[None]]


class Drive:
    """Carries one run on under one lease."""

    def __init__(self, parts: Parts, lease: Lease, view: RunView) -> None:
        """Prepare to go on from `view`, the fold up to the lease's event; `run` does the work."""
        self._parts, self._lease = parts, lease
        self._active: dict[str, anyio.CancelScope] = {}
        self._alone: anyio.CancelScope | None = None
        self._leave_by: float | None = None
        self._completing = False
        self._wake = anyio.Event()
        self._soon = call_soon()
        self._team = Team(
            parts, lease, view, active=self._active, stir=self._stir, must_look=self._must_look
        )
        self._log = self._team.log
        parts.limits.soon = self._soon
        self._tasks: TaskGroup

    @property
    def view(self) -> RunView:
        """The run's view, ahead of the disk by what is not yet flushed."""
        return self._log.view

    def nudge(self, *, commands: bool = True) -> None:
        """Look again: a command was written. May be called from any thread."""
        self._soon(partial(self.look_again, commands=commands))

    def look_again(self, *, commands: bool = True) -> None:
        """Do what `nudge` does, from the engine's loop: before anything else begins."""
        self._team.orders.waiting = self._team.orders.waiting or commands
        self._team.rollbacks.look_again()
        self._wake.set()

    @property
    def is_written(self) -> bool:
        """Whether nothing of the view failed to reach the journal."""
        return self._log.error is None

    def _stir(self) -> None:
        self._wake.set()

    def live(self) -> list[str]:
        """Give the steps whose tasks exist now."""
        return sorted(self._active)

    def waiting_for(self) -> dict[str, str]:
        """Say why steps that are ready do not start, by id; the empty id: the run itself."""
        queued = self._parts.admission.queue
        if self.view.run in queued:
            return {"": f"{self._parts.admission.active_runs} runs are acting; it is queued"}
        return self._team.lines.reasons()

    def leave(self) -> None:
        """Break off: cancel what can be run again, wait for the rest, give the lease back."""
        if self._leave_by is None:
            self._leave_by = anyio.current_time() + self._parts.stop_grace_s
            self._wake.set()

    async def settle_captures(self) -> None:
        """Wait until the captures that are due are in the journal, or take too long."""
        if self._log.captures is not None:
            await self._log.captures.finish()
            with contextlib.suppress(WorkbenchError):
                await self._log.flush()

    async def run(self) -> None:
        """Drive until the run ends, or nothing can be done before a person acts.

        Raises:
            LeaseLost: another process took the run over.
            JournalError: the journal cannot be written; nothing that was committed is lost.
        """
        inside_run.set(self._lease.run)
        driving.set(self._team.authority.ceiling())
        family.enter(self._lease.run, lambda: self._log.view)
        witness.set(self._team.models)
        calling.set(None)  # a run that a tool starts is no part of the tool's call
        try:
            async with anyio.create_task_group() as tasks:
                self._tasks = self._team.crew.tasks = tasks
                tasks.start_soon(self._renew)
                tasks.start_soon(self._log.send_late)
                relay = self._log.relay
                if relay is not None:
                    tasks.start_soon(relay.work)
                captures = self._log.captures
                if captures is not None:
                    tasks.start_soon(captures.work)
                self._team.ledger.open()
                if self.view.limits:
                    await family.find(self._parts.journal, self._lease.run)
                self._attach()
                tasks.start_soon(Stall(self._parts, self._log).watch)
                while not await self._turn():
                    pass
                if relay is not None:
                    self._log.submit()
                    await relay.caught_up()
                if captures is not None:
                    await captures.finish(self._parts.stop_grace_s if self._leave_by else None)
                tasks.cancel_scope.cancel()
            if self._log.error is not None:  # it came while the last things were waited for
                raise self._log.error
        finally:
            self._team.calls.close()
            family.leave(self._lease.run, self.view)
            reach("before-release")
            with anyio.CancelScope(shield=True):
                try:
                    if self._log.error is None:
                        await self._log.flush(release=True)
                    elif isinstance(self._log.error, LeaseLost):
                        await self._log.leave_evidence()
                finally:
                    self._team.lines.keep({})
                    self._parts.admission.leave(self.view.run)
        reach("released")

    # -- one turn ----------------------------------------------------------------------------

    async def _turn(self) -> bool:
        """Do what can be done now and wait for something to happen; True when at rest."""
        self._wake = anyio.Event()
        if self._log.error is not None:
            await self._break_off(self._log.error)
            return False
        if self._leave_by is not None:
            return await self._left(self._leave_by)
        if await self._team.orders.take(self._is_whole):
            self._obey()
        await self._team.authority.refresh()
        if not self._may_act():
            await self._wait()
            return False
        self._check_time()
        if self._parts.played is None:
            self._team.drifts.ask()
        self._roll_back()
        self._begin_planning()
        self._settle_doubts()
        self._follow_outside()
        self._start_ready()
        if not self._active and self._alone is None and not self._team.orders.waiting:
            if self._is_whole() and self._close():
                return True
            if self._wake.is_set():
                return False
        await self._wait()
        return False

    def _must_look(self) -> bool:
        """Whether something must be done here before another step begins."""
        if self._team.orders.waiting or self._team.orders.taking or self._alone is not None:
            return True
        if self._team.authority.is_old:
            return True
        if self._team.planning.holds():
            return True
        if self._team.drifts.is_due:
            return True
        return self._log.error is not None or self._leave_by is not None

    def _is_whole(self) -> bool:
        """Whether the view has all steps; it is completed in the background when it has not."""
        if self.view.sealed and not self._completing:
            self._completing = True
            self._tasks.start_soon(self._complete)
        return not self.view.sealed

    async def _complete(self) -> None:
        await self._log.complete()
        self._wake.set()

    async def _left(self, leave_by: float) -> bool:
        self._team.crew.end_repeatable(outside=True)
        if self._active:
            with anyio.CancelScope(deadline=leave_by):
                await self._wake.wait()
                return False
        return True

    async def _break_off(self, error: BaseException) -> None:
        """Nothing more can be written: but what a fenced call comes to is kept as evidence."""
        self.leave()
        assert self._leave_by is not None  # noqa: S101 - set by `leave`
        if not isinstance(error, LeaseLost) or await self._left(self._leave_by):
            raise error

    def _attach(self) -> None:
        view = self.view
        if view.final:
            return
        owner = self._lease.owner
        if view.host != owner:
            self._log.add(e.HostAttached(host=owner, epoch=self._lease.epoch))
            if self._parts.played is None:  # what is played has the drifts that it had
                self._log.add(*drift_of(view, self._parts))
        self._team.models.lost()
        self._team.doubts.find()

    def _obey(self) -> None:
        """End calls in flight that a pause or a stop ends."""
        if self.view.state == "stopping":
            self._end_work()
        elif self.view.state == "paused":
            self._team.models.end_waits()
            self._team.crew.end_for_pause()

    def _end_work(self) -> None:
        if self._alone is not None:
            self._alone.cancel()
        self._team.crew.end_all()

    def _may_act(self) -> bool:
        """Whether the run may act; with `active_runs` it may have to queue."""
        view = self.view
        if view.state not in ("queued", "planning", "running"):
            return True
        return self._parts.admission.ask(view.run, view.priority, self._stir)

    def _check_time(self) -> None:
        """Pause a run that has used up its time; a limit inside of it that ends now goes first."""
        if self.view.granted_s is not None and self._time_left() == 0:
            self._log.add(*time_used_up(self.view, self._parts.clock.now()))
            self._end_work()

    def _time_left(self) -> float | None:
        at_work = bool(self._active) or self._alone is not None
        if self.view.granted_s is None or (not at_work and failing(self.view)):
            return None
        inner = self._team.calls.ends_now()
        return run_time_left(self.view, self._parts.clock.now(), at_work=at_work, inner=inner)

    def _roll_back(self) -> None:
        """Go on with a rollback when nothing else is being done here."""
        idle = not self._active and self._alone is None
        if idle and self._team.rollbacks.due() and self._is_whole():
            self._begin_alone(self._team.rollbacks.carry)

    def _begin_planning(self) -> None:
        if self._alone is not None or self._active:
            return
        view = self.view
        why = self._team.planning.wanted()
        if why is not None and not self._is_whole():
            return
        if why is not None:
            self._begin_alone(partial(self._team.planning.ask, why))
        elif view.state in ("queued", "planning") and view.plan is not None:
            self._log.add(e.RunStarted())
        elif view.state in ("planning", "running") and view.plan is None and view.open_requests:
            self._log.add(e.RunWaiting())

    def _settle_doubts(self) -> None:
        if self.view.state != "running":
            return
        for step_id in self._team.doubts.open():
            if step_id not in self._active:
                self._team.crew.begin(step_id, self._team.doubts.settle)

    def _follow_outside(self) -> None:
        """Go on asking about work outside; a stop, or a failure that ends the run, leaves it."""
        view = self.view
        if not view.submitted or view.state not in ("running", "stopping"):
            return
        for step_id in view.submitted:
            if step_id not in self._active:
                leaves = failing(view) and self._team.crew.repeatable(step_id)
                leaves = leaves or view.state == "stopping"
                calls = self._team.calls
                self._team.crew.begin(step_id, calls.abandon if leaves else calls.follow)

    def _start_ready(self) -> None:
        view = self.view
        if view.state == "running" and view.quorums:
            self._drop_spare()
        off = view.state != "running" or self._alone is not None or failing(view)
        off = off or self._team.planning.holds()
        if self._team.lines.waiting:
            self._team.lines.keep({} if off else view.index.ready)
        if self._alone is None and failing(view):
            self._team.crew.end_repeatable()
            return
        if self._alone is None and view.state == "running" and self._team.versions.wanted():
            self._begin_alone(self._team.versions.look)
        if self._alone is not None or self._team.planning.holds():
            return
        while (step_id := self._team.schedule.next_due()) is not None:
            self._team.crew.begin(step_id, self._team.calls.make)
        if view.limits and not self._active:
            self._log.add(*limits.pause_if_exhausted(view, self._parts.clock.now()))

    def _drop_spare(self) -> None:
        """Let go of what only serves steps that have their quorum; what may have an effect ends."""
        steps = spare(self.view)
        for step_id in steps:
            if step_id not in self._active:
                self._log.add(*let_go(self.view, step_id))
        self._team.crew.end_spare(step_id for step_id in steps if step_id in self._active)

    def _close(self) -> bool:
        """Bring the run to rest; True when there is nothing to do before a person acts."""
        view = self.view
        if view.state == "stopping":
            self._log.add(remains(view, self._team.crew.ended, abandon=view.abandoning))
        elif view.state == "running" and view.plan is not None and not self._team.schedule.held():
            if self._team.planning.cut_short():
                return True
            events = ending(view, held=self._team.turns.held(view)) or self._team.breakers.stuck()
            if self._team.completion.due(events):
                self._begin_alone(self._team.completion.look)
                return False
            self._log.add(*self._team.completion.settle(events))
            if not events or view.state == "running":
                self._wake.set()
        if self._team.rollbacks.due():
            self._wake.set()
            return False
        return view.final or view.state in ("paused", "waiting")

    # -- tasks -------------------------------------------------------------------------------

    def _begin_alone(self, work: Work) -> None:
        """Plan, or look at what the plan will write: meanwhile no step begins."""
        self._alone = anyio.CancelScope()
        self._tasks.start_soon(self._do_alone, work, self._alone)

    async def _do_alone(
        self, work: Callable[[], Awaitable[None]], scope: anyio.CancelScope
    ) -> None:
        try:
            with scope:
                await work()
        finally:
            self._alone = None
            self._wake.set()

    async def _renew(self) -> None:
        while True:
            await anyio.sleep(self._lease.ttl_s / 3)
            self._log.renew()

    async def _wait(self) -> None:
        """Sleep until something happens."""
        due = self._team.schedule.due_at(self._time_left(), planning=self._alone is not None)
        if due is None:
            await self._wake.wait()
            return
        async with anyio.create_task_group() as race:
            race.start_soon(self._wake_at, due)
            await self._wake.wait()
            race.cancel_scope.cancel()

    async def _wake_at(self, at: datetime) -> None:
        seconds = (at - self._parts.clock.now()) / timedelta(seconds=1)
        await self._parts.clock.sleep(max(0.0, seconds))
        self._wake.set()
