"""The first notebook as a person goes through it: with a kernel restart, and without a script."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

import workbench as wb
from tests.notebooks.kernel import Kernel, code_cells, split
from workbench.demo import World

pytestmark = pytest.mark.notebook


@pytest.fixture
def cells() -> dict[str, str]:
    """Give the sources of the code cells, by id, in order."""
    return {name: cell.source for name, cell in code_cells("00-first-run").items()}


def test_the_story_survives_a_killed_kernel_at_the_place_where_it_says_so(tmp_path, cells):
    """After a kill the cells below finish the run; nothing is done twice [ASYN-6] [RUNT-9]."""
    before, after = split(cells, "again")
    kernel = Kernel(tmp_path, scripted=True)
    try:
        for name in before:
            kernel.run(cells[name])
        kernel.restart()
        said = {name: kernel.run(cells[name]) for name in after}
    finally:
        kernel.close()

    assert said["mail"] == "['boss@example.org']"
    assert said["twice"] == "{'mails': 1, 'rows': 1704}"
    assert said["verify"] == "True"
    world = World(tmp_path / "first-run")
    with wb.Workbench(world.journal, planner=None) as bench:
        run = bench.look(bench.journal.runs()[0].id)
        calls = Counter(record.step for record in run.events() if record.kind == "call.intended")
        assert set(calls.values()) == {1}
        assert len(calls) == 9


def test_the_story_works_with_a_person_instead_of_the_stand_in(tmp_path, cells):
    """Without WORKBENCH_SCRIPTED all clicks come from outside, as a person's do [HARN-15]."""
    kernel = Kernel(tmp_path, scripted=False)
    person = Person(tmp_path / "first-run" / "runs.db")
    said = {}
    try:
        for name, source in cells.items():
            person.click_before(name)
            said[name] = kernel.run(source)
    finally:
        kernel.close()
        person.close()

    assert "2 of 8 steps done" in said["pause"]
    assert "8 of 9 steps done" in said["resume"]
    assert said["mail"] == "['boss@example.org']"
    assert said["twice"] == "{'mails': 1, 'rows': 1704}"


class Person:
    """Does from another process what the text of the notebook asks a person to click."""

    def __init__(self, journal: Path) -> None:
        self.journal = journal
        self.bench: wb.Workbench | None = None

    def click_before(self, cell: str) -> None:
        """Click what the text above a cell asks for."""
        if cell not in ("pause", "resume", "mail"):
            return
        self.bench = self.bench or wb.Workbench(self.journal, planner=None)
        run = self.bench.look(self.bench.journal.runs()[0].id)
        if cell == "pause":
            run.wait_until("waiting")
            run.pause()
            wait_for(lambda: run.state == "paused")
        elif cell == "resume":
            run.resume()
            wait_for(lambda: run.state == "waiting")
            self.approve(run, "store")
            wait_for(lambda: [request.step for request in run.inbox] == ["mail"])
        else:
            self.approve(run, "mail")

    def approve(self, run: wb.Run, step: str) -> None:
        (request,) = run.inbox
        assert request.step == step
        request.approve(surface="test")

    def close(self) -> None:
        if self.bench is not None:
            self.bench.close()


def wait_for(condition, timeout_s: float = 30) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not come so far"
        time.sleep(0.05)
