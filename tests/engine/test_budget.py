"""Amounts, limits, secrets and keys: what the runtime adds to a call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, asking, chain, eventually, kinds, plan, step

MailSecret = wb.Secret["mail"]


MissingSecret = wb.Secret["nowhere_set"]


def test_a_cap_asks_before_it_is_crossed(lab: Lab, world: World) -> None:
    """A call that would cross a limit asks; approved, it is made; the next asks again [HARN-4]."""

    @wb.tool(effect="irreversible", spend=lambda usd: {"usd": usd})
    def buy(usd: float) -> float:
        world.effects.append(f"{usd}")
        return usd

    def buys(name: str, price: str, *after: str) -> wb.Step:
        return wb.Step(id=name, tool="buy", args={"usd": wb.ref(price)}, after=list(after))

    budget = wb.Budget(usd=5)
    bench = lab.bench(buy, budget=budget)
    prices = [step("three", value=3), step("one", value=1)]
    bought = [buys("a", "three"), buys("b", "three", "a"), buys("c", "one", "b")]
    run = bench.start(plan=plan(*prices, *bought))
    run.wait_until("waiting", timeout_s=20)
    assert world.effects == ["3.0"]
    request = run.inbox[0]
    assert (request.kind, request.step) == ("budget", "b")
    assert "limit of 5" in request.why
    request.approve()
    eventually(run, lambda view: view.steps["c"].state == "asking")
    assert run.usage["usd"] == 6
    run.inbox[0].deny()
    run.wait(20)
    assert world.effects == ["3.0", "3.0"]


def test_a_permission_is_no_leave_to_cross_a_limit(lab: Lab, world: World) -> None:
    """An approval given within the limits does not cover crossing them later [HARN-4]."""

    @wb.tool(effect="irreversible", spend=lambda usd: {"usd": usd})
    def buy(usd: float) -> float:
        world.effects.append(f"{usd}")
        return usd

    prices = [step(f"price-{name}", value=3 + n) for n, name in enumerate("ab")]
    steps = [
        wb.Step(id=name, tool="buy", args={"usd": wb.ref(f"price-{name}")}, why="it is needed")
        for name in "ab"
    ]
    run = asking(lab, *prices, *steps, tools=[buy], budget=wb.Budget(usd=5))
    eventually(run, lambda view: len(view.open_requests) == 2)
    for request in run.inbox:
        request.approve()
    bought = len(prices) + 1
    view = eventually(
        run, lambda view: view.counts.get("succeeded") == bought and bool(view.open_requests)
    )
    assert [request.opened.about for request in view.open_requests] == ["budget"]
    assert len(world.effects) == 1
    run.stop()


@pytest.mark.parametrize("amount", [float("nan"), -1, float("inf"), "3", None, True])
def test_an_amount_that_is_none_is_refused(lab: Lab, world: World, amount: Any) -> None:
    """A spend that is NaN, negative, infinite or no number fails the step before the call."""

    @wb.tool(effect="irreversible", spend=lambda: {"usd": amount})
    def buy() -> None:
        world.effects.append("bought")

    run = lab.bench(buy, budget=wb.Budget(usd=5)).start(plan=plan(wb.Step(id="a", tool="buy")))
    with pytest.raises(wb.errors.RunFailed, match="declares a spend"):
        run.wait(20)
    assert world.effects == []
    assert run.view.steps["a"].happened is False


def test_calls_are_capped(lab: Lab, world: World) -> None:
    """`calls` counts what changes the world, and asks at the limit; reads are free [HARN-4]."""
    steps = chain("a", "b", "c", tool="put").steps
    run = lab.bench(budget=wb.Budget(calls=2)).start(plan=plan(step("r"), *steps))
    run.wait_until("waiting", timeout_s=20)
    assert world.effects == ["a", "b"]
    assert run.inbox[0].kind == "budget"


def test_a_secret_reaches_the_tool_and_nothing_else(lab: Lab, world: World) -> None:
    """A secret is injected at call time; the journal never has it, errors included [HARN-4]."""
    seen: list[str] = []
    text = "correct-horse-battery-staple"

    @wb.tool(effect="read")
    def login(user: str, password: MailSecret) -> str:
        seen.append(password.reveal())
        if user == "eve":
            raise PermissionError(f"wrong password {password.reveal()}")
        return f"{user} {password}"

    steps = [wb.Step(id=u, tool="login", args={"user": u}) for u in ("ada", "eve")]
    run = lab.bench(login, secrets={"mail": text}).start(plan=plan(*steps), on_failure="continue")
    with pytest.raises(wb.errors.RunFailed, match="<secret mail>"):
        run.wait(20)
    assert seen == [text, text]
    lab.close()
    for path in Path(lab.place).parent.iterdir():
        assert text.encode() not in path.read_bytes()


def test_a_missing_secret_pauses_before_the_call(lab: Lab, world: World) -> None:
    """A secret that is not set pauses the run by its name, and nothing was called [HARN-6]."""

    @wb.tool(effect="irreversible")
    def login(password: MissingSecret) -> None:
        world.effects.append("called")

    run = lab.bench(login).start(plan=plan(wb.Step(id="a", tool="login")))
    run.wait_until("paused", timeout_s=20)
    assert "'nowhere_set'" in run.view.reason
    assert world.effects == []
    assert run.view.steps["a"].state == "ready"
    assert kinds(run, "a") == []
    run.stop()


def test_the_key_is_the_same_on_every_attempt(lab: Lab, world: World) -> None:
    """Retries carry the key of the first attempt; other arguments have another one [CONC-8]."""
    world.faults = {"a": [OSError("net"), OSError("net")]}
    retry = wb.Retry(attempts=3, wait_s=0)
    steps = [step("a", "post", retry=retry), step("b", "post", value=1)]
    run = lab.bench().start(plan=plan(*steps))
    run.wait(20)
    assert len(world.keys["a"]) == 3
    assert len(set(world.keys["a"])) == 1
    assert world.effects.count("a") == 1
    assert set(world.keys["a"]) != set(world.keys["b"])
