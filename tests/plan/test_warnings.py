"""Warnings: one-way doors that are taken too early, calls made twice, costs nobody knows."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.plan import Finding, Move, apply_edits
from workbench.tools import Registry


@wb.tool(effect="read")
def look(at: str = "") -> str:
    """Look."""
    raise NotImplementedError


@wb.tool(effect="pure")
def think(about: str = "") -> str:
    """Think."""
    raise NotImplementedError


@wb.tool(effect="reversible", undo=lambda what: None)
def put(what: str = "") -> str:
    """Put."""
    raise NotImplementedError


@wb.tool(effect="irreversible", spend=lambda usd, **_: {"usd": usd})
def send(what: str = "", usd: float = 0) -> str:
    """Send."""
    raise NotImplementedError


def undeclared(what: str = "") -> str:
    """Do who knows what."""
    raise NotImplementedError


TOOLS = Registry([look, think, put, send, undeclared])


def step(name: str, tool: str, *after: str, **more: Any) -> wb.Step:
    what = {"send": {"what": name}, "put": {"what": name}, "undeclared": {"what": name}}
    return wb.Step(id=name, tool=tool, args=what.get(tool, {}), after=after, **more)


def warned(*steps: wb.Step, **limits: float) -> list[Finding]:
    plan = wb.Plan(steps=steps)
    assert plan.check(TOOLS) == []
    return plan.warnings(TOOLS, wb.Budget(**limits))


def test_a_one_way_door_before_what_can_still_fail_is_warned_of() -> None:
    """The later order is proposed as edits; with them the plan is sound and quiet [COMP-14]."""
    plan = wb.Plan(steps=[step("mail", "send", "a"), step("a", "think"), step("b", "look")])
    (warning,) = plan.warnings(TOOLS)
    assert (warning.code, warning.step) == ("irreversible_before_uncertain", "mail")
    assert warning.severity == "warning"
    assert "before b" in warning.message
    assert warning.proposal == (Move(step="mail", after=("a", "b")),)
    better = apply_edits(plan, warning.proposal)
    assert (better.check(TOOLS), better.warnings(TOOLS)) == ([], [])
    assert plan.check(TOOLS) == []


def test_an_undeclared_tool_counts_as_a_one_way_door() -> None:
    """Nobody said what it does, so it is put as late as can be [COMP-14]."""
    (warning,) = warned(step("who", "undeclared"), step("b", "put"))
    assert (warning.step, warning.proposal) == ("who", (Move(step="who", after=("b",)),))


def test_nothing_is_proposed_where_nothing_can_be_moved() -> None:
    """What follows needs the one-way door, by `after` or by its output [COMP-14]."""
    assert warned(step("mail", "send"), step("b", "look", "mail")) == []
    needs = wb.Step(id="b", tool="look", args={"at": wb.ref("mail")})
    assert warned(step("mail", "send"), needs, step("c", "put", "b")) == []


def test_what_cannot_fail_the_plan_is_no_reason_to_wait() -> None:
    """Pure steps count only with a check; what is skipped, and other doors, never [COMP-14]."""
    mail = step("mail", "send")
    assert warned(mail, step("b", "think")) == []
    assert warned(mail, step("b", "look", skip=True)) == []
    assert warned(mail, step("b", "send")) == []
    assert warned(step("mail", "send", skip=True), step("b", "look")) == []
    assert len(warned(mail, step("b", "think", check=wb.Check(not_empty=True)))) == 1


def test_only_the_last_of_a_chain_is_waited_for() -> None:
    """A proposal names what is enough, not all that it leads to."""
    steps = [step("a", "look"), step("b", "look", "a"), step("c", "put", "b"), step("m", "send")]
    (warning,) = warned(*steps)
    assert warning.proposal == (Move(step="m", after=("c",)),)


def test_two_doors_that_would_wait_for_each_other() -> None:
    """Each could wait for what follows the other: the proposals together make no cycle."""
    steps = [step("a", "send"), step("b", "send"), step("x", "look", "b"), step("y", "look", "a")]
    plan = wb.Plan(steps=steps)
    warnings = plan.warnings(TOOLS)
    better = apply_edits(plan, [edit for warning in warnings for edit in warning.proposal])
    assert (better.check(TOOLS), better.warnings(TOOLS)) == ([], [])


@st.composite
def dags(draw: st.DrawFn) -> wb.Plan:
    """Give a sound plan of steps of every kind."""
    names = [f"s{number}" for number in range(draw(st.integers(1, 7)))]
    made = []
    for at, name in enumerate(names):
        before = draw(st.lists(st.sampled_from(names[:at]), max_size=2)) if at else []
        tool = draw(st.sampled_from(["look", "think", "put", "send", "undeclared"]))
        check = wb.Check(not_empty=True) if draw(st.booleans()) else None
        made.append(step(name, tool, *before, check=check, skip=draw(st.integers(0, 9)) == 0))
    return wb.Plan(steps=draw(st.permutations(made)))


@settings(max_examples=400, deadline=None)
@given(dags())
def test_a_proposal_does_what_it_says(plan: wb.Plan) -> None:
    """Each proposal alone gives a sound plan without its warning; all together, without any."""
    doors = [w for w in plan.warnings(TOOLS) if w.code == "irreversible_before_uncertain"]
    for warning in doors:
        better = apply_edits(plan, warning.proposal)
        assert better.check(TOOLS) == []
        assert warning.step not in {
            w.step for w in better.warnings(TOOLS) if w.code == warning.code
        }
        assert set(better.needs[warning.step]) >= set(plan.needs[warning.step])
    together = apply_edits(plan, [edit for warning in doors for edit in warning.proposal])
    assert together.check(TOOLS) == []
    assert "irreversible_before_uncertain" not in {w.code for w in together.warnings(TOOLS)}


def test_the_same_call_twice_is_warned_of() -> None:
    """Same tool, same arguments, changing the world: the second names the first [REL-21]."""
    twice = {"tool": "send", "args": {"what": "bill", "usd": 3}}
    steps = [wb.Step(id="a", **twice), wb.Step(id="b", **twice), wb.Step(id="c", **twice)]
    first, second = warned(*steps)
    assert (first.code, first.step, second.step) == ("same_call_twice", "b", "c")
    assert "the same arguments as a" in first.message
    assert first.severity == "warning"


def test_other_arguments_or_no_change_are_no_double() -> None:
    """Reading twice, sending something else, or skipping the second is fine [REL-21]."""
    one = wb.Step(id="a", tool="send", args={"usd": 1})
    assert warned(one, wb.Step(id="b", tool="send", args={"usd": 1.5})) == []
    assert warned(one, wb.Step(id="b", tool="send", args={"usd": 1}, skip=True)) == []
    looks = [wb.Step(id=name, tool="look", args={"at": "x"}) for name in "ab"]
    assert warned(*looks) == []


def test_costs_that_nobody_knows_yet_are_warned_of() -> None:
    """A limit that can only be held when the call is due is said beforehand [PLAN-3]."""
    price = wb.Step(id="price", tool="think")
    pays = wb.Step(id="pays", tool="send", args={"usd": wb.ref("price")})
    (warning,) = warned(price, pays, usd=5)
    assert (warning.code, warning.step) == ("spend_unknown", None)
    assert "pays" in warning.message
    assert warned(price, pays) == []
    assert warned(wb.Step(id="pays", tool="send", args={"usd": 3}), usd=5) == []


def test_the_point_of_no_return_is_the_first_one_way_door() -> None:
    """In the order of work, not of the list; None where everything can be undone [REL-20]."""
    steps = [step("b", "send", "a"), step("a", "undeclared", "z"), step("z", "put")]
    assert wb.Plan(steps=steps).point_of_no_return(TOOLS) == "a"
    given = [step("a", "send", skip=True), step("z", "put")]
    assert wb.Plan(steps=given).point_of_no_return(TOOLS) is None


def test_a_plan_with_faults_has_no_warnings() -> None:
    """A cycle or a doubled id is a fault; without an order there is nothing to warn of."""
    circle = [step("a", "send", "b"), step("b", "look", "a")]
    assert wb.Plan(steps=circle).warnings(TOOLS) == []
    assert wb.Plan(steps=circle).point_of_no_return(TOOLS) is None
    assert wb.Plan(steps=[step("a", "send"), step("a", "look")]).warnings(TOOLS) == []


def test_a_finding_crosses_the_journal_as_it_is() -> None:
    """A warning with its proposal is data: it comes back from JSON equal."""
    (warning,) = warned(step("mail", "send"), step("b", "look"))
    assert Finding.model_validate_json(warning.model_dump_json()) == warning
