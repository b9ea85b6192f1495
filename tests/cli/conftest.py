"""The real command line, as a process of its own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench as wb

ROOT = Path(__file__).resolve().parents[2]

TOOLS = '''
from pathlib import Path

import workbench as wb


@wb.tool(effect="pure")
def double(number: int) -> int:
    """Double a number."""
    return 2 * number


@wb.tool(effect="irreversible")
def note(line: str) -> str:
    """Write a line into notes.txt."""
    with Path("notes.txt").open("a") as file:
        file.write(line + "\\n")
    return line


tools = [double, note]
'''


class Terminal:
    """A terminal in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(ROOT), str(self.folder)])
        return {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "error", "NO_COLOR": "1"}

    def __call__(
        self, *words: str, text: str | None = None, timeout_s: float = 150
    ) -> subprocess.CompletedProcess[str]:
        """Run `workbench WORDS…` to its end."""
        return subprocess.run(
            [sys.executable, "-m", "workbench", *words],
            cwd=self.folder,
            env=self.environment(),
            input=text or "",
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def ok(self, *words: str, text: str | None = None) -> str:
        """Run it, insist on success, give what it printed."""
        done = self(*words, text=text)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    def begin(self, *words: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Start `workbench WORDS…` beside the test."""
        return subprocess.Popen(
            [sys.executable, "-m", "workbench", *words],
            cwd=self.folder,
            env={**self.environment(), "PYTHONUNBUFFERED": "1"},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture
def terminal(tmp_path) -> Terminal:
    (tmp_path / "shed.py").write_text(TOOLS)
    return Terminal(tmp_path)


@pytest.fixture
def shed(tmp_path, terminal, monkeypatch) -> list[Any]:
    """The tools of TOOLS in this process: the same code, so that nothing counts as changed."""
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location("shed", tmp_path / "shed.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.tools)


@pytest.fixture
def plan() -> wb.Plan:
    return wb.Plan(
        goal="Double it and note it",
        steps=[
            wb.Step(id="twice", tool="double", args={"number": 21}),
            wb.Step(
                id="note",
                title="note the number",
                tool="note",
                args={"line": "42"},
                after=["twice"],
            ),
        ],
    )


@pytest.fixture
def bench(tmp_path, terminal, shed) -> Iterator[wb.Workbench]:
    """A workbench of this process, that drives its runs while the terminal looks and answers."""
    with wb.Workbench(tmp_path / "runs.db", tools=shed) as made:
        yield made


@pytest.fixture
def waiting(bench, plan) -> wb.Run:
    """A run of this process that waits for its last step to be allowed."""
    run = bench.start(plan=plan, key="noted")
    run.wait_until("waiting")
    return run
