"""Calls on this machine: coroutines in the engine's loop, the rest in threads and processes."""

from __future__ import annotations

import inspect
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from workbench.executor import carry, printing
from workbench.executor.driven import Driven, adopt_tasks, end_tasks
from workbench.executor.inside import Inside, Place, Stepping, current_call, inside_call, inside_run
from workbench.executor.left import Leftover
from workbench.executor.soon import call_soon
from workbench.executor.threads import Ended, Job, Lanes
from workbench.executor.workers import NoAnswer, ProcessJob, close_own
from workbench.tools.calling import executing
from workbench.tools.masking import mask_of

INSISTING = 20
"""Times that a thread which did not end within its grace is told again, in as much time again."""


class TimedOut(NoAnswer):
    """The call took longer than it may; whether it had an effect is not known."""


class LocalExecutor:
    """Runs functions on this machine.

    Args:
        threads: blocking functions that run at the same time.
        processes: the same, in child processes.
        grace_s: seconds that a call which was cancelled or timed out has to clean up.
        idle_s: seconds after which a thread or a process without a call ends.
    """

    def __init__(
        self,
        threads: int = 32,
        processes: int | None = None,
        grace_s: float = 1.0,
        idle_s: float = 5.0,
    ) -> None:
        """Set the limits; nothing is started."""
        self.grace_s = grace_s
        self._bounds = {"thread": threads, "process": processes or max(2, os.cpu_count() or 2)}
        self._limiters: dict[str, anyio.CapacityLimiter] = {}
        self._lanes = {
            "thread": Lanes("thread", idle_s),
            "process": Lanes("process", idle_s, close_own),
        }
        self._busy: set[Job] = set()
        self._left: list[Leftover] = []
        self._stepping = Stepping()
        self.notes: list[tuple[str, str, str]] = []
        """Run, step and text of what the person should be told; the engine takes them away."""

    async def run(
        self,
        function: Callable[..., Any],
        kwargs: Mapping[str, Any],
        *,
        step: str,
        timeout_s: float | None = None,
        where: Place | None = None,
    ) -> Any:
        """Call `function` and wait for its value.

        A call that is cancelled or times out is told to end, and has `grace_s` seconds to do so: a
        coroutine is cancelled, `Ended` is raised in a thread, a process is killed. What does not
        end is listed in `leftovers`, and its value is dropped.

        Args:
            function: what is called, blocking or not.
            kwargs: its arguments.
            step: the step that the call belongs to.
            timeout_s: seconds that it may take, from when there is a thread or a process for it.
            where: where it runs; default: coroutines in this loop, the rest in a thread.

        Raises:
            TimedOut: `timeout_s` seconds passed.
            ProcessDied: its process crashed.
            ToolError: it cannot be sent to a process.
        """
        executing(function, kwargs)
        carry.install()
        code = getattr(function, "__code__", None)
        is_async = bool(code is not None and code.co_flags & inspect.CO_COROUTINE)
        is_async = is_async or (code is None and inspect.iscoroutinefunction(function))
        place = where or ("loop" if is_async else "thread")
        inside = Inside(inside_run.get(), step, place, self._stepping, mask=mask_of(kwargs))
        tokens = inside_call.set(step), current_call.set(inside)
        printing.install(_printed_by_call)
        try:
            if place == "loop":
                return await self._in_loop(function(**kwargs), inside, timeout_s)
            async with self._limiter(place):
                value = await self._in_job(function, kwargs, inside, timeout_s)
            if inspect.isawaitable(value):
                return await self._in_loop(_wait_for(value), inside, timeout_s)
            return value
        finally:
            inside_call.reset(tokens[0])
            current_call.reset(tokens[1])
            if inside.printed is not None:
                inside.printed.finish()
            if inside.blocked_s:
                inside.notes.append(
                    f"it blocked the engine's loop for {inside.blocked_s:.1f} s, and every run was "
                    "late by that: write it without `async`, or declare runs_in='thread'"
                )
            if inside.notes:
                self.notes += [(inside.run, step, note) for note in inside.notes]

    def take_notes(self, run: str, step: str) -> list[str]:
        """Give what was noted about the calls of a step, once."""
        found = [note for *of, note in self.notes if of == [run, step]]
        self.notes = [note for note in self.notes if note[:2] != (run, step)]
        return found

    def leftovers(self, run: str | None = None) -> list[Leftover]:
        """Give what goes on although its call was ended, of one run or of all."""
        self._left = [left for left in self._left if not left.job.ended]
        return [left for left in self._left if run is None or left.run == run]

    def blocking(self) -> str | None:
        """Say which step keeps the engine's loop from everything else now; from any thread."""
        inside, spent = self._stepping.inside, time.monotonic() - self._stepping.since
        if inside is None or spent < self.grace_s:
            return None
        return f"step {inside.step} of run {inside.run} has blocked the engine for {spent:.0f} s"

    def close(self) -> None:
        """End the threads and processes; from outside the loop, when no call is being made."""
        for job in list(self._busy):
            job.ask_to_end()
        for lanes in self._lanes.values():
            lanes.close()
        printing.remove()

    # -- places ------------------------------------------------------------------------------

    def _limiter(self, place: Place) -> anyio.CapacityLimiter:
        if place not in self._limiters:
            self._limiters[place] = anyio.CapacityLimiter(self._bounds[place])
        return self._limiters[place]

    async def _in_loop(self, coroutine: Any, inside: Inside, timeout_s: float | None) -> Any:
        adopt_tasks()
        try:
            if timeout_s is None:
                return await Driven(coroutine, inside, None, self.grace_s)
            with anyio.move_on_after(timeout_s) as scope:
                return await Driven(coroutine, inside, scope, self.grace_s)
        finally:
            if inside.tasks:
                await end_tasks(inside, self.grace_s)
        raise _too_long(scope, timeout_s)

    async def _in_job(
        self,
        function: Callable[..., Any],
        kwargs: Mapping[str, Any],
        inside: Inside,
        timeout_s: float | None,
    ) -> Any:
        event, soon, lanes = anyio.Event(), call_soon(), self._lanes[inside.place]

        def left() -> None:
            self._busy.discard(job)
            lanes.give_back()
            soon(event.set)

        if inside.place == "process":
            job: Job = ProcessJob(function, kwargs, inside.step, sys.stdout.write, left)
        elif inspect.iscoroutinefunction(function):
            job = LoopJob(partial(function, **kwargs), left)
        else:
            job = Job(partial(_in_folder, partial(function, **kwargs), inside), left)
        self._busy.add(job)
        lanes.start(job)
        with anyio.move_on_after(timeout_s) as scope:
            try:
                await event.wait()
            except anyio.get_cancelled_exc_class():
                await self._end(job, event, inside)
                raise
            if job.error is not None:
                raise job.error
            return job.value
        raise _too_long(scope, timeout_s)

    async def _end(self, job: Job, event: anyio.Event, inside: Inside) -> None:
        """Tell a call to end and wait for it as long as the grace lasts."""
        with anyio.CancelScope(shield=True):
            # Once, and time to clean up; then again and again for one that swallows it.
            for patience_s in (self.grace_s, *[self.grace_s / INSISTING] * INSISTING):
                job.ask_to_end()
                with anyio.move_on_after(patience_s):
                    await event.wait()
                if job.ended:
                    return
        inside.printed = inside.printed or printing.Printed(inside.step, mask=inside.mask)
        at = datetime.now(UTC)  # noqa: TID251 - a fact about this process, not about the run
        self._left.append(Leftover(inside.run, inside.step, job.lane, at, job))
        inside.notes.append(
            f"its thread {job.lane} did not end within {self.grace_s:g} s and still runs; "
            "what it returns is dropped (runs_in='process' can be ended for sure)"
        )


