"""The stream of a run's events, and that nobody can change it unseen."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, plan, step
from workbench.errors import JournalTampered


def test_followers_see_every_event_once_in_order(lab: Lab, world: World) -> None:
    """Early and late followers see each event once, without a gap, to the end [RUNT-15]."""
    gate = world.gate("s5")
    run = lab.bench().start(plan=chain(*(f"s{n}" for n in range(12))))
    begun = threading.Barrier(3, timeout=20)

    def follow(_: int) -> list[int]:
        stream = run.events(follow=True)
        seen = [next(stream).seq]
        begun.wait()
        return seen + [record.seq for record in stream]

    with ThreadPoolExecutor(3) as pool:
        early = [pool.submit(follow, n) for n in range(2)]
        begun.wait()
        gate.wait_reached()
        late = pool.submit(lambda: [record.seq for record in run.events(follow=True)])
        gate.open()
        run.wait(20)
        everything = list(range(1, run.view.seq + 1))
        for stream in (*early, late):
            assert stream.result(20) == everything


def test_a_snapshot_and_the_events_after_it_are_the_whole(lab: Lab, world: World) -> None:
    """A view and the events behind its position together are the run, with no overlap [RUNT-15]."""
    gate = world.gate("b")
    run = lab.bench().start(plan=chain("a", "b", "c"))
    gate.wait_reached()
    view = run.view
    gate.open()
    run.wait(20)
    after = [record.seq for record in run.events(after=view.seq)]
    assert after == list(range(view.seq + 1, run.view.seq + 1))


def test_a_change_by_hand_is_found(lab: Lab) -> None:
    """Changing one letter of one event breaks the chain, and verify names the place [RUNT-15]."""
    run = lab.bench().start(plan=chain("a", "b"))
    run.wait(20)
    assert run.verify() == run.view.seq
    lab.close()
    with sqlite3.connect(lab.place) as connection:
        connection.execute(
            "update wb_events set body = replace(body, 'a', 'e') where kind = 'run.succeeded' "
            "or seq = 5"
        )
    connection.close()
    bench = wb.Workbench(lab.place, planner=None)
    with pytest.raises(JournalTampered, match="event 5"):
        bench.look(run.id).verify()
    bench.close()


def test_frames_and_figures_of_a_run(lab: Lab, world: World) -> None:
    """Trace, audit and figures can be made of any run at any time [RUNT-4]."""
    world.faults = {"b": [ValueError("broken")]}
    run = lab.bench().start(plan=plan(step("a"), step("b", after=["a"])), on_failure="pause")
    run.wait_until("paused", timeout_s=20)
    assert list(run.trace()["step"]) == ["a", "b"]
    assert not run.audit().empty
    for figure in (run.timeline(), run.graph(), run.cost()):
        assert figure.to_dict()["layout"]
    assert "b" in str(run)
