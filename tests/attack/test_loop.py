"""Async tools that attack the engine's loop."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import anyio
import pytest

import workbench as wb
from tests.engine.harness import Lab, chain, plan, states
from workbench.errors import RunFailed


def alone(tool: str, **more: Any) -> wb.Plan:
    """Make a plan of one step."""
    return plan(wb.Step(id="a", tool=tool, **more))


def faults(run: wb.Run) -> str:
    """Give what the journal says about the behaviour of calls."""
    return "; ".join(r.event.error for r in run.events() if r.kind == "fault.recorded")


def test_a_coroutine_that_blocks_the_loop(lab: Lab) -> None:
    """An async tool that blocks holds up all runs of the engine, never the kernel: while it blocks,
    the workbench names the step; afterwards the journal says how long [CONC-13].
    """
    blocks, go_on = threading.Event(), threading.Event()

    @wb.tool(effect="read")
    async def block() -> str:
        blocks.set()
        go_on.wait(20)
        return "blocked"

    bench = lab.bench(block)
    run = bench.start(plan=alone("block"))
    assert blocks.wait(20)
    while (named := bench.host.blocking()) is None:
        threading.Event().wait(0.02)
    assert "step a" in named
    assert run.id in named
    go_on.set()
    assert run.wait(20) == "blocked"
    assert "blocked the engine's loop for" in faults(run)
    assert bench.host.blocking() is None


def test_tasks_left_behind(lab: Lab, backend: str) -> None:
    """Tasks that a call leaves in the engine's loop are cancelled at its end and named; its output
    counts [CONC-1].
    """
    if backend == "trio":
        pytest.skip("in trio no task can be left behind")
    ended: list[str] = []

    async def linger(name: str) -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            ended.append(name)

    @wb.tool(effect="read")
    async def leak() -> str:
        for name in ("one", "two"):
            asyncio.get_running_loop().create_task(linger(name), name=f"task {name}")
        await asyncio.sleep(0)
        return "left"

    run = lab.bench(leak).start(plan=alone("leak"))
    assert run.wait(20) == "left"
    assert sorted(ended) == ["one", "two"]
    assert "2 task(s) behind (task one, task two)" in faults(run)


def test_a_task_that_would_end_the_loop(lab: Lab, backend: str) -> None:
    """`SystemExit` in a task of a tool does not end the engine [HARN-4]."""
    if backend == "trio":
        pytest.skip("in trio no task can be left behind")

    async def leave() -> None:
        raise SystemExit(3)

    @wb.tool(effect="read")
    async def start() -> str:
        asyncio.get_running_loop().create_task(leave())
        await asyncio.sleep(0.01)
        return "alive"

    bench = lab.bench(start)
    assert bench.start(plan=alone("start")).wait(20) == "alive"
    assert bench.start(plan=chain("next")).wait(20) == "next"


@pytest.mark.parametrize("ending", ["timeout", "stop"])
@pytest.mark.parametrize("how", ["once more", "for ever", "everything"])
def test_a_coroutine_that_swallows_its_cancellation(lab: Lab, ending: str, how: str) -> None:
    """A coroutine that swallows its cancellation has its grace; then it is closed, or, when it
    refuses that, too, never resumed and named. The run ends all the same [CONC-1].
    """
    began = threading.Event()
    turns: list[int] = []

    @wb.tool(effect="read", timeout_s=0.2 if ending == "timeout" else None)
    async def stubborn() -> None:
        while True:
            began.set()
            turns.append(1)
            try:
                await anyio.sleep(1000 if how != "once more" else 0.01)
            except anyio.get_cancelled_exc_class():
                if how == "once more" and len(turns) > 50:
                    raise
            except BaseException:
                if how != "everything":
                    raise

    bench = lab.bench(stubborn)
    bench.host._parts.executor.grace_s = 0.3
    run = bench.start(plan=alone("stubborn"))
    assert began.wait(20)
    if ending == "stop":
        run.stop()
    run.wait_until(timeout_s=20)
    assert run.state == ("failed" if ending == "timeout" else "stopped")
    if how != "once more":
        assert "did not end within 0.3 s" in faults(run)
    assert ("refused to be closed" in faults(run)) == (how == "everything")
    assert bench.start(plan=chain("next")).wait(20) == "next"


def test_clean_up_in_a_shield(lab: Lab, backend: str) -> None:
    """Clean-up that shields itself from cancellation is bounded by the grace, too; trio lets nobody
    into a shield, so there it is waited for [CONC-2].
    """
    done: list[str] = []

    @wb.tool(effect="read", timeout_s=0.2)
    async def shielded() -> None:
        try:
            await anyio.sleep(1000)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.05)
                if backend == "asyncio":
                    await anyio.sleep_forever()
            done.append("cleaned")

    bench = lab.bench(shielded)
    bench.host._parts.executor.grace_s = 0.3
    run = bench.start(plan=alone("shielded"))
    with pytest.raises(RunFailed, match="no answer"):
        run.wait(20)
    assert done == ([] if backend == "asyncio" else ["cleaned"])


def test_siblings_clean_up_before_the_error_is_seen(lab: Lab) -> None:
    """One failure cancels its siblings, in the loop and in threads, and all their clean-up precedes
    the run's end in time [CONC-2].
    """
    cleaned: list[str] = []
    begun = threading.Barrier(3, timeout=20)

    @wb.tool(effect="read")
    async def waits() -> None:
        try:
            await anyio.to_thread.run_sync(begun.wait)
            await anyio.sleep(1000)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.05)
            cleaned.append("loop")

    @wb.tool(effect="read")
    def spins() -> None:
        try:
            begun.wait()
            while True:
                pass
        finally:
            time.sleep(0.05)
            cleaned.append("thread")

    @wb.tool(effect="read")
    def fails() -> None:
        begun.wait()
        raise ValueError("no")

    steps = [wb.Step(id=name, tool=name) for name in ("waits", "spins", "fails")]
    run = lab.bench(waits, spins, fails).start(plan=plan(*steps))
    with pytest.raises(RunFailed, match="fails: ValueError: no"):
        run.wait(20)
    assert sorted(cleaned) == ["loop", "thread"]
    assert states(run) == {"waits": "stopped", "spins": "stopped", "fails": "failed"}
    assert run.leftovers == []
