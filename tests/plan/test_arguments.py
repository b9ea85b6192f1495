"""What a person or a model may write as an argument, and what is refused with a clear sentence."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel, ValidationError

import workbench as wb
from workbench.errors import PlanError
from workbench.plan import Change, Ref, apply_edits
from workbench.tools import SecretValue


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Point:
    x: int
    y: float


class Order(BaseModel):
    item: str
    count: int = 1


def step(value: Any) -> wb.Step:
    return wb.Step(id="a", tool="x", args={"v": value})


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((1, (2, 3)), [1, [2, 3]]),
        (Path("data") / "sales.csv", "data/sales.csv"),
        (dt.date(2026, 1, 31), "2026-01-31"),
        (dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC), "2026-01-31T12:00:00Z"),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (Point(1, 2.5), {"x": 1, "y": 2.5}),
        (Order(item="tea"), {"item": "tea", "count": 1}),
        (np.float64(1.5), 1.5),
        (np.int64(7), 7),
        (np.array([1, 2]), [1, 2]),
        ({"b", "a"}, ["a", "b"]),
        (frozenset({3, 1}), [1, 3]),
        ({1: "one"}, {"1": "one"}),
        pytest.param(2**600, 2**600, id="large"),
        ("日本 \N{GRINNING FACE} \0", "日本 \N{GRINNING FACE} \0"),
    ],
)
def test_plain_python_values_become_json(given: object, kept: object) -> None:
    """What has a JSON form becomes it when the step is made, and comes back from JSON [PLAN-2]."""
    made = step(given)

    assert made.args["v"] == kept
    assert type(made.args["v"]) is type(kept)
    assert wb.Step.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize(
    ("hostile", "named"),
    [
        (pd.DataFrame({"x": [1]}), "pandas.DataFrame"),
        (pd.Series([1]), "pandas.Series"),
        (b"raw", "bytes"),
        (bytearray(b"raw"), "bytearray"),
        (object(), "object"),
        (lambda: None, "function"),
        (SecretValue("token", "hush"), "workbench.tools.inject.SecretValue"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        pytest.param(np.float64("nan"), "nan", id="numpy"),
        pytest.param(10**5000, "16610 bits", id="huge"),
        pytest.param("\ud800", "lone surrogate", id="surrogate"),
        (nested(65), "nested deeper than 64 levels"),
        (nested(5000), "nested deeper than 64 levels"),
    ],
)
@pytest.mark.parametrize("depth", [0, 1])
def test_hostile_values_are_refused_by_name(hostile: object, named: str, depth: int) -> None:
    """What JSON cannot hold is refused with its type and place, also deep inside [PLAN-3]."""
    value, where = (hostile, "v") if depth == 0 else ({"k": [hostile]}, r"v\.k\[0\]")

    with pytest.raises(ValidationError) as caught:
        step(value)

    message = caught.value.errors()[0]["msg"]
    assert named in message
    assert "hush" not in str(caught.value)
    if not named.startswith("nested"):
        assert re.search(where, message)


def test_a_value_that_holds_itself_is_refused() -> None:
    """A list that contains itself is refused and does not exhaust the stack [PLAN-3]."""
    ring: list[Any] = []
    ring.append(ring)

    with pytest.raises(ValidationError, match="holds itself"):
        step(ring)


def test_the_deepest_argument_comes_back() -> None:
    """The deepest nesting that is accepted can be read back [PLAN-2]."""
    plan = wb.Plan(steps=[step(nested(64))])

    assert wb.Plan.model_validate_json(plan.model_dump_json()) == plan


@pytest.mark.parametrize("args", [None, 5, "ab", [1], [("a", 1)]])
def test_arguments_are_given_by_name(args: object) -> None:
    """Arguments that are not a dict are one clear fault, not a crash [PLAN-3]."""
    with pytest.raises(ValidationError, match="given by name"):
        wb.Step.model_validate({"id": "a", "tool": "x", "args": args})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"$ref": "load"}, Ref(step="load")),
        ({"$ref": "load", "path": []}, Ref(step="load")),
        ({"$ref": "load", "path": ["rows", 0]}, Ref(step="load", path=("rows", 0))),
        ({"$ref": "load", "path": ["0"]}, Ref(step="load", path=("0",))),
        ({"$refs": "load"}, {"$refs": "load"}),
        ("$ref", "$ref"),
    ],
)
def test_references_are_written_as_data(written: object, meant: object) -> None:
    """A model or a file writes a reference as {"$ref": id, "path": […]} [PLAN-2]."""
    assert step(written).args["v"] == meant
    assert step([written]).args["v"] == [meant]


@pytest.mark.parametrize(
    "written",
    [
        {"$ref": "load", "other": 1},
        {"$ref": 5},
        {"$ref": None},
        {"$ref": ["load"]},
        {"$ref": "load", "path": "rows"},
        {"$ref": "load", "path": 5},
        {"$ref": "load", "path": [1.5]},
        {"$ref": "load", "path": [True]},
        {"$ref": "load", "path": [["a"]]},
    ],
)
def test_what_looks_like_a_reference_must_be_one(written: dict[str, Any]) -> None:
    """A dict with the key "$ref" that is no reference is refused, and never guessed at [PLAN-3]."""
    with pytest.raises(ValidationError, match=r"reference"):
        step({"deep": [written]})


def test_an_edit_takes_the_same_values() -> None:
    """A change of arguments keeps references through JSON and refuses the same values [PLAN-9]."""
    plan = wb.Plan(steps=[wb.Step(id="a", tool="x"), wb.Step(id="b", tool="x", args={"old": 1})])
    change = Change(
        step="b", changes={"args": {"rows": ({"deep": wb.ref("a", "k")},), "old": None}}
    )
    again = Change.model_validate_json(change.model_dump_json())

    assert again == change
    assert apply_edits(plan, [change]) == apply_edits(plan, [again])
    assert apply_edits(plan, [again])["b"].args == {"rows": [{"deep": Ref(step="a", path=("k",))}]}
    with pytest.raises(ValidationError, match=r"pandas\.DataFrame"):
        Change(step="b", changes={"args": {"rows": pd.DataFrame()}})
    with pytest.raises(ValidationError, match="given by name"):
        Change(step="b", changes={"args": 5})


def test_a_json_schema_with_references_of_its_own_can_be_a_check() -> None:
    """In an output schema "$ref" is the schema's own word and no reference to a step [PLAN-9]."""
    schema = {"$defs": {"row": {"type": "object"}}, "items": {"$ref": "#/$defs/row"}}
    plan = wb.Plan(steps=[wb.Step(id="a", tool="x")])
    change = Change(step="a", changes={"check": wb.Check(output_schema=schema)})

    changed = apply_edits(plan, [Change.model_validate_json(change.model_dump_json())])

    assert changed["a"].check == wb.Check(output_schema=schema)
    assert changed["a"].needs == ()


def test_a_wrong_field_of_an_edit_names_what_is_right() -> None:
    """A wrong field names those that there are; a wrong value says what is wrong [PLAN-9]."""
    plan = wb.Plan(steps=[wb.Step(id="a", tool="x")])

    with pytest.raises(PlanError, match=r"'colour'.*Fields are: after, args, ask"):
        apply_edits(plan, [Change(step="a", changes={"colour": "red"})])
    with pytest.raises(PlanError, match="'id'"):
        apply_edits(plan, [Change(step="a", changes={"id": "b"})])
    with pytest.raises(PlanError, match=r"timeout_s: Input should be greater than 0"):
        apply_edits(plan, [Change(step="a", changes={"timeout_s": -1})])
