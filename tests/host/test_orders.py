"""Orders from another process: through the journal, to whoever holds the run's lease."""

from __future__ import annotations

from typing import Any

import anyio
import anyio.to_thread
import pytest

import workbench as wb
from tests.crash.scene import Scene
from tests.engine.harness import Lab, World, chain, eventually, plan, step
from workbench.commands import Pause
from workbench.errors import RunStopped
from workbench.host.recall import Recall
from workbench.journal import Lease
from workbench.view import RunView


def order(scene: Scene, run: wb.Run, order: str, **more: Any) -> dict[str, Any]:
    """Let another process give an order; gives what it was told."""
    said = scene.child("order", run=run.id, order=order, **more)
    assert said is not None
    return said


def test_another_process_pauses_and_resumes(lab: Lab, world: World, scene: Scene) -> None:
    """A pause from elsewhere holds when its sender is told; so does a resume [RUNT-13]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a", "b"))
    gate.wait_reached()
    assert order(scene, run, "pause") == {"state": "paused"}
    assert run.view.reason == "from the other process"
    gate.open()
    eventually(run, lambda view: view.steps["a"].final)
    assert world.calls == ["a"]
    order(scene, run, "resume")
    assert run.wait(20) == "b"


def test_another_process_approves(lab: Lab, world: World, scene: Scene) -> None:
    """A request is answered from elsewhere while this process only waits [ASYN-7]."""
    run = lab.bench(policy=wb.Policy()).start(plan=plan(step("a", "send")))
    run.wait_until("waiting", timeout_s=20)
    order(scene, run, "approve")
    assert run.wait(20) == "a"
    assert world.effects == ["a"]


def test_another_process_edits(lab: Lab, world: World, scene: Scene) -> None:
    """An edit from elsewhere is checked by the holder; a bad one is refused there [PLAN-11].

    While a call is made here, a process below this one may be the call's own: it is refused.
    """
    world.faults["a"] = [ConnectionError("not yet")]

    @wb.tool(effect="pure", retry=wb.Retry(attempts=2, wait_s=1000))
    async def later(name: str) -> Any:
        return await world.visit(name)

    gate = world.gate("a")
    steps = [step("a", "later"), step("b", after=["a"]), step("c", after=["b"])]
    run = lab.bench(later).start(plan=plan(*steps))
    gate.wait_reached()
    eventually(run, lambda view: view.steps["a"].state == "running")
    assert order(scene, run, "edit", step="b")["error"] == "CommandRefused"
    gate.open()
    eventually(run, lambda view: view.steps["a"].state == "ready")
    assert order(scene, run, "edit", step="nope")["error"] == "PlanError"
    assert order(scene, run, "edit", step="b") == {"state": "running"}
    assert run.plan is not None
    run.edit([{"op": "skip", "step": "a"}], base=run.plan.digest)
    assert run.wait(20) == "c"
    assert world.calls == ["a", "c"]


def test_another_process_stops(lab: Lab, world: World, scene: Scene) -> None:
    """A stop from elsewhere ends the run here, and a later order is refused there [ASYN-3]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a", "b"))
    gate.wait_reached()
    order(scene, run, "stop")
    with pytest.raises(RunStopped, match="from the other process"):
        run.wait(20)
    assert order(scene, run, "pause") == {"state": "stopped", "error": "RunFinished"}


def test_an_order_waits_for_whoever_comes(lab: Lab, world: World, scene: Scene) -> None:
    """With nobody there the order stays in the journal, and is obeyed on opening [ASYN-6]."""
    run = lab.bench(policy=wb.Policy()).start(plan=plan(step("a", "send")))
    run.wait_until("waiting", timeout_s=20)
    lab.close()
    said = order(scene, run, "approve")
    assert said == {"state": "waiting"}
    again = lab.bench(policy=wb.Policy()).open(run.id)
    assert again.wait(20) == "a"


def test_a_frozen_holder_is_reported(
    lab: Lab, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When nobody decides an order in time its sender is told, and the order stays [ASYN-2]."""
    gate = world.gate("a")
    bench = lab.bench()
    run = bench.start(plan=chain("a"))
    gate.wait_reached()
    monkeypatch.setattr("workbench.run.DECISION_S", 0.1)
    monkeypatch.setattr(bench.host, "wake", lambda _run: None)
    monkeypatch.setattr(bench.journal, "runs_with_commands", set)
    with pytest.raises(wb.errors.WaitTimeout, match="Nobody has decided"):
        run.pause()
    monkeypatch.undo()
    eventually(run, lambda view: view.state == "paused")
    gate.open()
    run.resume()
    run.wait(20)


def test_two_processes_with_one_key_share_a_run(scene: Scene) -> None:
    """Children that start with the same key at the same time drive one run, once [ASYN-4]."""
    names = ["probe", "think", "key", "look", "probe"]
    children = [scene.start("finish", plan=names) for _ in range(4)]
    told = [scene.end(*child) for child in children]
    assert [said and said["state"] for said in told] == ["succeeded"] * 4
    journal = scene.journal()
    assert len(journal.runs()) == 1
    journal.close()
    assert set(scene.count().values()) == {1}
    assert set(scene.count("calls").values()) == {1}


def test_an_order_between_lease_and_drive_is_taken(
    lab: Lab, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is ordered when the lease is on the disk, and the drive is not made yet, is done before
    a step begins [ASYN-6].
    """
    bench, original = lab.bench(), Recall.view
    ordered: list[int] = []

    async def view_after_an_order(recall: Recall, lease: Lease) -> RunView:
        if not ordered:
            assert not lease.ordered
            pause = Pause(by="ada", reason="wait")
            ordered.append(await anyio.to_thread.run_sync(bench.host.order, lease.run, pause))
        return await original(recall, lease)

    monkeypatch.setattr(Recall, "view", view_after_an_order)
    run = bench.start(plan=chain("a", "b"))
    run.wait_until("paused", timeout_s=20)
    assert world.calls == []
    run.resume()
    assert run.wait(20) == "b"
