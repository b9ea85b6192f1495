"""What all cases share: the clock, small payloads, the size of a file, the result line."""

from __future__ import annotations

import gc
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

clock = time.perf_counter

KILOBYTE = 1024
MARKS = (100, 1000, 5000)
WINDOW = 50


def start_clock() -> float:
    """Begin to measure, once what the imports have left is collected.

    A collection of everything takes tens of milliseconds, and falls into some cases by chance.
    """
    gc.collect()
    return clock()


def small(number: int) -> dict[str, Any]:
    """Give what a step of W1, W2 and W3 returns."""
    return {"i": number, "ok": True}


def big(number: int) -> dict[str, Any]:
    """Give what a step of W4 returns: 1 KB of text."""
    return {"i": number, "text": (f"{number:08x}" * (KILOBYTE // 8))[:KILOBYTE]}


@contextmanager
def timed(steps: int) -> Iterator[dict[str, float]]:
    """Measure wall and CPU time of the block; the dict holds both when it ends."""
    result: dict[str, float] = {}
    wall, cpu = start_clock(), time.process_time()
    yield result
    result["wall_s"] = clock() - wall
    result["ms_per_step"] = 1e3 * result["wall_s"] / steps
    result["cpu_ms_per_step"] = 1e3 * (time.process_time() - cpu) / steps


class Growth:
    """Called at the start of each step of W4; notes time and size at the marks."""

    def __init__(self, path: Path) -> None:
        """Follow the file at `path`."""
        self._path, self._times, self._paused = path, [], 0.0
        self._sizes: dict[int, int] = {}
        self.rows: list[dict[str, float]] = []

    def __call__(self, number: int) -> None:
        """Note step `number`; time spent here does not count."""
        now = clock() - self._paused
        self._times.append(now)
        if number == 0 or number + WINDOW in MARKS or number in MARKS:
            self._sizes[number] = size_of(self._path)
        if number in MARKS:
            before = self._times[number - WINDOW]
            marginal = (self._sizes[number] - self._sizes[number - WINDOW]) / WINDOW
            self.rows.append(
                {
                    "step": number,
                    "ms_per_step": 1e3 * (now - before) / WINDOW,
                    "marginal_bytes": marginal,
                    "bytes_per_step": (self._sizes[number] - self._sizes[0]) / number,
                }
            )
        self._paused += clock() - now - self._paused


def size_of(path: Path) -> int:
    """Give the logical size of a SQLite database, its WAL included."""
    with sqlite3.connect(path, timeout=30) as database:
        pages = database.execute("pragma page_count").fetchone()[0]
        return int(pages * database.execute("pragma page_size").fetchone()[0])


def report(result: dict[str, Any]) -> None:
    """Print the one line that `run.py` reads."""
    print("RESULT " + json.dumps(result), flush=True)


def finish(result: dict[str, Any]) -> None:
    """Print the line and leave at once: some peers keep threads that never end."""
    report(result)
    os._exit(0)
