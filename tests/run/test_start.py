"""Starting runs: at once, by key, many together, and seen from the handle."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, plan, states, step
from workbench.errors import NotFound, RunFailed, WorkbenchError


def test_start_returns_at_once(lab: Lab, world: World) -> None:
    """The handle is there while the first step still blocks, well under a second [ASYN-1]."""
    gate = world.gate("a")
    began = time.monotonic()
    run = lab.bench().start(plan=plan(step("a", "look")))
    assert time.monotonic() - began < 1
    gate.wait_reached()
    eventually(run, lambda view: view.state == "running")
    assert repr(run)
    gate.open()
    assert run.wait(20) == "a"


def test_the_same_key_gives_the_same_run(lab: Lab, world: World) -> None:
    """Starting twice with one key gives one run, also when it is over and reopened [ASYN-4]."""
    bench = lab.bench()
    first = bench.start(plan=chain("a"), key="monday")
    second = bench.start(plan=chain("a"), key="monday")
    assert first.id == second.id
    first.wait(20)
    lab.close()
    third = lab.bench().start(plan=chain("other"), key="monday")
    assert third.id == first.id
    assert third.wait(20) == "a"
    assert world.calls == ["a"]
    assert lab._benches[0].start(plan=chain("b"), key="tuesday").id != first.id


def test_two_threads_with_one_key_get_one_run(lab: Lab, world: World) -> None:
    """Threads that start with the same key at the same moment share one run [ASYN-4]."""
    bench = lab.bench()
    together = threading.Barrier(8, timeout=20)

    def start(_: int) -> str:
        together.wait()
        return bench.start(plan=chain("a"), key="monday").id

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(start, range(8)))
    assert len(ids) == 1
    bench.open(ids.pop()).wait(20)
    assert world.calls == ["a"]
    assert len(bench.journal.runs()) == 1


def test_twenty_runs_at_once(lab: Lab, world: World) -> None:
    """Twenty runs are all in flight together, none waits for another, all end [RUNT-1]."""
    gates = [world.gate(f"r{n}") for n in range(20)]
    bench = lab.bench()
    runs = [bench.start(plan=chain(f"r{n}", f"e{n}")) for n in range(20)]
    for gate in gates:
        gate.wait_reached()
    for run in runs:
        eventually(run, lambda view: view.state == "running")
    for gate in reversed(gates):
        gate.open()
    assert [run.wait(20) for run in runs] == [f"e{n}" for n in range(20)]
    frame = bench.runs()
    assert set(frame["state"]) == {"succeeded"}
    assert len(frame) == 20


def test_a_blocked_run_holds_no_other(lab: Lab, world: World) -> None:
    """While one run blocks in a thread, another one starts and ends [RUNT-1, CONC-13]."""
    gate = world.gate("slow")
    bench = lab.bench()
    slow = bench.start(plan=plan(step("slow", "look")))
    gate.wait_reached()
    assert bench.start(plan=chain("a", "b", "c")).wait(20) == "c"
    eventually(slow, lambda view: view.state == "running")
    gate.open()
    slow.wait(20)


def test_a_run_needs_a_goal_or_a_plan(lab: Lab) -> None:
    """Neither goal nor plan is refused with what to do, and makes no run."""
    bench = lab.bench()
    for goal in ("", "   "):
        with pytest.raises(WorkbenchError, match="needs a goal or a plan"):
            bench.start(goal)
    assert bench.journal.runs() == []


def test_an_unknown_run_is_named(lab: Lab) -> None:
    """Opening a run that is not there says so, and what to look at [ASYN-2]."""
    bench = lab.bench()
    for door in (bench.open, bench.look):
        with pytest.raises(NotFound, match="run-nobody"):
            door("run-nobody")


def test_a_handle_made_later_shows_the_same(lab: Lab, world: World) -> None:
    """Any handle by id, here or after a restart, shows state, plan, outputs, events [ASYN-2]."""
    bench = lab.bench()
    run = bench.start(plan=chain("a", "b"))
    run.wait(20)
    other = bench.open(run.id)
    assert (other.state, other.result) == ("succeeded", "b")
    for handle in (lab.reopen(run), lab.bench().look(run.id)):
        assert handle.state == "succeeded"
        assert handle.plan == chain("a", "b")
        assert handle.result == "b"
        assert handle.output("a") == "a"
    assert world.calls == ["a", "b"]


def test_views_are_copies(lab: Lab, world: World) -> None:
    """A view stays as it was when it was taken, whatever happens next [ASYN-2]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a", "b"))
    gate.wait_reached()
    early = eventually(run, lambda view: view.steps["a"].state == "running")
    gate.open()
    run.wait(20)
    assert early.steps["a"].state == "running"
    assert early.state == "running"
    assert run.view.state == "succeeded"


