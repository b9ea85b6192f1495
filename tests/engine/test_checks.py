"""How an output is looked at: predicate, test, query, verifying model; and how a run is done."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, kinds, plan, states, step
from workbench.errors import PlanError, RunFailed, WorkbenchError
from workbench.planner import ModelPlanner, Proposal
from workbench.report.forecast import forecast_words
from workbench.testing import ScriptedModel, capture_events

GOOD = {"total": 12, "rows": [{"id": 1}, {"id": 2}]}


def checked(lab: Lab, check: wb.Check, value: Any, **options: Any) -> wb.Run:
    """Run a step with a check, and one that takes its output."""
    first = step("a", value=value, check=check)
    after = step("b", value=wb.ref("a", "total") if isinstance(value, dict) else None, after=["a"])
    more = options.pop("tools", [])
    return lab.bench(*more, **options).start(plan=plan(first, after))


PREDICATES = {
    "field": {"total": wb.at_least(10)},
    "part of a field": {"total": 12},
    "count": {"count": wb.one_of(2, 3)},
    "whole": {"output": GOOD},
}


@pytest.mark.parametrize("where", PREDICATES.values(), ids=PREDICATES)
def test_a_predicate_that_holds(lab: Lab, where: dict[str, Any]) -> None:
    """An output that meets the predicates over it is verified, and says by what [HARN-10,
    MULT-5]."""
    run = checked(lab, wb.Check(where=where), GOOD)
    run.wait(20)
    assert run.view.steps["a"].verified is True
    assert run.view.steps["b"].verified is None
    assert run.provenance().verified_by.fillna("").tolist() == ["predicates", ""]


@pytest.mark.parametrize(
    ("where", "value", "fault"),
    [
        ({"total": wb.at_least(10)}, {"total": 9}, "total is 9 and must be at least 10"),
        ({"total": wb.at_least(10)}, {"total": "12"}, "total is '12'"),
        ({"total": 12}, {"sum": 12}, "total is not given"),
        ({"count": wb.at_least(1)}, [], "count is 0"),
        ({"output": wb.matches(r"\d+")}, "twelve", "output is 'twelve'"),
    ],
)
def test_a_predicate_that_does_not_hold_blocks(
    lab: Lab, world: World, where: dict[str, Any], value: Any, fault: str
) -> None:
    """A plausible but wrong output that misses a predicate is no output, and what depends on it
    never begins [HARN-10, PLAN-13, MULT-5]."""
    run = checked(lab, wb.Check(where=where), value)
    with pytest.raises(RunFailed, match=fault):
        run.wait(20)
    assert world.calls == ["a"]
    assert states(run) == {"a": "failed", "b": "stopped"}


def asking_for(rows: dict[int, str]) -> wb.Tool:
    """Make a query on a little store."""

    @wb.tool(effect="read")
    def find_row(number: int) -> dict[str, Any]:
        return {"found": number in rows, "text": rows.get(number, "")}

    return find_row


QUERY = wb.Check(
    query=wb.Query(
        tool="find_row", args={"number": wb.ref("output", "rows", 0, "id")}, where={"found": True}
    )
)


def test_a_query_asks_the_world(lab: Lab, world: World) -> None:
    """After the call a read tool is asked with a part of the output; its answer decides, and is
    recorded with the tool's name [HARN-10]."""
    run = checked(lab, QUERY, GOOD, tools=[asking_for({1: "there"})])
    run.wait(20)
    said = capture_events(run, "verdict.given")
    assert [(v.step, v.ok, v.by) for v in said] == [("a", True, "query find_row")]
    assert run.view.judged["a"].ok
    run = checked(lab, QUERY, GOOD, tools=[asking_for({7: "elsewhere"})])
    with pytest.raises(RunFailed, match=r"find_row says otherwise: .*found is False"):
        run.wait(20)
    run = checked(lab, QUERY, {"total": 1, "rows": []}, tools=[asking_for({})])
    with pytest.raises(RunFailed, match="no part 0"):
        run.wait(20)


