"""The tasks of one drive: one for each step at work, or one for a chain of steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import Any

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup

from workbench.engine.calls import Calls
from workbench.engine.lines import Lines
from workbench.engine.log import Log
from workbench.engine.loops import how_ended
from workbench.engine.parts import Parts
from workbench.engine.schedule import Schedule
from workbench.executor import told_to_end
from workbench.tools import Tool
from workbench.view import RunView

YIELD_S = 0.005
"""How long a chain of steps that never wait may keep the loop."""
Work = Callable[[str], Any]


class Crew:
    """Works on the steps of one drive, and ends that work by what it may leave behind."""

    tasks: TaskGroup
    """Where the tasks run; set before the first step begins."""

    def __init__(
        self,
        parts: Parts,
        log: Log,
        lines: Lines,
        schedule: Schedule,
        calls: Calls,
        *,
        active: dict[str, anyio.CancelScope],
        stir: Callable[[], None],
        must_look: Callable[[], bool],
    ) -> None:
        """Use these parts.

        Args:
            parts: the parts of the engine.
            log: the drive's log.
            lines: the places that steps take.
            schedule: what starts next.
            calls: what makes the calls.
            active: the steps at work, and what cancels each; kept here, read by others.
            stir: makes the drive look again.
            must_look: whether the drive must look before anything else begins.
        """
        self._parts, self._log, self._lines = parts, log, lines
        self._schedule, self._calls, self._active = schedule, calls, active
        self._stir, self._must_look = stir, must_look
        self._clock, self._yield_by = time.monotonic, 0.0
        self.ended: dict[str, str] = {}
        """What became of the steps that were at work when the run was told to stop."""

    def begin(self, step_id: str, work: Work) -> None:
        """Begin to work on a step."""
        self._active[step_id] = scope = anyio.CancelScope()
        self._lines.begin(step_id)
        self._parts.active += 1
        self.tasks.start_soon(self._work, step_id, work, scope)

    # -- ending ------------------------------------------------------------------------------

    def end_all(self) -> None:
        """Cancel what can be run again; what changes the world gets some time to finish."""
        for step_id, scope in self._active.items():
            tool = self._tool(step_id)
            outside = step_id in self._view.submitted
            if self._begun(step_id) and tool and not tool.repeatable and not outside:
                scope.deadline = anyio.current_time() + self._parts.stop_grace_s
            else:
                scope.cancel()

    def end_for_pause(self) -> None:
        """Cancel calls whose tool says so, and the asking about work outside."""
        for step_id, scope in self._active.items():
            tool = self._tool(step_id)
            cancels = self._begun(step_id) and tool and tool.on_pause == "cancel"
            if cancels or step_id in self._view.submitted:
                scope.cancel()

    def end_repeatable(self, *, outside: bool = False) -> None:
        """Cancel what can be run again, and with `outside` the asking about work outside."""
        for step_id, scope in self._active.items():
            if self.repeatable(step_id) or (outside and step_id in self._view.submitted):
                scope.cancel()

    def end_spare(self, steps: Iterable[str]) -> None:
        """Cancel those of these steps that have had no effect; the others may finish."""
        for step_id in steps:
            if self.repeatable(step_id) or not self._begun(step_id):
                self._active[step_id].cancel()

    def repeatable(self, step_id: str) -> bool:
        """Whether the step's tool is known, and may be called again at will."""
        tool = self._tool(step_id)
        return tool is not None and tool.repeatable

    # -- one task ----------------------------------------------------------------------------

    async def _work(self, step_id: str | None, work: Work, scope: anyio.CancelScope) -> None:
        """Do one thing, then whatever is due next: a chain of steps needs one task only."""
        all_of_run = self.tasks.cancel_scope
        told_to_end.set(lambda: scope.cancel_called or all_of_run.cancel_called)
        try:
            with scope:
                while step_id is not None:
                    try:
                        await work(step_id)
                    finally:
                        self._leave(step_id)
                    step_id, work = self._follow_on(scope), self._calls.make
                    if self._clock() > self._yield_by:
                        await self._yield()
        finally:
            if step_id is not None and self._active.pop(step_id, None) is not None:
                self._lines.release(step_id)
            self._parts.active -= 1
            self._stir()

    def _leave(self, step_id: str) -> None:
        del self._active[step_id]
        self._lines.release(step_id)
        if self._view.state == "stopping" and step_id in self._view.steps:
            left = self._calls.outside.left.get(step_id)
            self.ended[step_id] = left or _how_ended(self._view, step_id)

    async def _yield(self) -> None:
        """Let others run: a chain of quick steps would keep the loop for itself."""
        self._yield_by = self._clock() + YIELD_S  # at once: one that yields is enough for now
        await anyio.lowlevel.checkpoint()
        self._yield_by = self._clock() + YIELD_S

    def _follow_on(self, scope: anyio.CancelScope) -> str | None:
        """Take the step that is due next, unless the drive has something else to do first."""
        if self._must_look() or self._view.count("in_doubt") or self._view.quorums:
            return None
        if scope.cancel_called or scope.deadline != math.inf:
            return None
        step_id = self._schedule.next_due()
        if step_id is not None:
            self._active[step_id] = scope
            self._lines.begin(step_id)
            if len(self._view.index.ready) > 1 and self._schedule.next_due() is not None:
                self._stir()
        if self._lines.waiting:
            self._stir()
        return step_id

    # -- what is known of a step -------------------------------------------------------------

    @property
    def _view(self) -> RunView:
        return self._log.view

    def _begun(self, step_id: str) -> bool:
        return step_id in self._view.steps and self._view.steps[step_id].state == "running"

    def _tool(self, step_id: str) -> Tool | None:
        plan = self._view.plan
        return self._parts.tools.get(plan[step_id].tool) if plan and step_id in plan else None


def _how_ended(view: RunView, step_id: str) -> str:
    step = view.steps[step_id]
    if (turned := how_ended(step)) is not None:
        return turned
    if step.state == "ready" and step.error:
        return f"failed, and was not tried again: {step.error}"
    words = {"ready": "cancelled, nothing was done", "in_doubt": "in doubt"}
    return words.get(step.state, step.state)
