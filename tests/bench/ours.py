"""The workloads on our own runtime, through its public names only."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import anyio
from measure import Growth, big, clock, report, small, start_clock, timed

import workbench as wb
from workbench.testing import allow_all

seen: dict[str, Any] = {"calls": 0}


@wb.tool(effect="irreversible")
async def effect(number: int) -> dict[str, Any]:
    """Stand for a call that changes the world."""
    return small(number)


@wb.tool(effect="pure")
async def compute(number: int) -> dict[str, Any]:
    """Stand for a computation."""
    return small(number)


@wb.tool(effect="irreversible", idempotent=True)
async def sleep(number: int) -> dict[str, Any]:
    """Take 10 ms."""
    await anyio.sleep(0.01)
    return small(number)


@wb.tool(effect="irreversible", idempotent=True)
async def last(number: int, die: bool = False) -> dict[str, Any]:
    """Kill the process in the last step, or stop the clock there."""
    seen["calls"] += 1
    if number == int(os.environ.get("W3_STEPS", "-1")):
        if os.environ.get("W3_DIE"):
            os.kill(os.getpid(), signal.SIGKILL)
        seen["reached"] = clock()
    return small(number)


@wb.tool(effect="irreversible")
async def grow(number: int) -> dict[str, Any]:
    """Return 1 KB."""
    seen["growth"](number)
    return big(number)


@wb.tool(effect="irreversible")
async def act(number: int) -> None:
    """Note when it runs."""
    seen["acted"], seen["commits"] = clock(), seen["journal"].commits


@wb.tool(effect="irreversible")
async def first(number: int) -> None:
    """Note when the first step runs."""
    if number == 0:
        seen["first"] = clock()


TOOLS = [effect, compute, sleep, last, grow, act, first]


def bench(folder: Path, **options: Any) -> wb.Workbench:
    """Make a workbench that asks nobody."""
    options.setdefault("policy", allow_all())
    return wb.Workbench(folder / "runs.db", tools=TOOLS, planner=None, **options)


def chain(tool: str, steps: int) -> wb.Plan:
    """Make a plan of `steps` steps, one after another."""
    return wb.Plan(
        steps=[
            wb.Step(id=f"s{i}", tool=tool, args={"number": i}, after=[f"s{i - 1}"] if i else [])
            for i in range(steps)
        ]
    )


def sequence(folder: Path, steps: int, tool: str) -> dict[str, Any]:
    """Run a chain; a short one first, untimed."""
    with bench(folder) as b:
        b.start(plan=chain(tool, 20)).wait()
        plan = chain(tool, steps)
        commits = b.journal.commits
        with timed(steps) as result:
            b.start(plan=plan).wait()
        return {**result, "commits_per_step": (b.journal.commits - commits) / steps}


def w1(folder: Path, steps: int) -> dict[str, Any]:
    """Steps that change the world, one after another."""
    return sequence(folder, steps, "effect")


def w1_pure(folder: Path, steps: int) -> dict[str, Any]:
    """Computations, one after another."""
    return sequence(folder, steps, "compute")


def w2(folder: Path, steps: int) -> dict[str, Any]:
    """A hundred at a time."""
    with bench(folder, in_flight=100) as b:
        b.start(plan=chain("sleep", 20)).wait()
        plan = wb.Plan(
            steps=[wb.Step(id=f"s{i}", tool="sleep", args={"number": i}) for i in range(steps)]
        )
        commits = b.journal.commits
        with timed(steps) as result:
            b.start(plan=plan).wait()
        return {**result, "commits_per_step": (b.journal.commits - commits) / steps}


def w3_seed(folder: Path, steps: int) -> dict[str, Any]:
    """Finish `steps` steps and die in the next one."""
    os.environ.update(W3_STEPS=str(steps), W3_DIE="1")
    bench(folder).start(plan=chain("last", steps + 1), key="w3").wait()
    return {}


def w3(folder: Path, steps: int) -> dict[str, Any]:
    """Resume; the clock stops when the killed step runs."""
    os.environ["W3_STEPS"] = str(steps)
    b = bench(folder)
    run_id = b.journal.runs()[0].id
    with bench(folder) as warm:
        warm.host.wake(run_id)
    began = start_clock()
    b.open(run_id).wait()
    return {"resume_ms": 1e3 * (seen["reached"] - began), "again": seen["calls"] - 1}


def w4(folder: Path, steps: int) -> dict[str, Any]:
    """Each step adds 1 KB."""
    seen["growth"] = growth = Growth(folder / "runs.db")
    with bench(folder) as b:
        b.start(plan=chain("grow", steps + 1)).wait()
    return {"rows": growth.rows}


def w5(folder: Path, steps: int) -> dict[str, Any]:
    """Ask, see, approve, go on."""
    rounds = []
    with bench(folder, policy=wb.Policy()) as b:
        seen["journal"] = b.journal
        for number in range(steps):
            began = clock()
            step = wb.Step(id="a", tool="act", args={"number": number})
            run = b.start(plan=wb.Plan(steps=[step]))
            run.wait_until("waiting")
            asked = clock() - began
            request, commits = run.inbox[0], b.journal.commits
            began = clock()
            request.approve()
            run.wait()
            answered = seen["acted"] - began
            rounds.append((1e3 * asked, 1e3 * answered, seen["commits"] - commits))
    rounds = rounds[3:]
    return {
        "ask_ms": median(r[0] for r in rounds),
        "answer_ms": median(r[1] for r in rounds),
        "commits": median(r[2] for r in rounds),
    }


def start(folder: Path, steps: int) -> dict[str, Any]:
    """From `bench.start(plan)` to the first of many steps running; the plan is at hand."""
    with bench(folder) as b:
        b.start(plan=chain("first", 1)).wait()
        plan = chain("first", steps)
        began = start_clock()
        run = b.start(plan=plan)
        returned = clock()
        while seen["first"] < began:
            time.sleep(0.001)
        run.stop("measured")
        run.wait_until("stopped")
    return {"start_s": seen["first"] - began, "return_s": returned - began}


CASES: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "w1": w1,
    "w1_pure": w1_pure,
    "w2": w2,
    "w3_seed": w3_seed,
    "w3": w3,
    "w4": w4,
    "w5": w5,
    "start": start,
}

if __name__ == "__main__":
    report(CASES[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3])))
