"""A pause or a stop at every point of the pipeline, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, plan, step
from workbench import points
from workbench.commands import Command, Pause, Stop
from workbench.errors import RunStopped
from workbench.testing import ScriptedPerson, capture_events

PASSED = {
    "request-opened": 2,
    "before-intent-on-disk": 4,
    "after-intent-on-disk": 4,
    "after-effect": 5,
    "after-outcome": 5,
}
"""Points that are reached in the engine's loop, and how often the mixture below passes each."""
MOMENTS = [(point, n) for point, times in PASSED.items() for n in range(1, times + 1)]


@pytest.fixture
def ordering(lab: Lab) -> Iterator[Callable[[wb.Workbench, str, int, Command], None]]:
    """Give a way to have an order arrive exactly when a point is reached for the n-th time."""

    def install(bench: wb.Workbench, point: str, count: int, command: Command) -> None:
        seen = 0

        def reached(name: str) -> None:
            nonlocal seen
            seen += name == point
            if name != point or seen != count:
                return
            for drive in bench.host._drives.values():
                if drive is not None:
                    drive._take(command)
                    drive._obey()

        points.install(reached)

    yield install
    points.install(None)


def mixture() -> wb.Plan:
    """Make a plan in which every kind of tool is used, side by side and one after the other."""
    return plan(
        step("a", "put"),
        step("b", "post"),
        step("c", "think"),
        step("d", "send", after=["a", "c"]),
        step("e", "send", after=["b", "d"]),
    )


@pytest.mark.parametrize(("point", "count"), MOMENTS)
def test_stopped_at_any_point(lab: Lab, world: World, ordering, point: str, count: int) -> None:
    """Stopped anywhere: each effect has its intent, the lists are whole [CONC-10, CONC-1]."""
    bench = lab.bench(policy=wb.Policy(ask=["send"], allow=["*"]))
    ordering(bench, point, count, Stop())
    run = bench.start(plan=mixture())
    ScriptedPerson(otherwise="approve").attend(run)
    with pytest.raises(RunStopped):
        run.wait(20)
    intents = [event.step for event in capture_events(run, "call.intended")]
    assert set(world.effects) <= set(intents)
    assert len(world.effects) == len(set(world.effects))
    remains = run.view.remains
    listed = [*remains["happened"], *remains["in_flight"], *remains["not_begun"]]
    assert sorted(listed) == ["a", "b", "c", "d", "e"]
    for name in world.effects:
        assert run.view.steps[name].state == "succeeded"
    assert run.inbox == []
    assert run.live_tasks() == []


@pytest.mark.parametrize(("point", "count"), MOMENTS)
def test_paused_at_any_point(lab: Lab, world: World, ordering, point: str, count: int) -> None:
    """Paused anywhere and resumed, the run ends as if nothing had been [RUNT-9, RUNT-13]."""
    bench = lab.bench(policy=wb.Policy(ask=["send"], allow=["*"]))
    ordering(bench, point, count, Pause())
    run = bench.start(plan=mixture())
    person = ScriptedPerson(otherwise="approve")
    if person.attend(run) == "paused":
        points.install(None)
        run.resume()
        person.attend(run)
    run.wait(20)
    assert sorted(world.effects) == ["a", "b", "d", "e"]
    assert sorted(world.calls) == ["a", "b", "c", "d", "e"]


def test_a_scripted_person_attends_a_run(lab: Lab, world: World) -> None:
    """Without anybody there, scripted answers take a run to its end, in order [HARN-15]."""
    bench = lab.bench(policy=wb.Policy())
    run = bench.start(plan=plan(step("a", "send"), step("b", "send", after=["a"])))
    person = ScriptedPerson(["approve", "deny"])
    assert person.attend(run) == "succeeded"
    assert [request.step for request in person.seen] == ["a", "b"]
    assert world.effects == ["a"]
