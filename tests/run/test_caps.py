"""Caps under fire: a hundred times, in several processes, on SQLite and on PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import workbench as wb
from tests.run.buyers import CAP
from workbench.testing import FakeClock, allow_all

BUYERS = Path(__file__).with_name("buyers.py")
MEMORY = Path("/dev/shm")
PATIENCE_S = 60
REPEATS = 100


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Give a folder in memory where there is one: a hundred repeats sync thousands of times."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    with TemporaryDirectory(dir=MEMORY) as name:
        yield Path(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, folder: Path) -> str:
    """Say where an empty journal can be made."""
    if request.param == "sqlite":
        return str(folder / "runs.db")
    url: str = request.getfixturevalue("postgres_url")
    return url


def shop(bought: list[str]) -> wb.Tool:
    """Give a tool that orders for $1,000, in a thread of its own."""

    @wb.tool(effect="irreversible", spend=lambda usd, **_: {"orders_usd": usd})
    def order(name: str, usd: float) -> str:
        bought.append(name)
        return name

    return order


@wb.tool(effect="pure")
def price() -> float:
    """Say what an order costs; nobody knows it before."""
    return 1000


def orders(*names: str) -> wb.Plan:
    """Make a plan of orders side by side, whose price must be asked first."""
    args = {"usd": wb.ref("price")}
    steps = [wb.Step(id=name, tool="order", args={"name": name, **args}) for name in names]
    return wb.Plan(goal="buy", steps=[wb.Step(id="price", tool="price"), *steps])


def test_a_cap_of_each_run_holds_a_hundred_times(folder: Path) -> None:
    """100 repeats of 10 concurrent $1,000 calls under $3,000 a run: 3 effects each [AUTH-5]."""
    bought: list[str] = []
    cap = wb.Cap("orders_usd", 3000, per="run")
    with wb.Workbench(
        folder / "runs.db",
        tools=[price, shop(bought)],
        planner=None,
        policy=allow_all(),
        caps=[cap],
    ) as bench:
        for _ in range(REPEATS):
            bought.clear()
            run = bench.start(plan=orders(*(f"o{n}" for n in range(10))))
            assert run.wait_until("waiting", timeout_s=PATIENCE_S) == "waiting"
            assert (len(bought), len(run.inbox), run.usage["orders_usd"]) == (3, 7, 3000)
            run.stop()


@pytest.mark.parametrize("shape", ["ten runs", "one run", "ten threads"])
def test_a_cap_over_all_runs_holds_a_hundred_times(folder: Path, shape: str) -> None:
    """100 days of 10 concurrent $1,000 calls, in one run or in ten, under $3,000 a day for all
    runs: 3 effects each day [AUTH-5]."""
    bought: list[str] = []
    cap, clock = wb.Cap("orders_usd", 3000, per="day", of="person"), FakeClock()
    names = [f"o{n}" for n in range(10)]
    plans = [orders(*names)] if shape == "one run" else [orders(name) for name in names]
    with wb.Workbench(
        folder / "runs.db",
        tools=[price, shop(bought)],
        planner=None,
        policy=allow_all(),
        caps=[cap],
        clock=clock,
    ) as bench:
        for _ in range(REPEATS):
            bought.clear()
            runs = _start(bench, plans, apart=shape == "ten threads")
            for run in runs:
                run.wait_until("waiting", timeout_s=PATIENCE_S)
            state = bench.caps[0]
            assert (len(bought), state.used, state.reserved) == (3, 3000, 0)
            clock.advance(days=1)


def _start(bench: wb.Workbench, plans: list[wb.Plan], *, apart: bool) -> list[wb.Run]:
    if not apart:
        return [bench.start(plan=plan) for plan in plans]
    runs: list[wb.Run] = []
    threads = [
        threading.Thread(target=lambda plan=plan: runs.append(bench.start(plan=plan)))  # type: ignore[misc]
        for plan in plans
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(runs) == len(plans)
    return runs


def test_processes_share_a_cap(place: str, folder: Path) -> None:
    """Three processes with ten runs each, all at once, under $3,000: three orders [AUTH-5]."""
    names = ["one", "two", "three"]
    wb.Workbench(place).close()
    children = [
        subprocess.Popen([sys.executable, str(BUYERS), place, str(folder), name, "10"])
        for name in names
    ]
    end = time.monotonic() + PATIENCE_S
    while not all((folder / f"{name}.ready").exists() for name in names):
        assert time.monotonic() < end, "a process does not come"
        threading.Event().wait(0.01)
    (folder / "go").touch()
    assert [child.wait(PATIENCE_S) for child in children] == [0, 0, 0]
    assert len(list(folder.glob("*.order"))) == 3
    with wb.Workbench(place, caps=[CAP], on_behalf_of="ada", planner=None) as bench:
        assert (bench.caps[0].used, bench.caps[0].reserved) == (3000, 0)
        assert len(bench.inbox) == 27


def test_a_raise_reaches_other_workbenches(place: str, folder: Path) -> None:
    """What one workbench raises holds for another on the same journal, at once [AUTH-4]."""
    bought: list[str] = []
    cap = wb.Cap("orders_usd", 1000, per="month")
    make = {"tools": [price, shop(bought)], "planner": None, "policy": allow_all(), "caps": [cap]}
    with wb.Workbench(place, **make) as here, wb.Workbench(place, **make) as there:  # type: ignore[arg-type]
        run = here.start(plan=orders("a", "b"))
        assert run.wait_until("waiting", timeout_s=PATIENCE_S) == "waiting"
        there.raise_cap(cap, 2000, by="ada")
        run.wait(PATIENCE_S)
        assert sorted(bought) == ["a", "b"]
        assert [state.limit for bench in (here, there) for state in bench.caps] == [2000, 2000]
        why = [r.event.why for r in run.events() if r.kind == "request.voided"]
        assert why == ["ada set the cap of 1000 orders_usd per month to 2000"]


def test_a_detached_run_takes_its_caps_along(folder: Path) -> None:
    """A run in a process of its own has the caps of the workbench that started it [AUTH-5]."""
    from workbench.handover import Handover, from_options

    caps = [CAP, wb.Cap("usd", 2)]
    with wb.Workbench(folder / "runs.db", planner=None, caps=caps) as bench:
        handover: Handover = bench._handover
        assert from_options(handover.options(orders(), "stop"))["caps"] == caps
