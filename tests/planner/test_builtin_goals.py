"""Goals written down with what the rules must make of them: the exact plan, or a question."""

import json
from pathlib import Path

import pytest

from workbench.planner import BuiltinPlanner, PlanningContext

HERE = Path(__file__).parent
FROZEN = json.loads((HERE / "goals.json").read_text(encoding="utf-8"))
"""Written before the rules were first run."""
FOUND = json.loads((HERE / "more_goals.json").read_text(encoding="utf-8"))
"""Collected since: what fresh goals and random ones taught."""


@pytest.mark.anyio
@pytest.mark.parametrize("goal", [*FROZEN, *FOUND], ids=lambda goal: goal["goal"])
async def test_a_goal_gets_the_exact_plan_or_a_question(goal, world, catalogues, skeleton):
    """A goal is planned exactly, or its doubtful words are asked; no tool is called [PLAN-1]."""
    tools = catalogues[goal.get("tools", "small")]

    proposal = await BuiltinPlanner(world).propose(PlanningContext(goal["goal"], tools))

    if "steps" in goal:
        assert proposal.plan is not None, [q.text for q in proposal.questions] or proposal.abandon
        assert skeleton(proposal.plan, goal["steps"]) == goal["steps"]
        assert proposal.plan.check(tools) == []
    elif "asks" in goal:
        asked = " ".join(question.text for question in proposal.questions)
        assert proposal.plan is None
        assert all(words in asked for words in goal["asks"]), asked or proposal.abandon
    else:
        assert "No tool matches" in proposal.abandon


@pytest.mark.anyio
async def test_each_step_says_which_words_are_behind_it(world, tools):
    """A step carries the words of the goal behind it, or the step that needs it [PLAN-2]."""
    goal = "Average lifeExp by continent in gapminder.csv"

    plan = (await BuiltinPlanner(world).propose(PlanningContext(goal, tools))).plan

    assert plan["aggregate"].why == "Average lifeExp by continent"
    assert plan["read_table"].why == "gapminder.csv (needed by aggregate)"


@pytest.mark.anyio
async def test_what_changes_the_world_waits_for_all_that_is_said_before_it(world, tools):
    """A step with an effect waits for every step that the goal names before it [PLAN-4]."""
    goal = FROZEN[0]["goal"]

    plan = (await BuiltinPlanner(world).propose(PlanningContext(goal, tools))).plan

    assert plan["write_text"].after == ("bar_chart",)
    assert plan["send_mail"].after == ("write_text",)


@pytest.mark.anyio
async def test_a_check_whose_output_nobody_takes_is_waited_for(world, catalogues):
    """A stated check holds up the work on its table, even if it hands nothing on [PLAN-13]."""
    goal = "load sales.csv, check the columns, sum units by region"

    plan = (await BuiltinPlanner(world).propose(PlanningContext(goal, catalogues["large"]))).plan

    assert plan["aggregate"].after == ("check_columns",)


@pytest.mark.anyio
async def test_the_planner_says_what_it_is(world, tools):
    """The rules call themselves rules, and say that no language model was used [HARN-2]."""
    planner = BuiltinPlanner(world)

    proposal = await planner.propose(PlanningContext("load sales.csv", tools))

    assert planner.name == "builtin rules (no language model)"
    assert "no language model" in proposal.reason
    assert proposal.usage == {}


@pytest.mark.anyio
async def test_without_a_workspace_only_clear_names_are_taken(tools):
    """Nobody looked into the files: a word that is plainly a name is taken, any other is asked."""
    clear = "average lifeExp by cont_code in gapminder.csv"
    vague = "average height by sex in patients.csv"

    planned = await BuiltinPlanner().propose(PlanningContext(clear, tools))
    asked = await BuiltinPlanner().propose(PlanningContext(vague, tools))

    assert planned.plan["aggregate"].args["column"] == "lifeExp"
    assert {q.text.partition(" in ")[0] for q in asked.questions} == {
        "Which column is “height”",
        "Which column is “sex”",
    }
