"""Being told that a run has ended: at least once, and without harm to the run."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, plan, step
from workbench.host import delivery


class Listener:
    """Notes what it is told; raises as often as it should."""

    def __init__(self, failures: int = 0) -> None:
        self.told: list[wb.Ended] = []
        self.failures = failures
        self._changed = threading.Condition()

    def __call__(self, ended: wb.Ended) -> None:
        with self._changed:
            self.told.append(ended)
            self._changed.notify_all()
        if len(self.told) <= self.failures:
            raise ConnectionError("nobody answers")

    def wait(self, count: int = 1) -> list[wb.Ended]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.told) >= count, 20), "it was not told"
        return self.told


def kinds_after_end(run: wb.Run) -> list[str]:
    return [record.kind for record in run.events() if record.seq > run.view.end_seq]


def noted(run: wb.Run) -> wb.RunView:
    return eventually(run, lambda view: bool(view.delivered))


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "RETRY_S", (0.0, 0.0, 0.0))


def test_the_end_is_told_once(lab: Lab, world: World) -> None:
    """Each run's end is told with id, state and result; the journal notes it [ASYN-16]."""
    listener = Listener()
    bench = lab.bench(on_end=listener)
    run = bench.start(plan=chain("a", "b"))
    run.wait(20)
    (ended,) = listener.wait()
    view = noted(run)
    assert ended == wb.Ended(f"{run.id}:{view.end_seq}", run.id, "succeeded", "b")
    assert view.delivered == ended.event_id
    assert kinds_after_end(run) == ["notice.delivered"]
    assert (view.state, run.result) == ("succeeded", "b")
    assert run.verify() == view.seq


@pytest.mark.parametrize(
    ("state", "end"),
    [
        ("failed", lambda _: None),
        ("stopped", lambda run: run.stop("enough")),
        ("abandoned", lambda run: run.abandon("enough")),
    ],
)
def test_every_end_is_told(
    lab: Lab, world: World, state: str, end: Callable[[wb.Run], None]
) -> None:
    """A failure, a stop and an abandon are ends as well, and say why [ASYN-16]."""
    listener = Listener()
    gate = world.gate("a")
    world.faults = {"a": [ValueError("enough")]}
    run = lab.bench(on_end=listener).start(plan=chain("a"))
    gate.wait_reached()
    end(run)
    gate.open()
    (ended,) = listener.wait()
    assert ended.state == state
    assert "enough" in ended.summary
    noted(run)


def test_a_callback_that_raises_harms_nothing(lab: Lab, world: World) -> None:
    """A callback that always raises: the run is done, the fault is recorded [ASYN-16]."""
    listener = Listener(failures=99)
    run = lab.bench(on_end=listener).start(plan=chain("a"))
    assert run.wait(20) == "a"
    told = listener.wait(4)
    assert len({ended.event_id for ended in told}) == 1
    view = eventually(run, lambda view: view.seq > view.end_seq)
    lab.close()
    run = lab.bench().look(run.id)
    (fault,) = (r.event for r in run.events() if r.kind == "fault.recorded")
    assert "on_end (Listener)" in fault.where
    assert "nobody answers" in fault.error
    assert (view.state, run.state, run.view.delivered) == ("succeeded", "succeeded", "")
    assert len(listener.told) == 4


def test_a_callback_that_recovers_is_noted(lab: Lab, world: World) -> None:
    """A callback that fails twice is called a third time, with the same id [ASYN-16]."""
    listener = Listener(failures=2)
    run = lab.bench(on_end=listener).start(plan=chain("a"))
    listener.wait(3)
    noted(run)
    assert len({ended.event_id for ended in listener.told}) == 1
    (note,) = (r.event for r in run.events() if r.kind == "notice.delivered")
    assert note.attempt == 3


