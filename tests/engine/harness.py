"""What the tests of the runtime share: a world to act on, gates that hold calls, benches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

import workbench as wb
from workbench.engine import Drive
from workbench.engine.bridge import call_soon
from workbench.journal import Journal
from workbench.journal.snapshot import load_view
from workbench.testing import allow_all
from workbench.view import complete

PATIENCE_S = 60.0
"""How long a test waits for something that must come; it never waits that long when all is well."""


class Gate:
    """Holds a call until the test opens it; works for coroutines and for blocking functions."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._opened = threading.Event()
        self._wakers: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def wait_reached(self) -> None:
        assert self.reached.wait(PATIENCE_S), "the call did not get to the gate"

    def open(self) -> None:
        with self._lock:
            self._opened.set()
            wakers, self._wakers = self._wakers, []
        for wake in wakers:
            wake()

    async def passing(self) -> None:
        event, soon = anyio.Event(), call_soon()
        with self._lock:
            if not self._opened.is_set():
                self._wakers.append(lambda: soon(event.set))
            else:
                event.set()
        self.reached.set()
        await event.wait()

    def passing_blocked(self) -> None:
        self.reached.set()
        assert self._opened.wait(PATIENCE_S), "nobody opened the gate"


class World:
    """What the tools act on: it counts calls and effects, and holds those that have a gate."""

    def __init__(self) -> None:
        self._gates: dict[str, Gate] = {}
        self.calls: list[str] = []
        """Names in the order in which calls began."""
        self.ended: list[str] = []
        """Names in the order in which calls were left, cancelled ones included."""
        self.effects: list[str] = []
        self.values: dict[str, Any] = {}
        self.keys: dict[str, list[str]] = {}
        """Idempotency keys by name, one for each call."""
        self.faults: dict[str, list[BaseException]] = {}
        """What the next calls of a name raise, one a call."""

    def gate(self, name: str) -> Gate:
        return self._gates.setdefault(name, Gate())

    def open_all(self) -> None:
        for gate in self._gates.values():
            gate.open()

    async def visit(self, name: str, value: Any = None) -> Any:
        self.calls.append(name)
        self.values[name] = value
        try:
            if name in self._gates:
                await self._gates[name].passing()
            self._raise(name)
        finally:
            self.ended.append(name)
        return name if value is None else value

    def visit_blocked(self, name: str, value: Any = None) -> Any:
        self.calls.append(name)
        self.values[name] = value
        if name in self._gates:
            self._gates[name].passing_blocked()
        self._raise(name)
        self.ended.append(name)
        return name if value is None else value

    def _raise(self, name: str) -> None:
        if self.faults.get(name):
            raise self.faults[name].pop(0)

    def tools(self) -> list[wb.Tool]:
        """Give one tool of each kind; each takes `name` and returns it, or `value` when given."""

        @wb.tool(effect="pure")
        async def think(name: str, value: Any = None) -> Any:
            return await self.visit(name, value)

        @wb.tool(effect="read")
        def look(name: str, value: Any = None) -> Any:
            return self.visit_blocked(name, value)

        def unput(name: str) -> None:
            self.effects.remove(name)

        @wb.tool(effect="reversible", undo=unput)
        async def put(name: str, value: Any = None) -> Any:
            self.effects.append(name)
            return await self.visit(name, value)

        @wb.tool(effect="irreversible")
        async def send(name: str, value: Any = None) -> Any:
            self.effects.append(name)
            return await self.visit(name, value)

        @wb.tool(effect="irreversible", idempotent=True)
        async def post(name: str, key: wb.Key, value: Any = None) -> Any:
            keys = self.keys.setdefault(name, [])
            if key not in keys:
                self.effects.append(name)
            keys.append(str(key))
            return await self.visit(name, value)

        async def undeclared(name: str, value: Any = None) -> Any:
            self.effects.append(name)
            return await self.visit(name, value)

        return [think, look, put, send, post, wb.Tool(undeclared)]


