"""Planners of one family are asked one after the other, where they share what they take.

What a planner takes is known when it has answered. So that two of them do not take the same rest,
the second is asked when the first has said what it took.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio

from workbench.engine import family
from workbench.engine.bridge import call_soon

_WAITING: dict[str, list[Callable[[], None]]] = {}
"""By family in which a planner is being asked: wakes who waits, the first first."""
_LOCK = threading.Lock()


@asynccontextmanager
async def turn(run: str) -> AsyncIterator[None]:
    """Hold the turn of the run's family, if its planners share a limit; wait for it first."""
    top = family.shares_planning(run)
    if not top:
        yield
        return
    event, soon = anyio.Event(), call_soon()

    def wake() -> None:
        soon(event.set)

    with _LOCK:
        queue = _WAITING.get(top)
        if queue is None:
            _WAITING[top] = []
            event.set()
        else:
            queue.append(wake)
    try:
        await event.wait()
        yield
    finally:
        _pass_on(top, wake)


def _pass_on(top: str, wake: Callable[[], None]) -> None:
    """Give the turn to the next; who never had it only stops waiting."""
    with _LOCK:
        queue = _WAITING[top]
        if wake in queue:
            queue.remove(wake)
        elif queue:
            queue.pop(0)()
        else:
            del _WAITING[top]
