"""The forecast before the start, and where time and money went after the end."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, plan, step
from workbench.report import COSTS_COLUMNS, forecast_words
from workbench.testing import FakeClock, ScriptedModel, ScriptedPerson


@wb.tool(effect="irreversible", spend=lambda usd, **_: {"orders_usd": usd})
def order(name: str, usd: float) -> str:
    return name


@wb.tool(effect="compensable", risk="shared", undo=lambda name: None)
def share(name: str) -> str:
    return name


def story() -> wb.Plan:
    """Make a plan with questions of three classes, two of them for a cap."""
    prices = zip("abc", (900, 1100, 1000), strict=True)
    buys = [wb.Step(id=n, tool="order", args={"name": n, "usd": usd}) for n, usd in prices]
    chained = [one.model_copy(update={"after": ("look", *"ab"[:n])}) for n, one in enumerate(buys)]
    return plan(
        step("look", "look"),
        *chained,
        wb.Step(id="s", tool="share", args={"name": "s"}, after=["c"]),
        step("put", "put", ask=True, after=["s"]),
    )


def test_the_number_of_questions_is_foreseen(lab: Lab, world: World) -> None:
    """What a plan will ask, by risk class, is known before the start, and it is what is asked; a
    call that crosses a cap is one of them [REL-8, AUTH-17]."""
    caps = [wb.Cap("orders_usd", 1000), wb.Cap("orders_usd", 2500, per="day")]
    policy = wb.Policy(allow=["order"])
    bench = lab.bench(order, share, policy=policy, caps=caps)
    foreseen = bench.forecast(story())
    assert foreseen.requests == {"irreversible": 2, "shared": 1, "local": 1}
    assert foreseen.units["orders_usd"] == 3000
    large, day = foreseen.room
    assert (large.name, large.needed, large.enough) == ("1000 orders_usd per call", 1100, False)
    assert (day.needed, day.left, day.enough) == (3000, 2500, False)
    assert "4 questions (2 irreversible, 1 shared, 1 local)" in str(foreseen)
    assert "2500 orders_usd per day: 3000 needed, 2500 left" in str(foreseen)
    assert "4 questions" in forecast_words(foreseen)
    run = bench.start(plan=story())
    person = ScriptedPerson(otherwise="approve")
    assert person.attend(run) == "succeeded"
    assert len(person.seen) == sum(foreseen.requests.values())
    frame = run.forecast().set_index("step")
    assert frame.actual_requests.to_dict() == {
        "look": 0, "a": 0, "b": 1, "c": 1, "s": 1, "put": 1,
    }  # fmt: skip
    assert frame.forecast_request["s"] == "shared"
    assert bench.forecast(story()).room[1].left == 0


def test_without_a_workbench_nobody_knows_the_questions() -> None:
    """A plan alone does not know the policy: it says nothing instead of nought [REL-8]."""
    assert story().forecast([order, share]).requests is None


def test_the_cost_is_split_and_adds_up(lab: Lab, world: World) -> None:
    """Planning, execution, verification, retries and human waiting add up to the total, in the
    frame as in the stacked bars [REL-31]."""
    clock = FakeClock()

    @wb.tool(effect="irreversible", idempotent=True, spend=lambda **_: {"usd": 2})
    async def work(name: str) -> str:
        clock.advance(3)
        return str(await world.visit(name))

    @wb.tool(effect="pure")
    def checked(value: str) -> bool:
        clock.advance(5)
        return value == "a"

    world.faults = {"a": [OSError("net")]}
    check = wb.Check(tool="checked")
    one = wb.Step(id="a", tool="work", args={"name": "a"}, ask=True, check=check)
    retried = one.model_copy(update={"retry": wb.Retry(attempts=2, wait_s=0)})
    bench = lab.bench(work, checked, policy=wb.Policy(), clock=clock)
    run = bench.start(plan=plan(retried))
    run.wait_until("waiting", timeout_s=20)
    clock.advance(60)
    run.inbox[0].approve()
    run.wait(20)
    frame = run.costs()
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == COSTS_COLUMNS
    parts = frame.set_index(["unit", "part"]).amount
    assert parts["time"].to_dict() == {
        "execution": 3, "verification": 5, "retries": 3, "waiting for the person": 60,
    }  # fmt: skip
    view = run.view
    assert view.ended is not None
    assert view.created is not None
    assert parts["time"].sum() == (view.ended - view.created).total_seconds()
    for unit, total in run.usage.items():
        assert parts[unit].sum() == total
    assert frame.groupby("unit").share.sum().to_list() == [1.0] * frame.unit.nunique()
    figure = run.cost()
    assert figure.layout.barmode == "stack"
    drawn = [bar.x[0] for bar in figure.data if bar.y[0] == "time"]
    assert sum(drawn) == pytest.approx(71)


def test_a_plan_that_asks_too_much_has_a_warning(lab: Lab, world: World) -> None:
    """More questions than the budget of requests has are warned of before the start and shown; the
    number is the one that is asked, none is left out, and a grant ends the warning [REL-8]."""
    bench = lab.bench(order, share, policy=wb.Policy(), budget=wb.Budget(requests=4))
    (found,) = [one for one in story().warnings(bench) if one.code == "too_many_requests"]
    assert "at least 5 times (3 irreversible, 1 shared, 1 local to come)" in found.message
    assert "the budget has 4 requests" in found.message
    run = bench.start(plan=story())
    run.wait_until("waiting", timeout_s=20)
    assert "needs the person at least 5 times" in str(run)
    person = ScriptedPerson(otherwise="approve")
    assert person.attend(run) == "succeeded"
    assert len(person.seen) == 5
    assert run.usage["requests"] == 5
    granted = bench.start(plan=story(), grants=[wb.Grant("order"), wb.Grant("share")])
    granted.wait_until(timeout_s=20)
    assert "needs the person" not in str(granted)
    assert not any(one.code == "too_many_requests" for one in granted.view.revision.remarks)
    assert story().warnings(bench, wb.Budget(requests=5)) == story().warnings(bench, wb.Budget())


def test_an_edit_that_asks_too_much_has_the_warning(lab: Lab, world: World) -> None:
    """What was asked already counts beside what is to come, by the rules of the run itself
    [REL-8]."""
    rules = [wb.Rule("ask", "look")]
    bench = lab.bench(policy=wb.Policy(), budget=wb.Budget(requests=1))
    one = plan(step("a", "look"))
    run = bench.start(plan=one, rules=rules, done=wb.Check(not_empty=True))
    run.wait_until("waiting", timeout_s=20)
    assert run.view.revision.remarks == ()
    with run.editing("both") as draft:
        draft.add(step("b", "look", after=["a"]))
    (remark,) = run.view.revision.remarks
    assert remark.code == "too_many_requests"
    assert "at least 2 times (1 asked already and 1 read to come)" in remark.text


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (wb.Budget(orders_usd=2500), "orders_usd: 3000 needed, 2500 left"),
        (wb.Budget(calls=4), "calls: 5 needed, 4 left"),
        (wb.Budget(steps=5), "steps: 6 needed, 5 left"),
        (wb.Budget(seconds=9), "seconds: 10 needed, 9 left"),
        (wb.Budget(requests=4), "requests: 5 needed, 4 left"),
        (wb.Budget(usd=0.25), "usd: 0.5 needed, 0.25 left"),
    ],
)
def test_a_forecast_says_what_the_budget_lacks(lab: Lab, budget: wb.Budget, said: str) -> None:
    """Of money, calls, steps, time and questions alike: what a plan needs stands beside what the
    budget has, and nothing is said where it is enough [HARN-9, PLAN-15]."""
    bench = lab.bench(order, share, policy=wb.Policy(), budget=budget)
    slow = wb.Estimate(seconds=10, usd=0.5)
    first, *others = story().steps
    timed = wb.Plan(steps=[first.model_copy(update={"estimate": slow}), *others])
    foreseen = bench.forecast(timed)
    assert [str(room) for room in foreseen.room] == [said]
    assert said in str(foreseen)
    assert said in forecast_words(foreseen)
    plenty = bench.forecast(timed, limits=dict.fromkeys(budget.limits, 1e6))
    assert [room.enough for room in plenty.room] == [True]
    assert "needed" not in str(plenty)


def test_a_verdict_is_held_against_the_budget(lab: Lab) -> None:
    """What a verifying model takes at worst is held against what is left of money and tokens
    [MULT-6, PLAN-15]."""
    verifier = ScriptedModel([], cost_usd=0.5)
    budget = wb.Budget(tokens=5, usd=0.25)
    bench = lab.bench(policy=wb.Policy(), verifier=verifier, budget=budget)
    judged = plan(step("a", "look", check=wb.Check(judge="it is complete")))
    usd, tokens = bench.forecast(judged).room
    assert (usd.name, usd.needed, usd.enough) == ("usd", 0.5, False)
    assert (tokens.name, tokens.left, tokens.enough) == ("tokens", 5, False)


def test_a_run_that_will_meet_a_limit_says_so_before(lab: Lab, world: World) -> None:
    """Nothing is refused: the revision says it, the run pauses where it was said, and an edit
    counts what was used already [HARN-9]."""
    bench = lab.bench(budget=wb.Budget(steps=2))
    three = plan(step("a", "look"), step("b", "look", after=["a"]), step("c", "look", after=["b"]))
    said = "steps: 3 needed, 2 left; the run will pause there, until the limit is raised"
    assert said in [one.message for one in three.warnings(bench)]
    run = bench.start(plan=three, done=wb.Check(not_empty=True))
    assert said in [remark.text for remark in run.view.revision.remarks]
    run.wait_until("paused", timeout_s=20)
    assert said not in str(run), "two of them are done"
    assert "2 used + 1 would cross the limit of 2" in run.view.reason
    run.raise_limit("steps", 3)
    with run.editing("one more") as draft:
        draft.add(step("d", "look", after=["c"]))
    assert "steps: 2 needed, 1 left; the run will pause there, until the limit is raised" in str(
        run
    )


def test_a_cap_on_requests_holds_within_a_run() -> None:
    """A window of requests over runs would hold nothing, so it is refused when it is written; no
    tool may name them as what it spends [REL-8]."""
    with pytest.raises(ValueError, match="within one run"):
        wb.Cap("requests", 5, per="day")
    assert wb.Cap("requests", 5, per="run").limit == 5
