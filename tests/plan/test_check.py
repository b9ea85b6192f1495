"""The checker names every fault of a plan at once, before anything is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given, settings
from pydantic import BaseModel, Field

import workbench as wb
from tests.plan.strategies import plans
from workbench.plan import Finding, PlanDiff, Remove, apply_edits
from workbench.tools import Registry
from workbench.values import Stored


class Region(BaseModel):
    name: str
    total: float


class Table(BaseModel):
    rows: list[Region]
    source: Path | None


@wb.tool(effect="read")
def load(path: str, limit: Annotated[int, Field(ge=1)] = 10) -> Table:
    """Load a table."""
    raise NotImplementedError


@wb.tool(effect="pure")
def total(rows: list[float], weights: dict[str, list[int]] | None = None) -> float:
    """Add up."""
    raise NotImplementedError


@wb.tool(effect="pure")
def anything(value: object = None):
    """Take and give anything."""


@wb.tool(effect="irreversible")
def send(to: str) -> None:
    """Send it."""


TOOLS = Registry([load, total, anything, send])


def check(*steps: wb.Step) -> list[Finding]:
    return wb.Plan(steps=steps).check(TOOLS)


def only(*steps: wb.Step) -> Finding:
    findings = check(*steps)
    assert len(findings) == 1, findings
    return findings[0]


def any_step(name: str, *after: str, **fields: object) -> wb.Step:
    return wb.Step(id=name, tool="anything", after=after, **fields)


LOAD = wb.Step(id="load", tool="load", args={"path": "sales.csv"})


def test_every_fault_is_reported_at_once() -> None:
    """A plan with five planted faults gives five findings, with the cycle as a path [PLAN-3]."""
    findings = check(
        wb.Step(id="1", tool="lod"),
        wb.Step(id="2", tool="load", args={"path": "a.csv", "limit": 0}),
        any_step("3", "9"),
        any_step("4", "7"),
        any_step("5", "4"),
        any_step("6", args={"value": wb.ref("8", "x")}),
        any_step("7", "5"),
    )

    assert [(found.code, found.step, found.path) for found in findings] == [
        ("unknown_tool", "1", "tool"),
        ("bad_argument", "2", "args.limit"),
        ("dangling_after", "3", "after[0]"),
        ("dangling_ref", "6", "args"),
        ("cycle", "4", ""),
    ]
    assert "4→5→7→4" in findings[-1].message
    assert str(findings[0]) == ("1.tool: no tool 'lod'; known are: anything, load, send, total")


@pytest.mark.parametrize(
    ("args", "code", "path", "words"),
    [
        ({}, "missing_argument", "args.path", "load needs the argument 'path'"),
        ({"path": "a", "n": 1}, "unknown_argument", "args.n", "it takes: path, limit"),
        ({"path": 5}, "bad_argument", "args.path", "valid string"),
        ({"path": "a", "limit": 0}, "bad_argument", "args.limit", "greater than or equal to 1"),
        ({"path": "a", "limit": "x"}, "bad_argument", "args.limit", "valid integer"),
    ],
)
def test_arguments_are_checked_against_the_schema(
    args: dict[str, object], code: str, path: str, words: str
) -> None:
    """A missing, an unknown and a wrongly typed argument are found, with the path [PLAN-3]."""
    found = only(wb.Step(id="a", tool="load", args=args))

    assert (found.code, found.path) == (code, path)
    assert words in found.message


def test_the_path_leads_into_the_argument() -> None:
    """The path leads into lists and dicts to the very value; all wrong ones are named [PLAN-3]."""
    args = {"rows": [1, "x", 2, "y"], "weights": {"north": [1, "z"]}}

    paths = [found.path for found in check(wb.Step(id="a", tool="total", args=args))]

    assert paths == ["args.rows[1]", "args.rows[3]", "args.weights.north[1]"]


def test_a_reference_may_stand_for_any_argument() -> None:
    """An argument with a reference in it is checked when it is resolved, not before [PLAN-3]."""
    args = {"rows": [wb.ref("load", "rows", 0, "total"), 2]}

    assert check(LOAD, wb.Step(id="sum", tool="total", args=args)) == []


def test_doubled_ids_are_found_once() -> None:
    """A doubled id is one finding, and does not hide the cycle that its steps are in [PLAN-3]."""
    findings = check(any_step("a", "b"), any_step("a"), any_step("a"), any_step("b", "a"))

    assert [found.code for found in findings] == ["duplicate_id", "cycle"]
    assert findings[0].message.startswith("3 steps have the id 'a'")


def test_a_plan_without_steps_is_a_fault() -> None:
    """An empty plan is a fault of the plan as a whole [PLAN-3]."""
    found = only()

    assert (found.code, found.step, str(found)) == ("empty", None, "plan: no steps")


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        (("rows",), None),
        (("rows", 0, "name"), None),
        (("rows", -1, "total"), None),
        (("source",), None),
        (("rows", 0, "name", "first"), "plain string"),
        (("lines",), "no 'lines'; it returns: rows, source"),
        (("rows", 0, "sum"), "no 'sum'; it returns: name, total"),
        (("rows", "first"), "returns a list there"),
        ((0,), "no list"),
    ],
)
def test_a_reference_must_lead_to_a_part_that_the_tool_returns(
    path: tuple[str | int, ...], fault: str | None
) -> None:
    """A reference into an output is checked against what the tool says it returns [PLAN-3]."""
    findings = check(LOAD, any_step("b", args={"value": wb.ref("load", *path)}))

    if fault is None:
        assert findings == []
    else:
        assert [found.code for found in findings] == ["no_such_output"]
        assert fault in findings[0].message


def test_outputs_that_nobody_declares_are_not_judged() -> None:
    """An output that no annotation describes, or that a person gave, may have any part [PLAN-3]."""
    given = LOAD.model_copy(update={"output": Stored(value={"lines": [1]})})

    assert check(any_step("a"), any_step("b", args={"value": wb.ref("a", "x", 0)})) == []
    assert check(given, any_step("b", args={"value": wb.ref("load", "lines", 0)})) == []


def test_a_skipped_step_makes_no_output() -> None:
    """A skipped step can be waited for, not referred to; its arguments don't matter [PLAN-3]."""
    skipped = wb.Step(id="load", tool="load", skip=True)

    assert check(skipped, any_step("b", "load")) == []
    found = only(skipped, any_step("b", args={"value": wb.ref("load")}))
    assert (found.code, found.step) == ("skipped_ref", "b")


