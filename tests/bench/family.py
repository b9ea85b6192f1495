"""What it takes to find a run's family: all first events of the journal are looked through."""

from __future__ import annotations

import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from measure import clock, report

import workbench as wb
from workbench.engine.beginning import first_lines
from workbench.events import RunCreated
from workbench.journal import Journal, parentage

TRIES = 9


def seed(folder: Path, runs: int) -> None:
    """Make a journal of so many runs; the first has a family of four below it."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with wb.Workbench(folder / "runs.db", planner=None) as bench:
        for number in range(runs):
            parent = "run-0" if 0 < number < 5 else ""
            created = RunCreated(goal=f"run {number}", parent=parent)
            lines, _ = first_lines(f"run-{number}", [created], now)
            bench.journal.create_run(f"run-{number}", None, created.goal, now, lines)


def scan(folder: Path, runs: int) -> dict[str, Any]:
    """Find the family of a child, and of a run that is alone."""
    seed(folder, runs)
    journal, found = Journal(folder / "runs.db"), {}
    for name, run, members in (("child", "run-3", 5), ("alone", f"run-{runs - 1}", 0)):
        times = []
        for _ in range(TRIES):
            began = clock()
            family = journal.read(lambda c, run=run: parentage.family(c, run))
            times.append(1e3 * (clock() - began))
            assert len(family) == members
        found[f"{name}_ms"] = median(times)
    journal.close()
    return found


def bare(folder: Path, runs: int) -> dict[str, Any]:
    """Read the ids of the same runs with the standard library, and nothing of their events."""
    seed(folder, runs)
    database, times = sqlite3.connect(folder / "runs.db"), []
    for _ in range(TRIES):
        began = clock()
        assert len(database.execute("select id from wb_runs").fetchall()) == runs
        times.append(1e3 * (clock() - began))
    database.close()
    return {"ms": median(times)}


if __name__ == "__main__":
    report({"scan": scan, "bare": bare}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3])))
