"""A plan is data: it goes through JSON unharmed, and its digest names its content."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import workbench as wb
from tests.plan.strategies import plans, steps
from workbench.errors import NotFound
from workbench.plan import Ref, find_refs
from workbench.values import Stored

SALES = wb.Plan(
    goal="weekly report",
    steps=[
        wb.Step(id="load", tool="read_table", args={"path": "sales.csv"}),
        wb.Step(id="top", tool="top_regions", args={"table": wb.ref("load"), "n": 3}),
        wb.Step(
            id="mail", tool="send_mail", args={"body": wb.ref("top", "rows", 0)}, after=["top"]
        ),
    ],
)


@settings(max_examples=50)
@given(plans())
def test_a_plan_comes_back_from_json_as_it_was(plan: wb.Plan) -> None:
    """A plan written as JSON and read again is the same plan, with the same digest [PLAN-2]."""
    for written in (plan.model_dump_json(), plan.model_dump_json(exclude_defaults=True)):
        again = wb.Plan.model_validate_json(written)

        assert again == plan
        assert again.digest == plan.digest
        assert [step.needs for step in again.steps] == [step.needs for step in plan.steps]
        assert again.model_dump(mode="json") == plan.model_dump(mode="json")


@settings(max_examples=50)
@given(plans())
def test_a_plan_survives_copies(plan: wb.Plan) -> None:
    """Copied and pickled, a plan is equal and has the same hash [PLAN-2]."""
    for again in (copy.copy(plan), copy.deepcopy(plan), pickle.loads(pickle.dumps(plan))):
        assert again == plan
        assert hash(again) == hash(plan)


def test_the_digest_is_the_same_in_every_process() -> None:
    """The digest depends on the content only, not on the process or the order of keys [PLAN-2]."""
    code = (
        "import workbench as wb; print(wb.Plan(goal='g', steps=[wb.Step(after=[], tool='x', id='a',"
        "args={'tags': {'red', 'green', 'blue'}, 'b': 1, 'a': (1, 2)})]).digest)"
    )
    here = wb.Plan(
        goal="g",
        steps=[
            wb.Step(id="a", tool="x", args={"a": [1, 2], "b": 1, "tags": ["blue", "green", "red"]})
        ],
    )

    out = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]

    assert out == [here.digest, here.digest]


@settings(max_examples=50)
@given(plans(max_size=3), st.data())
def test_any_change_changes_the_digest(plan: wb.Plan, data: st.DataObject) -> None:
    """Another goal, another order and another step each make another plan [PLAN-2]."""
    extra = data.draw(steps("extra"))

    assert wb.Plan(goal=plan.goal + "!", steps=plan.steps).digest != plan.digest
    assert wb.Plan(goal=plan.goal, steps=(*plan.steps, extra)).digest != plan.digest
    if len(plan.steps) > 1:
        assert wb.Plan(goal=plan.goal, steps=plan.steps[::-1]).digest != plan.digest


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), (0, False), (0.0, -0.0), ("1", 1)])
def test_values_that_python_calls_equal_are_different_arguments(one: object, other: object) -> None:
    """1, 1.0 and True are different in JSON, so the steps differ, and the diff says so [PLAN-2]."""
    before = wb.Plan(steps=[wb.Step(id="a", tool="x", args={"n": one})])
    after = wb.Plan(steps=[wb.Step(id="a", tool="x", args={"n": other})])

    assert before.steps[0] != after.steps[0]
    assert before != after
    assert [change.field for change in before.diff(after).changed["a"]] == ["args"]


def test_a_changed_copy_has_its_own_digest() -> None:
    """`model_copy` with changes does not keep what was derived from the old content [PLAN-2]."""
    before, needs = SALES.digest, SALES["mail"].needs
    changed = SALES.model_copy(update={"goal": "monthly report"})
    step = SALES["mail"].model_copy(update={"after": ("load",)})

    assert changed.digest != before
    assert changed != SALES
    assert step.needs == ("load", "top") != needs
    with pytest.raises(ValidationError):
        SALES["mail"].model_copy(update={"timeout_s": -1})


def test_nothing_of_a_plan_can_be_assigned() -> None:
    """Plans and steps are immutable: a revision stays what was accepted [PLAN-2]."""
    with pytest.raises(ValidationError, match="frozen"):
        SALES.goal = "another"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        SALES.steps[0].tool = "another"  # type: ignore[misc]


def test_a_reference_implies_waiting() -> None:
    """A reference anywhere among the arguments is something to wait for, each id once [PLAN-2]."""
    step = wb.Step(
        id="d",
        tool="x",
        args={"rows": [{"deep": (wb.ref("a", "x", 0), wb.ref("b"))}], "again": wb.ref("b")},
        after=["c", "b"],
    )

    assert step.needs == ("c", "b", "a")
    assert list(find_refs(step.args)) == [
        Ref(step="a", path=("x", 0)),
        Ref(step="b"),
        Ref(step="b"),
    ]


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("load", True),
        ("a.b-c_9", True),
        ("x" * 64, True),
        ("", False),
        ("x" * 65, False),
        ("-a", False),
        ("a b", False),
        ("a\n", False),
        ("ä", False),
        ("../etc", False),
    ],
)
def test_ids_are_plain_names(name: str, *, right: bool) -> None:
    """A step's id is a short plain name, so it can stand in a row, a path and a key [PLAN-2]."""
    if right:
        assert wb.Step(id=name, tool="x").id == name
    else:
        with pytest.raises(ValidationError, match="id"):
            wb.Step(id=name, tool="x")


