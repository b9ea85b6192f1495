"""The order of a run: what starts when, and what runs at the same time."""

from __future__ import annotations

import threading
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, kinds, plan, states, step
from workbench.errors import PlanError
from workbench.testing import capture_events


def test_a_chain_runs_in_order(lab: Lab, world: World) -> None:
    """A chain runs in order, each step once; the last output is the result [PLAN-4]."""
    run = lab.bench().start(plan=chain("a", "b", "c"))
    assert run.wait(20) == "c"
    assert world.calls == ["a", "b", "c"]
    assert run.state == "succeeded"


def test_a_diamond_runs_its_sides_together(lab: Lab, world: World) -> None:
    """Both sides of a diamond are in flight at once; the end follows both [PLAN-4, RUNT-4]."""
    sides = [step("left", after=["top"]), step("right", "look", after=["top"])]
    gates = [world.gate("left"), world.gate("right")]
    run = lab.bench().start(plan=plan(step("top"), *sides, step("end", after=["left", "right"])))
    for gate in gates:
        gate.wait_reached()
    assert "end" not in world.calls
    gates[0].open()
    gates[1].open()
    run.wait(20)
    assert world.calls[0] == "top"
    assert world.calls[-1] == "end"
    order = [(r.kind, r.step) for r in run.events()]
    for side in ("left", "right"):
        assert order.index(("call.succeeded", side)) < order.index(("call.intended", "end"))
        assert order.index(("call.succeeded", "top")) < order.index(("call.intended", side))


def test_a_step_is_not_held_by_a_slow_stranger(lab: Lab, world: World) -> None:
    """A step starts when its own inputs are there; a slow stranger holds nothing [PLAN-4]."""
    slow = world.gate("slow")
    last = world.gate("c")
    steps = [step("slow"), step("a"), step("b", after=["a"]), step("c", after=["b"])]
    run = lab.bench().start(plan=plan(*steps))
    last.wait_reached()
    slow.wait_reached()
    view = eventually(run, lambda view: view.steps["b"].state == "succeeded")
    assert view.steps["slow"].state == "running"
    slow.open()
    last.open()
    run.wait(20)


def test_many_independent_steps_are_in_flight_together(lab: Lab) -> None:
    """Ten independent calls meet at one barrier: all in flight at once [RUNT-4, CONC-13]."""
    barrier = threading.Barrier(10, timeout=20)

    @wb.tool(effect="read")
    def meet() -> int:
        return barrier.wait()

    steps = [wb.Step(id=f"s{n}", tool="meet") for n in range(10)]
    run = lab.bench(meet).start(plan=plan(*steps))
    result = run.wait(20)
    assert sorted(result.values()) == list(range(10))


def test_the_limit_in_flight_holds(lab: Lab) -> None:
    """With `in_flight=3` never more than three calls are being made, and all get done [CONC-5]."""
    now, most = set(), []
    lock = threading.Lock()

    @wb.tool(effect="read")
    def count(n: int) -> int:
        with lock:
            now.add(n)
            most.append(len(now))
        threading.Event().wait(0.002)
        with lock:
            now.remove(n)
        return n

    steps = [wb.Step(id=f"s{n}", tool="count", args={"n": n}) for n in range(20)]
    run = lab.bench(count, in_flight=3).start(plan=plan(*steps))
    assert sorted(run.wait(20).values()) == list(range(20))
    assert max(most) <= 3


def test_references_are_resolved(lab: Lab) -> None:
    """A reference gives the whole output, or the part at its path, deep in arguments [PLAN-4]."""
    seen: dict[str, Any] = {}

    @wb.tool(effect="pure")
    def source() -> dict[str, Any]:
        return {"rows": [{"x": 1}, {"x": 2}], "name": "n"}

    @wb.tool(effect="pure")
    def sink(whole: Any, part: int, nested: dict[str, Any]) -> int:
        seen.update(whole=whole, part=part, nested=nested)
        return part

    args = {
        "whole": wb.ref("source"),
        "part": wb.ref("source", "rows", 1, "x"),
        "nested": {"list": [wb.ref("source", "name"), 7]},
    }
    steps = [wb.Step(id="source", tool="source"), wb.Step(id="sink", tool="sink", args=args)]
    run = lab.bench(source, sink).start(plan=plan(*steps))
    assert run.wait(20) == 2
    assert seen["whole"] == {"rows": [{"x": 1}, {"x": 2}], "name": "n"}
    assert seen["nested"] == {"list": ["n", 7]}
    intent = next(e for e in capture_events(run, "call.intended") if e.step == "sink")
    assert intent.args.value["nested"] == {"list": ["n", 7]}


def test_a_missing_part_fails_before_the_call(lab: Lab, world: World) -> None:
    """A reference to a part that is not there fails its step without a call [PLAN-13]."""
    steps = [step("a", value={"x": 1}), step("b", "send", value=wb.ref("a", "y"))]
    run = lab.bench().start(plan=plan(*steps))
    with pytest.raises(wb.errors.RunFailed, match="has no part 'y'"):
        run.wait(20)
    assert world.effects == []
    assert run.view.steps["b"].happened is False


