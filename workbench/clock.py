"""Time as an input: the system's clock here, one to set in `workbench.testing`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

import anyio


class Clock(Protocol):
    """Where every timestamp, duration and wait of a run comes from."""

    def now(self) -> datetime:
        """Give the current time, in UTC, with its time zone."""
        ...

    def monotonic(self) -> float:
        """Give seconds that never go backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for that many seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Give the current time, in UTC, with its time zone."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Give seconds that never go backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for that many seconds."""
        await anyio.sleep(seconds)
