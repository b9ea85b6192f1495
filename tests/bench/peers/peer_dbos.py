"""W1, W2, W3 and W5 on DBOS Transact, its SQLite file put into WAL mode first.

Its notifications on SQLite are polled: every 10 ms here, every second as shipped.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dbos import DBOS, SetWorkflowID
from measure import clock, finish, small, start_clock, timed

WARM = 20
POLL_S = 0.01
seen: dict[str, Any] = {"calls": 0, "last": -1, "die": False}


def launch(folder: Path) -> None:
    """Start DBOS on a file of this folder; it goes on with what was pending."""
    path = folder / "dbos.db"
    database = sqlite3.connect(path)
    database.execute("pragma journal_mode=wal")
    database.close()
    DBOS(
        config={
            "name": "bench",
            "system_database_url": f"sqlite:///{path}",
            "application_version": "1",
            "log_level": "ERROR",
            "console_log_level": "ERROR",
            "notification_listener_polling_interval_sec": POLL_S,
        }
    )
    DBOS.launch()


@DBOS.step()
def effect(number: int) -> dict[str, Any]:
    """Stand for a call that changes the world."""
    return small(number)


@DBOS.workflow()
def sequence(steps: int) -> int:
    """Run a chain."""
    return sum(effect(number)["ok"] for number in range(steps))


@DBOS.step()
async def sleep(number: int) -> dict[str, Any]:
    """Take 10 ms; the limit is inside, because steps are numbered in the order of their calls."""
    async with seen["limit"]:
        await asyncio.sleep(0.01)
    return small(number)


@DBOS.workflow()
async def fan(steps: int) -> int:
    """Run all at once."""
    seen["limit"] = asyncio.Semaphore(100)
    return len(await asyncio.gather(*(sleep(number) for number in range(steps))))


@DBOS.step()
def last(number: int) -> dict[str, Any]:
    """Kill the process in the last step, or stop the clock there."""
    seen["calls"] += 1
    if number == seen["last"]:
        if seen["die"]:
            os.kill(os.getpid(), signal.SIGKILL)
        seen["reached"] = clock()
    return small(number)


@DBOS.workflow()
def killed(steps: int) -> int:
    """Run a chain whose last step is special."""
    return sum(last(number)["ok"] for number in range(steps))


@DBOS.workflow()
def approval(_number: int) -> bool:
    """Ask, wait, act."""
    DBOS.set_event("request", "may I?")
    allowed = DBOS.recv("decision", timeout_seconds=60)
    seen["acted"] = clock()
    return bool(allowed)


def w1(folder: Path, steps: int) -> dict[str, Any]:
    """One step after another."""
    launch(folder)
    sequence(WARM)
    with timed(steps) as result:
        sequence(steps)
    return result


def w2(folder: Path, steps: int) -> dict[str, Any]:
    """A hundred at a time."""
    launch(folder)

    async def both() -> dict[str, float]:
        await fan(WARM)
        with timed(steps) as result:
            await fan(steps)
        return result

    return asyncio.run(both())


def w3_seed(folder: Path, steps: int) -> dict[str, Any]:
    """Finish `steps` steps and die in the next one."""
    seen.update(last=steps, die=True)
    launch(folder)
    with SetWorkflowID("w3"):
        killed(steps + 1)
    return {}


def w3(folder: Path, steps: int) -> dict[str, Any]:
    """Resume; the clock stops when the killed step runs."""
    seen.update(last=steps)
    began = start_clock()
    launch(folder)
    DBOS.retrieve_workflow("w3").get_result()
    return {"resume_ms": 1e3 * (seen["reached"] - began), "again": seen["calls"] - 1}


def w5(folder: Path, steps: int) -> dict[str, Any]:
    """Ask by an event, answer by a message."""
    launch(folder)
    rounds = []
    for number in range(steps):
        began = clock()
        with SetWorkflowID(f"w5-{number}"):
            handle = DBOS.start_workflow(approval, number)
        assert DBOS.get_event(f"w5-{number}", "request", timeout_seconds=60)
        answered = clock()
        DBOS.send(f"w5-{number}", True, "decision")
        handle.get_result(polling_interval_sec=POLL_S)
        rounds.append((1e3 * (answered - began), 1e3 * (seen["acted"] - answered)))
    rounds = rounds[3:]
    return {"ask_ms": median(r[0] for r in rounds), "answer_ms": median(r[1] for r in rounds)}


if __name__ == "__main__":
    finish(globals()[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3])))
