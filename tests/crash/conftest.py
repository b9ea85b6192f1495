"""Children that are killed, and the world that they leave behind, counted from outside."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.journal import Journal

KILLED = -9


class Nursery:
    """Starts children, and says how they ended."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("nursery.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))

    def start(self, job: dict[str, Any]) -> int:
        return int(self._ask(job)["pid"])

    def reap(self, pid: int) -> int:
        return int(self._ask({"reap": pid})["code"])

    def close(self) -> None:
        assert self._process.stdin is not None
        with self._process:
            self._process.stdin.close()


class Scene:
    """One journal with its world, in a folder of its own."""

    def __init__(self, folder: Path, nursery: Nursery) -> None:
        self.folder, self._nursery = folder, nursery
        self._jobs = itertools.count(1)

    def start(self, do: str, **job: Any) -> tuple[int, Path]:
        """Start a child; gives its process id, and the file in which it will say how it went."""
        says = self.folder / f"says{next(self._jobs)}"
        job |= {"do": do, "folder": str(self.folder), "says": str(says)}
        return self._nursery.start(job), says

    def child(self, do: str, **job: Any) -> dict[str, Any] | None:
        """Let a child do a job; gives what it said, None when it was killed."""
        return self.end(*self.start(do, **job))

    def end(self, pid: int, says: Path) -> dict[str, Any] | None:
        code = self._nursery.reap(pid)
        if code == KILLED:
            return None
        fault = says.with_suffix(".fault")
        assert code == 0, fault.read_text() if fault.exists() else f"exit code {code}"
        return dict(json.loads(says.read_text()))

    def wait_for(self, name: str, count: int = 1) -> None:
        """Wait until the world's file has that many lines."""
        end = time.monotonic() + 30
        while sum(self.count(name).values()) < count:
            assert time.monotonic() < end, f"nobody wrote {name}"
            time.sleep(0.005)

    def let_go(self) -> None:
        """Open the door for calls that are held."""
        (self.folder / "let-go").touch()

    def count(self, name: str = "effects") -> Counter[str]:
        """Count the lines of the world by their first word."""
        path = self.folder / name
        lines = path.read_text().splitlines() if path.exists() else []
        return Counter(line.split()[0] for line in lines)

    def journal(self) -> Journal:
        """Open the journal, to look at what is on disk."""
        return Journal(self.folder / "runs.db")


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Give the one process that raises all children."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def scene(tmp_path: Path, nursery: Nursery) -> Scene:
    """Give a world with a journal."""
    return Scene(tmp_path, nursery)