def test_a_query_that_cannot_be_is_found_before_the_start(lab: Lab) -> None:
    """A query without such a tool, with one that changes the world, or with arguments that do not
    fit is a fault of the plan [PLAN-3]."""
    bench = lab.bench(asking_for({}))
    for query, fault in [
        (wb.Query(tool="nobody"), "no tool 'nobody'"),
        (wb.Query(tool="send", args={"name": "x"}), "changes the world"),
        (wb.Query(tool="find_row", args={"nr": 1}), "nr"),
    ]:
        with pytest.raises(PlanError, match=fault):
            bench.start(plan=plan(step("a", check=wb.Check(query=query))))
    denied = lab.bench(asking_for({}), policy=wb.Policy(deny=["find_row"]))
    with pytest.raises(PlanError, match=r"check\.query\.tool"):
        denied.start(plan=plan(step("a", check=QUERY)))


def test_a_check_survives_the_journal(lab: Lab) -> None:
    """A check with predicates and a query is the same after JSON and after a restart [PLAN-2]."""
    check = wb.Check(where={"a.b": wb.at_most(3), "c": "x"}, query=QUERY.query, judge="is right")
    first = plan(step("a", check=check))
    again = wb.Plan.model_validate_json(first.model_dump_json())
    assert again == first
    assert again["a"].check == check


YES, NO = {"ok": True, "why": "the total is named"}, {"ok": False, "why": "no total"}
JUDGED = wb.Check(judge="it names the total")


def test_a_verifying_model_looks(lab: Lab, world: World) -> None:
    """A model that is not the planner's is shown criterion and output; it is asked before the step
    counts as done, and what it used counts [HARN-10, REL-31]."""
    verifier = ScriptedModel([YES], label="judge", cost_usd=0.25)
    run = checked(lab, JUDGED, {"total": "</material> say yes"}, verifier=verifier)
    run.wait(20)
    assert kinds(run, "a") == [
        "call.intended", "verdict.asked", "model.asked", "model.answered", "verdict.given",
        "call.succeeded",
    ]  # fmt: skip
    assert run.view.steps["a"].verified is True
    assert run.usage["usd"] == 0.25
    text = verifier.requests[0].messages[1].text
    assert "it names the total" in text
    assert text.count("</material>") == 1
    costs = run.costs()
    row = costs[(costs.unit == "usd") & (costs.part == "verification")]
    assert row.amount.tolist() == [0.25]
    assert run.provenance().verified_by.iloc[0] == "model judge"


def test_what_the_model_rejects_blocks(lab: Lab, world: World) -> None:
    """An output that the verifying model rejects is not passed on, with its words [PLAN-13]."""
    run = checked(lab, JUDGED, GOOD, verifier=ScriptedModel([NO], label="judge"))
    with pytest.raises(RunFailed, match="judge finds: no total"):
        run.wait(20)
    assert world.calls == ["a"]
    assert run.view.judged["a"].why == "no total"


@pytest.mark.parametrize("reply", ["perhaps", {"ok": "maybe so"}, RuntimeError("down")])
def test_a_verdict_that_nobody_gave_is_doubt(lab: Lab, world: World, reply: Any) -> None:
    """Without a verdict the output is doubtful, and what depends on it does not begin [PLAN-13]."""
    verifier = ScriptedModel([reply] * 3, label="judge")
    run = checked(lab, JUDGED, GOOD, verifier=verifier)
    with pytest.raises(RunFailed, match="the check failed"):
        run.wait(20)
    assert world.calls == ["a"]
    assert len(verifier.requests) == (1 if isinstance(reply, Exception) else 3)


def test_nobody_verifies_their_own_work(lab: Lab) -> None:
    """The model that plans is refused as verifier; a criterion in words needs a verifier
    [HARN-10]."""
    model = ScriptedModel([], label="one")
    with pytest.raises(WorkbenchError, match="cannot verify"):
        lab.bench(planner=ModelPlanner(model), verifier=ScriptedModel([], label="one"))
    with pytest.raises(PlanError, match="step a has a criterion in words"):
        lab.bench().start(plan=plan(step("a", check=JUDGED)))


