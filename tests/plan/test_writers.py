"""Two steps that write one thing must wait for each other, or say how it is merged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.plan import Finding
from workbench.tools import Registry


@wb.tool(effect="irreversible", writes=lambda path, **_: [f"file:{path}"])
def write(path: Path, text: str = "") -> None:
    """Write."""
    raise NotImplementedError


@wb.tool(effect="irreversible", writes=lambda path: [f"file:{path}"], merge="in_order")
def append(path: Path = Path("log")) -> None:
    """Append."""
    raise NotImplementedError


@wb.tool(effect="irreversible", writes=lambda path, to: [f"file:{path}", f"file:{to}"])
def move(path: Path, to: Path) -> None:
    """Move."""
    raise NotImplementedError


@wb.tool(effect="pure")
def think() -> str:
    """Think."""
    raise NotImplementedError


TOOLS = Registry([write, append, move, think])


def step(name: str, tool: str, *after: str, **more: Any) -> wb.Step:
    args = {"path": "log"} if tool != "think" else {}
    return wb.Step(id=name, tool=tool, args={**args, **more.pop("args", {})}, after=after, **more)


def found(*steps: wb.Step) -> list[Finding]:
    return wb.Plan(steps=steps).check(TOOLS)


def test_two_parallel_writers_are_a_fault() -> None:
    """Both steps, the key and both cures are named [RUNT-12]."""
    (fault,) = found(step("a", "write"), step("b", "write"))
    assert (fault.code, fault.step, fault.severity) == ("parallel_writers", "b", "error")
    for word in ("file:log", "so does a", "after=['a']", 'merge="in_order"'):
        assert word in fault.message


def test_writers_that_wait_for_each_other_are_sound() -> None:
    """Directly, over other steps, or because one takes the other's output [RUNT-12]."""
    assert found(step("a", "write"), step("b", "write", "a")) == []
    assert found(step("a", "write"), step("t", "think", "a"), step("b", "write", "t")) == []
    assert found(step("b", "write", args={"text": wb.ref("a")}), step("a", "write")) == []


def test_a_merge_counts_only_when_both_declare_it() -> None:
    """Two appends pass; an append beside a write does not [RUNT-12]."""
    assert found(step("a", "append"), step("b", "append")) == []
    (fault,) = found(step("a", "append"), step("b", "append"), step("c", "write", "a"))
    assert fault.step in ("b", "c")
    assert found(step("a", "append"), step("b", "append"), step("c", "write", "a", "b")) == []


def test_every_key_of_a_call_counts_and_defaults_do_too() -> None:
    """A move writes both places; an argument that is left out has its default [RUNT-12]."""
    (fault,) = found(step("a", "move", args={"path": "old", "to": "log"}), step("b", "write"))
    assert "file:log" in fault.message
    default = wb.Step(id="b", tool="append")
    assert len(found(step("a", "write"), default)) == 1


def test_what_the_plan_does_not_tell_is_left_to_the_runtime() -> None:
    """Other keys, keys out of other steps, skipped steps: no fault [RUNT-12]."""
    assert found(step("a", "write"), step("b", "write", args={"path": "else"})) == []
    late = step("b", "write", args={"path": wb.ref("t")})
    assert found(step("t", "think"), step("a", "write"), late) == []
    assert found(step("a", "write"), step("b", "write", skip=True)) == []


def test_other_faults_are_named_at_the_same_time() -> None:
    """A plan with a cycle has no order to compare writers by; its cycle is named [PLAN-3]."""
    steps = [step("a", "write", "b"), step("b", "write", "a"), step("c", "nothing")]
    assert {fault.code for fault in found(*steps)} == {"cycle", "unknown_tool"}
    steps = [step("a", "write"), step("b", "write"), step("c", "nothing")]
    assert {fault.code for fault in found(*steps)} == {"parallel_writers", "unknown_tool"}


@st.composite
def plans(draw: st.DrawFn) -> wb.Plan:
    names = [f"s{number}" for number in range(draw(st.integers(1, 7)))]
    made = []
    for at, name in enumerate(names):
        before = draw(st.lists(st.sampled_from(names[:at]), max_size=2)) if at else []
        tool = draw(st.sampled_from(["write", "append", "think"]))
        path = {"path": draw(st.sampled_from(["x", "y"]))} if tool != "think" else {}
        made.append(wb.Step(id=name, tool=tool, args=path, after=before))
    return wb.Plan(steps=draw(st.permutations(made)))


def before(plan: wb.Plan, step_id: str) -> set[str]:
    """Walk back from a step, the plain way."""
    seen: set[str] = set()
    todo = [step_id]
    while todo:
        for earlier in plan.needs[todo.pop()]:
            if earlier not in seen:
                seen.add(earlier)
                todo.append(earlier)
    return seen


@settings(max_examples=400, deadline=None)
@given(plans())
def test_a_fault_is_found_exactly_where_there_is_one(plan: wb.Plan) -> None:
    """Compared pair by pair, the plain way: no pair missed, no sound plan refused [RUNT-12]."""
    pairs = {
        frozenset((one.id, two.id))
        for one in plan.steps
        for two in plan.steps
        if one.id != two.id
        and one.args.get("path") == two.args.get("path") is not None
        and "write" in (one.tool, two.tool)
        and one.id not in before(plan, two.id)
        and two.id not in before(plan, one.id)
    }
    faults = plan.check(TOOLS)
    assert bool(faults) == bool(pairs)
    for fault in faults:
        named = [n for n in plan.by_id if f"so does {n}," in fault.message]
        assert frozenset((fault.step, *named)) in pairs
