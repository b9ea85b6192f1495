"""What follows a failed attempt: by the class of its error, and by the effect of the tool."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, kinds, plan, states, step
from workbench.errors import RunFailed
from workbench.testing import FakeClock, capture_events

AGAIN = wb.Retry(attempts=3, wait_s=0)
RETRIED = ["call.intended", "call.retrying", "call.intended", "call.succeeded"]


def outcome(run: wb.Run) -> tuple[str, str, str]:
    """Give the state of the run, of its step, and the class of the last failure."""
    state = run.wait_until("paused", "waiting", timeout_s=20)
    failures = [*capture_events(run, "call.failed"), *capture_events(run, "call.retrying")]
    return state, states(run)["a"], failures[-1].error_class if failures else ""


def test_six_planted_errors_have_six_outcomes(lab: Lab, world: World) -> None:
    """Each class of error is handled in its own way [HARN-6]."""
    world.faults = {"a": [ConnectionError("gone")]}
    bench = lab.bench(budget=wb.Budget(calls=1))

    def run(tool: str = "look", fault: Exception | None = None, **fields: Any) -> wb.Run:
        world.faults = {"a": [fault] if fault else []}
        return bench.start(plan=plan(step("a", tool, retry=AGAIN, **fields)))

    transient = run(fault=ConnectionError("gone"))
    assert outcome(transient) == ("succeeded", "succeeded", "transient")
    assert kinds(transient, "a") == RETRIED

    bad = run(value=[], check=wb.Check(not_empty=True))
    assert outcome(bad) == ("failed", "failed", "bad_output")
    assert kinds(bad, "a").count("call.intended") == 3

    missing = run(fault=ModuleNotFoundError("no module named 'duckdb'"))
    assert outcome(missing) == ("paused", "ready", "")
    assert "duckdb" in missing.view.reason
    missing.resume()
    assert missing.wait(20) == "a"
    assert kinds(missing, "a").count("call.retrying") == 0

    steps = [step("b", "send"), step("a", "send", after=["b"])]
    budget = bench.start(plan=plan(*steps))
    assert outcome(budget) == ("waiting", "asking", "")
    assert budget.inbox[0].kind == "budget"
    budget.stop()

    permission = run(fault=PermissionError("not yours"))
    assert outcome(permission) == ("failed", "failed", "permission")
    assert kinds(permission, "a") == ["call.intended", "call.failed"]

    fatal = run(fault=TypeError("no number"))
    assert outcome(fatal) == ("failed", "failed", "fatal")
    assert kinds(fatal, "a") == ["call.intended", "call.failed"]


def test_a_missing_capability_costs_no_attempt(lab: Lab, world: World) -> None:
    """A call that was put off has all its attempts left afterwards [HARN-6]."""
    world.faults = {"a": [ImportError("no driver"), OSError("net"), OSError("net")]}
    run = lab.bench().start(plan=plan(step("a", "look", retry=AGAIN)))
    run.wait_until("paused", timeout_s=20)
    run.resume()
    assert run.wait(20) == "a"
    assert world.calls == ["a"] * 4


def test_an_effect_that_may_have_happened_is_not_put_off(lab: Lab, world: World) -> None:
    """A call that broke half-way and changes the world fails; it is not repeated [HARN-6]."""
    world.faults = {"a": [ImportError("half-way")]}
    run = lab.bench().start(plan=plan(step("a", "send")))
    with pytest.raises(RunFailed):
        run.wait(20)
    assert capture_events(run, "call.failed")[0].error_class == "missing_capability"


FLAKY = {
    "think": (3, "succeeded"),
    "look": (3, "succeeded"),
    "post": (3, "succeeded"),
    "put": (1, "failed"),
    "send": (1, "failed"),
    "undeclared": (1, "failed"),
}
"""By tool: attempts in a world where two calls fail, and the end. See docs/failures.md."""


def test_attempts_by_effect_class_in_a_flaky_world(lab: Lab, world: World) -> None:
    """Reads are retried, idempotent writes with their key, others never by themselves [COMP-11]."""
    bench, table = lab.bench(), {}
    for tool in FLAKY:
        world.calls.clear()
        world.faults = {"a": [OSError("net"), OSError("net")]}
        run = bench.start(plan=plan(step("a", tool, retry=AGAIN)))
        state = run.wait_until("paused", timeout_s=20)
        table[tool] = (len(world.calls), state)
    assert table == FLAKY
    assert len(world.keys["a"]) == 3
    assert len(set(world.keys["a"])) == 1
    assert world.effects.count("a") == 4


def test_nothing_is_retried_unless_declared(lab: Lab, world: World) -> None:
    """Without `retry` there is one attempt, of a read too [COMP-11]."""
    world.faults = {"a": [OSError("net")]}
    run = lab.bench().start(plan=plan(step("a", "look")))
    with pytest.raises(RunFailed):
        run.wait(20)
    assert world.calls == ["a"]


def test_jitter_spreads_the_waits_and_repeats(lab: Lab, world: World) -> None:
    """Waits of steps that failed together differ, within the declared share [COMP-11]."""
    names = [f"s{n}" for n in range(8)]
    world.faults = {name: [OSError("net")] for name in names}
    retry = wb.Retry(attempts=2, wait_s=10, jitter=0.5)
    clock = FakeClock()
    run = lab.bench(clock=clock).start(plan=plan(*(step(n, "look", retry=retry) for n in names)))
    eventually(run, lambda view: all(s.not_before for s in view.steps.values()))
    waits = [event.wait_s for event in capture_events(run, "call.retrying")]
    assert len(set(waits)) == 8
    assert all(5 <= wait <= 10 for wait in waits)
    clock.advance(10)
    run.wait(20)
    seed = f"{run.id} s0 1"
    assert retry.wait_before(2, seed) == retry.wait_before(2, seed) in waits


def test_a_wait_that_the_service_asks_for_is_kept(lab: Lab, world: World) -> None:
    """`retry_after` of an error is the shortest wait before the next attempt [COMP-11]."""
    error = RuntimeError("slow down")
    error.retry_after = 90  # type: ignore[attr-defined]
    world.faults = {"a": [error]}
    clock = FakeClock()
    run = lab.bench(clock=clock).start(plan=plan(step("a", "look", retry=AGAIN)))
    eventually(run, lambda view: view.steps["a"].not_before is not None)
    assert capture_events(run, "call.retrying")[0].wait_s == 90
    clock.advance(90)
    assert run.wait(20) == "a"
