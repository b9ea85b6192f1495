"""Amounts as a person states them: so many effects and no more, and the value that was shown."""

from __future__ import annotations

import re
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, plan, step
from workbench.testing import FakeClock

DECLARED = {
    "usd": 1000.0,
    "orders_usd": 1000.0,
    "tokens": 1000.0,
    "mails": 1000.0,
    "rows_deleted": 1000.0,
}


def spender(world: World) -> wb.Tool:
    """Make a tool whose every call declares to spend a thousand of each unit."""

    @wb.tool(effect="irreversible", risk="costly", spend=lambda amount, **_: amounts(amount))
    def order(name: str, amount: float = 1000.0) -> str:
        world.effects.append(f"{name}: {amount:g}")
        return name

    return order


def amounts(amount: float) -> dict[str, float]:
    """Give the same amount of every unit."""
    return dict.fromkeys(DECLARED, amount)


def loop(count: int) -> wb.Plan:
    """Make a plan of so many orders, one after the other; what they cost is not known before."""
    names = [f"o{n}" for n in range(1, count + 1)]
    before: list[list[str]] = [[], *([name] for name in names)]
    pairs = zip(names, before, strict=False)
    amount = wb.ref("price")
    orders = (
        wb.Step(id=n, tool="order", args={"name": n, "amount": amount}, after=after)
        for n, after in pairs
    )
    return plan(step("price", value=1000.0), *orders)


LIMITS = {
    "of a run": lambda unit, most: {"budget": wb.Budget(**{unit: most})},
    "of a day": lambda unit, most: {"caps": [wb.Cap(unit, most, per="day")]},
    "of a person": lambda unit, most: {"caps": [wb.Cap(unit, most, per="week", of="person")]},
    "of an agent": lambda unit, most: {"caps": [wb.Cap(unit, most, per="month", of="agent")]},
    "per run": lambda unit, most: {"caps": [wb.Cap(unit, most, per="run")]},
}


PAIRS = [(unit, "of a run") for unit in (*DECLARED, "calls", "steps")]
PAIRS += [("usd", where) for where in LIMITS if where != "of a run"]
PAIRS += [("mails", "of a day"), ("calls", "of a person")]


@pytest.mark.parametrize(("unit", "where"), PAIRS)
def test_five_of_six_are_made_under_a_limit_of_five(
    lab: Lab, world: World, unit: str, where: str
) -> None:
    """A loop of orders of a thousand each under a limit of five thousand, in money, tokens, calls
    and units of the business, per run and window, for all or for one principal: exactly five
    effects; the sixth is not made, and pauses or asks by the limit's name [AUTH-4]."""
    order = spender(world)
    most = {"calls": 5.0, "steps": 6.0}.get(unit, 5000.0)
    bench = lab.bench(order, clock=FakeClock(), **LIMITS[where](unit, most))
    run = bench.start(plan=loop(7))
    run.wait_until("waiting", "paused", timeout_s=20)
    assert world.effects == [f"o{n}: 1000" for n in range(1, 6)]
    why = run.inbox[0].why if run.inbox else run.view.reason
    assert unit in why
    assert re.search(rf"cross .*(limit|cap)|{most:g} used", why)


@pytest.mark.parametrize("way", ["rule", "cap"])
def test_from_the_threshold_on_it_asks_and_does_what_was_shown(
    lab: Lab, world: World, way: str
) -> None:
    """$499 passes without a question, $500 asks; the prompt shows the value, and what is executed
    is that value [AUTH-6]."""
    order = spender(world)
    rule = wb.Rule("ask", "order", where={"amount": wb.at_least(500)})
    options: dict[str, Any] = {"policy": wb.Policy(allow=["order"], rules=[rule])}
    if way == "cap":
        options = {"caps": [wb.Cap("usd", 499.99, per="call")]}
    steps = [
        wb.Step(id=f"o{usd}", tool="order", args={"name": "o", "amount": usd}) for usd in (499, 500)
    ]
    run = lab.bench(order, **options).start(plan=plan(*steps))
    eventually(run, lambda view: view.steps["o499"].final and bool(view.open_requests))
    assert world.effects == ["o: 499"]
    (request,) = run.inbox
    assert (request.step, request.args["amount"], request.spend["usd"]) == ("o500", 500, 500)
    assert "amount: 500" in str(request)
    request.approve()
    run.wait(20)
    assert world.effects == ["o: 499", "o: 500"]