def test_frames_travel_as_artifacts(lab: Lab) -> None:
    """A data frame goes from step to step as an artifact, with its types [PLAN-4]."""
    frame = pd.DataFrame({"n": [1, 2], "at": pd.to_datetime(["2026-01-01", "2026-01-02"])})

    @wb.tool(effect="pure")
    def load() -> pd.DataFrame:
        return frame

    @wb.tool(effect="pure")
    def total(table: pd.DataFrame) -> int:
        assert str(table.dtypes["at"]).startswith("datetime64")
        return int(table["n"].sum())

    steps = [
        wb.Step(id="load", tool="load"),
        wb.Step(id="total", tool="total", args={"table": wb.ref("load")}),
    ]
    run = lab.bench(load, total).start(plan=plan(*steps))
    assert run.wait(20) == 3
    assert run.view.steps["load"].output.artifact.media.startswith("application/vnd.apache.parquet")
    pd.testing.assert_frame_equal(run.output("load"), frame)


def test_a_result_of_several_ends_has_every_output(lab: Lab, world: World) -> None:
    """Of several last steps the result has every output by id, live values too [PLAN-4]."""

    @wb.tool(effect="pure")
    def load() -> pd.DataFrame:
        return pd.DataFrame({"n": [1]})

    run = lab.bench(load).start(plan=plan(wb.Step(id="f", tool="load"), step("a")))
    result = run.wait(20)
    assert result["a"] == "a"
    assert list(result["f"]["n"]) == [1]


@pytest.mark.parametrize("value", [[1, 2, 3], {"x": [1]}])
def test_a_consumer_cannot_change_what_another_sees(lab: Lab, value: Any) -> None:
    """Changing an input in place changes neither the output nor another's input [CONC-5]."""
    seen = []

    @wb.tool(effect="pure")
    def source() -> Any:
        return value

    @wb.tool(effect="pure")
    def spoil(it: Any) -> str:
        it.clear()
        return "spoiled"

    @wb.tool(effect="pure")
    def look_at(it: Any) -> Any:
        seen.append(it)
        return it

    steps = [
        wb.Step(id="source", tool="source"),
        wb.Step(id="spoil", tool="spoil", args={"it": wb.ref("source")}),
        wb.Step(id="see", tool="look_at", args={"it": wb.ref("source")}, after=["spoil"]),
    ]
    run = lab.bench(source, spoil, look_at).start(plan=plan(*steps))
    assert run.wait(20) == value
    assert run.output("source") == value
    assert seen == [value]


def test_a_large_output_is_an_artifact(lab: Lab) -> None:
    """An output above 64 KiB stands beside the events, and reads back in full [CONC-5]."""

    @wb.tool(effect="read")
    def page() -> str:
        return "x" * 3_000_000

    @wb.tool(effect="pure")
    def size(text: str) -> int:
        return len(text)

    steps = [
        wb.Step(id="page", tool="page"),
        wb.Step(id="size", tool="size", args={"text": wb.ref("page")}),
    ]
    run = lab.bench(page, size).start(plan=plan(*steps))
    assert run.wait(20) == 3_000_000
    assert run.view.steps["page"].output.artifact.size >= 3_000_000
    assert max(len(r.event.model_dump_json()) for r in run.events()) < 10_000


def test_a_plan_with_faults_is_refused_before_any_call(lab: Lab, world: World) -> None:
    """A plan with faults raises them all at once, makes no run and no call [PLAN-4]."""
    bench = lab.bench()
    bad = plan(
        step("a", "nothing_like_it"),
        step("b", after=["ghost"]),
        step("c", value=wb.ref("nobody")),
        step("d", after=["e"]),
        step("e", after=["d"]),
    )
    with pytest.raises(PlanError) as refused:
        bench.start(plan=bad)
    codes = {finding.code for finding in refused.value.findings}
    assert codes >= {"unknown_tool", "dangling_after", "dangling_ref", "cycle"}
    assert world.calls == []
    assert bench.journal.runs() == []


def test_every_call_has_one_outcome(lab: Lab, world: World) -> None:
    """Each intent has exactly one outcome, also when some fail [CONC-5, CONC-10]."""
    world.faults = {"c": [ValueError("no")], "f": [OSError("no")]}
    steps = [step(name, "look") for name in "abcdef"]
    run = lab.bench().start(plan=plan(*steps), on_failure="continue")
    with pytest.raises(wb.errors.RunFailed):
        run.wait(20)
    for name in "abcdef":
        outcome = "call.failed" if name in "cf" else "call.succeeded"
        assert kinds(run, name) == ["call.intended", outcome]
    assert list(states(run)) == list("abcdef")


def test_steps_given_or_skipped_in_the_plan_are_not_called(lab: Lab, world: World) -> None:
    """A plan may come with a step to skip and with an output given; neither is called [PLAN-9]."""
    from workbench.values import Stored

    steps = [
        step("given", output=Stored(value=41)),
        step("left", skip=True),
        step("end", value=wb.ref("given"), after=["left"]),
    ]
    run = lab.bench().start(plan=plan(*steps))
    assert run.wait(20) == 41
    assert world.calls == ["end"]
    assert states(run) == {"given": "succeeded", "left": "skipped", "end": "succeeded"}


def test_every_action_belongs_to_a_step_of_the_plan(lab: Lab) -> None:
    """Each call's tool is the one that the plan names for its step [PLAN-12, HARN-4]."""
    run = lab.bench().start(plan=chain("a", "b", "c", tool="put"))
    run.wait(20)
    by_id = run.plan.by_id
    intents = capture_events(run, "call.intended")
    assert [by_id[i.step].tool for i in intents] == [i.tool for i in intents] == ["put"] * 3