class Lab:
    """Makes workbenches over one journal, and looks at every run of theirs at the end."""

    def __init__(self, place: Path, backend: str, drives: dict[str, Drive]) -> None:
        self.place, self.backend, self.world = place, backend, World()
        self._drives = drives
        self._benches: list[wb.Workbench] = []

    def bench(self, *more: Any, **options: Any) -> wb.Workbench:
        """Open the journal; by default with the world's tools and without questions."""
        options.setdefault("tools", [*self.world.tools(), *more])
        options.setdefault("planner", None)
        options.setdefault("policy", allow_all())
        options.setdefault("backend", self.backend)
        bench = wb.Workbench(self.place, **options)
        self._benches.append(bench)
        return bench

    def reopen(self, run: wb.Run, *more: Any, **options: Any) -> wb.Run:
        """Close everything, as a kernel restart would, and open the run with a new workbench."""
        self.close()
        return self.bench(*more, **options).open(run.id)

    def close(self) -> None:
        """Let go of everything, and check what every run left behind."""
        while self._benches:
            bench = self._benches.pop()
            bench.host.close()
            self._audit(bench.journal)
            bench.close()

    def _audit(self, journal: Journal) -> None:
        """Every chain holds, and the engine's own view is exactly the fold of the journal."""
        for row in journal.runs():
            assert journal.verify(row.id) == row.seq
            drive = self._drives.pop(row.id, None)
            if drive is not None and drive._log.error is None:
                folded = load_view(journal, row.id, at=drive.view.seq)
                complete(drive.view, folded)
                assert drive.view.model_dump(mode="json") == folded.model_dump(mode="json")


@pytest.fixture
def drives(monkeypatch: pytest.MonkeyPatch) -> dict[str, Drive]:
    """Keep the last drive of each run, for a look at the engine's own view."""
    seen: dict[str, Drive] = {}
    original = Drive.run

    async def run(drive: Drive) -> None:
        seen[drive.view.run] = drive
        await original(drive)

    monkeypatch.setattr(Drive, "run", run)
    return seen


@pytest.fixture
def lab(tmp_path: Path, backend: str, drives: dict[str, Drive]) -> Iterator[Lab]:
    """Give a lab; at the end each run's chain is verified and its fold compared [RUNT-15]."""
    made = Lab(tmp_path / "runs.db", backend, drives)
    yield made
    made.world.open_all()
    made.close()


@pytest.fixture
def world(lab: Lab) -> World:
    """Give the lab's world."""
    return lab.world


def step(step_id: str, tool: str = "think", *, after: list[str] | None = None, **more: Any) -> Any:
    """Make a step that visits its own id; `value` becomes an argument, the rest fields."""
    args = {"name": step_id, **more.pop("args", {})}
    if "value" in more:
        args["value"] = more.pop("value")
    return wb.Step(id=step_id, tool=tool, args=args, after=after or [], **more)


def chain(*steps: str, tool: str = "think") -> wb.Plan:
    """Make a plan of steps one after the other."""
    before = [[], *([one] for one in steps)]
    made = [step(name, tool, after=needs) for name, needs in zip(steps, before, strict=False)]
    return wb.Plan(goal="a chain", steps=made)


def plan(*steps: wb.Step) -> wb.Plan:
    """Make a plan of these steps."""
    return wb.Plan(goal="a test", steps=steps)


def asking(lab: Lab, *steps: wb.Step, **options: Any) -> wb.Run:
    """Start a run under the default policy and wait until it waits."""
    options.setdefault("policy", wb.Policy())
    start = {"on_failure": options.pop("on_failure", "stop")}
    run = lab.bench(*options.pop("tools", ()), **options).start(plan=plan(*steps), **start)
    run.wait_until("waiting", timeout_s=20)
    return run


def kinds(run: wb.Run, step_id: str | None = None) -> list[str]:
    """Give the kinds of the run's events, or of those about one step."""
    return [r.kind for r in run.events() if step_id is None or r.step == step_id]


def states(run: wb.Run) -> dict[str, str]:
    """Give the state of each step."""
    return {name: one.state for name, one in run.view.steps.items()}


def eventually(run: wb.Run, holds: Callable[[wb.RunView], bool]) -> wb.RunView:
    """Wait, commit by commit, until something holds of the run's view; gives that view."""
    end = time.monotonic() + PATIENCE_S
    while not holds(view := run.view):
        assert time.monotonic() < end, f"it did not come: {run!r}"
        run._journal.committed.wait(0.02)
    return view
