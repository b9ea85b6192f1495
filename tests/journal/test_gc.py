"""What `gc` removes, and what it refuses: an undo that is not over keeps all that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from tests.engine.harness import World, eventually
from tests.journal.harness import Holder, create, later, lines
from workbench.commands import RollBack
from workbench.events import CallIntended, Event, RollbackBegun, RollbackEnded, RunCreated
from workbench.journal import Chain, Journal
from workbench.journal.held import digests
from workbench.testing import allow_all

NOW = timedelta(0)


class Shelf:
    """Frames on a shelf: each write keeps the one before, and its undo is given both."""

    def __init__(self) -> None:
        self.world = World()
        self.frames: dict[str, pd.DataFrame] = {}
        self.given: dict[str, list[pd.DataFrame]] = {}

    def tools(self) -> list[wb.Tool]:
        async def put_back(name: str, table: pd.DataFrame, before: pd.DataFrame) -> None:
            await self.world.visit(f"un{name}")
            self.given[name] = [table, before]
            self.frames[name] = before

        def old(name: str) -> pd.DataFrame:
            return self.frames.get(name, frame(7))

        @wb.tool(effect="pure")
        def made(rows: int) -> pd.DataFrame:
            return frame(rows)

        @wb.tool(effect="reversible", undo=put_back, before=old)
        def put(name: str, table: pd.DataFrame) -> None:
            self.frames[name] = table

        return [made, put]


def frame(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"number": range(rows), "word": ["x"] * rows})


def plan(rows: int) -> wb.Plan:
    put = {"name": "a", "table": wb.ref("made")}
    steps = [
        wb.Step(id="made", tool="made", args={"rows": rows}),
        wb.Step(id="put", tool="put", args=put),
    ]
    return wb.Plan(goal="fill the shelf", steps=steps)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def opened(place: str, shelf: Shelf) -> wb.Workbench:
    return wb.Workbench(place, tools=shelf.tools(), planner=None, policy=allow_all())


@pytest.fixture
def bench(place: str, shelf: Shelf) -> Iterator[wb.Workbench]:
    with opened(place, shelf) as made:
        yield made
        shelf.world.open_all()


def done(bench: wb.Workbench, rows: int = 9) -> wb.Run:
    run = bench.start(plan=plan(rows))
    run.wait(20)
    return run


def needed(run: wb.Run) -> set[str]:
    """Give the artifacts of the run's undo entries."""
    intents = [record.event for record in run.events() if isinstance(record.event, CallIntended)]
    parts: list[Any] = [one for i in intents for one in (i.before, *i.undo_args.values()) if one]
    return digests(part.model_dump_json() for part in parts)


def test_only_artifacts_go_unless_asked(bench: wb.Workbench) -> None:
    """Without more words only what nothing refers to goes, and the sizes before and after are
    those of the journal; what a finished run refers to stays [RUNT-18]."""
    run = done(bench)
    bench.host.close()
    bench.journal.put_artifact("a" * 64, b"left behind")
    kept = bench.journal.sizes().artifacts - 1

    said = bench.gc()

    assert (said.runs, said.artifacts, said.bytes) == ([], 1, 11)
    assert said.before - said.after == 11
    (size,) = (sizes := bench.journal.sizes()).runs
    assert (sizes.artifacts, sizes.orphans) == (kept, 0)
    assert sizes.artifact_bytes + size.event_bytes + size.snapshot_bytes <= said.after
    assert len(run.output("made")) == 9
    assert bench.gc().bytes == 0


def test_finished_runs_go_when_asked(bench: wb.Workbench) -> None:
    """Asked to, it removes finished runs as prune does, with what only they referred to, and of
    the newest as many stay as one wants [RUNT-18]."""
    old, young = done(bench, 5), done(bench, 6)
    bench.host.close()

    said = bench.gc(NOW, keep=1)

    assert (said.runs, said.kept) == ([old.id], {})
    assert said.artifacts == 1, "the image of before is the young run's, too"
    assert len(young.output("made")) == 6
    assert bench.gc(NOW).runs == [young.id]
    assert bench.journal.sizes().artifacts == 0
    assert bench.gc(NOW).after == 0


def test_a_rollback_that_is_held_open(bench: wb.Workbench, shelf: Shelf) -> None:
    """While an undo is in its call, the run that it takes back is refused by name, with all that
    its undo entries hold; when the rollback is over, both runs go [RUNT-18, COMP-3]."""
    gate = shelf.world.gate("una")
    run = done(bench)
    run.send(RollBack(to=1))
    gate.wait_reached()
    undo = run.view.rollbacks[-1].undo

    said = bench.gc(NOW)

    assert (said.runs, said.artifacts) == ([], 0)
    assert said.kept == {run.id: f"it is being taken back by run {undo}"}
    assert undo in said.late
    assert bench.prune(NOW, orphans=True).runs == []
    gate.open()
    eventually(run, lambda view: view.rollback is None)
    assert [len(one) for one in shelf.given["a"]] == [9, 7]
    assert run.rollback(timeout_s=20).state == "succeeded"
    bench.host.close()
    assert set(bench.gc(NOW).runs) == {run.id, undo}
    assert bench.journal.sizes().artifacts == 0


