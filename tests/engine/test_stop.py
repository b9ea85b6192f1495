"""Stopping and abandoning: what is said about it, and that nothing is left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import anyio
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, kinds, plan, states, step
from workbench.commands import Stop
from workbench.errors import RunFinished, RunStopped
from workbench.testing import capture_events
from workbench.view import RunView


def test_the_three_lists_add_up(lab: Lab, world: World) -> None:
    """A stop says what happened, what was in flight and how it ended, what will not be [CONC-1]."""
    gates = [world.gate(name) for name in ("read", "effect")]
    steps = [
        step("done"),
        step("read", "think", after=["done"]),
        step("effect", "send", after=["done"]),
        step("never", after=["read", "effect"]),
        step("neither", after=["never"]),
    ]
    run = lab.bench().start(plan=plan(*steps))
    for gate in gates:
        gate.wait_reached()
    run.stop("enough")
    assert run.state == "stopping"
    gates[1].open()
    with pytest.raises(RunStopped, match="enough"):
        run.wait(20)
    remains = run.view.remains
    assert list(remains["happened"]) == ["done"]
    assert remains["in_flight"] == {"read": "cancelled, nothing was done", "effect": "succeeded"}
    assert list(remains["not_begun"]) == ["never", "neither"]
    assert run.live_tasks() == []
    assert run.output("done") == "done"
    assert run.output("effect") == "effect"
    assert world.effects == ["effect"]


def test_a_stop_during_a_fan_out_leaves_no_task(lab: Lab) -> None:
    """Stopped with twenty calls in flight, all are ended and their clean-up is done [CONC-1]."""
    all_in = threading.Semaphore(0)
    cleaned: list[int] = []

    @wb.tool(effect="read")
    async def wait(n: int) -> None:
        all_in.release()
        try:
            await anyio.sleep_forever()
        finally:
            cleaned.append(n)

    steps = [wb.Step(id=f"s{n}", tool="wait", args={"n": n}) for n in range(20)]
    run = lab.bench(wait).start(plan=plan(*steps))
    for _ in range(20):
        assert all_in.acquire(timeout=20)
    run.stop()
    with pytest.raises(RunStopped):
        run.wait(20)
    assert sorted(cleaned) == list(range(20))
    assert run.live_tasks() == []
    remains = run.view.remains
    assert len(remains["in_flight"]) == 20
    assert set(states(run).values()) == {"stopped"}


def test_an_effect_that_outlives_the_grace_is_in_doubt(lab: Lab, world: World) -> None:
    """A call that does not end in time after a stop is cut off and said to be in doubt [CONC-1]."""
    gate = world.gate("a")
    bench = lab.bench()
    bench.host._parts.stop_grace_s = 0.05
    run = bench.start(plan=plan(step("a", "send")))
    gate.wait_reached()
    run.stop()
    with pytest.raises(RunStopped):
        run.wait(20)
    assert run.view.remains["in_flight"] == {"a": "in doubt"}
    assert states(run) == {"a": "in_doubt"}
    assert world.ended == ["a"]


def test_a_stop_ends_a_preview(lab: Lab, world: World) -> None:
    """Nothing had begun for a step whose preview is still looking: a stop ends it [CONC-1]."""
    gate = world.gate("preview")

    async def look(name: str) -> str:
        await gate.passing()
        return "never seen"

    @wb.tool(effect="irreversible", preview=look)
    def write(name: str) -> None:
        world.effects.append(name)

    bench = lab.bench(write, policy=wb.Policy())
    run = bench.start(plan=plan(wb.Step(id="a", tool="write", args={"name": "a"})))
    gate.wait_reached()
    run.stop()
    with pytest.raises(RunStopped):
        run.wait(20)
    assert run.inbox == []
    assert states(run) == {"a": "stopped"}


def test_a_call_that_failed_during_the_stop_is_said_so(lab: Lab, world: World) -> None:
    """A call that fails after the stop, and would have been retried, isn't called harmless."""
    world.faults = {"a": [OSError("net")]}
    gate = world.gate("a")
    retry = wb.Retry(attempts=3, wait_s=0)
    run = lab.bench().start(plan=plan(step("a", "post", retry=retry)))
    gate.wait_reached()
    run.stop()
    gate.open()
    with pytest.raises(RunStopped):
        run.wait(20)
    assert "OSError: net" in run.view.remains["in_flight"]["a"]
    assert world.calls == ["a"]


