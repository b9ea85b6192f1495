"""Breakers: a tool that keeps failing is left alone for a while, or until a person acts."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, kinds, plan, states, step
from workbench.errors import RunFailed
from workbench.testing import FakeClock, capture_events

MAILS = 100
IN_FLIGHT = 8


def mail(world: World, **declared: Any) -> wb.Tool:
    """Make a tool that changes the world; all its calls pass one gate and then the server."""

    @wb.tool(name="mail", **{"effect": "irreversible", "breaker": wb.Breaker(), **declared})
    async def call(name: str) -> str:
        world.calls.append(name)
        if "mail" in world._gates:
            await world.gate("mail").passing()
        if world.values.get("down"):
            raise ConnectionError("the server is down")
        world.effects.append(name)
        return name

    return call


def mails(count: int = MAILS) -> wb.Plan:
    return plan(*(wb.Step(id=f"m{n}", tool="mail", args={"name": f"m{n}"}) for n in range(count)))


def test_a_hundred_mails_and_a_dead_server(lab: Lab, world: World) -> None:
    """As many calls as were in flight are made, then none before the person resumes [REL-33]."""
    world.values["down"] = True
    gate = world.gate("mail")
    bench = lab.bench(mail(world), in_flight=IN_FLIGHT)
    run = bench.start(plan=mails(), on_failure="continue")
    eventually(run, lambda view: len(view.in_flight) == IN_FLIGHT)
    gate.wait_reached()
    while len(world.calls) < IN_FLIGHT:
        eventually(run, lambda _: True)
    gate.open()
    run.wait_until("paused", timeout_s=20)
    assert len(world.calls) == IN_FLIGHT
    assert "mail" in run.view.reason
    breaker = run.view.breakers["mail"]
    assert (breaker.state, breaker.until) == ("open", None)
    assert len(capture_events(run, "breaker.opened")) == 1
    assert "No further call of mail starts" in str(run)

    run.resume()
    eventually(run, lambda view: view.state == "paused" and view.breakers["mail"].opened == 2)
    assert len(world.calls) == IN_FLIGHT + 1, "one call has tried"

    world.values["down"] = False
    run.resume()
    with pytest.raises(RunFailed):
        run.wait(20)
    assert len(world.calls) == MAILS
    assert len(world.effects) == MAILS - IN_FLIGHT - 1
    assert run.view.breakers == {}
    assert [event.by for event in capture_events(run, "breaker.closed")] == ["engine"]


def test_the_breaker_holds_across_a_restart(lab: Lab, world: World) -> None:
    """What is open stays open in another process; a trial that comes through closes it [REL-33]."""
    world.values["down"] = True
    bench = lab.bench(mail(world), in_flight=1)
    run = bench.start(plan=mails(3), on_failure="continue")
    run.wait_until("paused", timeout_s=20)
    run = lab.reopen(run, mail(world), in_flight=1)
    assert run.view.breakers["mail"].state == "open"
    world.values["down"] = False
    run.resume()
    with pytest.raises(RunFailed):
        run.wait(20)
    assert world.calls == ["m0", "m1", "m2"]


def test_other_tools_go_on(lab: Lab, world: World) -> None:
    """Only calls of its tool are held; the run pauses when nothing else is left [REL-33]."""
    world.values["down"] = True
    steps = [*mails(3).steps, *(step(f"x{n}") for n in range(5))]
    run = lab.bench(mail(world), in_flight=1).start(plan=plan(*steps), on_failure="continue")
    run.wait_until("paused", timeout_s=20)
    assert world.calls == ["m0", *(f"x{n}" for n in range(5))]


def test_a_failure_stops_the_run_as_before(lab: Lab, world: World) -> None:
    """With on_failure="stop" the run fails, breaker or not [REL-33]."""
    world.values["down"] = True
    run = lab.bench(mail(world), in_flight=1).start(plan=mails(3))
    with pytest.raises(RunFailed, match="server is down"):
        run.wait(20)
    assert world.calls == ["m0"]


def test_a_doubt_opens_it_and_its_settlement_lets_one_try(lab: Lab, world: World) -> None:
    """While a call is in doubt none starts; settled, one tries, then the rest [REL-33]."""

    @wb.tool(effect="irreversible", breaker=wb.Breaker(), timeout_s=0.05)
    async def mail(name: str) -> str:
        world.calls.append(name)
        if len(world.calls) == 1:
            await anyio.sleep_forever()
        return name

    run = lab.bench(mail, in_flight=1).start(plan=mails(4), on_failure="continue")
    run.wait_until("waiting", timeout_s=20)
    assert world.calls == ["m0"]
    assert run.view.breakers["mail"].state == "open"
    run.inbox[0].choose("skip")
    run.wait(20)
    assert world.calls == ["m0", "m1", "m2", "m3"]
    assert run.view.breakers == {}


def test_an_answer_to_something_else_does_not_close_it(lab: Lab, world: World) -> None:
    """Only a resume or the doubt's own settlement lets a call of that tool start [REL-33]."""
    world.values["down"] = True
    asked = step("b", ask=True)
    bench = lab.bench(mail(world), in_flight=1, policy=wb.Policy(allow=["*"]))
    run = bench.start(plan=plan(*mails(2).steps, asked), on_failure="continue")
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].approve()
    run.wait_until("paused", timeout_s=20)
    assert world.calls == ["m0", "b"]