def test_one_handle_serves_many_threads(lab: Lab, world: World) -> None:
    """Threads that look at one handle while the run goes on all see sound views [ASYN-2]."""
    names = [f"s{n}" for n in range(60)]
    run = lab.bench().start(plan=chain(*names))

    def look(_: int) -> int:
        while not (view := run.view).final:
            assert sum(view.counts.values()) == len(view.steps)
        return view.seq

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(look, range(4)))) == 1


def test_a_checkpoint_can_be_looked_at(lab: Lab, world: World) -> None:
    """Start, finished steps and named places are checkpoints; each shows the run then [RUNT-15]."""
    gate = world.gate("b")
    run = lab.bench().start(plan=chain("a", "b"))
    gate.wait_reached()
    run.checkpoint("before b is done")
    gate.open()
    run.wait(20)
    names = [mark.name for mark in run.checkpoints]
    assert names == ["start", "after a", "before b is done", "after b"]
    then = run.view_at("before b is done")
    assert {name: one.state for name, one in then.steps.items()} == {
        "a": "succeeded",
        "b": "running",
    }
    assert run.view_at(run.checkpoints[0]).plan is None
    assert run.view_at(run.view.seq).model_dump() == run.view.model_dump()
    with pytest.raises(NotFound, match="has no checkpoint 'nowhere'"):
        run.view_at("nowhere")


def test_the_tools_of_a_run_are_recorded(lab: Lab) -> None:
    """The run keeps a digest of each tool's source and schema from its start [HARN-1]."""
    bench = lab.bench()
    run = bench.start(plan=chain("a"))
    run.wait(20)
    assert run.view.tools == {tool.name: tool.digest for tool in bench.tools}


def test_four_ways_to_stop_come_to_the_same(lab: Lab, world: World) -> None:
    """Undisturbed, paused, reopened or asked, the run ends the same [RUNT-9]."""
    steps = [step("a"), step("b", "send", after=["a"]), step("c", after=["b"])]
    ends = []
    for way in ("undisturbed", "paused", "reopened", "asked"):
        policy = wb.Policy() if way == "asked" else wb.Policy(allow=["*"])
        run = lab.bench(policy=policy).start(plan=plan(*steps), key=way)
        if way == "asked":
            run.wait_until("waiting", timeout_s=20)
            run.inbox[0].approve()
        if way in ("paused", "reopened"):
            try:
                run.pause()
            except wb.errors.RunFinished:
                pass
            else:
                run = lab.reopen(run) if way == "reopened" else run
                run.resume()
        ends.append((run.wait(20), states(run), run.plan.digest))
    assert all(end == ends[0] for end in ends)
    assert world.effects == ["b"] * 4


def test_a_broken_drive_is_seen_by_who_waits(
    lab: Lab, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the journal cannot be written, whoever waits is told; nothing is lost [ASYN-6]."""
    gate = world.gate("a")
    bench = lab.bench()
    run = bench.start(plan=chain("a", "b"))
    gate.wait_reached()

    def full(work: object, **_: object) -> object:
        raise wb.errors.JournalError("The disk is full.", "Free some space.")

    with monkeypatch.context() as broken:
        for way in ("submit", "at_once"):
            broken.setattr(bench.journal._writer, way, full)
        gate.open()
        with pytest.raises(wb.errors.JournalError, match="disk is full"):
            run.wait(20)
    bench.open(run.id)
    assert run.wait(20) == "b"


def test_a_failed_run_says_why_everywhere(lab: Lab, world: World) -> None:
    """The error of a failed run is in wait, in the view and after reopening [ASYN-2]."""
    world.faults = {"a": [ValueError("broken")]}
    run = lab.bench().start(plan=chain("a"))
    with pytest.raises(RunFailed, match="broken"):
        run.wait(20)
    again = lab.reopen(run)
    assert again.view.errors == {"a": "ValueError: broken"}
    assert again.result is None
