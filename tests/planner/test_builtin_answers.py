"""Questions of the rules, and what becomes of the answers."""

import pytest

from workbench.planner import BuiltinPlanner, PlanningContext

pytestmark = pytest.mark.anyio


async def ask(world, tools, goal, answers=None):
    return await BuiltinPlanner(world).propose(
        PlanningContext(goal, tools, why="answer" if answers else "goal", answers=answers or {})
    )


async def answered(world, tools, goal, *texts):
    """Answer the first open question of each round with the next text."""
    answers = {}
    for text in texts:
        proposal = await ask(world, tools, goal, answers)
        answers[proposal.questions[0].id] = text
    return await ask(world, tools, goal, answers)


async def test_the_same_goal_asks_under_the_same_id(world, tools):
    """A question's id follows from what it asks, so an answer finds it again in any process."""
    goal = "average lifeExp by continent in gapminder.csv for 2007"

    first = await ask(world, tools, goal)
    second = await ask(world, tools, goal)

    assert [q.id for q in first.questions] == [q.id for q in second.questions]


async def test_what_is_left_out_is_left_out_on_the_persons_word(world, tools):
    """A stated number is dropped only after the person said so [PLAN-1]."""
    goal = "average lifeExp by continent in gapminder.csv for 2007"

    proposal = await answered(world, tools, goal, "skip")

    assert [step.tool for step in proposal.plan.steps] == ["read_table", "aggregate"]


async def test_stop_is_an_answer_everywhere(world, tools):
    """A question with choices can be answered by stopping, which abandons [PLAN-14]."""
    goal = "load gapminder.csv and translate the countries to French"

    proposal = await answered(world, tools, goal, "stop")

    assert proposal.plan is None
    assert "translate the countries to French" in proposal.abandon


async def test_an_answer_may_be_the_label_of_its_choice(world, tools):
    """A person may answer with what is written on the button."""
    goal = "load gapminder.csv and translate the countries to French"
    first = await ask(world, tools, goal)
    question = first.questions[0]

    proposal = await ask(world, tools, goal, {question.id: question.choices["skip"]})

    assert [step.tool for step in proposal.plan.steps] == ["read_table"]


async def test_an_answer_that_cannot_be_used_is_asked_for_again(world, tools):
    """A bad answer is refused by name and asked again; after five the rules give up [HARN-5]."""
    goal = "average life expectancy by continent in gapminder.csv"

    again = await answered(world, tools, goal, "banana")
    good = await answered(world, tools, goal, "banana", "lifeExp")
    never = await answered(world, tools, goal, *["banana"] * 5)

    assert again.questions[0].text.startswith("“banana” cannot be used.")
    assert good.plan["aggregate"].args["column"] == "lifeExp"
    assert never.abandon


async def test_it_is_what_the_person_says_it_is(world, tools):
    """`it` with two candidates is asked, and the answer decides the reference."""
    goal = "load sales.csv, sum units by region, sum unit_price by product, chart it"

    proposal = await answered(world, tools, goal, "aggregate_2")

    chart = proposal.plan["bar_chart"]
    assert chart.refs[0].step == "aggregate_2"
    assert (chart.args["x"], chart.args["y"]) == ("product", "unit_price")


async def test_a_negated_part_is_left_out_when_the_person_confirms(world, tools):
    """`do not mail it` plans no mail, once the person has seen what is left out."""
    goal = "load sales.csv, sum units by region, but do not mail it to boss@example.org"

    proposal = await answered(world, tools, goal, "skip")

    assert [step.tool for step in proposal.plan.steps] == ["read_table", "aggregate"]


async def test_a_missing_text_may_be_made_by_a_tool_or_written(world, tools):
    """What a mail should say is asked: a tool that makes a text, or the text itself."""
    goal = "mail the average units by region in sales.csv to ann@example.org"

    made = await answered(world, tools, goal, "markdown_report")
    written = await answered(world, tools, goal, "See the shared folder.", "apart")

    assert made.plan["send_mail"].refs[0].step == "markdown_report"
    assert made.plan["markdown_report"].refs[0].step == "aggregate"
    assert written.plan["send_mail"].args["body"] == "See the shared folder."


async def test_a_name_without_an_address_becomes_the_question_for_it(world, tools):
    """`mail it to my boss` asks for the address, once, and refuses what is none."""
    goal = "write a report of sales.csv to r.md and mail it to my boss"

    first = await ask(world, tools, goal)
    refused = await answered(world, tools, goal, "the boss")
    proposal = await answered(world, tools, goal, "the boss", "boss@example.org")

    assert len(first.questions) == 1
    assert refused.questions[0].text.startswith("“the boss” cannot be used.")
    assert proposal.plan["send_mail"].args["to"] == "boss@example.org"


async def test_one_question_of_several_tools(world, catalogues):
    """When several tools fit a word equally, the person chooses among them."""
    goal = "load gapminder.csv, average lifeExp by year and chart it"

    proposal = await answered(world, catalogues["large"], goal, "line_chart")

    assert proposal.plan.steps[-1].tool == "line_chart"


async def test_no_words_or_no_tools_are_said_at_once(world, tools):
    """An empty goal and an empty catalogue end with a reason, not with a question [PLAN-14]."""
    assert "No tool matches" in (await ask(world, tools, "")).abandon
    assert "Tools are: none" in (await ask(world, [], "load sales.csv")).abandon