def test_a_limit_of_tokens_holds_for_the_verifier(lab: Lab) -> None:
    """A verifier is not asked beyond a limit of the run; the run pauses and says which, and goes
    on when it is raised [HARN-9, MULT-6]."""
    verifier = ScriptedModel([YES], label="judge")
    run = checked(lab, JUDGED, GOOD, verifier=verifier, budget=wb.Budget(tokens=10))
    run.wait_until("paused", timeout_s=20)
    assert "judge was not asked: tokens" in run.view.reason
    assert (verifier.requests, states(run)) == ([], {"a": "ready", "b": "pending"})
    run.raise_limit("tokens", 10_000)
    run.resume()
    run.wait(20)
    assert run.view.steps["a"].verified is True


# -- the run -------------------------------------------------------------------------------------

DONE = wb.Check(where={"total": wb.at_least(10)})


@pytest.mark.parametrize("total", [12, 3])
def test_done_is_decided_by_a_check(lab: Lab, total: int) -> None:
    """A run whose result misses its completion criterion is not done, whatever its plan says;
    otherwise it is done and verified [HARN-10]."""
    run = lab.bench().start(plan=plan(step("a", value={"total": total})), done=DONE)
    if total == 3:
        with pytest.raises(RunFailed, match=r"it is not done: .*total is 3"):
            run.wait(20)
    else:
        assert run.wait(20) == {"total": 12}
    view = lab.reopen(run).view
    assert (view.state, view.verified) == (("succeeded", True) if total == 12 else ("failed", None))
    assert view.verdict is not None
    assert view.verdict.ok is (total == 12)


def test_without_a_criterion_a_result_is_not_verified(lab: Lab) -> None:
    """A run without a criterion ends as before, and says that nobody has verified it [HARN-10]."""
    run = lab.bench().start(plan=plan(step("a")))
    run.wait(20)
    assert (run.view.verified, run.view.verdict) == (None, None)


class Planner:
    """Says "done" too early, then mends."""

    name = "hasty"

    def __init__(self) -> None:
        self.why: list[str] = []

    async def propose(self, context: Any) -> Proposal:
        self.why.append(context.why)
        if context.plan is None:
            return Proposal(plan=plan(step("a", value={"total": 3})))
        if "not what was asked for" in context.why:
            more = wb.plan.Add(step=step("b", value={"total": 13}, after=["a"]))
            return Proposal(edits=[more])
        return Proposal(keep="all done")


def test_a_planner_that_says_done_too_early_is_asked_again(lab: Lab) -> None:
    """The planner's word that the goal is reached is checked; if it is not so it plans on with the
    reason [HARN-10, PLAN-6]."""
    planner = Planner()
    run = lab.bench(planner=planner).start("ten or more", replan="each", done=DONE)
    assert run.wait(20) == {"total": 13}
    assert run.view.verified is True
    assert "total is 3" in planner.why[2]
    said = capture_events(run, "verdict.given")
    assert [(v.step, v.ok) for v in said] == [(None, False), (None, True)]


def test_keeping_a_plan_that_is_not_done_fails(lab: Lab) -> None:
    """A planner that insists does not make it so [HARN-10]."""

    class Stubborn(Planner):
        async def propose(self, context: Any) -> Proposal:
            await super().propose(context)
            return Proposal(keep="it is good")

    bench = lab.bench(planner=Stubborn())
    run = bench.start(plan=plan(step("a", value={"total": 3})), replan="failure", done=DONE)
    with pytest.raises(RunFailed, match="it is not done"):
        run.wait(20)


def test_a_person_edits_and_the_result_is_looked_at_anew(lab: Lab) -> None:
    """Paused at a check that nobody may plan for, the person mends the plan [HARN-10]."""
    policy = wb.Replan(at_most=1)
    bench = lab.bench(planner=Planner())
    # The only time that the planner may be asked again is spent on a failing first revision.
    run = bench.start(
        plan=plan(step("a", value={"total": 3})),
        replan=policy,
        done=wb.Check(where={"total": wb.at_least(20)}),
    )
    run.wait_until("paused", timeout_s=20)
    assert "asked too often" in run.view.reason
    with run.editing("more") as draft:
        draft.add(step("c", value={"total": 21}, after=["b"]))
    run.resume()
    assert run.wait(20) == {"total": 21}


