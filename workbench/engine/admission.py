"""Which runs of a workbench may act: at most so many at the same time, the others stay queued."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count


class Admission:
    """Lets runs act, those with a higher priority first, in order of arrival among equals.

    A run that waits for a person, or is paused, does not act and holds no place. Used from the
    engine's loop only.
    """

    def __init__(self, active_runs: int | None = None) -> None:
        """Let that many runs act at the same time; None: all."""
        self.active_runs = active_runs
        self.acting: set[str] = set()
        self.queue: dict[str, tuple[tuple[int, int], Callable[[], None]]] = {}
        self._arrivals = count()

    def ask(self, run: str, priority: int, wake: Callable[[], None]) -> bool:
        """Whether a run may act; if not, it is queued, and `wake` is called when it may."""
        if self.active_runs is None or run in self.acting:
            return True
        if run not in self.queue:
            self.queue[run] = ((-priority, next(self._arrivals)), wake)
            self._fill()
        return run in self.acting

    def leave(self, run: str) -> None:
        """Give the place back, or leave the queue."""
        self.queue.pop(run, None)
        if run in self.acting:
            self.acting.discard(run)
            self._fill()

    def _fill(self) -> None:
        while self.queue and len(self.acting) < (self.active_runs or 0):
            first = min(self.queue, key=lambda run: self.queue[run][0])
            _, wake = self.queue.pop(first)
            self.acting.add(first)
            wake()