def test_an_undo_that_waits_for_a_person(bench: wb.Workbench, shelf: Shelf, place: str) -> None:
    """A rollback whose undo is parked keeps the arguments and the image of before, while an
    artifact that nobody needs goes; answered after a restart, the undo is given the very values
    [COMP-3, COMP-6, RUNT-18]."""
    shelf.world.faults["una"] = [RuntimeError("the shelf is locked")]
    run = done(bench)
    report = run.rollback(timeout_s=20)
    assert report.state == "waiting"
    bench.host.close()
    bench.journal.put_artifact("a" * 64, b"left behind")
    entries = needed(run)
    assert len(entries) == 2

    said = bench.gc(NOW)

    assert (said.runs, said.late, said.artifacts, said.bytes) == ([], (), 1, 11)
    assert said.kept == {run.id: f"it is being taken back by run {report.undo}"}
    assert bench.journal.missing_artifacts(entries) == set()
    with opened(place, shelf) as later_on:
        later_on.open(report.undo)
        (request,) = later_on.inbox
        request.choose("redo")
        again = later_on.open(run.id).rollback(timeout_s=20)
    assert (again.counts["undone"], again.undo) == (1, report.undo)
    pd.testing.assert_frame_equal(shelf.given["a"][0], frame(9))
    pd.testing.assert_frame_equal(shelf.given["a"][1], frame(7))


def test_the_run_of_a_fork_stays(bench: wb.Workbench) -> None:
    """The original of a fork that is not over is refused by name, and so is the original of that
    one: what stays keeps what it names, to the end [RUNT-11, RUNT-18]."""
    run = done(bench)
    second = run.fork(at="after made", paused=True)
    second.abandon("no use")
    second.wait_until("abandoned", timeout_s=20)
    third = second.fork(at="after made", paused=True)
    bench.host.close()

    said = bench.gc(NOW)

    assert said.runs == []
    assert said.kept == {
        run.id: f"run {third.id}, which names it, stays",
        second.id: f"run {third.id}, which is a fork of it, stays",
    }
    assert len(third.output("made")) == 9


class Past:
    """Runs that ended at the start of the clock, written without an engine."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def run(self, name: str, *events: Event, state: str = "succeeded", **created: Any) -> None:
        first = RunCreated(goal="g", agent="a", on_behalf_of="b", limits={}, **created)
        chain = Chain(name)
        self.journal.create_run(name, None, "g", later(0), lines(chain, 0, first))
        self.add(name, *events, state=state)

    def add(self, name: str, *events: Event, state: str = "succeeded") -> None:
        holder = Holder.take(self.journal, name)
        batch = holder.batch("ended", state=state, release=True)
        batch.lines += lines(holder._chain, holder.lease.epoch, *events)
        self.journal.append(batch).result()

    def gc(self) -> Any:
        return self.journal.prune(later(1), older_than=NOW, orphans=True)


def test_killed_before_the_rollback_was_ended(journal: Journal) -> None:
    """The run that undoes has ended, and the run that it takes back does not know yet: neither
    goes until it is written down [RUNT-18, COMP-9]."""
    past = Past(journal)
    past.run("run-a", RollbackBegun(undo="run-b", to=1, by="person"))
    past.run("run-b", run_kind="undo", undoes="run-a", to=1)
    past.run("run-c")

    said = past.gc()

    assert said.runs == ["run-c"]
    assert said.kept == {
        "run-a": "it is being taken back by run run-b",
        "run-b": "it takes back run run-a, which is not over",
    }
    past.add("run-a", RollbackEnded(undo="run-b"))
    assert past.gc().runs == ["run-a", "run-b"]


def test_an_unfinished_undo_keeps_its_run(journal: Journal) -> None:
    """A run that undoes and has not ended keeps the one that it takes back, and that one what it
    is a fork of [RUNT-18, RUNT-11]."""
    past = Past(journal)
    past.run("run-0")
    past.run("run-a", fork_of="run-0", fork_at=2)
    past.run("run-b", state="waiting", run_kind="undo", undoes="run-a", to=1)

    said = past.gc()

    assert said.runs == []
    assert said.kept == {
        "run-0": "run run-a, which is a fork of it, stays",
        "run-a": "run run-b, which takes it back, is waiting",
    }


def test_a_driven_run_keeps_all_artifacts(journal: Journal) -> None:
    """What a driven run captures is stored before it is referred to, so nothing goes until it
    rests; then it does [RUNT-18]."""
    journal.put_artifact("a" * 64, b"on its way")
    holder = Holder.take(journal, create(journal, "run-a"))

    said = Past(journal).gc()

    assert (said.artifacts, said.late) == (0, ("run-a",))
    holder.append("at rest", release=True)
    assert Past(journal).gc().artifacts == 1