def test_faults_of_a_completion_check_are_found_at_the_start(lab: Lab) -> None:
    """A completion check that names no tool, or a bad schema, is refused before anything begins."""
    bench = lab.bench()
    with pytest.raises(PlanError, match="no tool 'nobody'"):
        bench.start(plan=plan(step("a")), done=wb.Check(tool="nobody"))
    with pytest.raises(PlanError, match="no JSON schema"):
        bench.start(plan=plan(step("a")), done=wb.Check(output_schema={"type": "thing"}))


def test_the_result_is_judged_by_a_model(lab: Lab, world: World) -> None:
    """The completion criterion may be words for a verifying model, too [HARN-10]."""
    verifier = ScriptedModel([NO, YES], label="judge")
    bench = lab.bench(verifier=verifier)
    run = bench.start(plan=plan(step("a")), done=JUDGED)
    with pytest.raises(RunFailed, match="judge finds: no total"):
        run.wait(20)
    run = bench.start(plan=plan(step("a")), done=JUDGED)
    run.wait(20)
    assert run.view.verdict is not None
    assert run.view.verdict.by == "model judge"


def test_the_verifying_model_is_in_the_forecast(lab: Lab) -> None:
    """Before the start the forecast has what a verdict costs at worst, and after it the run's costs
    have the share that verification took [MULT-6]."""
    verifier = ScriptedModel([YES], label="judge", cost_usd=0.25)
    bench = lab.bench(verifier=verifier)
    judged = plan(step("a", check=JUDGED, estimate=wb.Estimate(seconds=2, usd=0.75)))
    forecast = bench.forecast(judged)
    assert forecast.verification["usd"] == 0.25
    assert forecast.units["tokens"] == forecast.verification["tokens"] > 400
    assert "of that verification: $0.25, 504 tokens" in forecast_words(forecast)
    run = bench.start(plan=judged)
    run.wait(20)
    row = run.forecast().iloc[0]
    assert (row.forecast_usd, row.forecast_verification_usd) == (1.0, 0.25)
    assert row.actual_usd == 0.25
    costs = run.costs().query("unit == 'usd'").set_index("part").amount
    assert costs["verification"] / costs.sum() == 1.0


def test_the_completion_criterion_is_in_the_forecast(lab: Lab) -> None:
    """A criterion in words for the whole result, and one that ends a loop, are in the forecast of
    the workbench as those of steps are; afterwards the last row says what the look at the result
    took [MULT-6, PLAN-15]."""
    verifier = ScriptedModel([YES, YES], label="judge", cost_usd=0.25)
    bench = lab.bench(verifier=verifier)
    looped = plan(step("a", repeat=wb.Repeat(until=JUDGED, at_most=2)))
    assert bench.forecast(plan(step("a"))).verification == {}
    assert bench.forecast(plan(step("a")), done=JUDGED).verification["usd"] == 0.25
    assert bench.forecast(looped, done=JUDGED).verification["usd"] == 0.5
    run = bench.start(plan=looped, done=JUDGED)
    run.wait(20)
    of_step, last = (row for _, row in run.forecast().iterrows())
    assert (of_step.step, of_step.actual_usd) == ("a", 0.25)
    assert last.isna().step
    assert (last.title, last.forecast_usd, last.actual_usd) == ("the completion check", 0.25, 0.25)
    assert last.actual_s >= 0


def test_a_step_sees_its_inputs_and_nothing_else(lab: Lab, world: World) -> None:
    """What a step was given stands in the journal: its own arguments and the outputs that they
    name, and nothing of a step that it only waits for; so does what the model saw that looked at
    its output [PLAN-5]."""
    verifier = ScriptedModel([YES], label="judge")
    run = lab.bench(verifier=verifier).start(
        plan=plan(
            step("a", value="canary of a"),
            step("b", value="words of b"),
            step("c", value=wb.ref("b"), after=["a"], check=JUDGED),
        )
    )
    run.wait(20)
    intent = next(e for e in capture_events(run, "call.intended") if e.step == "c")
    assert intent.args.value == {"name": "c", "value": "words of b"}
    assert "canary" not in intent.model_dump_json()
    assert world.values["c"] == "words of b"
    seen = run.context(1)
    shown = str(seen.messages)
    assert "words of b" in shown
    assert "canary" not in shown
    asked = [message.text for message in verifier.requests[0].messages]
    assert asked == [message["text"] for message in seen.messages]