def test_fields_that_do_not_exist_are_refused() -> None:
    """A misspelt field is a fault and not dropped in silence [PLAN-2]."""
    with pytest.raises(ValidationError, match="tittle"):
        wb.Step.model_validate({"id": "a", "tool": "x", "tittle": "sum"})
    with pytest.raises(ValidationError, match="step"):
        wb.Plan.model_validate({"step": []})


def test_a_plan_finds_its_steps() -> None:
    """Steps are found by id; an id that is not there is refused with those that are [PLAN-2]."""
    assert SALES["top"].tool == "top_regions"
    assert "top" in SALES
    assert "bottom" not in SALES
    with pytest.raises(NotFound, match=r"no step 'bottom'.*load, top, mail"):
        SALES["bottom"]


def test_a_plan_can_be_ordered() -> None:
    """Each step is ordered behind what it waits for; a cycle has no order [PLAN-4]."""
    reversed_plan = wb.Plan(steps=SALES.steps[::-1])
    dangling = wb.Plan(steps=[wb.Step(id="a", tool="x", after=["ghost"])])
    cycle = wb.Plan(steps=[wb.Step(id="a", tool="x", after=["a"])])

    assert reversed_plan.order() == ["load", "top", "mail"]
    assert dangling.order() == ["a"]
    assert cycle.order() == []


def test_people_can_read_a_plan() -> None:
    """As text a plan lists its steps with what each waits for [PLAN-2]."""
    assert str(SALES).splitlines() == [
        f"Plan {SALES.digest[:8]}: weekly report",
        "  1. load: load [read_table]",
        "  2. top: top [top_regions]  (after load)",
        "  3. mail: mail [send_mail]  (after top)",
    ]
    assert repr(SALES) == f"<Plan {SALES.digest[:8]}: 3 steps, 'weekly report'>"


def test_a_given_output_travels_with_the_plan() -> None:
    """An output that a person gave is part of the plan's content [PLAN-2, PLAN-9]."""
    step = wb.Step(id="a", tool="x", output=Stored(value=[1, 2]))
    plan = wb.Plan(steps=[step])

    assert wb.Plan.model_validate_json(plan.model_dump_json())["a"].output == Stored(value=[1, 2])
    assert plan != wb.Plan(steps=[wb.Step(id="a", tool="x")])


def test_retries_wait_longer_each_time() -> None:
    """Waits grow by the factor up to the longest one; attempt 2 is the first retry [PLAN-2]."""
    retry = wb.Retry(attempts=5, wait_s=1, factor=3, max_wait_s=10)

    assert [retry.wait_before(attempt) for attempt in (2, 3, 4, 5)] == [1, 3, 9, 10]
