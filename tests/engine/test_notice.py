"""What happens reaches the journal at once, and an order counts once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.engine.harness import Lab, World, eventually, plan, step
from workbench.testing import capture_events


@pytest.mark.parametrize("tool", ["think", "look", "send"])
def test_a_call_in_flight_is_seen_as_running(lab: Lab, world: World, tool: str) -> None:
    """Others see that a call is being made while it lasts, however little it changes [RUNT-15]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=plan(step("a", tool=tool)))
    gate.wait_reached()
    eventually(run, lambda view: view.steps["a"].state == "running")
    gate.open()
    run.wait(20)


@pytest.mark.parametrize("tool", ["think", "look", "send"])
def test_a_call_begun_by_resume_is_seen_as_running(lab: Lab, world: World, tool: str) -> None:
    """The first call after a pause is seen while it lasts, too [RUNT-15]."""
    first, second = world.gate("a"), world.gate("b")
    run = lab.bench().start(plan=plan(step("a"), step("b", tool=tool, after=["a"])))
    first.wait_reached()
    run.pause()
    first.open()
    eventually(run, lambda view: view.steps["a"].final)
    run.resume()
    second.wait_reached()
    eventually(run, lambda view: view.steps["b"].state == "running")
    second.open()
    run.wait(20)


def test_orders_given_at_the_same_time_count_once_each(lab: Lab, world: World) -> None:
    """However many orders come while others are being written, none is taken twice [RUNT-1]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=plan(step("a")))
    gate.wait_reached()
    names = [f"place {number}" for number in range(120)]
    with ThreadPoolExecutor(8) as people:
        list(people.map(run.checkpoint, names))
    marks = [event.name for event in capture_events(run, "checkpoint.made")]
    assert sorted(marks) == sorted(names)
    gate.open()
    run.wait(20)
