"""Waiting for a run: blocking, awaiting, interrupted."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.engine.harness import Lab, World, asking, chain, eventually, step
from workbench import waiting
from workbench.errors import RunFailed, RunStopped, WaitTimeout

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("caller", ["asyncio", "trio"])
@pytest.mark.parametrize("engine", ["asyncio", "trio"])
def test_await_in_any_loop(lab: Lab, caller: str, engine: str) -> None:
    """`await run` works in asyncio's loop and in trio's, whatever the engine's [CONC-16]."""
    run = lab.bench(backend=engine).start(plan=chain("a", "b"))

    async def main() -> Any:
        return await run

    assert anyio.run(main, backend=caller) == "b"


def test_await_does_not_block_the_loop(lab: Lab, world: World) -> None:
    """While a cell awaits a run, other tasks of its loop go on [CONC-16, ASYN-1]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a"))
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while ticks < 5:
            await asyncio.sleep(0)
            ticks += 1
        gate.open()

    async def main() -> Any:
        result, _ = await asyncio.gather(_awaiting(run), tick())
        return result

    assert asyncio.run(main()) == "a"
    assert ticks == 5


async def _awaiting(run: Any) -> Any:
    return await run


@pytest.mark.parametrize("caller", ["asyncio", "trio"])
def test_a_cancelled_await_pauses_the_run(lab: Lab, world: World, caller: str) -> None:
    """Cancelling the wait pauses the run cleanly; it can be resumed [ASYN-3]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a", "b"))

    async def main() -> None:
        with anyio.move_on_after(0.05):
            await run

    gate.wait_reached()
    anyio.run(main, backend=caller)
    assert (run.state, run.view.reason) == ("paused", "interrupted")
    gate.open()
    run.resume()
    assert run.wait(20) == "b"


def test_a_timeout_leaves_the_run_alone(lab: Lab, world: World) -> None:
    """`wait(timeout_s)` gives up waiting, not the run [ASYN-2]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a"))
    gate.wait_reached()
    with pytest.raises(WaitTimeout) as late:
        run.wait(timeout_s=0.05)
    assert isinstance(late.value, TimeoutError)
    assert run.state == "running"
    with pytest.raises(WaitTimeout, match="It goes on"):
        run.wait_until("paused", timeout_s=0.05)
    run.pause(reason="a look")
    gate.open()
    run.wait_until("paused", timeout_s=20)
    with pytest.raises(WaitTimeout, match=r"still paused \(a look\) .*until run\.resume"):
        run.wait(timeout_s=0.05)
    run.resume()
    assert run.wait(20) == "a"
    asks = asking(lab, step("b", "send"))
    with pytest.raises(WaitTimeout, match=r"still waiting .*your answer: run\.inbox"):
        asks.wait(timeout_s=0.05)


def test_errors_come_out_of_every_wait(lab: Lab, world: World) -> None:
    """A failed run raises in `await`, a stopped one in `wait`, each with its reason [ASYN-2]."""
    world.faults = {"a": [ValueError("broken")]}
    bench = lab.bench()
    run = bench.start(plan=chain("a"))

    async def main() -> Any:
        return await run

    with pytest.raises(RunFailed, match="broken"):
        asyncio.run(main())
    gate = world.gate("b")
    stopped = bench.start(plan=chain("b"))
    gate.wait_reached()
    stopped.stop("enough")
    with pytest.raises(RunStopped, match="enough"):
        stopped.wait(20)


INTERRUPTED = """
    import asyncio, sys, threading
    import anyio, trio
    import workbench as wb
    from workbench import waiting as patience

    waiting, let_go = threading.Event(), threading.Event()

    @wb.tool(effect="read")
    def stay() -> str:
        waiting.wait()
        print("inside", flush=True)
        let_go.wait()
        return "stayed"

    @wb.tool(effect="irreversible")
    def send() -> None:
        print("sent", flush=True)

    steps = [wb.Step(id="a", tool="stay"), wb.Step(id="b", tool="send", after=["a"])]
    policy = wb.Policy(allow=["*"])
    bench = wb.Workbench(sys.argv[1], tools=[stay, send], planner=None, policy=policy)
    run = bench.start(plan=wb.Plan(steps=steps))
    over = patience.is_over
    patience.is_over = lambda run: waiting.set() or over(run)

    async def main():
        await run

    try:
        {wait}
    except KeyboardInterrupt:
        print(run.state, run.view.reason, flush=True)
    let_go.set()
    bench.close()
    print("closed", flush=True)
"""
WAITS = {
    "wait": "run.wait()",
    "asyncio": "asyncio.run(main())",
    "trio": "trio.run(main)",
}


@pytest.mark.parametrize("how", WAITS)
def test_an_interrupt_pauses_the_run(tmp_path: Path, how: str) -> None:
    """Ctrl-C, or the kernel's stop button, ends the wait and pauses the run cleanly [RUNT-13]."""
    script = textwrap.dedent(INTERRUPTED).format(wait=WAITS[how])
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "runs.db")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "inside"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read().splitlines() == ["paused interrupted", "closed"]
    assert process.returncode == 0


def test_an_interrupt_of_a_finished_run_is_still_an_interrupt(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelling a wait whose run has just ended raises the cancellation, nothing else."""
    run = lab.bench().start(plan=chain("a"))
    run.wait(20)
    monkeypatch.setattr(waiting, "is_over", lambda _run: False)

    async def main() -> bool:
        with anyio.move_on_after(0.02) as scope:
            await run
        return scope.cancelled_caught

    assert anyio.run(main)
    eventually(run, lambda view: view.state == "succeeded")


def test_the_state_of_a_run_that_ends_meanwhile_is_its_end(
    lab: Lab, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that ends between two looks of the wait is given as ended, not as it was [ASYN-1]."""
    gate, over = world.gate("a"), waiting.is_over
    run = lab.bench().start(plan=chain("a"))
    gate.wait_reached()

    def late(asked: Any) -> bool:
        gate.open()
        eventually(run, lambda view: view.final and not run.bench.host.driving(run.id))
        return over(asked)

    monkeypatch.setattr(waiting, "is_over", late)
    assert run.wait_until("paused", timeout_s=20) == "succeeded"
