"""The undo entry: with every value that the undo needs it is on disk before the call starts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pandas as pd
import pytest
from pydantic import AfterValidator

import workbench as wb
from tests.engine.harness import Lab, kinds, plan, states
from workbench.errors import RunFailed
from workbench.events import CallIntended
from workbench.plan import ref

FRAME = pd.DataFrame({"id": [1, 2], "share": [0.1, math.nan], "name": ["a", None]})
VALUES: dict[str, Any] = {
    "frame": FRAME,
    "series": FRAME["share"],
    "array": np.array([[1, 2], [3, 4]]),
    "bytes": b"\x00\xff",
    "not a number": [1.5, math.nan],
    "large": ["word"] * 40_000,
    "plain": {"a": [1, None, "é"]},
    "nothing": None,
}


@dataclass
class Place:
    """An argument that has a JSON form and is more than that."""

    row: int
    names: set[str]


class Odd:
    """Something that no file form has."""

    def __init__(self, value: Any) -> None:
        self.value = value


def same(one: Any, other: Any) -> bool:
    """Compare values of any kind, not-a-numbers included."""
    if isinstance(one, pd.DataFrame | pd.Series):
        return bool(one.equals(other))
    if isinstance(one, np.ndarray):
        return bool((one == other).all()) and one.dtype == other.dtype
    return repr(one) == repr(other)


def making(value: Any) -> wb.Tool:
    """Give the tool whose output it is."""
    return wb.tool(effect="pure", name="make")(lambda: value)


def intents(run: wb.Run) -> dict[str, CallIntended]:
    """Read the intents of a run by step."""
    return {e.step: e for r in run.events() if isinstance(e := r.event, CallIntended)}


class Keeper:
    """A tool whose undo notes what it is given."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.undone: list[Any] = []
        self.asked: list[Any] = []

    def tool(self, **declared: Any) -> wb.Tool:
        def unkeep(value: Any, note: str) -> None:
            self.undone.append((value, note))

        def is_there(value: Any) -> bool:
            self.asked.append(value)
            return True

        @wb.tool(effect="reversible", undo=unkeep, probe=is_there, **declared)
        def keep(value: Any, note: str = "as it was", other: int = 0) -> None:
            self.done.append(value)

        return keep


@pytest.mark.parametrize("name", VALUES)
def test_the_undo_is_given_the_exact_value(lab: Lab, name: str) -> None:
    """After a restart, with other outputs out of reach, the undo gets the very value of the call:
    frames, arrays, bytes and what JSON cannot hold too [COMP-3]."""
    keeper, value = Keeper(), VALUES[name]
    steps = [
        wb.Step(id="a", tool="make"),
        wb.Step(id="b", tool="keep", args={"value": ref("a")}),
    ]
    run = lab.bench(making(value), keeper.tool()).start(plan=plan(*steps))
    run.wait(20)

    again = lab.reopen(run, making("another"), keeper.tool())
    again.rollback(timeout_s=20)

    ((given, note),) = keeper.undone
    assert same(given, value)
    assert same(keeper.done[0], value)
    assert note == "as it was"


def test_parts_and_nests_of_live_values(lab: Lab) -> None:
    """A part of an output, and frames within a list, are kept by their content [COMP-3]."""
    keeper = Keeper()
    refs = [ref("a", "share"), {"deep/er": ref("a")}, 3]
    steps = [wb.Step(id="a", tool="make"), wb.Step(id="b", tool="keep", args={"value": refs})]
    run = lab.bench(making(FRAME), keeper.tool()).start(plan=plan(*steps))
    run.wait(20)

    lab.reopen(run, keeper.tool()).rollback(timeout_s=20)

    ((given, _),) = keeper.undone
    assert same(given[0], FRAME["share"])
    assert same(given[1]["deep/er"], FRAME)
    assert given[2] == 3


def test_an_output_is_not_written_again(lab: Lab) -> None:
    """What the journal has already is named, not stored twice; what JSON gives back takes nothing;
    what the undo does not ask for is not kept [COMP-3, RUNT-18]."""
    keeper = Keeper()
    steps = [
        wb.Step(id="a", tool="make"),
        wb.Step(id="b", tool="keep", args={"value": ref("a"), "note": "n", "other": 2}),
        wb.Step(id="c", tool="keep", args={"value": [1, "x"], "note": "n"}),
    ]
    run = lab.bench(making(FRAME), keeper.tool()).start(plan=plan(*steps))
    run.wait(20)

    entry = intents(run)["b"].undo_args
    assert list(entry) == ["value"]
    assert entry["value"] == run.view.steps["a"].output
    assert run.bench.journal.sizes().artifacts == 1
    assert intents(run)["c"].undo_args == {}


