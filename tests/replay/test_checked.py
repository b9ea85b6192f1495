"""Runs whose outputs were looked at by the world or by a model are played again like any other."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.replay.conftest import Opened, Shop, step
from workbench.errors import RunFailed
from workbench.testing import ScriptedModel, allow_all

YES, NO = {"ok": True, "why": "the total is named"}, {"ok": False, "why": "no total"}


def stocked(part: str = "item", **more: Any) -> wb.Check:
    """Ask the shop whether it has ten of what the output names."""
    args = {"item": wb.ref("output", part)}
    asked = wb.Query(tool="count", args=args, where={"output": wb.at_least(10)})
    return wb.Check(query=asked, **more)


def opened(shop: Shop, bench_of: Opened, *verdicts: Any, **options: Any) -> wb.Workbench:
    @wb.tool(effect="reversible", undo=lambda item, amount: None)
    def deliver(item: str, amount: int) -> dict[str, str]:
        shop.stock[item] = shop.stock.get(item, 0) + amount
        return {"item": item}

    @wb.tool(effect="read")
    def describe(item: str) -> dict[str, str]:
        return {"item": item}

    verifier = ScriptedModel(verdicts, label="judge", cost_usd=0.5)
    tools = [*shop.tools(), deliver, describe]
    return bench_of("shop", tools, policy=allow_all(), verifier=verifier, **options)


def deliver(amount: int, **more: Any) -> wb.Step:
    return step("a", "deliver", args={"item": "pens", "amount": amount}, **more)


def test_queries_and_verdicts_of_models_come_again(shop: Shop, bench_of: Opened) -> None:
    """A step that a query looked at, a loop until one, a judged step, and a result that both
    looked at: the replay asks neither the world nor a model and is the same [HARN-12, HARN-10]."""
    bench = opened(shop, bench_of, NO, YES, YES)
    loop = wb.Repeat(until=stocked(judge="it is polite"), at_most=4)
    last = step("b", "describe", args={"item": wb.ref("a", "item")}, check=stocked())
    plan = wb.Plan(goal="stock pens", steps=[deliver(4, repeat=loop), last])
    run = bench.start(plan=plan, done=stocked(judge="it is polite"))
    run.wait(20)
    shop.stock.clear()
    before = list(shop.calls)

    replay = bench.replay(run)

    replay.check()
    assert shop.calls == before
    kinds = [record.kind for record in replay.events]
    # The first turn is not enough for the world, the second not for the model.
    assert (kinds.count("loop.turned"), kinds.count("verdict.asked")) == (2, 3)


FAILING: dict[str, tuple[wb.Check, Any]] = {
    "the world says otherwise": (stocked(), NO),
    "the world cannot be asked": (stocked("nothing"), NO),
    "a tool says no": (wb.Check(tool="is_loud"), NO),
    "the model says no": (wb.Check(judge="it is polite"), NO),
    "the model gives no verdict": (wb.Check(judge="it is polite"), "perhaps"),
}


@pytest.mark.parametrize("where", ["step", "result"])
@pytest.mark.parametrize(("check", "verdict"), FAILING.values(), ids=FAILING)
def test_what_was_not_good_enough_is_not_again(
    shop: Shop, bench_of: Opened, where: str, check: wb.Check, verdict: Any
) -> None:
    """What a check found wrong, of a step or of the run's result, is found again in the same
    words [HARN-12, HARN-10]."""
    bench = opened(shop, bench_of, *[verdict] * 3)
    text = step("a", "polish", args={"text": "hey"}, check=check if where == "step" else None)
    pens = deliver(1, check=check if where == "step" else None)
    plan = wb.Plan(goal="stock pens", steps=[text if check.tool else pens])
    run = bench.start(plan=plan, done=check if where == "result" else None)
    with pytest.raises(RunFailed):
        run.wait(20)
    bench.replay(run).check()


@pytest.mark.parametrize("where", ["read", "effect", "result"])
def test_a_run_that_could_not_afford_its_verifier(shop: Shop, bench_of: Opened, where: str) -> None:
    """A limit that leaves no room for the verifying model pauses the run with the reason: raised,
    a read and a result are looked at anew, and what was done is there to be taken as it is; all
    of it replays [HARN-6, HARN-9, HARN-12, MULT-6]."""
    bench = opened(shop, bench_of, YES, budget=wb.Budget(usd=0.3))
    judged = wb.Check(judge="it is polite")
    one = step("a", "describe", args={"item": "pens"}, check=judged if where == "read" else None)
    if where == "effect":
        one = deliver(1, check=judged)
    run = bench.start(
        plan=wb.Plan(goal="g", steps=[one]), done=judged if where == "result" else None
    )
    assert run.wait_until("paused") == "paused"
    assert "0 used + 0.5 would cross the limit of 0.3" in run.view.reason
    run.raise_limit("usd", 1)
    if where == "effect":
        with run.editing(reason="it will do") as draft:
            draft.set_output("a", run.output("a", last=True))
    run.resume()
    assert run.wait(20) == {"item": "pens"}
    assert run.usage.get("usd", 0) == (0 if where == "effect" else 0.5)
    bench.replay(run).check()
