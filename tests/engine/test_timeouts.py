"""Time limits of a call, a step and a run: each has its own event, the innermost is named."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, kinds, plan, states, step
from workbench.errors import RunFailed, WorkbenchError
from workbench.testing import FakeClock, capture_events

TIMEOUTS = {"call.timed_out", "step.timed_out", "run.timed_out"}


def named(run: wb.Run) -> list[str]:
    return [kind for kind in kinds(run) if kind in TIMEOUTS]


def test_three_limits_three_events(lab: Lab, world: World) -> None:
    """A call, a step and a run that take too long: three cells, three kinds of event [CONC-6]."""
    for name in "abc":
        world.gate(name)
    clock = FakeClock()
    bench = lab.bench(clock=clock)
    call = bench.start(plan=plan(step("a", timeout_s=3)))
    whole = bench.start(plan=plan(step("b", within_s=3)))
    run = bench.start(plan=chain("c"), within_s=3)
    for name in "abc":
        world.gate(name).wait_reached()
    clock.advance(2.9)
    assert named(call) == named(whole) == named(run) == []
    clock.advance(0.2)
    with pytest.raises(RunFailed, match="no answer within 3 s"):
        call.wait(20)
    with pytest.raises(RunFailed, match="its time of 3 s for all attempts is used up"):
        whole.wait(20)
    assert run.wait_until("paused", timeout_s=20) == "paused"
    assert named(call) == ["call.timed_out"]
    assert named(whole) == ["step.timed_out"]
    assert named(run) == ["run.timed_out"]
    assert kinds(call, "a") == ["call.intended", "call.timed_out", "call.failed"]
    assert run.view.reason == "its time of 3 s is used up: to grant it again, resume"


@pytest.mark.parametrize(
    ("call_s", "step_s", "expected"),
    [(1, 1, "call.timed_out"), (None, 1, "step.timed_out"), (2, 1, "step.timed_out")],
)
def test_the_innermost_is_named(
    lab: Lab, world: World, call_s: float | None, step_s: float, expected: str
) -> None:
    """Of limits that end at the same moment the innermost is the one that is named [CONC-6]."""
    gate, clock = world.gate("a"), FakeClock()
    steps = plan(step("a", timeout_s=call_s, within_s=step_s))
    run = lab.bench(clock=clock).start(plan=steps, within_s=1)
    gate.wait_reached()
    clock.advance(1)
    with pytest.raises(RunFailed):
        run.wait(20)
    assert named(run) == [expected]


def test_a_step_counts_all_attempts_and_waits(lab: Lab, world: World) -> None:
    """A step's time runs over attempts and waits; it ends during a wait, too [CONC-6]."""
    clock = FakeClock()
    world.faults = {"a": [ValueError("broken")] * 3}
    retry = wb.Retry(attempts=9, wait_s=4, factor=1)
    run = lab.bench(clock=clock).start(plan=plan(step("a", within_s=10, retry=retry)))
    for attempt in (1, 2, 3):
        eventually(run, lambda view, n=attempt: view.steps["a"].attempt == n and _waits(view))
        if attempt < 3:
            clock.advance(4)
    last = capture_events(run, "call.retrying")[-1]
    assert last.wait_s == pytest.approx(2)
    clock.advance(2)
    with pytest.raises(RunFailed, match="the last attempt: ValueError: broken"):
        run.wait(20)
    assert kinds(run, "a")[-2:] == ["step.timed_out", "call.failed"]
    (event,) = capture_events(run, "step.timed_out")
    assert (event.limit_s, event.attempts) == (10, 3)


def _waits(view: wb.RunView) -> bool:
    return view.steps["a"].not_before is not None


def test_a_pause_does_not_use_up_a_steps_time(lab: Lab, world: World) -> None:
    """While the run is paused, no time of a step passes [CONC-6]."""
    clock = FakeClock()
    world.faults = {"a": [ValueError("broken")]}
    retry = wb.Retry(attempts=2, wait_s=1)
    run = lab.bench(clock=clock).start(plan=plan(step("a", within_s=5, retry=retry)))
    eventually(run, _waits)
    run.pause()
    run.wait_until("paused", timeout_s=20)
    clock.advance(3600)
    run.resume()
    assert run.wait(20) == "a"


