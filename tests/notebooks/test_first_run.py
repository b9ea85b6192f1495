"""The first notebook as a person goes through it: with a kernel restart, and without a script."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

import workbench as wb
from workbench.demo import World

ROOT = Path(__file__).resolve().parents[2]
FIRST_RUN = ROOT / "notebooks" / "00-first-run.ipynb"
CELL_TIMEOUT_S = 40

pytestmark = pytest.mark.notebook


class Kernel:
    """A real kernel in a folder; its process can be killed and begun again."""

    def __init__(self, folder: Path, *, scripted: bool) -> None:
        self.manager = KernelManager(transport="ipc", ip=str(folder / "kernel"))
        self.manager._kernel_spec = KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            language="python",
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        environment["WORKBENCH_SCRIPTED"] = "1" if scripted else ""
        self.manager.start_kernel(cwd=str(folder), env=environment)
        self._connect()

    def _connect(self) -> None:
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=CELL_TIMEOUT_S)

    def restart(self) -> None:
        """Kill the process and start another."""
        self.client.stop_channels()
        self.manager.restart_kernel(now=True)
        self._connect()

    def run(self, source: str) -> str:
        """Execute a cell; gives its text, and fails on an error."""
        texts: list[str] = []

        def take(message) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                texts.append(content["text"])
            elif "data" in content:
                texts.append(content["data"].get("text/plain", ""))

        reply = self.client.execute_interactive(
            source, timeout=CELL_TIMEOUT_S, output_hook=take, allow_stdin=False
        )
        content = reply["content"]
        assert content["status"] == "ok", f"{content.get('ename')}: {content.get('evalue')}"
        return "".join(texts)

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture
def cells() -> dict[str, str]:
    """Sources of the code cells, by id, in order."""
    notebook = nbformat.read(FIRST_RUN, as_version=4)
    return {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "code"}


def split(cells: dict[str, str], at: str) -> tuple[list[str], list[str]]:
    """Give the ids before a cell, and the others."""
    names = list(cells)
    return names[: names.index(at)], names[names.index(at) :]


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
