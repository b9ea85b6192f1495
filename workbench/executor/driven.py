"""Coroutines of tools in the engine's loop: watched, and left when they will not end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import anyio

from workbench.executor.inside import Forks, Inside, current_call, leave_fork, told_to_end

SLOW_S = 0.1
"""Seconds without an `await` after which a coroutine counts as blocking the loop."""


class Driven:
    """Awaits a coroutine step by step.

    A cancelled coroutine has `grace_s` seconds to clean up. Then it is closed and no longer
    awaited, whatever it does with its cancellation.
    """

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, Any],
        inside: Inside,
        scope: anyio.CancelScope | None,
        grace_s: float,
    ) -> None:
        """Prepare; `await`, in `scope`, does the work."""
        self._scope = scope
        self._coroutine, self._inside = coroutine, inside
        self._grace_s = grace_s
        self._give_up_at: float | None = None
        self._cancellation: BaseException | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[Any] | None = None
        self._rung = False

    def __await__(self) -> Generator[Any, Any, Any]:
        """Hand on what the coroutine waits for, and back what comes of it."""
        coroutine, inside = self._coroutine, self._inside
        value: Any = None
        error: BaseException | None = None
        try:
            while True:
                try:
                    if error is None:
                        waits_for = _watched(inside, coroutine.send, value)
                    else:
                        waits_for = _watched(inside, coroutine.throw, error)
                except StopIteration as stop:
                    return stop.value
                value, error = None, None
                try:
                    value = yield waits_for
                except GeneratorExit:
                    coroutine.close()
                    raise
                except BaseException as thrown:  # noqa: BLE001 - it is the coroutine's to take
                    error = thrown
                cancelled = error if value is None else getattr(value, "error", None)
                if cancelled is not None and self._is_over(cancelled):
                    self._give_up()
                    raise self._cancellation or cancelled
        finally:
            if self._alarm is not None:
                self._alarm.cancel()
                if self._rung and self._task is not None:
                    self._task.uncancel()

    def _is_over(self, error: BaseException) -> bool:
        """Note the first cancellation; True for one that comes when the grace is over."""
        if not isinstance(error, anyio.get_cancelled_exc_class()):
            return False
        timed_out = self._scope is not None and self._scope.cancel_called
        if not timed_out and not told_to_end.get()():
            return False
        if self._give_up_at is None:
            self._cancellation = error
            self._give_up_at = time.monotonic() + self._grace_s
            self._set_alarm()
            return False
        return self._rung or time.monotonic() >= self._give_up_at

    def _set_alarm(self) -> None:
        """Shielded clean-up ends with the grace, too; trio lets nobody into a shield."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._task = asyncio.current_task()
        self._alarm = loop.call_later(self._grace_s, self._ring)

    def _ring(self) -> None:
        if self._task is not None:
            self._rung = True
            self._task.cancel()

    def _give_up(self) -> None:
        note = f"it did not end within {self._grace_s:g} s of being cancelled and was left"
        try:
            self._coroutine.close()
        except BaseException:  # noqa: BLE001 - it refuses this, too: it is never resumed again
            _left.append(self._coroutine)
            note = f"{note}; it refused to be closed as well"
        self._inside.notes.append(note)


def _watched(inside: Inside, resume: Callable[..., Any], *args: Any) -> Any:
    """Let a coroutine of a call go on until it waits, and note when that takes long."""
    watch, born = inside.watch, Forks.count
    watch.since = began = time.monotonic()
    watch.inside = inside
    try:
        return resume(*args)
    finally:
        watch.inside = None
        spent = time.monotonic() - began
        if spent > SLOW_S and spent > inside.blocked_s:
            inside.blocked_s = spent
        if Forks.count != born:
            leave_fork(born, failed=False)


_left: list[Coroutine[Any, Any, Any]] = []
"""Coroutines that refused to be closed: kept, because to drop one is to close it again."""


def adopt_tasks() -> None:
    """Make the present asyncio loop note which call starts which task; trio needs none of it."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    if loop.get_task_factory() is None:
        loop.set_task_factory(_make_task)


def _make_task(
    loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
) -> asyncio.Task[Any]:
    inside = current_call.get()
    if inside is None:
        return asyncio.Task(coroutine, loop=loop, **options)
    if asyncio.iscoroutine(coroutine):
        coroutine = _Tame(coroutine, inside)
    task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **options)
    inside.tasks.add(task)
    task.add_done_callback(inside.tasks.discard)
    return task


class _Tame(Coroutine[Any, Any, Any]):
    """Keeps what asyncio would let out of the loop, and with it end the engine, in the task."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], inside: Inside) -> None:
        self._coroutine, self._inside = coroutine, inside
        self.__name__ = getattr(coroutine, "__name__", type(coroutine).__name__)
        self.__qualname__ = getattr(coroutine, "__qualname__", self.__name__)

    def send(self, value: Any) -> Any:
        return self._step(self._coroutine.send, value)

    def throw(self, *error: Any) -> Any:
        return self._step(self._coroutine.throw, *error)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine.__await__()

    def _step(self, resume: Callable[..., Any], *args: Any) -> Any:
        try:
            return _watched(self._inside, resume, *args)
        except (SystemExit, KeyboardInterrupt) as error:
            raise LeftByTask(f"{type(error).__name__} in a task of a tool: {error}") from error


class LeftByTask(Exception):
    """A task of a tool raised what would have ended the engine's loop."""


async def end_tasks(inside: Inside, grace_s: float) -> None:
    """Cancel the tasks that a call left behind, and name them."""
    tasks = [task for task in inside.tasks if not task.done()]
    if not tasks:
        return
    names = ", ".join(sorted(_name_of(task) for task in tasks)[:5])
    what = f"it left {len(tasks)} task(s) behind ({names}), which were cancelled"
    with anyio.CancelScope(shield=True):
        for task in tasks:
            task.cancel()
        _, alive = await asyncio.wait(tasks, timeout=grace_s)
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()  # it was looked at, so asyncio does not report it
    if alive:
        what = f"{what}; {len(alive)} did not end within {grace_s:g} s and are still there"
    inside.notes.append(what)


def _name_of(task: asyncio.Task[Any]) -> str:
    return task.get_name()