class LoopJob(Job):
    """A coroutine in a thread with a loop of its own."""

    def __init__(self, function: Callable[[], Awaitable[Any]], left: Callable[[], None]) -> None:
        """Prepare it."""
        super().__init__(partial(anyio.run, self._main), left)
        self._function = function
        self._cancel: Callable[[], None] | None = None

    def ask_to_end(self) -> None:
        """Cancel the coroutine in its own loop."""
        with self._lock:
            self._asked = True
            if self._cancel is not None:
                self._cancel()

    async def _main(self) -> Any:
        with anyio.CancelScope() as scope:
            soon = call_soon()
            with self._lock:
                self._cancel = lambda: soon(scope.cancel)
                if self._asked:
                    scope.cancel()
            return await self._function()
        raise Ended


def _in_folder(function: Callable[[], Any], inside: Inside) -> Any:
    """Call a function and note when it leaves the process in another working directory."""
    before = _folder()
    try:
        return function()
    finally:
        after = _folder()
        if after != before:
            inside.notes.append(
                f"the working directory of the whole process changed during the call, from "
                f"{before} to {after}: use absolute paths, or declare runs_in='process'"
            )


def _folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:
        return "a folder that is gone"


async def _wait_for(value: Awaitable[Any]) -> Any:
    return await value


def _printed_by_call() -> printing.Printed | None:
    inside = current_call.get()
    if inside is None:
        return None
    if inside.printed is None:
        inside.printed = printing.Printed(inside.step, mask=inside.mask)
    return inside.printed


def _too_long(scope: anyio.CancelScope, timeout_s: float | None) -> Exception:
    assert scope.cancelled_caught  # noqa: S101 - a scope is left by its value, an error or this
    return TimedOut(f"no answer within {timeout_s:g} s")
