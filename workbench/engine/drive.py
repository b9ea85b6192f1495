"""One drive: from taking a run's lease to giving it back.

Starting, resuming after a pause, after an answer, after a restart and after a crash are this one
function: read the view, settle what is in doubt, act until nothing can be done without a person,
leave. While a run waits, nothing of it exists in the process.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
from anyio.abc import TaskGroup

from workbench import events as e
from workbench.commands import Answer, Command, EditPlan
from workbench.engine import limits
from workbench.engine.breakers import Breakers
from workbench.engine.bridge import call_soon
from workbench.engine.calls import Calls
from workbench.engine.commands import accept, expire
from workbench.engine.doubt import Doubts
from workbench.engine.drift import Drifts
from workbench.engine.ending import ending, failing, remains
from workbench.engine.hooks import Relay
from workbench.engine.lines import Lines
from workbench.engine.log import Log
from workbench.engine.loops import how_ended
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.planning import Planning
from workbench.engine.quorum import let_go, spare
from workbench.engine.refusals import pack
from workbench.engine.schedule import Schedule
from workbench.engine.stall import Stall
from workbench.engine.timeouts import run_time_left, time_used_up
from workbench.engine.turns import Turns
from workbench.engine.versions import Versions
from workbench.errors import CommandRefused, LeaseLost, WorkbenchError
from workbench.executor import inside_run, told_to_end
from workbench.journal import Lease
from workbench.journal.snapshot import load_view
from workbench.points import reach
from workbench.tools import Tool
from workbench.tools.calling import calling
from workbench.view import RunView
from workbench.view.frontier import complete

YIELD_S = 0.005
"""How long a chain of steps that never wait may keep the loop."""


class Drive:
    """Carries one run on under one lease."""

    def __init__(self, parts: Parts, lease: Lease, view: RunView) -> None:
        """Prepare to go on from `view`, the fold up to the lease's event; `run` does the work."""
        self._parts, self._lease = parts, lease
        self._active: dict[str, anyio.CancelScope] = {}
        self._ended: dict[str, str] = {}
        self._planning_scope: anyio.CancelScope | None = None
        self._leave_by: float | None = None
        self._commands_waiting = True
        self._completing = False
        self._taken: set[int] = set()
        self._wake = anyio.Event()
        self._clock, self._yield_by = time.monotonic, 0.0
        self._soon = call_soon()
        self._log = Log(
            parts.journal,
            lease,
            view,
            parts.clock,
            failed=self._stir,
        )
        if parts.hooks:
            self._log.relay = Relay(parts.hooks, self._log)
        self._outputs = Outputs(parts.journal.artifact)
        parts.limits.soon = self._soon
        self._lines = Lines(
            parts.limits,
            parts.tools,
            view.run,
            view.pace,
            priority=view.priority,
            at_most=parts.in_flight,
            room=lambda: not self._schedule.is_full(self._lines.promised),
            wake=self._wake_up,
        )
        self._breakers = Breakers(parts, self._log)
        self._turns = Turns(parts.tools)
        self._versions = Versions(parts, self._log, self._outputs, self._turns)
        self._schedule = Schedule(
            parts,
            self._log,
            self._lines,
            self._breakers,
            turns=self._turns,
            versions=self._versions,
            active=self._active,
        )
        self._calls = Calls(
            parts,
            self._log,
            self._outputs,
            breakers=self._breakers,
            versions=self._versions,
            lines=self._lines,
        )
        self._calls.outside.place_free = self._stir
        self._drifts = Drifts(parts, self._log)
        self._doubts = Doubts(parts, self._log, self._outputs)
        self._planning = Planning(parts, self._log)
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
        self._commands_waiting = self._commands_waiting or commands
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
        return self._lines.reasons()

    def _wake_up(self) -> None:
        self._wake.set()

    def leave(self) -> None:
        """Break off: cancel what can be run again, wait for the rest, give the lease back."""
        if self._leave_by is None:
            self._leave_by = anyio.current_time() + self._parts.stop_grace_s
            self._wake.set()

    async def run(self) -> None:
        """Drive until the run ends, or nothing can be done before a person acts.

        Raises:
            LeaseLost: another process took the run over.
            JournalError: the journal cannot be written; nothing that was committed is lost.
        """
        inside_run.set(self._lease.run)
        calling.set(None)  # a run that a tool starts is no part of the tool's call
        try:
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                tasks.start_soon(self._renew)
                tasks.start_soon(self._log.send_late)
                relay = self._log.relay
                if relay is not None:
                    tasks.start_soon(relay.work)
                self._attach()
                tasks.start_soon(Stall(self._parts, self._log).watch)
                while not await self._turn():
                    pass
                if relay is not None:
                    self._log.submit()
                    await relay.caught_up()
                tasks.cancel_scope.cancel()
        finally:
            self._calls.close()
            reach("before-release")
            with anyio.CancelScope(shield=True):
                try:
                    if self._log.error is None:
                        await self._log.flush(release=True)
                    elif isinstance(self._log.error, LeaseLost):
                        await self._log.leave_evidence()
                finally:
                    self._lines.keep({})
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
        await self._take_commands()
        if not self._may_act():
            await self._wait()
            return False
        self._check_time()
        self._drifts.ask()
        self._begin_planning()
        self._settle_doubts()
        self._follow_outside()
        self._start_ready()
        if not self._active and self._planning_scope is None and not self._commands_waiting:
            if self._is_whole() and self._close():
                return True
            if self._wake.is_set():
                return False
        await self._wait()
        return False

    def _is_whole(self) -> bool:
        """Whether the view has all steps; it is completed in the background when it has not."""
        if self.view.sealed and not self._completing:
            self._completing = True
            self._tasks.start_soon(self._complete)
        return not self.view.sealed

    async def _complete(self) -> None:
        whole = await anyio.to_thread.run_sync(load_view, self._parts.journal, self.view.run)
        complete(self.view, whole)
        self._wake.set()

    async def _left(self, leave_by: float) -> bool:
        for step_id, scope in self._active.items():
            if self._repeatable(step_id) or step_id in self.view.submitted:
                scope.cancel()
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
        self._doubts.find()

    async def _take_commands(self) -> None:
        if not self._commands_waiting:
            return
        self._commands_waiting = False
        rows = await anyio.to_thread.run_sync(self._parts.journal.open_commands, self.view.run)
        # One that was decided stays open in the journal until its decision is on disk.
        rows = [row for row in rows if row.number not in self._taken]
        taken = 0
        for row in rows:
            if _looks_back(row.command) and not self._is_whole():
                self._commands_waiting = True
                break
            taken += 1
            self._taken.add(row.number)
            refused = self._take(row.command)
            self._log.handled(row.number, "refused" if refused else "done", refused)
            reach("command-taken")
        if taken:
            self._log.submit_soon()
            self._obey()

    def _take(self, command: Command) -> str:
        """Do what a command wants; gives the refusal, or nothing."""
        now = self._parts.clock.now()
        self._log.add(*expire(self.view, now))
        try:
            events = accept(self.view, command, self._parts.tools, now)
        except WorkbenchError as error:
            return pack(error)
        except Exception as error:  # noqa: BLE001 - a command that cannot be read must not end the run
            fault = f"{type(error).__name__}: {error}"
            self._log.add(e.FaultRecorded(where=f"command {command.kind}", error=fault))
            return pack(CommandRefused(f"The order {command.kind!r} made no sense: {fault}."))
        self._log.add(*events)
        return ""

    def _obey(self) -> None:
        """End calls in flight that a pause or a stop ends."""
        if self.view.state == "stopping":
            self._end_calls()
        elif self.view.state == "paused":
            for step_id, scope in self._active.items():
                tool = self._tool(step_id)
                cancels = self._begun(step_id) and tool and tool.on_pause == "cancel"
                if cancels or step_id in self.view.submitted:
                    scope.cancel()

    def _end_calls(self) -> None:
        """Cancel what can be run again; what changes the world gets some time to finish."""
        if self._planning_scope is not None:
            self._planning_scope.cancel()
        for step_id, scope in self._active.items():
            tool = self._tool(step_id)
            outside = step_id in self.view.submitted
            if self._begun(step_id) and tool and not tool.repeatable and not outside:
                scope.deadline = anyio.current_time() + self._parts.stop_grace_s
            else:
                scope.cancel()

    def _begun(self, step_id: str) -> bool:
        return step_id in self.view.steps and self.view.steps[step_id].state == "running"

    def _may_act(self) -> bool:
        """Whether the run may act; with `active_runs` it may have to queue."""
        view = self.view
        if view.state not in ("queued", "planning", "running"):
            return True
        return self._parts.admission.ask(view.run, view.priority, self._wake_up)

    def _check_time(self) -> None:
        """Pause a run that has used up its time; a limit inside of it that ends now goes first."""
        if self.view.granted_s is not None and self._time_left() == 0:
            self._log.add(*time_used_up(self.view, self._parts.clock.now()))
            self._end_calls()

    def _time_left(self) -> float | None:
        at_work = bool(self._active) or self._planning_scope is not None
        if self.view.granted_s is None or (not at_work and failing(self.view)):
            return None
        inner = self._calls.ends_now()
        return run_time_left(self.view, self._parts.clock.now(), at_work=at_work, inner=inner)

    def _begin_planning(self) -> None:
        if self._planning_scope is not None or self._active:
            return
        view = self.view
        why = self._planning.wanted()
        if why is not None and not self._is_whole():
            return
        if why is not None:
            self._planning_scope = anyio.CancelScope()
            self._tasks.start_soon(self._plan, why, self._planning_scope)
        elif view.state in ("queued", "planning") and view.plan is not None:
            self._log.add(e.RunStarted())
        elif view.state in ("planning", "running") and view.plan is None and view.open_requests:
            self._log.add(e.RunWaiting())

    def _settle_doubts(self) -> None:
        if self.view.state != "running":
            return
        for step_id in self._doubts.open():
            if step_id not in self._active:
                self._spawn(step_id, self._doubts.settle)

    def _follow_outside(self) -> None:
        """Go on asking about work outside; a stop, or a failure that ends the run, leaves it."""
        view = self.view
        if not view.submitted or view.state not in ("running", "stopping"):
            return
        for step_id in view.submitted:
            if step_id not in self._active:
                leaves = failing(view) and self._repeatable(step_id)
                leaves = leaves or view.state == "stopping"
                self._spawn(step_id, self._calls.abandon if leaves else self._calls.follow)

    def _start_ready(self) -> None:
        view = self.view
        if view.state == "running" and view.quorums:
            self._drop_spare()
        off = view.state != "running" or self._planning_scope is not None or failing(view)
        if self._lines.waiting:
            self._lines.keep({} if off else view.index.ready)
        if self._planning_scope is None and failing(view):
            self._cancel_siblings()
            return
        if self._planning_scope is None and self.view.state == "running":
            self._begin_look()
        while (step_id := self._next_due()) is not None:
            self._spawn(step_id, self._calls.make)
        if self.view.limits and not self._active and self._planning_scope is None:
            self._log.add(*limits.pause_if_exhausted(self.view, self._parts.clock.now()))

    def _next_due(self) -> str | None:
        """Choose the step to start now; None when there is none, or something else comes first."""
        return None if self._planning_scope is not None else self._schedule.next_due()

    def _drop_spare(self) -> None:
        """Let go of what only serves steps that have their quorum; what may have an effect ends."""
        for step_id in spare(self.view):
            if step_id not in self._active:
                self._log.add(*let_go(self.view, step_id))
            elif self._repeatable(step_id) or not self._begun(step_id):
                self._active[step_id].cancel()

    def _cancel_siblings(self) -> None:
        """One failure ends its siblings (policy `stop`); calls that change the world may finish."""
        for step_id, scope in self._active.items():
            if self._repeatable(step_id):
                scope.cancel()

    def _tool(self, step_id: str) -> Tool | None:
        plan = self.view.plan
        return self._parts.tools.get(plan[step_id].tool) if plan and step_id in plan else None

    def _repeatable(self, step_id: str) -> bool:
        tool = self._tool(step_id)
        return tool is not None and tool.repeatable

    def _close(self) -> bool:
        """Bring the run to rest; True when there is nothing to do before a person acts."""
        view = self.view
        if view.state == "stopping":
            self._log.add(remains(view, self._ended, abandon=view.abandoning))
        elif view.state == "running" and view.plan is not None and not self._schedule.held():
            events = ending(view, held=self._turns.held(view)) or self._breakers.stuck()
            self._log.add(*events)
            if not events or view.state == "running":
                self._wake.set()
        return view.final or view.state in ("paused", "waiting")

    # -- tasks -------------------------------------------------------------------------------

    def _spawn(self, step_id: str, work: Callable[[str], Any]) -> None:
        self._active[step_id] = scope = anyio.CancelScope()
        self._lines.begin(step_id)
        self._parts.active += 1
        self._tasks.start_soon(self._work, step_id, work, scope)

    async def _work(
        self, step_id: str | None, work: Callable[[str], Any], scope: anyio.CancelScope
    ) -> None:
        """Do one thing, then whatever is due next: a chain of steps needs one task only."""
        all_of_run = self._tasks.cancel_scope
        told_to_end.set(lambda: scope.cancel_called or all_of_run.cancel_called)
        try:
            with scope:
                while step_id is not None:
                    try:
                        await work(step_id)
                    finally:
                        self._leave_step(step_id)
                    step_id, work = self._follow_on(scope), self._calls.make
                    if self._clock() > self._yield_by:
                        await self._yield()
        finally:
            if step_id is not None:
                self._active.pop(step_id, None)
                self._lines.release(step_id)
            self._parts.active -= 1
            self._wake.set()

    def _leave_step(self, step_id: str) -> None:
        del self._active[step_id]
        self._lines.release(step_id)
        if self.view.state == "stopping" and step_id in self.view.steps:
            left = self._calls.outside.left.get(step_id)
            self._ended[step_id] = left or _how_ended(self.view, step_id)

    async def _yield(self) -> None:
        """Let others run: a chain of quick steps would keep the loop for itself."""
        await anyio.lowlevel.checkpoint()
        self._yield_by = self._clock() + YIELD_S

    def _follow_on(self, scope: anyio.CancelScope) -> str | None:
        if self._commands_waiting or self._log.error is not None or self._leave_by is not None:
            return None
        if scope.cancel_called or scope.deadline != math.inf or self.view.count("in_doubt"):
            return None
        if self.view.quorums:
            return None
        step_id = self._next_due()
        if step_id is not None:
            self._active[step_id] = scope
            self._lines.begin(step_id)
            if self._next_due() is not None:
                self._wake.set()
        if self._lines.waiting:
            self._wake.set()
        return step_id

    async def _plan(self, why: str, scope: anyio.CancelScope) -> None:
        try:
            with scope:
                await self._planning.ask(why)
        finally:
            self._planning_scope = None
            self._wake.set()

    def _begin_look(self) -> None:
        if self._versions.wanted():
            self._planning_scope = anyio.CancelScope()
            self._tasks.start_soon(self._look, self._planning_scope)

    async def _look(self, scope: anyio.CancelScope) -> None:
        """Look at what the plan will write; nothing starts meanwhile, as while it is planned."""
        try:
            with scope:
                await self._versions.look()
        finally:
            self._planning_scope = None
            self._wake.set()

    async def _renew(self) -> None:
        while True:
            await anyio.sleep(self._lease.ttl_s / 3)
            self._log.renew()

    async def _wait(self) -> None:
        """Sleep until something happens."""
        due = self._schedule.due_at(self._time_left(), planning=self._planning_scope is not None)
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


def _looks_back(command: Command) -> bool:
    """Whether a command may be about steps that are finished."""
    uses_other = isinstance(command, Answer) and command.choice == "use"
    return isinstance(command, EditPlan) or uses_other


def _how_ended(view: RunView, step_id: str) -> str:
    step = view.steps[step_id]
    if (turned := how_ended(step)) is not None:
        return turned
    if step.state == "ready" and step.error:
        return f"failed, and was not tried again: {step.error}"
    words = {"ready": "cancelled, nothing was done", "in_doubt": "in doubt"}
    return words.get(step.state, step.state)
