"""A thread with a loop of its own for each server: what one server does holds nobody else up."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from functools import partial
from typing import Any

import anyio
from anyio.abc import TaskGroup

from workbench.executor.soon import call_soon


class Looping:
    """Runs coroutines for other threads, in a daemon thread that starts with the first."""

    serves_all_calls = True
    """It belongs to no call: each brings its own context."""

    def __init__(self, name: str) -> None:
        """Start nothing yet."""
        self._name = name
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._soon: Callable[[Callable[[], Any]], None]
        self.tasks: TaskGroup
        """Of the loop; for use within it."""
        self._queue: deque[Callable[[], Coroutine[Any, Any, None]]] = deque()
        self._stirred: anyio.Event
        self._over = False

    @property
    def running(self) -> bool:
        """Whether there is a thread."""
        return self._thread is not None

    def soon(self, callback: Callable[[], Any]) -> None:
        """Call back in the loop, from any thread; does nothing when it has ended."""
        if self.running:
            self._soon(callback)

    def submit(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Job:
        """Begin a coroutine in the loop, from any other thread."""
        self._start()
        job = Job(self)
        self._queue.append(partial(job.run, function, args))
        self._soon(self._stir)
        return job

    def stop(self, within_s: float) -> bool:
        """End the loop and all that runs in it; False when it does not end in time."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is None:
            return True
        self._soon(self._end)
        thread.join(within_s)
        return not thread.is_alive()

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            begun = threading.Event()
            self._thread = threading.Thread(
                target=anyio.run,
                args=(self._main, begun),
                name=f"workbench-mcp-{self._name}",
                daemon=True,
            )
            self._thread.start()
            begun.wait()

    def _stir(self) -> None:
        self._stirred.set()  # the present one: it is made anew for each wait

    def _end(self) -> None:
        self._over = True
        self._stirred.set()

    async def _main(self, begun: threading.Event) -> None:
        self._over, self._stirred, self._soon = False, anyio.Event(), call_soon()
        async with anyio.create_task_group() as self.tasks:
            begun.set()
            while not self._over:
                self._stirred = anyio.Event()
                while self._queue:
                    self.tasks.start_soon(self._queue.popleft())
                await self._stirred.wait()
            self.tasks.cancel_scope.cancel()


class Job:
    """One coroutine in a loop of another thread."""

    def __init__(self, looping: Looping) -> None:
        """Prepare it."""
        self.future: Future[Any] = Future()
        self._looping = looping
        self._scope: anyio.CancelScope | None = None
        self._unwanted = False

    async def run(self, function: Callable[..., Awaitable[Any]], args: tuple[Any, ...]) -> None:
        """Do it, and hand the outcome over; a fault of it is nobody else's."""
        with anyio.CancelScope() as self._scope:
            if self._unwanted:
                self._scope.cancel()
            try:
                value = await function(*args)
            except anyio.get_cancelled_exc_class():
                self.future.cancel()
                raise
            except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
                self.future.set_exception(error)
            else:
                self.future.set_result(value)

    def cancel(self) -> None:
        """Cancel it, from any thread."""

        def now() -> None:
            self._unwanted = True
            if self._scope is not None:
                self._scope.cancel()

        self._looping.soon(now)
