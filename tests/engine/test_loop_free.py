"""The engine's loop is never blocked by the engine's own code."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster

import workbench as wb
from tests.engine.harness import Lab, World, eventually, plan, step
from workbench.host.thread import portal

MEASURED = [("workbench/host/recall.py", "view"), ("workbench/engine/log.py", "flush")]
"""Where the loop reads or writes itself, because that is bounded and quicker than a hop."""


@pytest.fixture
def backend() -> str:
    """Name the backend: what blocks in one loop blocks in the other; only asyncio is watched."""
    return "asyncio"


@pytest.fixture
def watched() -> Iterator[BlockBuster]:
    """Raise where code in an event loop reads or writes files, databases, sockets, or sleeps."""
    portal("asyncio")
    guard = BlockBuster(scanned_modules=["workbench"])
    for function in guard.functions.values():
        for file, name in MEASURED:
            function.can_block_in(file, name)
    guard.activate()
    yield guard
    guard.deactivate()


@pytest.mark.usefixtures("watched")
def test_a_run_of_all_kinds_blocks_nothing(lab: Lab, world: World) -> None:
    """Steps, effects, artifacts, orders, requests, a pause, an edit and a resume do no blocking I/O
    in the engine's loop [CONC-13].
    """
    import pandas as pd

    @wb.tool(effect="pure")
    def table() -> object:
        return pd.DataFrame({"x": range(50_000)})

    @wb.tool(effect="pure")
    def long_list() -> list[str]:
        return ["a long line of text"] * 20_000

    @wb.tool(effect="pure")
    async def length(value: object, other: list[str]) -> int:
        return len(value) + len(other)  # type: ignore[arg-type]

    gate = world.gate("g")
    steps = [
        wb.Step(id="t", tool="table", check=wb.Check(not_empty=True)),
        wb.Step(id="l", tool="long_list", check=wb.Check(output_schema={"type": "array"})),
        wb.Step(id="n", tool="length", args={"value": wb.ref("t"), "other": wb.ref("l")}),
        step("e", tool="send", after=["n"]),
        step("g", after=["e"]),
        step("q", ask=True, after=["g"]),
    ]
    run = lab.bench(table, long_list, length).start(plan=plan(*steps))
    gate.wait_reached()
    with run.editing(reason="one more") as draft:
        draft.add(step("z", after=["q"]))
    gate.open()
    run.resume()
    eventually(run, lambda view: bool(view.open_requests))
    run.inbox[0].approve()
    assert run.wait(20) == "z"
    assert run.output("n") == 70_000
    faults = [record.event for record in run.events() if record.kind == "fault.recorded"]
    assert faults == []


@pytest.mark.usefixtures("watched")
def test_the_watch_itself_works(lab: Lab) -> None:
    """A blocking read in the engine's loop is caught by the test above: the guard is awake
    [CONC-13].
    """
    bench = lab.bench()
    run = bench.start(plan=plan(step("a")))
    run.wait(20)

    async def block() -> object:
        return bench.journal.run(run.id)

    with pytest.raises(Exception, match="Blocking call"):
        portal("asyncio").call(block)
