"""Calls in this process: coroutines in the engine's loop, blocking functions in worker threads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any

import anyio
import anyio.to_thread

from workbench.tools.calling import executing

inside_call: ContextVar[str | None] = ContextVar("workbench_inside_call", default=None)
"""The step whose call this code runs in; None outside of any. Answers are refused inside."""


class TimedOut(Exception):
    """The call took longer than it may; whether it had an effect is not known."""


class LocalExecutor:
    """Runs functions in this process.

    Args:
        threads: blocking functions that run at the same time.
    """

    def __init__(self, threads: int = 32) -> None:
        """Set the limit; nothing is started."""
        self._threads = threads
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(
        self,
        function: Callable[..., Any],
        kwargs: Mapping[str, Any],
        *,
        step: str,
        timeout_s: float | None = None,
    ) -> Any:
        """Call `function` and wait for its value.

        Raises:
            TimedOut: `timeout_s` seconds passed. A blocking function goes on in its thread; its
                value is dropped.
        """
        executing(function, kwargs)
        token = inside_call.set(step)
        try:
            if timeout_s is None:
                return await self._call(function, kwargs)
            with anyio.move_on_after(timeout_s) as scope:
                return await self._call(function, kwargs)
        finally:
            inside_call.reset(token)
        if scope.cancelled_caught:
            raise TimedOut(f"no answer within {timeout_s:g} s")
        raise AssertionError  # pragma: no cover - the scope was left by return or by cancellation

    async def _call(self, function: Callable[..., Any], kwargs: Mapping[str, Any]) -> Any:
        if inspect.iscoroutinefunction(function):
            return await function(**kwargs)
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(self._threads)
        value, error = await anyio.to_thread.run_sync(
            partial(_attempt, function, kwargs), abandon_on_cancel=True, limiter=self._limiter
        )
        if error is not None:
            raise error
        return await value if inspect.isawaitable(value) else value


def _attempt(
    function: Callable[..., Any], kwargs: Mapping[str, Any]
) -> tuple[Any, BaseException | None]:
    """Carry whatever is raised as a value: a GeneratorExit thrown into the task would end it."""
    try:
        return function(**kwargs), None
    except BaseException as error:  # noqa: BLE001 - it is raised again, in the loop
        return None, error
