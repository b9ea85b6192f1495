"""A bell: threads that wait for something new are woken, and none misses what came meanwhile."""

from __future__ import annotations

import threading


class Notice:
    """Counts what happened and wakes who waits for it; safe from any thread."""

    def __init__(self) -> None:
        """Begin at 0."""
        self.count = 0
        """How often it was told."""
        self._changed = threading.Condition()

    def tell(self) -> None:
        """Wake everybody who waits."""
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait(self, timeout_s: float, seen: int | None = None) -> None:
        """Block until it is told, or the time is up.

        With `seen`, the `count` before the caller looked, none since then is missed.
        """
        with self._changed:
            before = self.count if seen is None else seen
            self._changed.wait_for(lambda: self.count != before, timeout_s)
