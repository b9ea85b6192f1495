"""The physical limit of each workload: the standard library's sqlite3 and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from measure import Growth, big, clock, report, small, start_clock, timed


def connect(folder: Path) -> sqlite3.Connection:
    """Open the database as our journal does: WAL, every commit on disk."""
    database = sqlite3.connect(folder / "limit.db", isolation_level=None, check_same_thread=False)
    database.execute("pragma journal_mode=wal")
    database.execute("pragma synchronous=full")
    database.execute("create table if not exists step(id integer primary key, result text)")
    return database


def put(database: sqlite3.Connection, rows: list[tuple[int, str]]) -> None:
    """Commit rows."""
    database.execute("begin immediate")
    database.executemany("insert into step values(?,?)", rows)
    database.execute("commit")


def w1(folder: Path, steps: int) -> dict[str, Any]:
    """One commit a step."""
    database = connect(folder)
    with timed(steps) as result:
        for number in range(steps):
            put(database, [(number, json.dumps(small(number)))])
    return result


def w2(folder: Path, steps: int) -> dict[str, Any]:
    """A hundred at a time; one writer thread commits what has gathered."""
    database = connect(folder)
    waiting: queue.SimpleQueue[tuple[tuple[int, str], asyncio.Future[None]]] = queue.SimpleQueue()

    async def go() -> dict[str, float]:
        loop, limit = asyncio.get_running_loop(), asyncio.Semaphore(100)

        def write() -> None:
            while True:
                group = [waiting.get()]
                while not waiting.empty():
                    group.append(waiting.get())
                put(database, [row for row, _ in group])
                loop.call_soon_threadsafe(
                    lambda g=group: [future.set_result(None) for _, future in g]
                )

        threading.Thread(target=write, daemon=True).start()

        async def step(number: int) -> None:
            async with limit:
                await asyncio.sleep(0.01)
                future = loop.create_future()
                waiting.put(((number, json.dumps(small(number))), future))
                await future

        with timed(steps) as result:
            await asyncio.gather(*(step(number) for number in range(steps)))
        return result

    return asyncio.run(go())


def w3_seed(folder: Path, steps: int) -> dict[str, Any]:
    """Finish `steps` steps and die."""
    database = connect(folder)
    for number in range(steps):
        put(database, [(number, json.dumps(small(number)))])
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def w3(folder: Path, steps: int) -> dict[str, Any]:
    """Open the file and read what was done."""
    began = start_clock()
    database = connect(folder)
    done = {number: json.loads(row) for number, row in database.execute("select * from step")}
    assert len(done) == steps
    return {"resume_ms": 1e3 * (clock() - began)}


def w4(folder: Path, steps: int) -> dict[str, Any]:
    """One 1 KB row a step."""
    database, growth = connect(folder), Growth(folder / "limit.db")
    for number in range(steps + 1):
        growth(number)
        put(database, [(number, json.dumps(big(number)))])
    return {"rows": growth.rows}


def approval(database: sqlite3.Connection, number: int) -> float:
    """Ask in one thread and answer in another; gives milliseconds."""
    asked, answered = threading.Event(), threading.Event()
    moments: dict[str, float] = {}

    def run() -> None:
        moments["begin"] = clock()
        put(database, [(2 * number, "request")])
        asked.set()
        answered.wait()
        moments["end"] = clock()

    thread = threading.Thread(target=run)
    thread.start()
    asked.wait()
    put(database, [(2 * number + 1, "approved")])
    answered.set()
    thread.join()
    return 1e3 * (moments["end"] - moments["begin"])


def w5(folder: Path, steps: int) -> dict[str, Any]:
    """Two commits and two wake-ups of a waiting thread."""
    database = connect(folder)
    rounds = [approval(database, number) for number in range(steps)]
    return {"round_trip_ms": median(rounds[3:])}


CASES: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "w1": w1,
    "w2": w2,
    "w3_seed": w3_seed,
    "w3": w3,
    "w4": w4,
    "w5": w5,
}

if __name__ == "__main__":
    report(CASES[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3])))
