"""The engine's own thread with its own event loop: one a process and backend, made on first use."""

from __future__ import annotations

import atexit
import os
import threading
from contextlib import AbstractContextManager

import anyio._backends._asyncio  # noqa: F401 - it is loaded late otherwise, in the first resume
from anyio.from_thread import BlockingPortal, start_blocking_portal

_lock = threading.Lock()
_state: dict[tuple[int, str], tuple[BlockingPortal, AbstractContextManager[BlockingPortal]]] = {}


def portal(backend: str = "asyncio") -> BlockingPortal:
    """Give the door to the engine's loop; the first call starts the thread.

    Each backend has a thread of its own, and so does a fork.
    """
    place = (os.getpid(), backend)
    with _lock:
        known = _state.get(place)
        if known is None:
            context = start_blocking_portal(backend, name=f"workbench-engine-{backend}")
            known = (context.__enter__(), context)
            _state[place] = known
            atexit.register(_stop, place)
        return known[0]


def _stop(place: tuple[int, str]) -> None:
    """At exit: end the drives in order, so that leases are given back."""
    known = _state.pop(place, None)
    if known is not None and place[0] == os.getpid():
        door, context = known
        door.call(door.stop, True)
        context.__exit__(None, None, None)
