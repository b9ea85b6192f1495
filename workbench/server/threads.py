"""Where the server's door does what blocks: never in the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
READERS, ORDERERS = 4, 8


class Threads:
    """Two pools, so that an order that waits for its kernel holds up no reader."""

    def __init__(self) -> None:
        """Start no thread yet."""
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="workbench-reading")
        self._orderers = ThreadPoolExecutor(ORDERERS, thread_name_prefix="workbench-ordering")

    async def reading(self, work: Callable[..., T], *given: Any) -> T:
        """Read in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work, *given)

    async def ordering(self, work: Callable[..., T], *given: Any) -> T:
        """Write a command in a thread, and wait for what becomes of it."""
        return await asyncio.get_running_loop().run_in_executor(self._orderers, work, *given)

    def close(self) -> None:
        """Begin nothing more."""
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._orderers.shutdown(wait=False, cancel_futures=True)
