"""A stop keeps all work, says so, and what is left can be done by another run."""

from __future__ import annotations

import pandas as pd
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, plan, states, step
from workbench.errors import CommandRefused, NotFound, RunFailed, RunStopped
from workbench.report import run_html
from workbench.testing import allow_all


def stopped(run: wb.Run, world: World, name: str) -> wb.Run:
    """Stop a run while the call of that name is being made, and let the call finish."""
    gate = world.gate(name)
    gate.wait_reached()
    run.stop("enough")
    gate.open()
    run.wait_until("stopped", timeout_s=20)
    return run


def test_a_stopped_run_can_be_continued(lab: Lab, world: World) -> None:
    """What remains is done by another run: outputs are there, no effect twice [ASYN-14]."""
    world.gate("c")
    steps = [
        step("a", "send"),
        step("b", "put", after=["a"], value=7),
        step("c", "send", after=["b"], value=wb.ref("b")),
        step("d", "think", value=wb.ref("c")),
        step("e", "send", after=["d"], value=wb.ref("b")),
    ]
    bench = lab.bench()
    run = stopped(bench.start(plan=plan(*steps)), world, "c")
    assert run.output("b") == 7
    left = run.remaining_plan()
    assert left.check(bench) == []
    again = bench.start(plan=left)
    again.wait(20)
    assert set(states(again).values()) == {"succeeded"}
    assert [again.output(name) for name in "abcde"] == ["a", 7, 7, 7, 7]
    assert world.effects == ["a", "b", "c", "e"]
    assert run.state == "stopped"


def test_a_stopped_run_says_what_is_kept(lab: Lab, world: World) -> None:
    """The text, the page and the error of a stopped run say what is kept and how to go on."""
    world.gate("b")
    run = stopped(lab.bench().start(plan=chain("a", "b", "c", tool="send")), world, "b")
    said = (
        "Kept: 2 outputs (a, b). Not done: 1 step (c). "
        "To go on: bench.start(plan=run.remaining_plan())."
    )
    assert said in str(run)
    assert said in run_html(run.view)
    with pytest.raises(RunStopped, match="remaining_plan"):
        run.wait(20)


def test_large_outputs_are_not_copied(lab: Lab, world: World) -> None:
    """A frame that the first run made is used by the second from where it is kept [ASYN-14]."""
    frame = pd.DataFrame({"n": range(50_000)})

    @wb.tool(effect="read")
    def load() -> pd.DataFrame:
        world.calls.append("load")
        return frame

    @wb.tool(effect="pure")
    def count(table: pd.DataFrame) -> int:
        return len(table)

    steps = [
        wb.Step(id="load", tool="load"),
        step("hold", "send", after=["load"]),
        wb.Step(id="count", tool="count", args={"table": wb.ref("load")}, after=["hold"]),
    ]
    world.gate("hold")
    bench = lab.bench(load, count)
    run = stopped(bench.start(plan=plan(*steps)), world, "hold")
    assert len(run.remaining_plan().model_dump_json()) < 3000
    assert bench.start(plan=run.remaining_plan()).wait(20) == 50_000
    assert world.calls.count("load") == 1


def test_what_may_have_happened_is_asked_about(lab: Lab, world: World) -> None:
    """A call in doubt or failed in the middle is not made again without a question [ASYN-14]."""
    world.faults = {"b": [OSError("the line broke")]}
    bench = lab.bench()
    run = bench.start(plan=chain("a", "b", "c", tool="send"))
    with pytest.raises(RunFailed, match="the line broke"):
        run.wait(20)
    again = bench.start(plan=run.remaining_plan())
    assert again.wait_until("waiting", "failed", timeout_s=20) == "waiting"
    (request,) = again.inbox
    assert "may have happened already" in request.why
    assert world.effects == ["a", "b"]
    request.deny(then="stop")
    again.wait_until("stopped", timeout_s=20)


def test_what_surely_did_not_happen_is_done(lab: Lab, world: World) -> None:
    """A failed computation, and a call that says it did nothing, are simply made again."""
    refused = OSError("refused")
    refused.happened = False  # type: ignore[attr-defined]  # how a tool says it
    world.faults = {"a": [ValueError("broken")], "b": [refused]}
    bench = lab.bench()
    run = bench.start(plan=plan(step("a"), step("b", "send")), on_failure="continue")
    with pytest.raises(RunFailed):
        run.wait(20)
    again = bench.start(plan=run.remaining_plan())
    assert again.wait(20) == {"a": "a", "b": "b"}


def test_what_the_person_refused_stays_refused(lab: Lab, world: World) -> None:
    """A step that was refused or skipped is skipped in what remains; the rest is done."""
    bench = lab.bench(policy=wb.Policy(allow=["send"]))
    run = bench.start(plan=plan(step("a", "post"), step("b", after=["a"]), step("c", "send")))
    eventually(run, lambda view: bool(view.open_requests))
    run.inbox[0].deny(reason="no", then="stop")
    run.wait_until("stopped", timeout_s=20)
    left = run.remaining_plan()
    assert left["a"].skip
    assert left["b"].skip
    again = lab.bench(policy=allow_all()).start(plan=left)
    again.wait(20)
    assert "a" not in world.effects


def test_only_an_ended_run_leaves_something(lab: Lab, world: World) -> None:
    """While a run goes on, what remains is its own, and saying so names the way [ASYN-14]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a", "b"))
    gate.wait_reached()
    with pytest.raises(CommandRefused, match="still its own"):
        run.remaining_plan()
    run.pause()
    gate.open()
    with pytest.raises(CommandRefused, match="is paused"):
        run.remaining_plan()
    run.stop()
    run.wait_until("stopped", timeout_s=20)
    unplanned = lab.bench().start("no planner")
    unplanned.wait_until("failed", timeout_s=20)
    with pytest.raises(NotFound, match="before it had a plan"):
        unplanned.remaining_plan()
