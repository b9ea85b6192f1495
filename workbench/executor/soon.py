"""From any thread back into a loop, on asyncio and on trio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


def call_soon() -> Callable[[Callable[[], Any]], None]:
    """Give a function that runs a callback in the present loop, from any thread, at once."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        import trio

        token = trio.lowlevel.current_trio_token()

        def soon(callback: Callable[[], Any]) -> None:
            try:
                token.run_sync_soon(callback)
            except trio.RunFinishedError:
                return

        return soon

    def later(callback: Callable[[], Any]) -> None:
        try:
            loop.call_soon_threadsafe(callback)
        except RuntimeError:
            return

    return later
