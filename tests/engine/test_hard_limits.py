"""Hard limits: the call that would cross one does not run, and the person can raise it."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, plan, step
from workbench.errors import CommandRefused, WorkbenchError
from workbench.testing import FakeClock, ScriptedModel, allow_all

PLANNED = {
    "kind": "plan",
    "reason": "short",
    "steps": [{"id": "a", "tool": "think", "args": {"name": "a"}}],
}


def at_rest(run: wb.Run) -> str:
    """Wait until the run rests; gives what it says: the reason of the pause, or of the question."""
    state = run.wait_until("paused", "waiting", timeout_s=20)
    return run.inbox[0].why if state == "waiting" else run.view.reason


def test_steps_are_limited(lab: Lab, world: World) -> None:
    """The attempt after the last allowed one is not begun; raised, the run goes on [HARN-9]."""
    run = lab.bench(budget=wb.Budget(steps=2)).start(plan=chain("a", "b", "c", "d"))
    assert at_rest(run).startswith("steps: 2 used + 1 would cross the limit of 2")
    assert (run.state, world.calls) == ("paused", ["a", "b"])
    assert run.usage == {"steps": 2}
    run.resume()
    assert "steps: 2 used" in at_rest(run)
    run.raise_limit("steps", 3)
    run.resume()
    assert at_rest(run).startswith("steps: 3 used + 1")
    run.raise_limit("steps", 10)
    run.resume()
    assert run.wait(20) == "d"
    assert world.calls == ["a", "b", "c", "d"]


def test_attempts_at_the_same_time_keep_to_the_limit(lab: Lab, world: World) -> None:
    """Of forty steps that could start together no more than the limit do [HARN-9, CONC-1]."""
    steps = [step(f"s{n}", "put") for n in range(40)]
    run = lab.bench(budget=wb.Budget(steps=7)).start(plan=plan(*steps))
    assert "limit of 7" in at_rest(run)
    eventually(run, lambda view: not view.in_flight)
    assert len(world.calls) == 7


def test_repeats_are_limited(lab: Lab, world: World) -> None:
    """The same call with the same arguments runs as often as allowed, retries included [HARN-9]."""
    world.faults = {"a": [OSError("net")] * 5}
    retry = wb.Retry(attempts=9, wait_s=0)
    steps = [step("a", "post", retry=retry), step("b", "post", after=["a"])]
    run = lab.bench(budget=wb.Budget(repeats=3)).start(plan=plan(*steps))
    why = at_rest(run)
    assert "post was called 3 times with these arguments" in why
    assert "limit of 3" in why
    assert world.calls == ["a"] * 3
    run.inbox[0].approve()
    eventually(run, lambda view: view.steps["a"].attempt == 4 and bool(view.open_requests))
    assert world.calls == ["a"] * 4
    run.raise_limit("repeats", 20)
    assert run.wait(20) == "b"
    assert world.calls == ["a"] * 6 + ["b"]


def test_money_is_limited(lab: Lab, world: World) -> None:
    """A call that would cost too much asks; raising the limit answers the question [HARN-9]."""

    @wb.tool(effect="irreversible", spend=lambda usd: {"usd": usd})
    def buy(usd: float) -> float:
        world.effects.append(f"{usd:g}")
        return usd

    steps = [
        wb.Step(id="a", tool="buy", args={"usd": 3}),
        wb.Step(id="b", tool="buy", args={"usd": wb.ref("price")}, after=["a"]),
    ]
    price = step("price", value=4)  # known in the plan, it would be refused at the start
    run = lab.bench(buy, budget=wb.Budget(usd=5)).start(plan=plan(price, *steps))
    assert "usd: 3 used + 4 would cross the limit of 5" in at_rest(run)
    assert world.effects == ["3"]
    run.raise_limit("usd", 7)
    assert run.wait(20) == 4
    assert world.effects == ["3", "4"]
    voided = [r.event.why for r in run.events() if r.kind == "request.voided"]
    assert voided == ["the limit of usd was changed"]


def test_running_time_is_limited(lab: Lab, world: World) -> None:
    """No call starts after the seconds of running are used up; waiting is no running [HARN-9]."""
    clock = FakeClock()
    gate = world.gate("b")
    run = lab.bench(budget=wb.Budget(seconds=60), clock=clock).start(plan=chain("a", "b", "c"))
    gate.wait_reached()
    run.pause()
    clock.advance(1000)
    run.resume()
    clock.advance(59)
    assert 59 <= run.usage["seconds"] < 60
    clock.advance(2)
    gate.open()
    assert at_rest(run) == (
        "seconds: 61 used, the limit is 60; to go on: run.raise_limit('seconds', …), then resume"
    )
    assert world.calls == ["a", "b"]
    clock.advance(1000)
    with pytest.raises(CommandRefused, match="has used 61 seconds"):
        run.raise_limit("seconds", 30)
    run.raise_limit("seconds", 90)
    run.resume()
    assert run.wait(20) == "c"


def test_time_without_a_driver_does_not_count(lab: Lab, world: World) -> None:
    """The time between the end of one process and the start of the next is no running [HARN-9]."""
    clock = FakeClock()
    gate = world.gate("b")
    budget = wb.Budget(seconds=60)
    run = lab.bench(budget=budget, clock=clock).start(plan=chain("a", "b", "c"))
    gate.wait_reached()
    lab.close()
    clock.advance(5000)
    gate.open()
    run = lab.bench(budget=budget, clock=clock).open(run.id)
    assert run.wait(20) == "c"
    assert run.view.active_s < 60


def test_tokens_are_limited(lab: Lab, world: World) -> None:
    """The planner is not asked when the limit of tokens leaves no room; raised, it is [HARN-9]."""
    model = ScriptedModel([PLANNED])
    run = lab.bench(planner=model, budget=wb.Budget(tokens=50)).start("do a")
    why = at_rest(run)
    assert why.startswith("tokens: 0 used + ")
    assert "limit of 50" in why
    assert model.requests == []
    run.raise_limit("tokens", 100_000)
    run.resume()
    assert run.wait(20) == "a"
    assert run.usage["tokens"] == run.usage["tokens_in"] + run.usage["tokens_out"] > 50


def test_a_model_gets_no_more_output_than_is_left(lab: Lab) -> None:
    """What a model may answer is cut to what the limit leaves, so it is not crossed [HARN-9]."""
    model = ScriptedModel(["no JSON", "again none", PLANNED])
    bench = lab.bench(planner=model, budget=wb.Budget(tokens=2600))
    run = bench.start("do a")
    run.wait_until("paused", "failed", "succeeded", timeout_s=20)
    assert model.requests
    for request in model.requests:
        asked = sum(len(message.text) for message in request.messages) / 4
        assert asked + request.max_output <= 2600 + 1
    assert run.usage["tokens"] <= 2600


def test_money_of_the_planner_counts(lab: Lab, world: World) -> None:
    """A planner that has used up the money is not asked a second time [HARN-9]."""
    world.faults = {"a": [ValueError("broken")]}
    model = ScriptedModel([PLANNED, PLANNED], cost_usd=2.0)
    bench = lab.bench(planner=model, budget=wb.Budget(usd=2))
    run = bench.start("do a", on_failure="replan")
    assert at_rest(run).startswith("usd: 2 used")
    assert len(model.requests) == 1


def test_a_limit_is_raised_by_the_person_only(lab: Lab, world: World) -> None:
    """A tool cannot raise a limit, and what is no limit is refused [HARN-9, HARN-4]."""
    tried: list[BaseException] = []
    held: list[wb.Run] = []

    @wb.tool(effect="pure")
    def greedy() -> None:
        try:
            held[0].raise_limit("steps", 99)
        except CommandRefused as error:
            tried.append(error)

    gate = world.gate("a")
    steps = [step("a"), wb.Step(id="g", tool="greedy", after=["a"])]
    run = lab.bench(greedy, budget=wb.Budget(steps=5)).start(plan=plan(*steps))
    held.append(run)
    gate.wait_reached()
    with pytest.raises(CommandRefused, match="no limit of 'usd'"):
        run.raise_limit("usd", 5)
    with pytest.raises(CommandRefused, match="has used 1 steps already"):
        run.raise_limit("steps", 0)
    for nonsense in (float("nan"), float("inf"), -1, "many"):
        with pytest.raises(WorkbenchError, match="is no limit"):
            run.raise_limit("steps", nonsense)  # type: ignore[arg-type]  # that is the point
    gate.open()
    run.wait(20)
    assert "Only a person raises a limit" in str(tried[0])
    assert run.view.limits == {"steps": 5}


def test_who_raised_a_limit_is_in_the_journal(lab: Lab, world: World) -> None:
    """Raising is an event with its author, and survives a restart [HARN-9, HARN-4]."""
    run = lab.bench(budget=wb.Budget(steps=1)).start(plan=chain("a", "b"))
    at_rest(run)
    run.raise_limit("steps", 2)
    run = lab.reopen(run)
    assert run.view.limits == {"steps": 2}
    (raised,) = (r.event for r in run.events() if r.kind == "limit.raised")
    assert (raised.unit, raised.before, raised.to, raised.by) == ("steps", 1, 2, "person")
    run.resume()
    assert run.wait(20) == "b"
    audit = run.audit(events=True)
    assert "raise" in set(audit["decision"])


def test_without_limits_nothing_is_counted(lab: Lab, world: World) -> None:
    """A run without limits counts neither attempts nor repeats [HARN-9]."""
    run = lab.bench().start(plan=chain("a", "b"))
    run.wait(20)
    assert (run.view.begun, run.view.repeated, run.usage) == (0, {}, {})


def test_a_spend_may_not_name_what_is_counted(lab: Lab) -> None:
    """A tool whose spend names attempts or seconds is refused before the call [HARN-9]."""

    @wb.tool(effect="pure", spend=lambda: {"seconds": 3})
    def slow() -> None: ...

    bench = lab.bench(slow, policy=allow_all())
    run = bench.start(plan=plan(wb.Step(id="a", tool="slow")))
    with pytest.raises(wb.errors.RunFailed, match="counts by itself"):
        run.wait(20)
