"""Drift: code of tools that changed between a pause and the resume."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, kinds, plan, states, step
from workbench import events as e
from workbench.errors import RunStopped
from workbench.testing import capture_events

SAME = """
@wb.tool(effect="irreversible")
def act(name: str) -> str:
    world.calls.append("old")
    return name
"""
OTHER_SOURCE = SAME.replace('"old"', '"new"')
OTHER_SCHEMA = SAME.replace("name: str", "name: str, copies: int = 1")
INDENTED = "if True:\n" + "\n".join(f"    {line}" for line in SAME.splitlines()) + "\n\n"


def cell(source: str, world: World, number: int) -> wb.Tool:
    """Run a source as a notebook cell would: its text can be read again by its file name."""
    import linecache

    name = f"<cell {number}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    space: dict[str, Any] = {"wb": wb, "world": world, "__name__": "__main__"}
    exec(compile(source, name, "exec"), space)
    tool: wb.Tool = space["act"]
    return tool


def do(*names: str) -> wb.Plan:
    """Wait for the person, then act."""
    acts = [wb.Step(id=n, tool="act", args={"name": n}, after=["gate"]) for n in names]
    return plan(step("gate", ask=True), *acts)


def acts(world: World) -> list[str]:
    """Give the calls of the tool, by its age."""
    return [call for call in world.calls if call in ("old", "new")]


def paused(lab: Lab, world: World) -> wb.Run:
    """Start a run with the old tool, and pause it before its first call."""
    bench = lab.bench(cell(SAME, world, 1), policy=wb.Policy(allow=["*"]))
    run = bench.start(plan=do("a", "b"))
    run.wait_until("waiting", timeout_s=20)
    run.pause()
    return run


def reopened(lab: Lab, run: wb.Run, *tools: wb.Tool) -> wb.Run:
    """Open the run with other tools, go on, and allow what it waits for."""
    run = lab.reopen(run, *tools, policy=wb.Policy(allow=["*"]))
    run.resume()
    return run


def ask(run: wb.Run) -> wb.Request:
    """Wait until the run asks about its tools."""
    run.wait_until("waiting", timeout_s=20)
    eventually(run, lambda view: any(r.opened.about == "drift" for r in view.open_requests))
    return next(request for request in run.inbox if request.kind == "drift")


def finish(run: wb.Run) -> None:
    """Allow the gate, and wait for the end."""
    next(request for request in run.inbox if request.kind == "permission").approve()
    run.wait(20)


@pytest.mark.parametrize(
    ("source", "changed"),
    [(OTHER_SOURCE, "source"), (OTHER_SCHEMA, "both")],
)
def test_changed_code_is_asked_about(lab: Lab, world: World, source: str, changed: str) -> None:
    """Resumed with other code, the run lists each remaining step and does nothing [HARN-1]."""
    run = paused(lab, world)
    run = reopened(lab, run, cell(source, world, 2))
    request = ask(run)
    assert set(request.evidence) == {"a", "b"}
    assert set(request.choices) == {"use", "stop"}
    assert "act" in request.title
    drift = run.drift()
    assert [(d.step, d.tool, d.changed) for d in drift] == [
        ("a", "act", changed),
        ("b", "act", changed),
    ]
    assert drift[0].was != drift[0].now
    assert world.calls == []
    request.choose("use")
    finish(run)
    assert len(acts(world)) == 2
    accepted = capture_events(run, "tools.accepted")
    assert [event.by for event in accepted] == ["person"]
    assert run.drift() == []


def test_accepted_once_is_accepted(lab: Lab, world: World) -> None:
    """The digests that the person accepted are those of the next comparison [HARN-1]."""
    run = paused(lab, world)
    run = reopened(lab, run, cell(OTHER_SOURCE, world, 2))
    ask(run).choose("use")
    run = reopened(lab, run, cell(OTHER_SOURCE, world, 3))
    finish(run)
    assert acts(world) == ["new", "new"]
    assert [r.about for r in capture_events(run, "request.opened")].count("drift") == 1


@pytest.mark.parametrize("source", [SAME, INDENTED], ids=["same", "indented"])
def test_the_same_cell_run_again_is_no_drift(lab: Lab, world: World, source: str) -> None:
    """The same code, in a new cell or deeper in a block, is the same tool [HARN-1]."""
    run = paused(lab, world)
    run = reopened(lab, run, cell(source, world, 2))
    assert run.drift() == []
    eventually(run, lambda view: view.state in ("running", "waiting"))
    finish(run)
    assert acts(world) == ["old", "old"]
    assert "tools.accepted" not in kinds(run)


def test_stop_ends_the_run_and_calls_nothing(lab: Lab, world: World) -> None:
    """The person may rather stop; what was finished stays [HARN-1]."""
    run = reopened(lab, paused(lab, world), cell(OTHER_SOURCE, world, 2))
    ask(run).choose("stop")
    with pytest.raises(RunStopped):
        run.wait(20)
    assert world.calls == []
    assert run.inbox == []


def test_a_refusal_is_a_stop(lab: Lab, world: World) -> None:
    """Refusing the changed tools stops the run [HARN-1]."""
    run = reopened(lab, paused(lab, world), cell(OTHER_SOURCE, world, 2))
    ask(run).deny("no")
    with pytest.raises(RunStopped):
        run.wait(20)
    assert world.calls == []


def test_an_edit_without_the_tool_needs_no_answer(lab: Lab, world: World) -> None:
    """When no remaining step uses the changed tool, the question is moot [HARN-1]."""
    run = reopened(lab, paused(lab, world), cell(OTHER_SOURCE, world, 2))
    ask(run)
    with run.editing() as draft:
        draft.remove("a")
        draft.remove("b")
    run.resume()
    eventually(run, lambda view: all(r.opened.about != "drift" for r in view.open_requests))
    finish(run)
    assert acts(world) == []


def test_a_tool_that_nobody_needs_any_more_may_change(lab: Lab, world: World) -> None:
    """Only steps that are still to be done count [HARN-1]."""
    first = wb.Step(id="a", tool="act", args={"name": "a"})
    rest = step("gate", ask=True, after=["a"])
    bench = lab.bench(cell(SAME, world, 1), policy=wb.Policy(allow=["*"]))
    run = bench.start(plan=plan(first, rest))
    run.wait_until("waiting", timeout_s=20)
    run = lab.reopen(run, cell(OTHER_SOURCE, world, 2), policy=wb.Policy(allow=["*"]))
    assert run.drift() == []
    finish(run)


def test_a_missing_tool_pauses_as_before(lab: Lab, world: World) -> None:
    """A tool that is gone is listed as missing; the run pauses when it gets there [HARN-6]."""
    run = reopened(lab, paused(lab, world))
    assert [(d.step, d.changed, d.now) for d in run.drift()] == [
        ("a", "missing", ""),
        ("b", "missing", ""),
    ]
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].approve()
    run.wait_until("paused", timeout_s=20)
    assert "'act' is not registered" in run.view.reason
    assert states(run)["a"] == "ready"


def test_a_doubt_of_old_code_is_settled_after_the_answer(lab: Lab, world: World) -> None:
    """A call in doubt under old code is asked about when the new tools are accepted [HARN-1]."""
    source = SAME.replace(
        'world.calls.append("old")', 'world.calls.append("old"); raise TimeoutError'
    )
    bench = lab.bench(cell(source, world, 1))
    run = bench.start(plan=plan(wb.Step(id="a", tool="act", args={"name": "a"})))
    run.wait_until("waiting", timeout_s=20)
    run.pause()
    run = reopened(lab, run, cell(OTHER_SOURCE, world, 2))
    ask(run).choose("use")
    run.wait_until("waiting", timeout_s=20)
    doubt = next(request for request in run.inbox if request.kind == "doubt")
    doubt.choose("redo")
    run.wait(20)
    assert acts(world) == ["old", "new"]


def test_a_journal_with_one_digest_of_both_is_compared_by_it(lab: Lab, world: World) -> None:
    """Runs from before the digests were separate still notice a change [HARN-1, RUNT-17]."""
    run = paused(lab, world)
    view = run.view
    assert set(view.schemas) == set(view.tools)
    view.sources, view.schemas = {}, {}
    from workbench.engine.drift import drifts
    from workbench.tools import Registry

    same, other = cell(SAME, world, 1), cell(OTHER_SOURCE, world, 2)
    tools = lab.world.tools()
    assert drifts(view, Registry([*tools, same])) == []
    assert [d.changed for d in drifts(view, Registry([*tools, other]))] == ["both", "both"]


def test_an_event_of_before_reads_as_unknown() -> None:
    """A `run.created` without separate digests is one whose parts are not known [RUNT-17]."""
    old = e.load("run.created", '{"goal": "g", "tools": {"act": "d"}}')
    assert isinstance(old, e.RunCreated)
    assert (old.sources, old.schemas) == ({}, {})
