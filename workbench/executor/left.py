"""What did not end when it was told to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workbench.executor.threads import Job


@dataclass(frozen=True, slots=True)
class Leftover:
    """A call's function that goes on although the engine has ended the call.

    What it returns is dropped. Python cannot end a thread that is inside a C function.
    """

    run: str
    step: str
    thread: str
    """The thread's name, as `threading.enumerate()` shows it."""
    since: datetime
    """When the engine stopped waiting for it."""
    job: Job

    def __str__(self) -> str:
        """Name it on one line."""
        since = f"{self.since:%H:%M:%S} UTC"
        return f"step {self.step}: thread {self.thread} still runs, not waited for since {since}"

    __repr__ = __str__
