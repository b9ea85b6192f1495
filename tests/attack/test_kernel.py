"""Attacks on the process itself, in a real one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import workbench as wb

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def backend() -> str:
    """Name the backend; the process is attacked, whatever runs in it."""
    return "asyncio"


def kernel(folder: Path, attack: str) -> int:
    """Run the other process until it ends; gives its exit code."""
    command = [sys.executable, "-m", "tests.attack.kernel", str(folder), attack]
    return subprocess.run(command, cwd=ROOT, timeout=100, check=False).returncode


def notes(folder: Path) -> list[str]:
    return (folder / "notes").read_text().splitlines()


def states(folder: Path) -> dict[str, str]:
    """Look at the run from outside and check its chain."""
    with wb.Workbench(folder / "runs.db", planner=None) as bench:
        (row,) = bench.journal.runs()
        run = bench.look(row.id)
        run.verify()
        return {name: step.state for name, step in run.view.steps.items()}


def test_a_tool_that_ends_the_kernel(tmp_path: Path) -> None:
    """`os._exit` in a thread ends the kernel; when it is started again, a call that only reads is
    made again, as after any crash [CONC-13].
    """
    assert kernel(tmp_path, "exit") == 9
    assert kernel(tmp_path, "none") == 0
    assert notes(tmp_path) == ["called", "called", "after parent", "run succeeded"]


def test_an_effect_that_ends_the_kernel(tmp_path: Path) -> None:
    """`os._exit` in a call that changes the world leaves it in doubt: it is asked about and not
    made again [CONC-13].
    """
    assert kernel(tmp_path, "exit in doubt") == 9
    assert kernel(tmp_path, "exit in doubt") == 0
    assert notes(tmp_path) == ["called", "run waiting"]
    assert states(tmp_path)["a"] == "in_doubt"


@pytest.mark.parametrize("attack", ["fork", "fork in loop"])
def test_a_tool_that_forks(tmp_path: Path, attack: str) -> None:
    """A tool's fork that returns from the call ends there: it writes nothing and goes on with
    nothing; the parent's run is whole [CONC-1].
    """
    assert kernel(tmp_path, attack) == 0
    assert notes(tmp_path) == ["called", "after parent", "run succeeded"]
    assert states(tmp_path) == {"a": "succeeded", "b": "succeeded"}


def test_a_tool_that_closes_the_standard_streams(tmp_path: Path) -> None:
    """A tool that closes the descriptors 0 to 2 harms no run [HARN-4]."""
    assert kernel(tmp_path, "close") == 0
    assert notes(tmp_path) == ["called", "after parent", "run succeeded"]
