"""Random goals: whatever a person states is in the plan, or was asked about."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.planner import PlanningContext
from workbench.planner.builtin.planner import propose
from workbench.planner.builtin.words import read_tokens
from workbench.planner.builtin.workspace import Listing

LISTING = Listing(
    known=True,
    files=("gapminder.csv", "sales.csv"),
    columns={
        "gapminder.csv": ("country", "continent", "year", "lifeExp", "pop", "gdpPercap"),
        "sales.csv": ("region", "product", "units", "unit_price", "sold_on"),
    },
)
VALUES = ("number", "email", "path", "url", "quoted", "date")
HEAVY = {"not", "without", "don't", "if", "unless", "twice", "three", "only", "or", "both", "all"}
"""Words that the rules must never pass over."""
ROUNDS = 12

files = st.sampled_from(["gapminder.csv", "sales.csv", "the sales", "nofile.csv", '"my file.csv"'])
columns = st.sampled_from(["units", "lifeExp", "pop", "unit price", "height", "year"])
groups = st.sampled_from(["region", "continent", "year", "colour"])
targets = st.sampled_from(["report.md", "out.csv", "a.txt", "boss@example.org", "ann@example.org"])
numbers = st.sampled_from(["5", "2007", "3.5", "three", "10%", "1,000", "2024-01-02"])
WORDS = """
load average mean count of by per each the a it this report write mail save chart top sort
filter keep where is above at least missing before after if without don't all both first check
columns table result ask me delete move twice or & ( ) : ; -> 'x' "y"
"""
words = st.sampled_from(WORDS.split())
clauses = st.one_of(
    st.builds("load {}".format, files),
    st.builds("average {} by {}".format, columns, groups),
    st.builds("sum {} per {}".format, columns, groups),
    st.builds("write a report to {}".format, targets),
    st.builds("mail it to {}".format, targets),
    st.builds("mail the report to {}".format, targets),
    st.builds("save it to {}".format, targets),
    st.builds("sort it by {} descending".format, columns),
    st.builds("keep rows where {} is {}".format, columns, numbers),
    st.builds("top {} by {}".format, numbers, columns),
    st.builds("delete {}".format, files),
    st.sampled_from(["check the columns", "chart it", "draw a bar chart of it"]),
    st.lists(words, min_size=1, max_size=5).map(" ".join),
)
joints = st.sampled_from([", ", " and ", ". ", ", then ", " "])
goals = st.builds(lambda joint, parts: joint.join(parts), joints, st.lists(clauses, max_size=6))


@settings(max_examples=200, deadline=None)
@given(goal=goals, size=st.sampled_from(["small", "large"]), known=st.booleans())
def test_nothing_stated_is_dropped(catalogues, goal, size, known):
    """An unasked plan holds each stated value and no turning word; all ends are sound [PLAN-3]."""
    tools = catalogues[size]
    answers: dict[str, str] = {}
    for number in range(ROUNDS):
        context = PlanningContext(goal, tools, answers=answers)
        proposal = propose(context, LISTING if known else Listing())
        kinds = [bool(proposal.plan), bool(proposal.questions), bool(proposal.abandon)]
        assert kinds.count(True) == 1
        if proposal.plan is not None:
            assert proposal.plan.check(tools) == []
            if number == 0:
                _assert_all_there(goal, proposal.plan)
            return
        if proposal.abandon:
            return
        for question in proposal.questions:
            choices = [choice for choice in question.choices if choice != "stop"]
            answers[question.id] = choices[0] if choices else "5"
    raise AssertionError(f"still asking: {[q.text for q in proposal.questions]}")


def _assert_all_there(goal, plan):
    steps = [step.model_dump(mode="json", include={"args"}) for step in plan.steps]
    written = json.dumps(steps, ensure_ascii=False)
    for token in read_tokens(goal):
        if token.kind in VALUES:
            assert token.text in written, (token.text, goal)
        # `is not` may be understood, as a comparison; it then stands in an argument.
        understood = token.lower == "not" and "!=" in written
        assert token.lower not in HEAVY or understood, (token.text, goal)
