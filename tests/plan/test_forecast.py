"""What a plan is expected to take, before anything is called."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given

import workbench as wb
from tests.plan.strategies import plans
from workbench.plan.forecast import critical_path
from workbench.plan.room import Room


@wb.tool(effect="read", estimate=wb.Estimate(seconds=10))
def load(path: str) -> str:
    raise NotImplementedError


@wb.tool(effect="irreversible", spend=lambda amount: {"usd": amount, "letters": 1})
def order(amount: float) -> str:
    raise NotImplementedError


@wb.tool(effect="pure")
def think(value: object = None) -> str:
    raise NotImplementedError


TOOLS = [load, order, think]
HOURS = 3600.0


def timed(name: str, seconds: float | None, *after: str, **more: object) -> wb.Step:
    estimate = None if seconds is None else wb.Estimate(seconds=seconds)
    return wb.Step(id=name, tool="think", after=after, estimate=estimate, **more)


def test_the_longest_way_counts() -> None:
    """Times add up along the critical path only, and its steps are marked [PLAN-15]."""
    plan = wb.Plan(
        steps=[
            timed("start", 1),
            timed("short", 5, "start"),
            timed("review", 6 * HOURS, "start", ask=True),
            timed("end", 2, "short", "review"),
            timed("aside", 100),
        ]
    )
    forecast = plan.forecast(TOOLS)
    assert forecast.critical_path == ("start", "review", "end")
    assert forecast.duration_s == 6 * HOURS + 3
    assert forecast.complete
    assert [row.step for row in forecast.steps if row.on_critical_path] == [
        "start",
        "review",
        "end",
    ]
    assert forecast["review"].seconds == 6 * HOURS


def test_a_step_speaks_before_its_tool() -> None:
    """A step's own estimate counts before the tool's, each number by itself [PLAN-15]."""
    plan = wb.Plan(
        steps=[
            wb.Step(id="tools", tool="load", args={"path": "a"}),
            wb.Step(id="own", tool="load", args={"path": "a"}, estimate=wb.Estimate(seconds=3)),
            wb.Step(id="half", tool="load", args={"path": "a"}, estimate=wb.Estimate(usd=2)),
        ]
    )
    forecast = plan.forecast(TOOLS)
    assert [row.seconds for row in forecast.steps] == [10, 3, 10]
    assert [row.usd for row in forecast.steps] == [None, None, 2]


def test_what_is_not_known_is_named() -> None:
    """Steps without an estimate are listed, and the total is said to be a lower bound [PLAN-15]."""
    plan = wb.Plan(
        steps=[timed("a", 5), timed("b", None, "a"), wb.Step(id="c", tool="nobody", after=["b"])]
    )
    forecast = plan.forecast(TOOLS)
    assert forecast.unknown == ("b", "c")
    assert not forecast.complete
    assert forecast.duration_s == 5
    assert str(forecast).startswith("at least 5 s")
    assert "not estimated: b, c" in str(forecast)


def test_amounts_come_from_what_tools_declare() -> None:
    """Spends of literal arguments are summed by unit; one that depends on another step's output is
    named as not known, never counted as nothing [PLAN-15]."""
    plan = wb.Plan(
        steps=[
            wb.Step(id="a", tool="order", args={"amount": 20}),
            wb.Step(id="b", tool="order", args={"amount": 22}, after=["a"]),
            wb.Step(id="c", tool="order", args={"amount": wb.ref("b")}),
            timed("d", 1),
        ]
    )
    forecast = plan.forecast(TOOLS)
    assert forecast.units == {"usd": 42, "letters": 2}
    assert forecast.usd == 42
    assert forecast.unknown_spend == ("c",)
    assert not forecast.spend_complete
    assert forecast["c"].usd is None


def test_what_will_not_run_costs_nothing() -> None:
    """Skipped steps and steps with a given output take no time and are no row [PLAN-15]."""
    steps = [timed("a", 5, skip=True), timed("b", 7, "a")]
    plan = wb.Plan(steps=steps)
    assert plan.forecast(TOOLS).duration_s == 7
    assert [row.step for row in plan.forecast(TOOLS).steps] == ["b"]
    assert plan.forecast(TOOLS).critical_path == ("b",)


def test_a_loop_is_a_lower_bound() -> None:
    """A step that repeats counts one turn for sure; the rest is "at least" [PLAN-15, RUNT-5]."""
    repeat = wb.Repeat(until=wb.Check(not_empty=True), at_most=4)
    forecast = wb.Plan(steps=[timed("a", 5, repeat=repeat)]).forecast(TOOLS)
    assert (forecast.duration_s, forecast.complete, forecast["a"].turns) == (5, False, 4)


def test_plans_without_a_way() -> None:
    """Without steps, without estimates and with a cycle there is no critical path [PLAN-15]."""
    assert wb.Plan().forecast(TOOLS).critical_path == ()
    assert wb.Plan(steps=[timed("a", None)]).forecast(TOOLS).critical_path == ()
    cycle = wb.Plan(steps=[timed("a", 1, "b"), timed("b", 1, "a")])
    assert cycle.forecast(TOOLS).critical_path == ()
    assert wb.Plan(steps=[timed("a", 3)]).forecast().duration_s == 3


@given(plans(max_size=4))
def test_no_way_is_longer(plan: wb.Plan) -> None:
    """No chain of dependencies takes longer than the critical path [PLAN-15]."""
    seconds = {step: 1.0 + at for at, step in enumerate(plan.needs)}
    path, duration = critical_path(plan.needs, seconds)

    def longest(step: str) -> float:
        before = [longest(n) for n in plan.needs[step] if n in plan.needs]
        return seconds[step] + max(before, default=0.0)

    assert duration == max((longest(step) for step in plan.needs), default=0.0)
    assert sum(seconds[step] for step in path) == duration
    for earlier, later in pairwise(path):
        assert earlier in plan.needs[later]


def test_five_thousand_steps() -> None:
    """A plan of 5,000 steps is forecast at once: the whole of it in a single pass [PLAN-15]."""
    steps = [timed("s0", 1)]
    steps += [
        timed(f"s{n}", 1, f"s{n - 1}", *([f"s{n - 2}"] if n > 1 else [])) for n in range(1, 5000)
    ]
    plan = wb.Plan(steps=steps)
    forecast = plan.forecast(TOOLS)
    assert forecast.duration_s == 5000
    assert len(forecast.critical_path) == 5000


def test_a_wrong_amount_is_not_believed() -> None:
    """An amount that is no amount, and a spend that raises, are not known [PLAN-15]."""

    @wb.tool(effect="irreversible", spend=lambda n: {"usd": -n})
    def strange(n: int) -> None:
        raise NotImplementedError

    @wb.tool(effect="irreversible", spend=lambda n: {"usd": 1 / n})
    def broken(n: int) -> None:
        raise NotImplementedError

    plan = wb.Plan(
        steps=[
            wb.Step(id="a", tool="strange", args={"n": 1}),
            wb.Step(id="b", tool="broken", args={"n": 0}),
        ]
    )
    forecast = plan.forecast([strange, broken])
    assert forecast.units == {}
    assert forecast.unknown_spend == ("a", "b")
    with pytest.raises(wb.errors.NotFound):
        forecast["nobody"]


def test_looking_at_an_output_is_part_of_the_forecast() -> None:
    """What the tools of a check, and a verdict of a model, are expected to take is in the time and
    the amounts of the step, and named beside them [MULT-6, PLAN-15]."""

    @wb.tool(effect="read", estimate=wb.Estimate(seconds=5, usd=0.25))
    def is_there(path: str) -> bool:
        raise NotImplementedError

    check = wb.Check(tool="is_there", judge="it is complete")
    plan = wb.Plan(steps=[wb.Step(id="a", tool="load", args={"path": "x"}, check=check)])
    forecast = plan.forecast([*TOOLS, is_there], judged={"usd": 0.5, "tokens": 60})
    assert (forecast["a"].seconds, forecast.duration_s) == (15, 15)
    assert (forecast["a"].usd, forecast.usd) == (0.75, 0.75)
    assert forecast.verification == {"seconds": 5, "usd": 0.75, "tokens": 60}
    assert forecast.units == {"usd": 0.75, "tokens": 60}
    assert forecast.spend_complete
    assert plan.forecast(TOOLS).verification == {}


def test_a_judge_without_a_price_is_named_and_not_counted_as_free() -> None:
    """What a verdict costs that nobody has a price for is unknown, of a step, of a loop and of the
    completion check [MULT-6, PLAN-15]."""
    judge = wb.Check(judge="it is complete")
    repeat = wb.Repeat(until=judge, at_most=3)
    plan = wb.Plan(steps=[timed("a", 1, check=judge), timed("b", 1, repeat=repeat), timed("c", 1)])
    forecast = plan.forecast(TOOLS, judged={"tokens": 60}, done=judge)
    assert forecast.unknown_spend == ("a", "b", "the completion check")
    assert not forecast.spend_complete
    assert forecast.verification == {"tokens": 180}


def test_the_completion_check_is_part_of_the_forecast() -> None:
    """What looks at the result comes after the last step: its time and its amounts are in the
    sums, in what is verification, and in what caps must have left [MULT-6, PLAN-15]."""

    @wb.tool(effect="read", estimate=wb.Estimate(seconds=5, usd=0.25))
    def is_there(path: str) -> bool:
        raise NotImplementedError

    done = wb.Check(tool="is_there", judge="it is complete")
    rooms = [Room(name="day", units=("usd",), left=1.0)]
    rooms += [Room(name="one", units=("usd",), left=1.0, per_call=True)]
    step = wb.Step(id="a", tool="think", estimate=wb.Estimate(seconds=10, usd=0.5))
    forecast = wb.Plan(steps=[step]).forecast(
        [*TOOLS, is_there], judged={"usd": 0.5}, done=done, room=rooms, asked=lambda _: None
    )
    assert (forecast.duration_s, forecast.usd) == (15, 1.25)
    assert forecast.verification == {"seconds": 5, "usd": 0.75}
    assert [row.step for row in forecast.steps] == ["a"]
    assert forecast.completion is not None
    assert (forecast.completion.seconds, forecast.completion.usd) == (5, 0.75)
    assert [(room.needed, room.enough) for room in forecast.room] == [(1.25, False), (0.75, True)]
    plain = wb.Plan(steps=[timed("a", 10)]).forecast(TOOLS, done=wb.Check(not_empty=True))
    assert plain.completion is None
