"""What no tool produced is flagged; decisions are kept, and what goes against them is noticed."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, plan, step
from tests.engine.test_replanning import KEEP, Planner
from workbench.errors import RunFailed
from workbench.plan import Add
from workbench.planner import Decision, Proposal, Question
from workbench.report import event_text
from workbench.testing import capture_events

ROWS = [{"region": "north", "units": 31}, {"region": "south", "units": 47}]


@wb.tool(effect="read")
def sales(name: str, year: int = 2007) -> list[dict[str, Any]]:
    """Give the sales of a year."""
    return ROWS


def flags(run: wb.Run) -> dict[str, str]:
    return {
        str(remark.step): remark.text
        for revision in run.view.revisions
        for remark in revision.remarks
        if remark.code == "invented"
    }


def planned(lab: Lab, goal: str, *steps: wb.Step, **more: Any) -> wb.Run:
    proposal = Proposal(plan=plan(*steps), **more)
    return lab.bench(sales, planner=Planner(proposal)).start(goal)


def test_invented_rows_are_flagged(lab: Lab) -> None:
    """Rows that a planner writes into its plan itself, and that no tool has produced, are flagged
    with the revision, before anything begins, and in the report [COMP-16]."""
    made_up = [{"region": "north", "units": 31}, {"region": "east", "units": 99}]
    taken = step("taken", value=wb.ref("load"))
    run = planned(lab, "report the units", step("load", "sales"), taken, step("own", value=made_up))
    run.wait(20)
    assert list(flags(run)) == ["own"]
    assert "value[0].region = north" in flags(run)["own"]
    frame = run.provenance().set_index("step")
    assert frame.loc["load", ["made_by", "produced"]].tolist() == ["call", True]
    assert frame.loc["taken", "of"] == "load"
    assert frame.invented.notna().tolist() == [False, False, True]
    assert "nobody gave" in frame.loc["own", "invented"]


def test_what_is_made_of_it_is_marked_too(lab: Lab) -> None:
    """An output that was made of a flagged one, or of one that a person gave, says what it rests
    on [COMP-16]."""
    steps = [
        step("own", value=[[1.5, 2.5]]),
        step("of_own", value=wb.ref("own")),
        step("of_that", value=wb.ref("of_own", 0)),
        step("load", "sales"),
        step("other", value=wb.ref("load")),
    ]
    run = planned(lab, "count", *steps)
    run.wait(20)
    frame = run.provenance().set_index("step")
    assert frame.rests_on.fillna("").to_dict() == {
        "own": "", "of_own": "own", "of_that": "own", "load": "", "other": ""
    }  # fmt: skip


def test_what_a_person_gave_no_tool_produced(lab: Lab, world: World) -> None:
    """An output that a person gave is marked so, and what was made of it, too [COMP-16]."""
    gate = world.gate("a")
    steps = plan(step("a"), step("x", after=["a"]), step("y", value=wb.ref("x")))
    run = lab.bench().start(plan=steps)
    gate.wait_reached()
    with run.editing("I know it") as draft:
        draft.set_output("x", 7)
    gate.open()
    run.resume()
    run.wait(20)
    frame = run.provenance().set_index("step")
    assert frame.made_by.tolist() == ["call", "person", "call"]
    assert frame.produced.tolist() == [True, False, True]
    assert frame.loc["y", "rests_on"] == "x"


SAID = [
    ("take 12 of 2007", {"n": 12, "year": 2007}),
    ("write 1,250.50 to Ann at ann@example.org", {"usd": 1250.5, "to": "ann@example.org"}),
    ("the year 2007", {"text": "Sales of 2007"}),
    ("anything", {"flag": True, "nothing": None, "text": "A title in my own words"}),
]


@pytest.mark.parametrize(("goal", "value"), SAID)
def test_what_the_person_said_is_not_flagged(lab: Lab, goal: str, value: Any) -> None:
    """Numbers and addresses of the goal, and words without either, are nothing made up
    [COMP-16]."""
    run = planned(lab, goal, step("a", value=value))
    run.wait(20)
    assert flags(run) == {}


MADE_UP = [
    ({"n": 13}, "value.n = 13"),
    ({"to": "eve@example.org"}, "eve@example.org"),
    ({"url": "see https://evil.example/x"}, "https://evil.example/x"),
    ({"text": "Sales rose by 17 percent"}, "17"),
]


@pytest.mark.parametrize(("value", "shown"), MADE_UP)
def test_what_nobody_said_is_flagged(lab: Lab, value: Any, shown: str) -> None:
    """A number, an address or a link that neither person nor tool gave is flagged, and shown to who
    looks at the run [COMP-16]."""
    run = planned(lab, "take 12 of 2007", step("a", value=value))
    run.wait(20)
    assert shown in flags(run)["a"]


def test_answers_comments_and_outputs_are_sources(lab: Lab, world: World) -> None:
    """A later revision may use what the person answered and said, and what tools put out
    [COMP-16]."""
    asked = Proposal(questions=[Question(id="q", text="How many?")])

    def later(context: Any) -> Proposal:
        if len(context.plan.steps) > 1:
            return KEEP
        value = [{"answered": 77}, {"said": 88}, {"put out": 47}, {"made up": 99}]
        return Proposal(edits=[Add(step=step("use", value=value))])

    planner = Planner(asked, Proposal(plan=plan(step("load", "sales"))), later)
    gate = world.gate("load")
    gate.open()
    run = lab.bench(sales, planner=planner).start("go on", replan="each")
    run.wait_until("waiting", timeout_s=20)
    run.comment("not 88", replan=False)
    run.inbox[0].choose("77")
    run.wait(20)
    assert flags(run) == {
        "use": "nobody gave value[3].made up = 99: no output, and nothing that was said, has it"
    }


def test_an_own_plan_is_not_questioned(lab: Lab) -> None:
    """What a person writes into their plan is theirs [COMP-16]."""
    run = lab.bench().start(plan=plan(step("a", value=[{"x": 5}])))
    run.wait(20)
    assert flags(run) == {}


def test_every_output_says_whether_it_was_verified(lab: Lab, world: World) -> None:
    """Each output is "verified" or "not verified"; what a check refused is the latter [HARN-10]."""
    steps = [
        step("good", value=[1], check=wb.Check(not_empty=True)),
        step("plain"),
        step("bad", value=[], check=wb.Check(not_empty=True)),
        step("never", after=["bad"]),
    ]
    run = lab.bench().start(plan=plan(*steps), on_failure="continue")
    with pytest.raises(RunFailed):
        run.wait(20)
    assert run.provenance().set_index("step").verified.fillna("").to_dict() == {
        "good": "verified", "plain": "not verified", "bad": "not verified", "never": ""
    }  # fmt: skip
    assert [result.verified for result in run.results] == [
        "verified", "not verified", "not verified", ""
    ]  # fmt: skip


# -- the decision log ----------------------------------------------------------------------------


def decides(*pairs: tuple[str, str]) -> list[Decision]:
    return [Decision(subject, choice, "because") for subject, choice in pairs]


def test_decisions_are_kept_and_shown_to_the_planner(lab: Lab) -> None:
    """What planner and person decide is in the log with author and reason, once, after a restart
    too; the planner sees it [MULT-3]."""
    first = Proposal(plan=plan(step("a")), decisions=decides(("Year", "2007")))
    again = Proposal(keep="fine", decisions=decides(("the  year", "2007"), ("year", "2007")))
    planner = Planner(first, again)
    run = lab.bench(planner=planner).start("decide", replan="each")
    run.wait(20)
    kept = [(d.by, d.subject, d.choice, d.why) for d in run.decisions]
    assert kept == [
        ("planner scripted", "Year", "2007", "because"),
        ("planner scripted", "the  year", "2007", "because"),
    ]
    assert [d.choice for d in planner.seen[1].decisions] == ["2007"]
    places = [d.seq for d in run.decisions]
    assert [d.seq for d in lab.reopen(run).decisions] == places


def test_a_change_of_mind_is_flagged(lab: Lab) -> None:
    """A planner may decide otherwise than before; the log says what that goes against [MULT-4]."""
    first = Proposal(plan=plan(step("a")), decisions=decides(("year", "2007")))
    again = Proposal(keep="fine", decisions=decides(("Year", "2010")))
    run = lab.bench(planner=Planner(first, again)).start("decide", replan="each")
    run.wait(20)
    one, two = run.decisions
    assert (one.contradicts, two.contradicts) == (0, one.seq)
    told = "\n".join(map(event_text, run.events()))
    assert f"Year: 2010 was decided by planner scripted, against event {one.seq}" in told


def test_a_planner_does_not_go_against_a_person(lab: Lab, world: World) -> None:
    """A revision that decides otherwise than a person did is not taken over; the planner is told,
    and after two such proposals the run ends, before anything of it is done [MULT-4]."""
    gate = world.gate("a")

    def other(context: Any) -> Proposal:
        edits = [Add(step=step(f"x{len(context.notes)}", after=["a"]))]
        return Proposal(edits=edits, decisions=decides(("year", "2010")))

    planner = Planner(other)
    run = lab.bench(planner=planner).start(plan=plan(step("a")), replan="each")
    gate.wait_reached()
    run.decide("Year", "2007", "as the customer wants")
    gate.open()
    with pytest.raises(RunFailed, match="no progress"):
        run.wait(20)
    assert "person decided '2007' for 'Year'" in planner.seen[1].why
    assert world.calls == ["a"]
    assert [(d.by, d.choice) for d in run.decisions] == [("person", "2007")]


def test_a_first_plan_against_a_person_is_none(lab: Lab, world: World) -> None:
    """Decided before there is a plan, it holds for the first one, too [MULT-3]."""
    asked = Proposal(questions=[Question(id="q", text="Go on?")])
    against = Proposal(plan=plan(step("a")), decisions=decides(("year", "2010")))
    run = lab.bench(planner=Planner(asked, against)).start("decide")
    run.wait_until("waiting", timeout_s=20)
    run.decide("year", "2007")
    run.inbox[0].choose("yes")
    with pytest.raises(RunFailed, match="person decided '2007'"):
        run.wait(20)
    assert world.calls == []
    assert capture_events(run, "decision.made")[0].by == "person"
