"""The rules after a failure: they ask, and do what is answered."""

import pytest

import workbench as wb
from workbench.plan import Skip
from workbench.planner import BuiltinPlanner, PlanningContext, StepReport

pytestmark = pytest.mark.anyio

PLAN = wb.Plan(
    goal="…",
    steps=[
        wb.Step(id="load", tool="read_table", args={"path": "sales.csv"}),
        wb.Step(id="sort", tool="sort_rows", args={"frame": wb.ref("load"), "by": "units"}),
        wb.Step(id="report", tool="markdown_report", args={"title": "t", "frame": wb.ref("sort")}),
        wb.Step(id="note", tool="write_text", args={"path": "n.txt", "text": "done"}),
    ],
)
BROKEN = [
    StepReport("load", "succeeded"),
    StepReport("sort", "failed", error="no column 'units'"),
    StepReport("report", "pending"),
    StepReport("note", "ready"),
]


def context(steps, answers=None, tools=()):
    return PlanningContext(
        "…", tools, why="sort: no column 'units'", plan=PLAN, steps=steps, answers=answers or {}
    )


async def test_a_failure_is_a_question_and_no_new_plan():
    """The rules know no second way: they name failure and dependents, and ask [PLAN-7]."""
    proposal = await BuiltinPlanner().propose(context(BROKEN))

    (question,) = proposal.questions
    assert proposal.plan is None
    assert proposal.edits == ()
    assert "no column 'units'" in question.text
    assert "report" in question.text
    assert "note" not in question.choices["skip"]
    assert set(question.choices) == {"skip", "stop"}


async def test_going_on_skips_what_depends_on_the_failed_step():
    """The answer skip leaves out what would need the failed step, and nothing else [PLAN-7]."""
    (question,) = (await BuiltinPlanner().propose(context(BROKEN))).questions

    proposal = await BuiltinPlanner().propose(context(BROKEN, {question.id: "skip"}))

    assert proposal.edits == (Skip(step="report"),)
    assert "person's word" in proposal.reason


async def test_when_nothing_is_left_to_skip_the_plan_stays():
    """An answer given before holds, and a plan with nothing to change is kept as it is."""
    (question,) = (await BuiltinPlanner().propose(context(BROKEN))).questions
    later = [*BROKEN[:2], StepReport("report", "skipped"), BROKEN[3]]

    proposal = await BuiltinPlanner().propose(context(later, {question.id: "skip"}))

    assert proposal.plan is None
    assert "person's word" in proposal.keep


async def test_stopping_abandons_with_the_failure_as_the_reason():
    """The answer stop abandons, and says what had failed [PLAN-14]."""
    (question,) = (await BuiltinPlanner().propose(context(BROKEN))).questions

    proposal = await BuiltinPlanner().propose(context(BROKEN, {question.id: "stop"}))

    assert "no column 'units'" in proposal.abandon


async def test_a_re_plan_without_a_failure_is_asked_about_too():
    """When nothing failed, the rules can only offer to go on as planned."""
    running = [StepReport("load", "succeeded"), StepReport("sort", "running")]

    (question,) = (await BuiltinPlanner().propose(context(running))).questions
    proposal = await BuiltinPlanner().propose(context(running, {question.id: "keep"}))

    assert "Go on with the plan" in proposal.keep
