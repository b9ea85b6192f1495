"""Stopped and paused at any moment: what was done is in the journal before it was done."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, plan, step
from workbench import points
from workbench.errors import RunFinished, WorkbenchError

MOMENTS = 100
"""On each backend; an order that comes after the end does not count."""
SEED = 20260601
TOOLS = ("send", "post", "put", "look", "think")
POINTS_PASSED = 80
"""Points that such a run passes, or some more."""


@pytest.fixture
def no_points() -> Iterator[None]:
    """Take the hook away again."""
    yield
    points.install(None)


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("no_points")
def test_cancelled_at_random_moments(lab: Lab, world: World) -> None:
    """At 200 random moments a stop or a pause: each effect in the world has an intent that was on
    disk before it, none has happened twice, and no intent is left without an outcome [CONC-10]."""
    chance, bench = random.Random(SEED), lab.bench()
    came_in_time = number = 0
    while came_in_time < MOMENTS:
        number += 1
        steps = [
            step(f"{number}-{at}", chance.choice(TOOLS), after=[f"{number}-{at - 3}"] * (at > 2))
            for at in range(9)
        ]
        moment = _moment(chance.randint(1, POINTS_PASSED))
        run = bench.start(plan=plan(*steps))
        while not moment.wait(0.001) and not run.view.final:
            pass
        try:
            run.stop("now") if chance.random() < 0.5 else _pause_and_go_on(run)
            came_in_time += 1
        except RunFinished:
            pass
        points.install(None)
        run.wait_until(timeout_s=20)
        _look(run, world, str(number))


def _moment(count: int) -> threading.Event:
    """Give an event that comes when the run passes its n-th point."""
    come, passed = threading.Event(), [0]

    def reached(_name: str) -> None:
        passed[0] += 1
        if passed[0] == count:
            come.set()

    points.install(reached)
    return come


def _pause_and_go_on(run: wb.Run) -> None:
    run.pause("now")
    run.resume()


def _look(run: wb.Run, world: World, prefix: str) -> None:
    view, events = run.view, list(run.events())
    assert view.state in ("succeeded", "stopped")
    effects = [name for name in world.effects if name.startswith(f"{prefix}-")]
    assert len(effects) == len(set(effects))
    intended = {record.step for record in events if record.kind == "call.intended"}
    assert set(effects) <= intended
    done = {name for name, one in view.steps.items() if one.state == "succeeded"}
    changing = {n for n, one in view.steps.items() if view.plan[n].tool in TOOLS[:3]}
    doubted = {name for name, one in view.steps.items() if one.state == "in_doubt"}
    assert done & changing <= set(effects) <= done | doubted
    assert not [name for name, one in view.steps.items() if one.state == "running"]


def test_a_finished_run_takes_no_order(lab: Lab, world: World) -> None:
    """Whatever is asked of a run that has ended, it raises, and not one event is added [ASYN-3]."""
    run = lab.bench().start(plan=plan(step("a"), step("b", after=["a"])))
    run.wait(20)
    before = [(record.seq, record.hash) for record in run.events()]
    orders = [
        run.pause,
        run.resume,
        run.stop,
        lambda: run.abandon("no"),
        lambda: run.checkpoint("late"),
        lambda: run.edit([{"op": "skip", "step": "b"}], base=run.plan.digest),
        lambda: run.editing().__enter__(),
    ]
    for order in orders:
        with pytest.raises(RunFinished) as refusal:
            order()
        assert isinstance(refusal.value, WorkbenchError)
    assert [(record.seq, record.hash) for record in run.events()] == before
