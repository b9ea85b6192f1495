"""The shape of a plan: what it does, apart from names."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.plan import colours, shape


def plan(*steps: wb.Step) -> wb.Plan:
    return wb.Plan(goal="g", steps=steps)


def step(name: str, tool: str = "t", **more: object) -> wb.Step:
    return wb.Step(id=name, tool=tool, **more)  # type: ignore[arg-type]


LOAD = step("load", args={"path": "a.csv"})
SUM = step("sum", args={"table": wb.ref("load", "rows"), "n": 3})
NOTE = step("note", args={"text": "x"}, after=("sum",))
BASE = plan(LOAD, SUM, NOTE)


def test_names_and_the_order_of_the_list_do_not_count() -> None:
    """Renamed, titled, explained and listed otherwise, a plan has the same shape [PLAN-8]."""
    other = plan(
        step("c", args={"text": "x"}, after=("b",), title="A note", why="because"),
        step("b", args={"table": wb.ref("a", "rows"), "n": 3}),
        step("a", args={"path": "a.csv"}, estimate=wb.Estimate(seconds=3)),
    )
    assert shape(other) == shape(BASE)
    assert other != BASE


@pytest.mark.parametrize(
    "other",
    [
        plan(step("load", args={"path": "b.csv"}), SUM, NOTE),
        plan(step("load", "u", args={"path": "a.csv"}), SUM, NOTE),
        plan(LOAD, step("sum", args={"table": wb.ref("load", "cols"), "n": 3}), NOTE),
        plan(LOAD, SUM, step("note", args={"text": "x"}, after=("load",))),
        plan(LOAD, SUM, step("note", args={"text": "x"}, after=("sum",), ask=True)),
        plan(LOAD, SUM, step("note", args={"text": "x"}, after=("sum",), skip=True)),
        plan(LOAD, SUM, NOTE, step("again", args={"text": "x"}, after=("sum",))),
        plan(LOAD, SUM),
    ],
    ids=["argument", "tool", "reference", "order of work", "ask", "skip", "twice", "fewer"],
)
def test_what_is_done_counts(other: wb.Plan) -> None:
    """A tool, an argument, a reference, who waits for whom: each makes another shape [PLAN-8]."""
    assert shape(other) != shape(BASE)


def test_who_uses_which_of_two_equal_steps_counts() -> None:
    """Two steps that do the same are told apart by who takes their outputs [PLAN-8]."""
    one, two = step("one"), step("two")
    both = plan(
        one, two, step("x", args={"a": wb.ref("one")}), step("y", args={"b": wb.ref("one")})
    )
    each = plan(
        one, two, step("x", args={"a": wb.ref("one")}), step("y", args={"b": wb.ref("two")})
    )
    swapped = plan(
        one, two, step("x", args={"a": wb.ref("two")}), step("y", args={"b": wb.ref("one")})
    )
    assert shape(both) != shape(each)
    assert shape(each) == shape(swapped)


def test_a_long_chain_has_a_shape() -> None:
    """Three hundred equal steps in a row are compared, and one more is a difference [PLAN-8]."""

    def chain(length: int, name: str) -> wb.Plan:
        return plan(
            *(step(f"{name}{n}", after=(f"{name}{n - 1}",) if n else ()) for n in range(length))
        )

    assert shape(chain(300, "a")) == shape(chain(300, "b"))
    assert shape(chain(300, "a")) != shape(chain(301, "a"))


def test_each_step_has_a_colour() -> None:
    """What a step does and builds on names it, apart from its id and from what follows it."""
    other = plan(
        step("a", args={"path": "a.csv"}), step("b", args={"table": wb.ref("a", "rows"), "n": 3})
    )
    assert set(colours(other).values()) < set(colours(BASE).values())
    assert len(set(colours(BASE).values())) == 3
