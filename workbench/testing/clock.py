"""A clock to set."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import anyio

START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


class FakeClock:
    """Time that stands still until `advance`; sleepers wake when their time has come."""

    def __init__(self, start: datetime = START) -> None:
        """Begin at `start`, which has a time zone."""
        self._now = start
        self._start = start
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Give the time that was set."""
        return self._now

    def monotonic(self) -> float:
        """Give seconds since the start."""
        return (self._now - self._start).total_seconds()

    def advance(self, seconds: float = 0, *, days: float = 0) -> None:
        """Let time pass; safe from any thread."""
        with self._lock:
            self._now += timedelta(seconds=seconds, days=days)

    async def sleep(self, seconds: float) -> None:
        """Wait until that much time was advanced."""
        end = self._now + timedelta(seconds=seconds)
        while self._now < end:  # noqa: ASYNC110 - `advance` comes from another thread
            await anyio.sleep(0.001)
