"""Pausing: what still happens, what does not, and that it holds."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, kinds, plan, states, step
from workbench.errors import RunFinished


def test_no_call_starts_after_a_pause(lab: Lab, world: World) -> None:
    """A call in flight finishes; in the journal no intent comes after the pause [RUNT-13]."""
    gate = world.gate("b")
    run = lab.bench().start(plan=chain("a", "b", "c"))
    gate.wait_reached()
    run.pause("let me look")
    assert run.state == "paused"
    assert run.live_tasks() == ["b"]
    gate.open()
    eventually(run, lambda view: view.steps["b"].state == "succeeded")
    order = kinds(run)
    assert "call.intended" not in order[order.index("run.paused") :]
    assert world.calls == ["a", "b"]
    assert (run.view.by, run.view.reason) == ("person", "let me look")
    run.resume()
    assert run.wait(20) == "c"


def test_an_effect_whose_intent_was_being_written_is_called_off(lab: Lab, world: World) -> None:
    """A pause during the disk sync of an intent comes before the effect [RUNT-13, CONC-10]."""
    from workbench import points

    bench = lab.bench()

    def pause_at(name: str) -> None:
        if name == "after-intent-on-disk" and not paused:
            paused.append(name)
            drive = bench.host._drives[run.id]
            assert drive is not None
            from workbench.commands import Pause

            drive._team.orders._do(Pause())

    paused: list[str] = []
    gate = world.gate("a")
    run = bench.start(plan=plan(step("a"), step("b", "send", after=["a"])))
    gate.wait_reached()
    points.install(pause_at)
    try:
        gate.open()
        run.wait_until("paused", timeout_s=20)
    finally:
        points.install(None)
    assert world.effects == []
    assert run.view.steps["b"].state == "ready"
    assert run.usage["calls"] == 0
    run.resume()
    run.wait(20)
    assert world.effects == ["b"]
    expected = ["call.intended", "call.cancelled", "call.intended", "call.succeeded"]
    assert kinds(run, "b") == expected


def test_a_pause_holds_after_reopening(lab: Lab, world: World) -> None:
    """A paused run stays paused with a new workbench on its journal, until resumed [RUNT-9]."""
    gate = world.gate("b")
    run = lab.bench().start(plan=chain("a", "b", "c"))
    gate.wait_reached()
    run.pause()
    gate.open()
    again = lab.reopen(run)
    assert again.state == "paused"
    again.checkpoint("somebody is there")
    assert again.state == "paused"
    assert world.calls == ["a", "b"]
    again.resume()
    assert again.wait(20) == "c"
    assert world.calls == ["a", "b", "c"]


def test_a_tool_may_ask_to_be_cancelled_by_a_pause(lab: Lab) -> None:
    """With `on_pause="cancel"` a call is ended by the pause and made again later [RUNT-13]."""
    import threading

    import anyio

    begun: list[int] = []
    inside = threading.Event()

    @wb.tool(effect="read", on_pause="cancel")
    async def listen() -> int:
        begun.append(1)
        inside.set()
        if len(begun) == 1:
            await anyio.sleep_forever()
        return len(begun)

    run = lab.bench(listen).start(plan=plan(wb.Step(id="listen", tool="listen")))
    assert inside.wait(20)
    run.pause()
    eventually(run, lambda view: view.steps["listen"].state == "ready")
    assert run.live_tasks() == []
    run.resume()
    assert run.wait(20) == 2
    assert "call.cancelled" in kinds(run, "listen")


def test_pausing_twice_is_pausing_once(lab: Lab, world: World) -> None:
    """A second pause changes nothing, and neither does resuming a running run [ASYN-3]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a"))
    gate.wait_reached()
    run.resume()
    run.pause()
    run.pause()
    assert kinds(run).count("run.paused") == 1
    gate.open()
    run.resume()
    run.wait(20)
    assert kinds(run).count("run.resumed") == 1


def test_a_paused_run_does_not_go_on_by_itself(lab: Lab, world: World) -> None:
    """A run that is paused before its first step makes no call, however often it is opened."""
    bench = lab.bench()
    gate = world.gate("a")
    run = bench.start(plan=chain("a", "b"))
    gate.wait_reached()
    run.pause()
    gate.open()
    eventually(run, lambda view: view.steps["a"].final)
    for _ in range(3):
        bench.open(run.id)
    run.checkpoint("looked at again")
    assert world.calls == ["a"]
    assert states(run) == {"a": "succeeded", "b": "ready"}
    assert not bench.host.driving(run.id) or run.live_tasks() == []


def test_a_run_opened_paused_begins_nothing(lab: Lab, world: World) -> None:
    """A running run that is opened again as paused begins no step before it is resumed, and a
    finished one stays as it is [ASYN-3, ASYN-5]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a", "b"))
    gate.wait_reached()
    lab.close()
    before = list(world.calls)
    again = lab.bench().open(run.id, paused=True)
    eventually(again, lambda view: view.state == "paused")
    assert (again.state, world.calls, again.live_tasks()) == ("paused", before, [])
    again.resume()
    gate.open()
    assert again.wait(20) == "b"
    seq = again.view.seq
    assert lab.bench().open(run.id, paused=True).view.seq == seq


def test_a_failure_during_a_pause_is_shown_after_resuming(lab: Lab, world: World) -> None:
    """A call that fails while the run is paused fails the run when it goes on [PLAN-13]."""
    world.faults = {"a": [ValueError("broken")]}
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a", "b"))
    gate.wait_reached()
    run.pause()
    gate.open()
    eventually(run, lambda view: view.steps["a"].state == "failed")
    assert run.state == "paused"
    run.resume()
    with pytest.raises(wb.errors.RunFailed, match="broken"):
        run.wait(20)


@pytest.mark.parametrize("order", ["pause", "resume", "stop", "checkpoint"])
def test_orders_to_a_finished_run_are_refused(lab: Lab, order: str) -> None:
    """A finished run takes no orders and stays as it is [ASYN-3]."""
    bench = lab.bench()
    run = bench.start(plan=chain("a"))
    run.wait(20)
    before = run.view.seq
    for handle in (run, bench.open(run.id), lab.bench().look(run.id)):
        with pytest.raises(RunFinished):
            getattr(handle, order)("x") if order == "checkpoint" else getattr(handle, order)()
        with pytest.raises(RunFinished):
            handle.abandon("x")
        with pytest.raises(RunFinished):
            handle.edit([{"op": "skip", "step": "a"}], base=run.plan.digest)
    assert (run.state, run.view.seq) == ("succeeded", before)
