"""Edits are data: the same for the planner and the person, whole or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import workbench as wb
from tests.plan.strategies import edits, plans
from workbench.errors import PlanError
from workbench.plan import (
    Add,
    Change,
    Draft,
    Edit,
    EditList,
    Move,
    Remove,
    SetOutput,
    Skip,
    apply_edits,
)
from workbench.plan.edits import touched
from workbench.values import Stored, encode

PLAN = wb.Plan(
    goal="report",
    steps=[
        wb.Step(id="a", tool="load", args={"path": "x", "n": 1}),
        wb.Step(id="b", tool="sum", args={"rows": wb.ref("a")}),
        wb.Step(id="c", tool="mail", after=["b"]),
    ],
)


def ids(plan: wb.Plan) -> list[str]:
    return [step.id for step in plan.steps]


def test_each_kind_of_edit_does_one_thing() -> None:
    """Add, remove, change, move, skip and set_output each change exactly what they say [PLAN-9]."""
    new = wb.Step(id="d", tool="x")

    assert ids(apply_edits(PLAN, [Add(step=new)])) == ["a", "b", "c", "d"]
    assert ids(apply_edits(PLAN, [Add(step=new, before="b")])) == ["a", "d", "b", "c"]
    assert ids(apply_edits(PLAN, [Remove(step="b")])) == ["a", "c"]
    assert ids(apply_edits(PLAN, [Move(step="c", before="a")])) == ["c", "a", "b"]
    assert apply_edits(PLAN, [Move(step="c", after=("a",))])["c"].after == ("a",)
    assert apply_edits(PLAN, [Skip(step="b")])["b"].skip
    given = apply_edits(PLAN, [SetOutput(step="b", output=Stored(value=[1]))])["b"]
    assert given.output == Stored(value=[1])


def test_a_change_merges_arguments_by_name() -> None:
    """Changed arguments are merged by name, and None removes one [PLAN-9]."""
    changes = {"args": {"n": 2, "path": None, "sep": ";"}, "title": "load it"}
    step = apply_edits(PLAN, [Change(step="a", changes=changes)])["a"]

    assert step.args == {"n": 2, "sep": ";"}
    assert (step.title, step.tool) == ("load it", "load")


def test_a_person_can_insert_an_approval() -> None:
    """`ask` on a step is an approval that the plan itself asks for [PLAN-9]."""
    assert apply_edits(PLAN, [Change(step="c", changes={"ask": True})])["c"].ask


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Add(step=wb.Step(id="a", tool="x")), "already has a step 'a'"),
        (Add(step=wb.Step(id="d", tool="x"), before="z"), "no step 'z'"),
        (Remove(step="z"), r"no step 'z'.*Its steps are: a, b, c"),
        (Change(step="z", changes={}), "no step 'z'"),
        (Move(step="z", before="a"), "no step 'z'"),
        (Move(step="a", before="a"), "no step 'a'"),
        (Move(step="a", before="z"), "no step 'z'"),
        (Skip(step="z"), "no step 'z'"),
        (SetOutput(step="z", output=Stored()), "no step 'z'"),
    ],
)
def test_an_edit_that_cannot_be_made_says_why(edit: Edit, words: str) -> None:
    """An edit of a step that is not there is refused with those that are [PLAN-9]."""
    with pytest.raises(PlanError, match=words):
        apply_edits(PLAN, [edit])


@settings(max_examples=500)
@given(plans(), st.lists(edits, max_size=5))
def test_edits_are_made_whole_or_not_at_all(plan: wb.Plan, several: list[Edit]) -> None:
    """Edits give what they give one by one, also from JSON; if one fails, none is made [PLAN-9]."""
    before = plan.model_dump_json()
    one_by_one, refused = plan, False
    for edit in several:
        try:
            one_by_one = apply_edits(one_by_one, [edit])
        except PlanError:
            refused = True
            break

    again = EditList.validate_json(EditList.dump_json(several))
    if refused:
        with pytest.raises(PlanError):
            apply_edits(plan, several)
    else:
        assert apply_edits(plan, several) == one_by_one
        assert apply_edits(plan, again) == one_by_one
    assert plan.model_dump_json() == before
    assert wb.Plan.model_validate_json(before) == plan


@settings(max_examples=200)
@given(plans(), st.lists(edits, max_size=4))
def test_a_diff_names_exactly_what_was_touched(plan: wb.Plan, several: list[Edit]) -> None:
    """A diff names each step that differs, and only steps that the edits touched [PLAN-7]."""
    edited = plan
    made: list[Edit] = []
    for edit in several:
        try:
            edited = apply_edits(edited, [edit])
            made.append(edit)
        except PlanError:
            continue

    diff = plan.diff(edited)

    named = {*diff.added, *diff.removed, *diff.changed}
    assert named <= {touched(edit) for edit in made}
    old, new = plan.by_id, edited.by_id
    assert set(diff.added) == new.keys() - old.keys()
    assert set(diff.removed) == old.keys() - new.keys()
    differing = {name for name in old.keys() & new.keys() if old[name].digest != new[name].digest}
    assert set(diff.changed) == differing
    assert all(changes for changes in diff.changed.values())
    assert bool(diff) == (plan.digest != edited.digest)


def test_a_diff_shows_what_was_and_what_is() -> None:
    """A diff names the field with its values before and after, one line a change [PLAN-7]."""
    edited = apply_edits(
        PLAN,
        [
            Add(step=wb.Step(id="d", tool="x"), before="a"),
            Remove(step="c"),
            Change(step="a", changes={"args": {"n": 2}, "title": "load"}),
            Move(step="b", before="a"),
        ],
    )

    assert str(PLAN.diff(edited)).splitlines() == [
        "+ d",
        "- c",
        "~ a.args: {'path': 'x', 'n': 1} → {'path': 'x', 'n': 2}",
        "~ a.title: '' → 'load'",
        "~ the order of the list",
    ]
    assert str(PLAN.diff(PLAN)) == "no difference"
    assert not PLAN.diff(PLAN)


def test_edits_are_read_from_data() -> None:
    """Edits come in as JSON, told apart by `op`; what is unknown is refused [PLAN-9]."""
    made = EditList.validate_python(
        [{"op": "remove", "step": "c"}, {"op": "add", "step": {"id": "d", "tool": "x"}}]
    )

    assert made == [Remove(step="c"), Add(step=wb.Step(id="d", tool="x"))]
    with pytest.raises(ValidationError, match="op"):
        EditList.validate_python([{"op": "replace", "step": "c"}])
    with pytest.raises(ValidationError, match="befor"):
        EditList.validate_python([{"op": "move", "step": "c", "befor": "a"}])


def draft(fixed: dict[str, str] | None = None) -> Draft:
    return Draft(PLAN, fixed or {}, lambda value: encode(value)[0])


def test_a_draft_collects_edits_and_shows_the_plan() -> None:
    """A draft shows at once what the plan would become, and its edits say the same [PLAN-9]."""
    made = draft()
    made.add(wb.Step(id="d", tool="x"), before="c")
    made.remove("c")
    made.change("a", args={"n": 5})
    made.move("d", after=["b"])
    made.skip("b")
    made.set_output("a", [1, 2])

    assert ids(made.plan) == ["a", "b", "d"]
    assert apply_edits(made.base, made.edits) == made.plan
    assert [edit.op for edit in made.edits] == [
        "add", "remove", "change", "move", "skip", "set_output",
    ]  # fmt: skip
    assert made.base == PLAN


def test_a_draft_refuses_what_is_finished_or_wrong() -> None:
    """A step that is finished or being done is read-only, and the reason is said [PLAN-10]."""
    made = draft({"a": "finished (succeeded)", "b": "being done"})

    for refused in (
        lambda: made.change("a", title="x"),
        lambda: made.skip("b"),
        lambda: made.remove("a"),
        lambda: made.move("b", after=[]),
        lambda: made.set_output("a", 1),
    ):
        with pytest.raises(
            PlanError, match=r"Step '[ab]' is (finished|being done).*cannot be edited"
        ):
            refused()
    with pytest.raises(PlanError, match="no step 'z'"):
        made.remove("z")
    assert made.edits == []
    assert made.plan == PLAN
