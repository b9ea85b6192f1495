"""From the writer's thread back into the engine's loop, on asyncio and on trio."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import anyio

from workbench.executor.soon import call_soon

__all__ = ["call_later", "call_soon", "is_our_cancellation", "settled"]

T = TypeVar("T")


def call_later() -> Callable[[Callable[[], Any]], None]:
    """Give a function that runs a callback when all that is due in the present loop has run.

    For use within that loop only.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return call_soon()

    def later(callback: Callable[[], Any]) -> None:
        loop.call_soon(callback)

    return later


async def settled(future: Future[T]) -> T:
    """Wait for a future of another thread without blocking the loop."""
    if not future.done():
        event, soon = anyio.Event(), call_soon()
        future.add_done_callback(lambda _: soon(event.set))
        await event.wait()
    return future.result()


async def apart(function: Callable[..., T], *args: Any) -> T:
    """Call a function in a daemon thread of its own; when this is cancelled, it goes on alone.

    A thread of a pool would be missed by others, and one that hangs would keep the process.
    """
    done: Future[T] = Future()

    def work() -> None:
        try:
            done.set_result(function(*args))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to who waits
            done.set_exception(error)

    threading.Thread(target=work, name="workbench-hook", daemon=True).start()
    return await settled(done)


def is_our_cancellation(error: BaseException) -> bool:
    """Whether the engine cancelled the code that raised this, and so must let it pass.

    A tool may raise the same exception by itself: when a task of its own was cancelled, say.
    """
    if not isinstance(error, anyio.get_cancelled_exc_class()):
        return False
    return anyio.current_effective_deadline() == -math.inf