def test_a_check_that_could_not_check_is_found_before_the_call() -> None:
    """An output check that cannot work is found before the call [PLAN-3, PLAN-13]."""
    assert (
        check(any_step("a", check=wb.Check(tool="anything", output_schema={"type": "array"}))) == []
    )
    for wrong, code, path in [
        (wb.Check(tool="looks_right"), "unknown_check", "check.tool"),
        (wb.Check(tool="send"), "bad_check", "check.tool"),
        (wb.Check(output_schema={"type": "lsit"}), "bad_check", "check.output_schema"),
    ]:
        found = only(any_step("a", check=wrong))
        assert (found.code, found.path) == (code, path)


def test_cycles_are_each_shown_once_and_always_the_same_way() -> None:
    """Each cycle is a path from its smallest id, whatever the order of the list [PLAN-3]."""
    steps = [any_step("b", "a"), any_step("a", "c"), any_step("c", "b"), any_step("x", "x")]

    for listed in (steps, steps[::-1]):
        messages = [found.message.rpartition(": ")[2] for found in check(*listed)]
        assert sorted(messages) == ["a→b→c→a", "x→x"]


def test_many_cycles_do_not_drown_the_reader() -> None:
    """A plan full of cycles is reported to a limit, and quickly [PLAN-3]."""
    findings = check(*(any_step(f"s{n}", f"s{n}") for n in range(500)))

    assert len(findings) == 20
    assert {found.code for found in findings} == {"cycle"}


def test_tools_may_be_given_in_three_ways() -> None:
    """A plan is checked against a registry, a list or an iterator of tools [PLAN-3]."""
    plan = wb.Plan(steps=[LOAD])

    assert plan.check(TOOLS) == plan.check([load]) == plan.check(iter([load])) == []
    assert [found.code for found in plan.check([])] == ["unknown_tool"]


class CountingTool:
    """Counts how often the checker asks."""

    name = "load"

    def __init__(self) -> None:
        self.asked = 0

    def check_args(self, args: dict[str, object]) -> list[tuple[str, str, str]]:
        self.asked += 1
        return []

    def check_output_path(self, path: tuple[str | int, ...]) -> str | None:
        self.asked += 1
        return None


def chain(size: int) -> wb.Plan:
    steps = [wb.Step(id="s0", tool="load")]
    for number in range(1, size):
        earlier = wb.ref(f"s{number - 1}", "rows")
        steps.append(wb.Step(id=f"s{number}", tool="load", args={"path": earlier}))
    return wb.Plan(steps=steps)


def test_a_check_of_many_steps_asks_each_tool_once() -> None:
    """The work is linear: one question for each step and one for each reference [PLAN-3]."""
    for size in (50, 5000):
        tool = CountingTool()
        assert chain(size).check([tool]) == []
        assert tool.asked == size + (size - 1)


def test_a_long_cycle_is_shown_whole() -> None:
    """A cycle through 5,000 steps is found without exhausting the stack [PLAN-3]."""
    plan = chain(5000)
    first = plan.steps[0].model_copy(update={"after": ("s4999",)})

    findings = wb.Plan(steps=(first, *plan.steps[1:])).check([CountingTool()])

    assert [found.code for found in findings] == ["cycle"]
    assert findings[0].message.count("→") == 5000


@settings(max_examples=50)
@given(plans())
def test_a_check_never_raises(plan: wb.Plan) -> None:
    """Whatever a plan holds, checking it gives findings and no error, twice the same [PLAN-3]."""
    findings = plan.check(TOOLS)

    assert findings == plan.check(TOOLS)
    assert all(found.message for found in findings)


def test_a_plan_without_its_source_is_not_sound() -> None:
    """Removing a step that others refer to is found by the check that follows [PLAN-3, PLAN-9]."""
    plan = wb.Plan(steps=[LOAD, any_step("b", args={"value": wb.ref("load")})])
    edited = apply_edits(plan, [Remove(step="load")])

    assert plan.diff(edited) == PlanDiff(removed=("load",))
    assert [found.code for found in edited.check(TOOLS)] == ["dangling_ref"]