def test_a_read_cools_down_and_tries_one(lab: Lab, world: World) -> None:
    """After n failures in a row a read is left alone, longer each time, then tried [REL-33]."""
    clock = FakeClock()
    world.values["down"] = True
    declared = {"effect": "read", "breaker": wb.Breaker(failures=3, cool_s=30)}
    run = lab.bench(mail(world, **declared), in_flight=1, clock=clock).start(
        plan=mails(8), on_failure="continue"
    )
    eventually(run, lambda view: "mail" in view.breakers and view.breakers["mail"].opened == 1)
    assert len(world.calls) == 3
    clock.advance(29)
    assert len(world.calls) == 3
    clock.advance(1)
    eventually(run, lambda view: view.breakers["mail"].opened == 2)
    assert len(world.calls) == 4
    until = [event.until for event in capture_events(run, "breaker.opened")]
    assert (until[1] - until[0]).total_seconds() == 60
    world.values["down"] = False
    clock.advance(60)
    with pytest.raises(RunFailed):
        run.wait(20)
    assert len(world.calls) == 8
    assert run.view.breakers == {}
    assert kinds(run).count("breaker.closed") == 1


def test_retries_of_a_read_count_as_failures(lab: Lab, world: World) -> None:
    """Attempts in a row open it, whether of one step or of many; a success begins anew [REL-33]."""
    clock = FakeClock()
    retry = wb.Retry(attempts=10, wait_s=0)
    declared = {"effect": "read", "breaker": wb.Breaker(failures=3, cool_s=30), "retry": retry}
    world.values["down"] = True
    run = lab.bench(mail(world, **declared), in_flight=1, clock=clock).start(plan=mails(1))
    eventually(run, lambda view: "mail" in view.breakers and view.breakers["mail"].opened == 1)
    assert len(world.calls) == 3
    assert states(run) == {"m0": "ready"}
    world.values["down"] = False
    clock.advance(30)
    run.wait(20)


def test_it_stays_open_eightfold_at_most() -> None:
    """Pauses double up to eight times the first one [REL-33]."""
    breaker = wb.Breaker(cool_s=10)
    assert [breaker.cool_for(n) for n in range(6)] == [10, 20, 40, 80, 80, 80]


def test_without_a_breaker_nothing_is_held(lab: Lab, world: World) -> None:
    """A tool that declares none is called as its plan says [REL-33]."""
    world.values["down"] = True
    run = lab.bench(mail(world, breaker=None), in_flight=1).start(
        plan=mails(4), on_failure="continue"
    )
    with pytest.raises(RunFailed):
        run.wait(20)
    assert len(world.calls) == 4
