"""Dying at a named point, as a power cut would: SIGKILL to the own process."""

from __future__ import annotations

import os
import signal
from collections import Counter

from workbench import points

POINTS = (
    "run-made",
    "first-lines-written",
    "before-lease",
    "after-lease",
    "doubt-found",
    "before-settling",
    "before-probe",
    "after-probe",
    "after-settling",
    "doubt-asked",
    "before-planning",
    "model-asked",
    "after-planning",
    "proposal-taken",
    "before-decision",
    "after-decision",
    "request-opened",
    "image-read",
    "reserved",
    "before-intent-on-disk",
    "after-intent-on-disk",
    "after-effect",
    "submitted",
    "after-outcome",
    "after-turn",
    "after-retrying",
    "before-capture",
    "variable-written",
    "captured",
    "rollback-made",
    "rollback-ended",
    "command-written",
    "command-taken",
    "event-added",
    "lines-written",
    "snapshot-written",
    "before-commit",
    "after-commit",
    "before-release",
    "released",
    "before-notice",
    "after-notice",
)
"""Every point of the pipeline and the journal that can be named."""


class CrashPoint:
    """Kills the process when `name` is reached for the `count`-th time; for use in child processes.

    Raises:
        ValueError: there is no point of that name.
    """

    def __init__(self, name: str, count: int = 1) -> None:
        """Install itself."""
        if name not in POINTS:
            message = f"there is no point {name!r}; points are: {', '.join(POINTS)}"
            raise ValueError(message)
        self.name, self.count = name, count
        self.seen: Counter[str] = Counter()
        points.install(self._reached)

    def _reached(self, name: str) -> None:
        self.seen[name] += 1
        if name == self.name and self.seen[name] == self.count:
            os.kill(os.getpid(), signal.SIGKILL)

    @staticmethod
    def remove() -> None:
        """Take any crash point away."""
        points.install(None)
