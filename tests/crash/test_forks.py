"""Killed while a fork is made: there is a whole fork, or none, and the original is unharmed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import workbench as wb
from workbench.testing import allow_all

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.crash

CHILD = """
import sys
import workbench as wb
from tests.crash.test_forks import bench_of
from workbench.testing import CrashPoint

place, run, point = sys.argv[1:]
with bench_of(place) as bench:
    chosen = bench.look(run)
    CrashPoint(point)
    chosen.fork(at="after s29", key="the fork", paused=True)
    print("not killed")
"""


@wb.tool(effect="pure")
def think(n: int) -> list[int]:
    """Give a value that is an artifact for every tenth step."""
    return list(range(20_000)) if n % 10 == 0 else [n]


def bench_of(place: str) -> wb.Workbench:
    """Open the journal with the tool."""
    return wb.Workbench(place, tools=[think], planner=None, policy=allow_all())


def _plan() -> wb.Plan:
    steps = [wb.Step(id=f"s{n}", tool="think", args={"n": n}) for n in range(60)]
    before = [[], *([step.id] for step in steps)]
    return wb.Plan(
        goal="much",
        steps=[
            step.model_copy(update={"after": tuple(needs)})
            for step, needs in zip(steps, before, strict=False)
        ],
    )


@pytest.mark.parametrize(
    ("point", "made"),
    [
        ("run-made", False),
        ("first-lines-written", False),
        ("before-commit", False),
        ("after-commit", True),
    ],
)
def test_a_fork_is_whole_or_not_there(places: Callable[[], str], point: str, *, made: bool) -> None:
    """Killed at each point of its making, a fork is not there at all, or whole; asked for again
    under its key there is one, and the original is what it was [RUNT-11, RUNT-2]."""
    place = places()
    with bench_of(place) as bench:
        run = bench.start(plan=_plan())
        run.wait(60)
        hashes = [record.hash for record in run.events()]

    done = subprocess.run(
        [sys.executable, "-c", CHILD, place, run.id, point],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == -9, done.stdout + done.stderr
    with bench_of(place) as bench:
        assert len(bench.journal.runs()) == 1 + made
        fork = bench.look(run.id).fork(at="after s29", key="the fork", paused=True)
        assert len(bench.journal.runs()) == 2
        assert fork.verify() >= 32
        assert len(fork.view.shared) == 30
        assert fork.output("s20") == list(range(20_000))
        fork.resume()
        fork.wait(60)
        assert [record.hash for record in bench.look(run.id).events()] == hashes
