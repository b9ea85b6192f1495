"""Servers of somebody else: real ones, and a hostile one of our own built on the library."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.mcp import Server
from workbench.mcp import mcp as connect_server
from workbench.request import Request
from workbench.run import Run
from workbench.testing import allow_all

PATIENCE_S = 240.0
HOSTILE = Path(__file__).parent / "hostile.py"
OLD = Path(__file__).parent / "old_server.py"
NODE_SERVERS = Path(__file__).parents[2] / "extensions" / "node_modules" / "@modelcontextprotocol"
READS = ("echo", "junk", "inject", "slow", "fail", "environment", "crash_once")


def until(happened: Callable[[], Any]) -> Any:
    """Wait for something that comes by itself, and give it."""
    end = time.monotonic() + PATIENCE_S
    while not (found := happened()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)
    return found


def alive(pid: int) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def asked(run: Run) -> Request:
    """Wait for the open question of a run."""
    found: Request = until(lambda: run.inbox and run.inbox[0])
    return found


class Scene:
    """A server with its folder, and benches that use it."""

    def __init__(self, folder: Path, script: Path = HOSTILE) -> None:
        self.folder = folder
        site = ["-S"] if script == OLD else []  # it needs no library
        self.command = [sys.executable, *site, str(script), str(folder)]
        self.reads = dict.fromkeys(READS if script == HOSTILE else ("echo",), "read")
        self._benches: list[wb.Workbench] = []
        self._servers: list[Server] = []

    def server(self, **options: Any) -> Server:
        server = wb.mcp(self.command, **{"effects": self.reads, "name": "bad", **options})
        self._servers.append(server)
        return server

    def bench(self, server: Server, journal: str = "runs.db", **options: Any) -> wb.Workbench:
        given = {"tools": [server], "planner": None, **options}
        bench = wb.Workbench(self.folder / journal, **given)
        self._benches.append(bench)
        return bench

    def start(
        self, bench: wb.Workbench, tool: str, /, retry: wb.Retry | None = None, **args: Any
    ) -> Run:
        step = wb.Step(id="a", tool=f"bad.{tool}", args=args, retry=retry)
        return bench.start(plan=wb.Plan(goal="one call", steps=[step]))

    def set(self, name: str) -> None:
        (self.folder / name).touch()

    def noted(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().split("\n")[:-1] if path.exists() else []

    def kinds(self, run: Run) -> list[str]:
        return [record.kind for record in run.events()]

    def close(self) -> None:
        for bench in self._benches:
            bench.close()
        for server in self._servers:
            server.close()

    @property
    def left(self) -> list[int]:
        """Processes of the server that are still there."""
        return [pid for pid in map(int, self.noted("pids")) if alive(pid)]


class Steady(Scene):
    """One server, and two benches: one asks by effect, one asks nothing."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder)
        self.one = self.server(**options)
        self.asking = self.bench(self.one)
        self.free = self.bench(self.one, "free.db", policy=allow_all())
        self.free.host._parts.stop_grace_s = 0.5


@pytest.fixture(autouse=True, scope="session")
def _time_to_start() -> Iterator[None]:
    """Let servers start and answer as slowly as a busy machine makes them."""
    defaults = connect_server.__kwdefaults__
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(defaults, "start_timeout_s", PATIENCE_S)
        patch.setitem(defaults, "timeout_s", PATIENCE_S)
        yield


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Give a hostile server; none of its processes may be left in the end."""
    scene = Scene(tmp_path)
    yield scene
    scene.close()
    assert scene.left == []


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Scene]:
    """Give a server that starts at once; none of its processes may be left in the end."""
    quick = Scene(tmp_path, OLD)
    yield quick
    quick.close()
    assert quick.left == []


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steady]:
    """Give one hostile server for all tests that declare nothing of their own: it starts slowly.

    There is a secret in our environment.
    """
    given = {"GIVEN": "yes", "ASKED": lambda: "when started"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "canary")
        steady = Steady(tmp_path_factory.mktemp("steady"), env=given)
        yield steady
        steady.close()
    assert steady.left == []
