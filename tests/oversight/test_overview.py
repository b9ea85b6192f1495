"""All runs at a glance: those that wait for me on top, then what ended unseen, then the rest."""

from __future__ import annotations

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, plan, step
from workbench.report import OVERVIEW_COLUMNS
from workbench.testing import FakeClock


def test_runs_stand_in_the_order_in_which_they_need_me(lab: Lab, world: World) -> None:
    """Runs in different states: the waiting ones by risk and age, then done and failed ones that
    nobody has seen, then the others; with age, deadline, depth and waiting time
    [ASYN-11, ASYN-13]."""

    @wb.tool(effect="irreversible", risk="shared")
    def share(name: str) -> str:
        return name

    clock = FakeClock()
    bench = lab.bench(share, policy=wb.Policy(), clock=clock, request_expires_s=3600)
    assert {name: str(kind) for name, kind in bench.overview().dtypes.items()} == OVERVIEW_COLUMNS

    def waiting(*steps: wb.Step) -> wb.Run:
        run = bench.start(plan=plan(*steps))
        run.wait_until("waiting")
        eventually(run, lambda view: len(view.open_requests) == len(steps))
        clock.advance(10)
        return run

    shared = waiting(wb.Step(id="s", tool="share", args={"name": "s"}))
    old = waiting(step("a", "send"), step("b", "send"))
    young = waiting(step("c", "send"))
    done = bench.start(plan=chain("x"))
    done.wait(20)
    world.faults = {"y": [ValueError("no")]}
    failed = bench.start(plan=chain("y"))
    eventually(failed, lambda view: view.final)
    gate = world.gate("z")
    going = bench.start(plan=chain("z"))
    gate.wait_reached()
    world.gate("p")
    paused = bench.start(plan=chain("p", "q"))
    world.gate("p").wait_reached()
    paused.pause()
    frame = bench.overview()
    order = [old, young, shared, done, failed, paused, going]
    assert frame.run.tolist() == [run.id for run in order]
    assert frame.place.tolist() == [
        *["waits for you"] * 3,
        "done, unseen",
        "failed, unseen",
        "paused",
        "going on",
    ]
    assert frame.requests.tolist()[:3] == [2, 1, 1]
    assert frame.risk.tolist()[:3] == ["irreversible", "irreversible", "shared"]
    assert frame.age_s.tolist()[:3] == [20.0, 10.0, 30.0]
    assert frame.waited_s[0] == 40.0
    assert frame.deadline.notna().tolist() == [True] * 3 + [False] * 4
    bench.seen.add(done.id)
    assert bench.overview().set_index("run").loc[done.id, "place"] == "over"
    with wb.Workbench(lab.place, planner=None) as other:
        assert list(other.seen) == [done.id]
        assert other.overview().set_index("run").loc[done.id, "place"] == "over"
        other.seen.discard(done.id)
    assert done.id not in bench.seen
    world.open_all()
    for run in (old, young, shared, paused):
        run.stop()
    going.wait(20)
