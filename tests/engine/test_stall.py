"""A run that is busy and does not come forward says so."""

from __future__ import annotations

import workbench as wb
from tests.engine.harness import Lab, World, eventually, kinds, plan, step
from workbench.testing import FakeClock, capture_events

AGAIN = wb.Retry(attempts=100, wait_s=10, factor=1, jitter=0)


def attempts(run: wb.Run, step_id: str, count: int) -> None:
    """Wait until so many attempts have failed; only then is the next wait being slept."""
    eventually(run, lambda view: view.steps[step_id].failures >= count)


def test_useless_calls_are_a_stall(lab: Lab, world: World) -> None:
    """Calls go on and nothing comes forward: flagged once, with what goes on [ASYN-8]."""
    clock = FakeClock()
    world.faults = {"a": [OSError("net")] * 14}
    run = lab.bench(clock=clock, stall_s=100).start(plan=plan(step("a", "look", retry=AGAIN)))
    for count in range(1, 14):
        attempts(run, "a", count)
        clock.advance(10)
    attempts(run, "a", 14)
    view = eventually(run, lambda view: bool(view.stalled))
    assert "step a: " in view.stalled
    assert "attempts, the last: OSError: net" in view.stalled
    assert "Stalled: Step a" in str(run)
    assert view.state == "running"
    clock.advance(10)
    run.wait(20)
    stalls = capture_events(run, "run.stalled")
    assert len(stalls) == 1
    assert run.view.stalled == ""


def test_progress_is_no_stall(lab: Lab, world: World) -> None:
    """As long as steps are finished in time, nothing is flagged [ASYN-8]."""
    clock = FakeClock()
    names = [f"s{n}" for n in range(5)]
    gates = [world.gate(name) for name in names]
    steps = [step(name, after=names[max(0, n - 1) : n]) for n, name in enumerate(names)]
    run = lab.bench(clock=clock, stall_s=100).start(plan=plan(*steps))
    for gate in gates:
        gate.wait_reached()
        clock.advance(60)
        gate.open()
    run.wait(20)
    assert "run.stalled" not in kinds(run)


def test_one_long_call_is_named(lab: Lab, world: World) -> None:
    """A call without any sign is a stall, too; its end clears it [ASYN-8]."""
    clock, gate = FakeClock(), world.gate("a")
    run = lab.bench(clock=clock, stall_s=300).start(plan=plan(step("a"), step("b", after=["a"])))
    gate.wait_reached()
    clock.advance(300)
    view = eventually(run, lambda view: bool(view.stalled))
    assert view.stalled == "step a has been running for 300 s"
    gate.open()
    run.wait(20)
    assert run.view.stalled == ""


def test_it_is_flagged_again_after_progress(lab: Lab, world: World) -> None:
    """Each stall is one event; the next begins with the progress that ended the last [ASYN-8]."""
    clock, first, second = FakeClock(), world.gate("a"), world.gate("b")
    run = lab.bench(clock=clock, stall_s=50).start(plan=plan(step("a"), step("b", after=["a"])))
    first.wait_reached()
    clock.advance(50)
    eventually(run, lambda view: bool(view.stalled))
    clock.advance(500)
    first.open()
    second.wait_reached()
    eventually(run, lambda view: not view.stalled)
    clock.advance(50)
    eventually(run, lambda view: view.stalled.startswith("step b"))
    second.open()
    run.wait(20)
    assert len(capture_events(run, "run.stalled")) == 2


def test_waiting_is_no_stall(lab: Lab, world: World) -> None:
    """Where nothing is in flight and nothing is tried, a long wait is no stall [ASYN-8]."""
    clock, gate = FakeClock(), world.gate("a")
    world.faults = {"a": [OSError("net")]}
    slow = wb.Retry(attempts=2, wait_s=5000, max_wait_s=5000, jitter=0)
    steps = [step("x"), step("a", "look", retry=slow, after=["x"])]
    run = lab.bench(clock=clock, stall_s=100).start(plan=plan(*steps))
    gate.wait_reached()
    clock.advance(1)
    gate.open()
    attempts(run, "a", 1)
    for _ in range(50):
        clock.advance(100)
    run.wait(20)
    assert "run.stalled" not in kinds(run)


def test_a_person_who_thinks_is_no_stall(lab: Lab) -> None:
    """A run that waits for an answer does not stall, however long it takes [ASYN-8]."""
    clock = FakeClock()
    run = lab.bench(clock=clock, stall_s=100, policy=wb.Policy()).start(
        plan=plan(step("a", "send"))
    )
    run.wait_until("waiting", timeout_s=20)
    clock.advance(days=3)
    run.inbox[0].approve()
    run.wait(20)
    assert "run.stalled" not in kinds(run)


def test_work_outside_that_comes_forward_is_progress(lab: Lab) -> None:
    """A job whose progress rises does not stall; one that stands still does [ASYN-8]."""
    clock = FakeClock()
    shares = [0.2, 0.4, 0.6, 0.6, 0.6, 0.6]

    def poll(handle: str) -> wb.NotYet | str:
        return wb.NotYet(progress=shares.pop(0)) if shares else "done"

    polling = wb.Polling(first_s=60, factor=1, jitter=0)

    @wb.tool(effect="read", poll=poll, polling=polling)
    def job() -> str:
        return "job-1"

    run = lab.bench(job, clock=clock, stall_s=100).start(plan=plan(wb.Step(id="a", tool="job")))
    eventually(run, lambda view: "a" in view.submitted)
    for polls in range(1, 4):
        clock.advance(60)
        eventually(run, lambda view, polls=polls: view.steps["a"].polls == polls)
    assert run.view.stalled == ""
    for polls in range(4, 7):
        clock.advance(60)
        eventually(run, lambda view, polls=polls: view.steps["a"].polls == polls)
    eventually(run, lambda view: "goes on outside" in view.stalled)
    clock.advance(60)
    run.wait(20)


def test_it_can_be_switched_off(lab: Lab, world: World) -> None:
    """With `stall_s=None` nobody watches [ASYN-8]."""
    clock, gate = FakeClock(), world.gate("a")
    run = lab.bench(clock=clock, stall_s=None).start(plan=plan(step("a")))
    gate.wait_reached()
    clock.advance(days=9)
    gate.open()
    run.wait(20)
    assert "run.stalled" not in kinds(run)