def test_what_was_not_told_is_told_at_the_next_opening(lab: Lab, world: World) -> None:
    """Never delivered: the next workbench with a callback tells it, one without does not."""
    bench = lab.bench(on_end=Listener(failures=99))
    run = bench.start(plan=chain("a"))
    run.wait(20)
    eventually(run, lambda view: view.seq > view.end_seq)
    lab.close()
    assert lab.bench().look(run.id).view.delivered == ""
    lab.close()
    listener = Listener()
    bench = lab.bench(on_end=listener)
    (ended,) = listener.wait()
    run = bench.look(run.id)
    assert ended.event_id == noted(run).delivered == f"{run.id}:{run.view.end_seq}"
    lab.close()
    later = Listener()
    bench = lab.bench(on_end=later)
    bench.open(run.id).wait(20)
    other = bench.start(plan=chain("b"))
    other.wait(20)
    assert [told.run for told in later.wait()] == [other.id]


def test_runs_that_promised_nothing_are_left_alone(lab: Lab, world: World) -> None:
    """Runs that ended before anybody wanted to know are not told of later [ASYN-16]."""
    old = lab.bench().start(plan=chain("a"))
    old.wait(20)
    lab.close()
    listener = Listener()
    bench = lab.bench(on_end=listener)
    bench.open(old.id).wait(20)
    new = bench.start(plan=chain("b"))
    new.wait(20)
    noted(new)
    assert [told.run for told in listener.told] == [new.id]


def test_a_run_that_goes_on_elsewhere_is_told(lab: Lab, world: World) -> None:
    """Started by one process and ended by the next, the end is told there [ASYN-16]."""
    gate = world.gate("b")
    run = lab.bench(on_end=Listener()).start(plan=chain("a", "b"))
    gate.wait_reached()
    run.pause()
    gate.open()
    lab.close()
    listener = Listener()
    run = lab.bench(on_end=listener).open(run.id)
    run.resume()
    run.wait(20)
    assert listener.wait()[0].run == run.id
    noted(run)


def test_a_handle_can_be_asked_to_tell(lab: Lab, world: World) -> None:
    """A callback of one run is called at its end, or at once when it has ended [ASYN-16]."""
    gate = world.gate("a")
    bench = lab.bench()
    run, other = bench.start(plan=chain("a")), bench.start(plan=chain("x"))
    early, late = Listener(), Listener()
    run.on_end(early)
    other.wait(20)
    assert early.told == []
    gate.wait_reached()
    gate.open()
    run.wait(20)
    assert [told.run for told in early.wait()] == [run.id]
    run.on_end(late)
    assert late.wait() == early.told


def test_coroutines_can_be_told(lab: Lab, world: World) -> None:
    """The callback may be a coroutine function [ASYN-16]."""
    listener = Listener()

    async def tell(ended: wb.Ended) -> None:
        listener(ended)

    run = lab.bench(on_end=tell).start(plan=chain("a"))
    assert listener.wait()[0].run == run.id
    noted(run)


def test_closing_lets_a_callback_finish(lab: Lab, world: World) -> None:
    """Closing the workbench right after the end does not take the notice away [ASYN-16]."""
    listener = Listener()
    run = lab.bench(on_end=listener).start(plan=plan(step("a")))
    run.wait(20)
    lab.close()
    assert [told.run for told in listener.told] == [run.id]
    assert lab.bench().look(run.id).view.delivered


def test_a_slow_callback_holds_nothing(lab: Lab, world: World) -> None:
    """While a callback takes its time, the run is over and others run and are told [ASYN-16]."""
    release, listener = threading.Event(), Listener()

    def slow(ended: wb.Ended) -> None:
        if ended.summary == "slow":
            release.wait(20)
        listener(ended)

    bench = lab.bench(on_end=slow)
    assert bench.start(plan=chain("slow")).wait(20) == "slow"
    assert bench.start(plan=chain("quick")).wait(20) == "quick"
    assert listener.wait()[0].summary == "quick"
    release.set()
    assert len(listener.wait(2)) == 2
