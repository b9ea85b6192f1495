"""Pause, edit and stop say before they are pressed what they would do, and do just that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, kinds, plan, states, step
from workbench.report import header_row, tool_row
from workbench.report.foretold import Foretold
from workbench.whereabouts import Note

KEPT = ("first", "second")


def flying(lab: Lab, world: World) -> wb.Run:
    """Start a run of which two steps are done, three in flight, and two to come."""

    @wb.tool(effect="read", on_pause="cancel")
    async def watch(name: str) -> str:
        return str(await world.visit(name))

    middle = [("effect", "send"), ("read", "think"), ("watch", "watch")]
    gates = [world.gate(name) for name, _ in middle]
    run = lab.bench(watch).start(
        plan=plan(
            step("first"),
            step("second", "put", after=["first"]),
            *(step(name, tool, after=["second"]) for name, tool in middle),
            step("then", after=["effect", "read", "watch"]),
            step("last", "send", after=["then"]),
        )
    )
    for gate in gates:
        gate.wait_reached()
    eventually(run, lambda view: len(view.in_flight) == len(middle))
    return run


def in_words(run: wb.Run, control: str) -> str:
    """Give what the button says, and see that a cell and the panel are told the same.

    The panel's server has no tools: it knows of them what their rows say.
    """
    said = str(run.controls()[control])  # type: ignore[index]  # a test's own words
    held = run.bench.tool_map()
    rows = tuple(json.loads(json.dumps(tool_row(tool))) for tool in held.values())
    for tools in (held, Note("journal", Path("runs.db"), rows).tool_map()):
        assert header_row(run.view, tools=tools)["controls"][control] == said
    return said


def kept(run: wb.Run, foretold: Foretold) -> None:
    """What was said to be kept is there, with its outputs."""
    now = states(run)
    assert [now[name] for name in KEPT] == ["succeeded", "succeeded"]
    assert foretold.kept == len(KEPT)
    assert [run.output(name) for name in KEPT] == list(KEPT)


@pytest.mark.parametrize("control", ["pause", "edit"])
def test_what_a_pause_and_an_edit_say_is_what_they_do(lab: Lab, world: World, control: str) -> None:
    """They say what is kept, which calls finish and which are made anew, and how
    many steps do not begin; the resulting states agree, and all of it goes on at resume, with the
    edit and the old revision [REL-23, RUNT-13]."""
    run = flying(lab, world)
    foretold = run.controls()[control]  # type: ignore[index]  # a test's own words
    words = in_words(run, control)
    assert "2 calls in flight finish. 1 call in flight is made anew." in words
    assert "Kept: 2 finished steps with the outputs." in words

    if control == "pause":
        assert words.startswith("No step begins.")
        run.pause()
    else:
        assert "2 steps to come can be changed" in words
        with run.editing("another end") as draft:
            draft.change("last", args={"name": "last", "value": "edited"})
    eventually(run, lambda view: view.steps["watch"].state == "ready")
    world.open_all()
    eventually(run, lambda view: not view.in_flight)

    kept(run, foretold)
    now = states(run)
    assert {now[name] for name in foretold.goes_on} == {"succeeded"}
    assert {now[name] for name in foretold.broken_off} == {"ready"}
    begun = [name for name in now if "call.intended" in kinds(run, name)]
    assert len(now) - len(begun) == foretold.to_come == 2
    assert "pause" not in run.controls()
    run.resume()
    run.wait(20)
    assert world.effects.count("effect") == world.effects.count("last") == 1
    assert len(run.view.revisions) == (1 if control == "pause" else 2)
    assert run.output("last") == ("last" if control == "pause" else "edited")


def test_what_a_stop_says_is_what_it_does(lab: Lab, world: World) -> None:
    """It says what is kept, which calls may still take effect, which are ended, and how many steps
    will not happen: the three lists of the stop are exactly those [REL-23, CONC-11]."""
    run = flying(lab, world)
    foretold = run.controls()["stop"]
    words = in_words(run, "stop")
    assert "1 call in flight may still take effect. 2 calls in flight are ended." in words
    assert "2 steps will not happen" in words

    run.stop("enough")
    world.gate("effect").open()
    run.wait_until(timeout_s=20)

    kept(run, foretold)
    remains = run.view.remains
    assert list(remains["happened"]) == list(KEPT)
    assert {name: became == "succeeded" for name, became in remains["in_flight"].items()} == {
        **dict.fromkeys(foretold.goes_on, True), **dict.fromkeys(foretold.broken_off, False)
    }  # fmt: skip
    assert len(remains["not_begun"]) == foretold.to_come
    assert run.controls() == {}
    assert [step.id for step in run.remaining_plan().steps if step.output is None] == [
        "read", "watch", "then", "last"
    ]  # fmt: skip


def test_doubts_are_counted_apart(lab: Lab, world: World) -> None:
    """A call in doubt is neither kept nor to come; a tool that is not here may take effect
    [REL-23, CONC-9]."""
    world.faults["lost"] = [TimeoutError("no answer")]
    run = lab.bench().start(plan=plan(step("a"), step("lost", "send"), step("b", after=["lost"])))
    run.wait_until("waiting", timeout_s=20)

    assert "1 call in doubt stays so." in str(run.controls()["stop"])
    assert [run.controls()["pause"].kept, run.controls()["pause"].to_come] == [1, 1]
    run.stop()