def test_abandon_has_a_reason(lab: Lab, world: World) -> None:
    """An abandoned run is final, says why, and keeps what was done [PLAN-14]."""
    gate = world.gate("b")
    run = lab.bench().start(plan=chain("a", "b", "c"))
    gate.wait_reached()
    run.abandon("the customer cancelled")
    with pytest.raises(RunStopped, match="the customer cancelled"):
        run.wait(20)
    assert run.state == "abandoned"
    ended = capture_events(run, "run.abandoned")[0]
    assert (ended.reason, ended.happened) == ("the customer cancelled", ("a",))
    with pytest.raises(RunFinished):
        run.resume()


@pytest.mark.parametrize("state", ["paused", "waiting"])
def test_a_run_at_rest_can_be_stopped(lab: Lab, world: World, state: str) -> None:
    """A paused or waiting run is stopped at once, and its questions are void [ASYN-3]."""
    run = lab.bench(policy=wb.Policy()).start(plan=plan(step("a", "send")))
    run.wait_until("waiting", timeout_s=20)
    if state == "paused":
        run.pause()
    run.stop()
    with pytest.raises(RunStopped):
        run.wait(20)
    assert run.inbox == []
    assert kinds(run)[-3:] == ["request.voided", "run.stopping", "run.stopped"]


def test_a_stopping_run_takes_no_other_order(lab: Lab, world: World) -> None:
    """A stopping run cannot be paused or edited; a second stop is the first [ASYN-3]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a", "b", tool="send"))
    gate.wait_reached()
    run.stop()
    with pytest.raises(wb.errors.CommandRefused, match="stopping"):
        run.pause()
    with pytest.raises(wb.errors.CommandRefused, match="stopping"):
        run.edit([{"op": "skip", "step": "b"}], base=run.plan.digest)
    run.stop()
    run.resume()
    assert run.state == "stopping"
    gate.open()
    with pytest.raises(RunStopped):
        run.wait(20)
    assert kinds(run).count("run.stopping") == 1


def test_a_stop_survives_reopening(lab: Lab, world: World) -> None:
    """Closed while stopping, the run is stopped when it is opened again [RUNT-9]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a", "b"))
    gate.wait_reached()
    run.pause()
    gate.open()
    eventually(run, lambda view: view.steps["a"].final)
    lab.close()
    with lab.bench() as bench:
        looked = bench.look(run.id)
        looked.stop("from elsewhere")
        assert looked.state == "paused"
    lab._benches.clear()
    again = lab.bench().open(run.id)
    with pytest.raises(RunStopped, match="from elsewhere"):
        again.wait(20)
    assert world.calls == ["a"]


def test_a_stop_while_intents_are_on_their_way_calls_nothing(lab: Lab, world: World) -> None:
    """Calls whose intents are not on the disk yet when the run is stopped are not made, and the
    journal says so of each: no step is left running in a run that has ended [ASYN-4, CONC-10]."""
    bench, elsewhere = lab.bench(), lab.bench()
    bench.host._parts.stop_grace_s = 0.05
    gate = world.gate("a")
    run = bench.start(plan=plan(step("a", "put"), *(step(n, "send", after=["a"]) for n in "bc")))
    gate.wait_reached()
    drive = bench.host._drives[run.id]
    with bench.journal._writer._exclusive:  # as long as a slow disk would take
        gate.open()
        begun = {"a": "succeeded", "b": "running", "c": "running"}
        assert wait_for(lambda: states_of(drive.view) == begun)
        elsewhere.host.order(run.id, Stop(reason="now"))
        assert wait_for(lambda: "running" not in states_of(drive.view).values())
    run.wait_until(timeout_s=20)
    assert (run.state, world.effects) == ("stopped", ["a"])
    assert states(run) == {"a": "succeeded", "b": "stopped", "c": "stopped"}
    assert [kinds(run, name)[:2] for name in "bc"] == [["call.intended", "call.cancelled"]] * 2


def states_of(view: RunView) -> dict[str, str]:
    return {name: one.state for name, one in view.steps.items()}


def wait_for(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not true() and time.monotonic() < end:
        time.sleep(0.005)
    return true()