def test_an_effect_that_outlasts_its_step_is_in_doubt(lab: Lab, world: World) -> None:
    """An effectful call in flight when the step's time is used up is in doubt [CONC-8]."""
    gate, clock = world.gate("a"), FakeClock()
    run = lab.bench(clock=clock).start(plan=plan(step("a", "send", within_s=5)))
    gate.wait_reached()
    clock.advance(5)
    run.wait_until("waiting", timeout_s=20)
    assert states(run) == {"a": "in_doubt"}
    assert kinds(run, "a")[1:3] == ["step.timed_out", "call.doubted"]
    gate.open()
    run.inbox[0].choose("redo")
    assert run.wait(20) == "a"


def test_the_same_key_does_not_run_beyond_its_time(lab: Lab, world: World) -> None:
    """An idempotent call whose step has no time left is not called again [CONC-8]."""
    gate, clock = world.gate("a"), FakeClock()
    run = lab.bench(clock=clock).start(plan=plan(step("a", "post", within_s=5)))
    gate.wait_reached()
    clock.advance(5)
    with pytest.raises(RunFailed):
        run.wait(20)
    assert world.calls == ["a"]
    assert run.view.steps["a"].happened is None


def test_a_run_that_used_up_its_time_pauses_and_gets_it_again(lab: Lab, world: World) -> None:
    """The run pauses; repeatable calls are cancelled, and resuming grants the time again, which
    is recorded [CONC-6]."""
    gate, clock = world.gate("b"), FakeClock()
    run = lab.bench(clock=clock).start(plan=chain("a", "b"), within_s=10)
    gate.wait_reached()
    clock.advance(10)
    run.wait_until("paused", timeout_s=20)
    assert states(run) == {"a": "succeeded", "b": "ready"}
    (out,) = capture_events(run, "run.timed_out")
    assert (out.limit_s, out.took_s) == (10, 10)
    clock.advance(3600)
    run.resume()
    eventually(run, lambda view: view.steps["b"].state == "running")
    (resumed,) = capture_events(run, "run.resumed")
    assert resumed.within_s == 10
    clock.advance(9.9)
    assert run.state == "running"
    gate.open()
    assert run.wait(20) == "b"


def test_an_effect_gets_the_grace_of_a_stop(lab: Lab, world: World) -> None:
    """When the run's time is used up, a call that changes the world may finish [CONC-10]."""
    gate, clock = world.gate("a"), FakeClock()
    run = lab.bench(clock=clock).start(plan=plan(step("a", "send")), within_s=10)
    gate.wait_reached()
    clock.advance(11)
    eventually(run, lambda view: view.state == "paused")
    assert run.live_tasks() == ["a"]
    gate.open()
    eventually(run, lambda view: view.steps["a"].state == "succeeded")
    run.resume()
    assert run.wait(20) == "a"


def test_waiting_for_a_person_costs_a_run_no_time(lab: Lab, world: World) -> None:
    """Time in which a person thinks, or nobody drives the run, does not count [CONC-6]."""
    clock = FakeClock()
    world.gate("b")
    bench = lab.bench(clock=clock, policy=wb.Policy())
    run = bench.start(plan=plan(step("a", "send"), step("b", after=["a"])), within_s=10)
    run.wait_until("waiting", timeout_s=20)
    clock.advance(3600)
    run.inbox[0].approve()
    world.gate("b").wait_reached()
    clock.advance(6)
    lab.close()
    clock.advance(3600)
    again = lab.bench(clock=clock, policy=wb.Policy()).open(run.id)
    eventually(again, lambda view: view.steps["b"].attempt == 2 and view.state == "running")
    assert named(again) == []
    assert again.view.active_s == pytest.approx(6, abs=0.01)
    clock.advance(4)
    again.wait_until("paused", timeout_s=20)
    assert named(again) == ["run.timed_out"]


def test_a_time_that_is_none_is_refused(lab: Lab) -> None:
    """A run's time is some seconds above 0 [CONC-6]."""
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(WorkbenchError):
            lab.bench().start(plan=chain("a"), within_s=wrong)
