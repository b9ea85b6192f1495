"""One thread that feeds all widgets of a process, at most twenty times a second."""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from typing import Protocol

PERIOD_S = 0.05
"""Shortest time between two batches of one widget."""
IDLE_S = 0.5
"""How often other processes' changes are looked for while nothing happens here."""


class Fed(Protocol):
    """A widget that can be fed."""

    def feed(self) -> None:
        """Send what is new, if anybody looks."""
        ...


class Ticker:
    """Calls `feed` of every registered widget after each commit, and now and then besides."""

    def __init__(self) -> None:
        """Prepare; the thread starts with the first widget."""
        self._fed: weakref.WeakSet[Fed] = weakref.WeakSet()
        self._news = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def add(self, fed: Fed) -> None:
        """Feed one more widget, as long as it exists."""
        with self._lock:
            self._fed.add(fed)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="workbench-ticker", daemon=True
                )
                self._thread.start()
        self._news.set()

    def nudge(self) -> None:
        """Say that something was committed; safe from any thread."""
        self._news.set()

    def _run(self) -> None:
        while True:
            self._news.wait(IDLE_S)
            self._news.clear()
            with self._lock:
                widgets = list(self._fed)
                if not widgets:
                    self._thread = None
                    return
            for widget in widgets:
                with contextlib.suppress(Exception):
                    widget.feed()
            del widgets
            time.sleep(PERIOD_S)


ticker = Ticker()
"""The ticker of this process; its thread ends when no widget is left."""
