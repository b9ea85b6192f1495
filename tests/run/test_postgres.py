"""A run whose journal is a real PostgreSQL."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.engine.harness import World, plan, step
from workbench.testing import ScriptedPerson


@pytest.mark.postgres
def test_a_run_goes_on_in_another_workbench_on_the_same_server(
    postgres_url: str, world: World
) -> None:
    """Pause, edit, close, open again and answer: on PostgreSQL as on SQLite [RUNT-9] [ASYN-6]."""
    gate = world.gate("a")
    tools = world.tools()
    with wb.Workbench(postgres_url, tools=tools, planner=None) as bench:
        run = bench.start(plan=plan(step("a"), step("b", tool="send", after=["a"])), key="once")
        gate.wait_reached()
        with run.editing("one thing more") as draft:
            draft.add(step("c", value={"rows": [1, 2]}, after=["a"]))
        gate.open()
    with wb.Workbench(postgres_url, tools=tools, planner=None) as bench:
        again = bench.start(plan=plan(step("a"), step("b", tool="send", after=["a"])), key="once")
        assert again.id == run.id
        assert again.state == "paused"
        again.resume()
        assert ScriptedPerson(["approve"]).attend(again) == "succeeded"
        assert again.output("c") == {"rows": [1, 2]}
        assert again.verify() == len(list(again.events()))
    assert world.calls.count("a") == 1
    assert world.effects == ["b"]
