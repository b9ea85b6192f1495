"""`workbench gc`: what nobody needs goes, and what an open undo needs is refused by name."""

from __future__ import annotations

from datetime import timedelta

import pytest

import workbench as wb
from tests.engine.harness import World, eventually
from workbench.commands import RollBack
from workbench.report import short_id
from workbench.testing import allow_all

JOURNAL = ("--journal", "runs.db")
ALL = ("--older-than", "0", "--keep", "0")


@pytest.fixture
def world():
    """A world whose undo can be held by a gate."""
    made = World()
    yield made
    made.open_all()


def test_orphans_go_and_sizes_are_shown(terminal, bench, waiting):
    """What no run refers to goes, no run does, and the sizes before and after are said."""
    bench.journal.put_artifact("a" * 64, b"x" * 5000)

    said = terminal.ok("gc", *JOURNAL)

    assert "0 runs and 1 artifacts removed: 5.0 kB." in said
    held, now = said.splitlines()[-1].removeprefix("The journal held ").split(", and holds ")
    assert float(held.split()[0]) - float(now.split()[0]) == pytest.approx(5, abs=0.2)
    assert bench.journal.sizes().orphans == 0
    assert "0 runs and 0 artifacts removed: 0 bytes." in terminal.ok("gc", *JOURNAL, *ALL)
    assert waiting.verify() > 0


def test_a_rollback_that_is_held_open_is_refused_by_name(terminal, world):
    """While the undo of a real rollback is in its call, another process that collects names the
    run, the run that undoes it and removes neither; afterwards both go."""
    gate = world.gate("una")
    tools = {"tools": world_tools(world), "planner": None, "policy": allow_all()}
    with wb.Workbench(terminal.folder / "runs.db", **tools) as bench:
        step = wb.Step(id="a", tool="put", args={"name": "a"})
        run = bench.start(plan=wb.Plan(goal="put a", steps=[step]))
        run.wait(20)
        run.send(RollBack(to=1))
        gate.wait_reached()
        undo = run.view.rollbacks[-1].undo

        said = terminal.ok("gc", *JOURNAL, *ALL)

        assert f"Kept run {short_id(run.id)}: it is being taken back by run {undo}." in said
        assert f"All artifacts are left while run {short_id(undo)} is being driven." in said
        assert "0 runs and 0 artifacts removed: 0 bytes." in said
        gate.open()
        eventually(run, lambda view: view.rollback is None)
        assert run.rollback(timeout_s=20).state == "succeeded"
    said = terminal.ok("gc", *JOURNAL, *ALL)
    assert "2 runs and 0 artifacts removed" in said
    assert "and holds 0 bytes now" in said


def world_tools(world):
    async def take(name: str) -> None:
        await world.visit(f"un{name}")

    @wb.tool(effect="reversible", undo=take)
    async def put(name: str) -> None:
        await world.visit(name)

    return [put]


def test_old_runs_go_only_when_asked(terminal, bench, plan):
    """Finished runs stay without `--older-than`, and the newest ten with it."""
    run = bench.start(plan=plan.model_copy(update={"steps": plan.steps[:1]}))
    run.wait(20)

    assert "0 runs" in terminal.ok("gc", *JOURNAL)
    assert "0 runs" in terminal.ok("gc", *JOURNAL, "--older-than", "0")
    assert f"Removed run {short_id(run.id)}." in terminal.ok("gc", *JOURNAL, *ALL)
    assert bench.gc(timedelta(0)).runs == []
