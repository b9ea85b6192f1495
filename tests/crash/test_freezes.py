"""Killed while a refusal freezes: answer and freeze are one act, and the freeze is there once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import workbench as wb

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.crash

CHILD = """
import sys
import workbench as wb
from tests.crash.test_freezes import bench_of
from workbench.testing import CrashPoint

place, point, count = sys.argv[1:]
with bench_of(place) as bench:
    run = bench.start(plan=wb.Plan(steps=[wb.Step(id="a", tool="send")]), key="it")
    run.wait_until("waiting")
    CrashPoint(point, int(count))
    run.inbox[0].deny("no", then="freeze")
    print("not killed")
"""


@wb.tool(effect="irreversible")
def send() -> None:
    """Nothing that is called in these tests."""


def bench_of(place: str) -> wb.Workbench:
    """Open the journal with the tool."""
    return wb.Workbench(place, tools=[send], planner=None)


@pytest.mark.parametrize(
    ("point", "count"), [("command-taken", 1), ("lines-written", 1), ("after-commit", 2)]
)
def test_answer_and_freeze_are_one_act(places: Callable[[], str], point: str, count: int) -> None:
    """Killed at each point of taking the answer, a refusal and its freeze are both in the journal
    or neither; the next process has the step refused and the tool frozen, once [COMP-10]."""
    place = places()
    words = [sys.executable, "-c", CHILD, place, point, str(count)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (-9, ""), done.stderr

    with bench_of(place) as bench:
        row = bench.journal.runs()[0]
        answered = any(r.kind == "request.answered" for r in bench.look(row.id).events())
        assert len(list(bench.rules)) == answered
        run = bench.open(row.id)
        run.wait_until("paused", timeout_s=20)

        assert run.view.steps["a"].state == "denied"
        assert [str(one.rule) for one in bench.rules] == ["freeze: not tool send"]
