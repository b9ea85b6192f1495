"""What a plan is known to spend is held against the limits before anything is called."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from workbench.errors import PlanError
from workbench.plan import Finding, SetOutput, apply_edits
from workbench.tools import Registry
from workbench.values import Stored


@wb.tool(effect="irreversible", spend=lambda usd, **_: {"usd": usd, "orders_usd": usd})
def buy(usd: float, what: str = "paper") -> float:
    """Buy something."""
    return usd


@wb.tool(effect="pure")
def think(about: str = "", usd: float = 0) -> float:
    """Think."""
    return usd


@wb.tool(effect="irreversible", spend=lambda: 1 / 0)
def broken() -> None:
    """Cannot say what it costs."""
    raise NotImplementedError


TOOLS = Registry([buy, think, broken])


def buys(name: str, usd: Any, **more: Any) -> wb.Step:
    return wb.Step(id=name, tool="buy", args={"usd": usd}, **more)


def found(*steps: wb.Step, **limits: float) -> list[Finding]:
    return wb.Plan(steps=steps).check(TOOLS, wb.Budget(**limits))


def test_a_plan_that_crosses_a_limit_is_a_fault() -> None:
    """Unit, sum, limit and the largest steps are named [PLAN-3]."""
    (fault,) = found(buys("a", 1), buys("b", 4), buys("c", 2), buys("d", 0.5), orders_usd=5)
    assert (fault.code, fault.step, fault.severity) == ("over_budget", None, "error")
    assert fault.message.startswith("orders_usd: 7.5 for the steps to come crosses the limit of 5")
    assert "the largest: b 4, c 2, a 1 and 1 more" in fault.message


def test_each_unit_is_a_fault_of_its_own() -> None:
    """Two limits that are crossed are two faults; one that is kept is none [PLAN-3]."""
    faults = found(buys("a", 6), buys("b", 6), usd=5, orders_usd=11, calls=2)
    assert [fault.message.partition(":")[0] for fault in faults] == ["usd", "orders_usd"]


def test_a_plan_that_just_fits_is_sound() -> None:
    """A sum equal to the limit passes, decimal fractions included [PLAN-3]."""
    assert found(*(buys(f"s{n}", 0.1) for n in range(10)), usd=1) == []
    assert len(found(*(buys(f"s{n}", 0.1) for n in range(11)), usd=1)) == 1


def test_an_estimate_and_a_spend_are_the_same_money() -> None:
    """Of what a step estimates and its tool declares, the larger counts, and only once [PLAN-3]."""
    estimate = wb.Estimate(usd=3)
    assert found(buys("a", 2, estimate=estimate), usd=3) == []
    assert len(found(buys("a", 2, estimate=estimate), usd=2.5)) == 1
    assert len(found(buys("a", 4, estimate=estimate), usd=3.5)) == 1
    assert len(found(wb.Step(id="t", tool="think", estimate=estimate), usd=2)) == 1


def test_only_what_will_be_called_counts() -> None:
    """A skipped step and one whose output was given spend nothing [PLAN-3]."""
    skipped = buys("a", 9, skip=True)
    given = wb.Plan(steps=[buys("b", 9)])
    done = apply_edits(given, [SetOutput(step="b", output=Stored(value=9))]).steps[0]
    assert found(skipped, done, buys("c", 1), usd=1, calls=1) == []


def test_what_cannot_be_known_is_not_over_budget() -> None:
    """A reference, or a spend that raises, is no fault; you are asked when it is due [PLAN-3]."""
    late = buys("b", wb.ref("a"), after=["a"])
    assert found(wb.Step(id="a", tool="think"), late, usd=0) == []
    assert found(wb.Step(id="a", tool="broken"), usd=0) == []


def test_attempts_are_left_to_the_runtime() -> None:
    """Calls and attempts are counted as they are made: a plan is not refused for them [PLAN-3]."""
    assert found(buys("a", 1), buys("b", 1), calls=1, steps=1, repeats=0) == []


@pytest.fixture
def bench(tmp_path: Any) -> Any:
    with wb.Workbench(
        tmp_path / "runs.db",
        tools=[buy, think],
        planner=None,
        budget=wb.Budget(usd=5),
        policy=wb.Policy(allow=["buy"]),
    ) as made:
        yield made


def test_a_workbench_brings_its_own_budget(bench: wb.Workbench) -> None:
    """`plan.check(bench)` holds the plan against the workbench's budget [PLAN-3]."""
    plan = wb.Plan(steps=[buys("a", 6)])
    assert [fault.code for fault in plan.check(bench)] == ["over_budget"]
    assert plan.check(bench, wb.Budget(usd=6)) == []
    assert plan.check(TOOLS) == []


def test_a_run_over_budget_is_not_begun(bench: wb.Workbench) -> None:
    """It is refused at the start, with all its other faults; nothing is called [PLAN-3]."""
    plan = wb.Plan(steps=[buys("a", 6), wb.Step(id="b", tool="nothing")])
    with pytest.raises(PlanError, match="crosses the limit of 5") as refusal:
        bench.start(plan=plan)
    assert {f.code for f in refusal.value.findings} == {"over_budget", "unknown_tool"}
    assert len(bench.runs()) == 0


def paused(bench: wb.Workbench, *steps: wb.Step) -> wb.Run:
    """Start a run that stops for its first question, and pause it."""
    run = bench.start(plan=wb.Plan(steps=[*steps, wb.Step(id="end", tool="think", ask=True)]))
    run.wait_until("waiting", timeout_s=20)
    run.pause()
    return run


def test_an_edit_counts_what_was_used(bench: wb.Workbench) -> None:
    """What is used already counts with what is still to come; the plan stays as it was [PLAN-9]."""
    run = paused(bench, buys("a", 3))
    assert run.usage["usd"] == 3
    before = run.plan
    with pytest.raises(PlanError, match=r"usd: 3 used \+ 2\.5 for the steps to come") as refusal:
        run.edit([{"op": "add", "step": buys("b", 2.5).model_dump()}], base=before.digest)
    assert refusal.value.findings[0].code == "over_budget"
    assert run.plan == before
    run.edit([{"op": "add", "step": buys("b", 2).model_dump()}], base=before.digest)
    run.stop()


def test_an_edit_that_spends_no_more_is_never_over_budget(bench: wb.Workbench) -> None:
    """After a person allowed a crossing, the plan can still be edited [PLAN-9]."""
    price = wb.Step(id="price", tool="think", args={"usd": 9})
    plan = wb.Plan(steps=[price, buys("a", wb.ref("price")), buys("b", 1, after=["a"], ask=True)])
    run = bench.start(plan=plan)
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].approve()
    run.wait_until("waiting", timeout_s=20)
    while run.view.steps["a"].state != "succeeded":
        run._journal.wait_for_commit(0.02)
    run.pause()
    run.edit([{"op": "change", "step": "b", "changes": {"title": "dear"}}], base=run.plan.digest)
    with pytest.raises(PlanError, match="crosses the limit"):
        run.edit(
            [{"op": "change", "step": "b", "changes": {"args": {"usd": 2}}}], base=run.plan.digest
        )
    run.stop()
