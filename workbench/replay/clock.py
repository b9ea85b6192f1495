"""The clock of a replay: it shows the time of the recorded event that comes next."""

from __future__ import annotations

from datetime import datetime, timedelta

import anyio
import anyio.lowlevel

from workbench.clock import SystemClock
from workbench.replay.progress import Progress


class RecordedClock(SystemClock):
    """Time as it was recorded: no wait takes any.

    It stands where the recording stands. Whoever sleeps is woken when the replay has come to that
    time; when all sleep, it goes on to the first of them.
    """

    def __init__(self, progress: Progress) -> None:
        """Follow a replay."""
        self._progress = progress
        self._ahead = progress.records[0].at
        self._until: list[datetime] = []

    def now(self) -> datetime:
        """Give the time of the next recorded event; at the end, of the last one."""
        record = self._progress.next or self._progress.records[-1]
        self._ahead = max(self._ahead, record.at)
        return self._ahead

    def monotonic(self) -> float:
        """Give seconds since the run was created."""
        return (self.now() - self._progress.records[0].at) / timedelta(seconds=1)

    async def sleep(self, seconds: float) -> None:
        """Wait until the replay has come so far."""
        until = self.now() + timedelta(seconds=seconds)
        self._until.append(until)
        try:
            await anyio.lowlevel.checkpoint()
            while self.now() < until:
                await self._progress.change()
        finally:
            self._until.remove(until)

    def go_on(self) -> bool:
        """Go on to when the first sleeper wakes; False: nobody sleeps."""
        if not self._until:
            return False
        self._ahead = max(self._ahead, min(self._until))
        return True