def test_types_come_back_as_they_were(lab: Lab) -> None:
    """An argument is bound again from its JSON form when that gives the same value [COMP-3]."""
    undone: list[Any] = []

    def unset(place: Place, at: pd.Timestamp | str) -> None:
        undone.append((place, at))

    @wb.tool(effect="reversible", undo=unset)
    def lay(place: Place, at: str = "now") -> None:
        """Put something somewhere."""

    step = wb.Step(id="a", tool="lay", args={"place": {"row": "3", "names": ["x"]}})
    run = lab.bench(lay).start(plan=plan(step))
    run.wait(20)

    run.rollback(timeout_s=20)

    assert undone == [(Place(3, {"x"}), "now")]
    assert list(intents(run)["a"].undo_args) == ["at"]


def test_a_default_that_changes_is_not_taken(lab: Lab) -> None:
    """What was left out is undone as it was done, whatever the default is by then [COMP-3]."""
    undone: list[str] = []

    def tool(default: str) -> wb.Tool:
        def lay(name: str, where: str = default) -> str:
            return f"{name} {where}"

        return wb.tool(effect="reversible", undo=lambda name, where: undone.append(where))(lay)

    run = lab.bench(tool("left")).start(plan=plan(wb.Step(id="a", tool="lay", args={"name": "x"})))
    run.wait(20)

    lab.reopen(run, tool("right")).rollback(timeout_s=20)

    assert undone == ["left"]


def test_a_value_that_cannot_be_kept_stops_the_call(lab: Lab) -> None:
    """The call is off before anything happened, and says which value it was [COMP-3]."""
    keeper = Keeper()

    @wb.tool(effect="reversible", undo=lambda thing: None)
    def use(thing: Annotated[Any, AfterValidator(Odd)]) -> None:
        keeper.done.append(thing)

    run = lab.bench(use).start(plan=plan(wb.Step(id="a", tool="use", args={"thing": 1})))

    with pytest.raises(RunFailed, match=r"use was not called: its undo needs 'thing'"):
        run.wait(20)
    assert keeper.done == []
    assert "call.intended" not in kinds(run)
    assert states(run)["a"] == "failed"


def test_an_undo_may_be_a_tool_of_its_own(lab: Lab) -> None:
    """A tool made with `wb.tool` serves as undo, with its own retry and key [COMP-1, COMP-9]."""
    undone: list[tuple[str, str]] = []
    faults = [ConnectionError("not now")]

    @wb.tool(effect="reversible", undo=lambda name: None, idempotent=True)
    def take(name: str, key: wb.Key) -> None:
        if faults:
            raise faults.pop()
        undone.append((name, key))

    keys: list[str] = []

    @wb.tool(effect="compensable", undo=take, told=lambda name: [f"{name}@example.org"])
    def give(name: str, key: wb.Key) -> None:
        keys.append(key)

    run = lab.bench(give).start(plan=plan(wb.Step(id="a", tool="give", args={"name": "x"})))
    run.wait(20)

    preview = run.undo_preview()
    report = run.rollback(timeout_s=20)

    assert undone == [("x", keys[0])]
    assert report == preview
    assert [row.told for row in preview] == [("x@example.org",)]
    assert "told again: x@example.org" in str(preview)


def test_who_is_told_is_known_when_an_argument_was_left_out(lab: Lab) -> None:
    """A call that leaves an argument to its default names the same people in the preview and in
    the report as one that gives it [COMP-8]."""

    def take(channel: str) -> None: ...

    @wb.tool(effect="compensable", undo=take, told=lambda channel, team: [channel, team])
    def say(text: str, channel: str = "news", team: str = "ops") -> str:
        return text

    run = lab.bench(say).start(plan=plan(wb.Step(id="s", tool="say", args={"text": "hello"})))
    run.wait(20)

    told = ("news", "ops")
    assert [row.told for row in run.undo_preview()] == [told]
    assert [row.told for row in run.rollback()] == [told]
    assert "told again: news, ops" in str(run.undo_reports[-1])
