"""The engine's own thread, with its own event loop: one for each process, started on first use."""

from __future__ import annotations

import atexit
import os
import threading
from contextlib import AbstractContextManager

from anyio.from_thread import BlockingPortal, start_blocking_portal

_lock = threading.Lock()
_state: dict[int, tuple[BlockingPortal, AbstractContextManager[BlockingPortal]]] = {}


def portal(backend: str = "asyncio") -> BlockingPortal:
    """Give the door to the engine's loop; the first call starts the thread.

    The backend is chosen by the first caller; a fork gets a thread of its own.
    """
    with _lock:
        known = _state.get(os.getpid())
        if known is None:
            context = start_blocking_portal(backend, name="workbench-engine")
            known = (context.__enter__(), context)
            _state[os.getpid()] = known
            atexit.register(_stop, os.getpid())
        return known[0]


def _stop(pid: int) -> None:
    """At exit: end the drives in order, so that leases are given back."""
    known = _state.pop(pid, None)
    if known is not None and pid == os.getpid():
        door, context = known
        door.call(door.stop, True)
        context.__exit__(None, None, None)
