"""How much a journal takes, and removing what is finished."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from tests.golden import story
from workbench.commands import Wake
from workbench.errors import NotFound
from workbench.journal import Journal
from workbench.testing import FakeClock, allow_all

DAY = timedelta(days=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def bench(place: str, tmp_path: Path, clock: FakeClock) -> Iterator[wb.Workbench]:
    """Open a journal with the tools of the corpus, and a clock that stands."""
    with wb.Workbench(
        place, tools=story.tools(tmp_path), planner=None, policy=allow_all(), clock=clock
    ) as made:
        yield made


def frame(rows: int, key: str) -> dict[str, object]:
    steps = story.step("table", "table", args={"rows": rows})
    return {"plan": story.plan(steps), "key": key}


def artifacts(journal: Journal) -> int:
    return journal.sizes().artifacts


def test_sizes_are_shown(bench: wb.Workbench) -> None:
    """Each run's bytes are shown, by events, snapshots and artifacts [RUNT-18]."""
    small, large = (bench.start(**frame(rows, str(rows))) for rows in (10, 5000))
    for run in (small, large):
        run.wait(20)
    sizes = bench.sizes().set_index("run")
    assert sizes.loc[large.id, "artifact_bytes"] > 10 * sizes.loc[small.id, "artifact_bytes"] > 0
    assert sizes.loc[small.id, "events"] == small.verify()
    written = sum(len(record.kind) for record in small.events())
    assert sizes.loc[small.id, "event_bytes"] > written
    assert list(sizes["state"]) == ["succeeded", "succeeded"]
    assert isinstance(sizes["updated"].iloc[0], pd.Timestamp)


def test_an_artifact_of_many_runs_is_stored_once(bench: wb.Workbench) -> None:
    """Runs with the same large value share it [RUNT-18]."""
    for number in range(5):
        bench.start(**frame(3000, str(number))).wait(20)
    sizes = bench.journal.sizes()
    assert sizes.artifacts == 1
    assert {run.artifact_bytes for run in sizes.runs} == {sizes.artifact_bytes}
    assert sizes.orphans == 0


def test_a_long_run_grows_by_what_is_new_only(bench: wb.Workbench) -> None:
    """Twice as many steps take twice the bytes: nothing is written again with each [RUNT-18]."""
    taken = {}
    for count in (250, 500, 1000):
        steps = [story.step(f"s{n:04}", after=[f"s{n - 1:04}"] if n else []) for n in range(count)]
        run = bench.start(plan=story.plan(*steps))
        run.wait(60)
        (size,) = (one for one in bench.journal.sizes().runs if one.run == run.id)
        taken[count] = size.event_bytes
        assert size.snapshot_bytes < 4 * size.event_bytes
    assert taken[500] - taken[250] > 0
    growth = (taken[1000] - taken[500]) / (taken[500] - taken[250])
    assert 1.9 < growth < 2.1


class TestPruning:
    def test_old_finished_runs_go_whole(self, bench: wb.Workbench, clock: FakeClock) -> None:
        """What ended long ago goes with all it had; what is younger or unfinished stays.

        [RUNT-18]
        """
        old = bench.start(**frame(10, "old"))
        old.wait(20)
        held = story.waiting(bench)
        clock.advance(100 * 86400)
        young = bench.start(**frame(20, "young"))
        young.wait(20)
        done = bench.prune(90 * DAY)
        assert done.runs == [old.id]
        assert done.artifacts == 1
        assert done.bytes > 1000
        assert set(bench.runs()["run"]) == {held.id, young.id}
        with pytest.raises(NotFound):
            bench.look(old.id)
        assert bench.journal.records(old.id) == []
        assert young.output("table")["number"].tolist() == list(range(20))
        assert held.verify() > 0
        assert bench.start(**frame(10, "old")).id != old.id

    def test_what_is_shared_stays(self, bench: wb.Workbench, clock: FakeClock) -> None:
        """An artifact goes only with the last run that refers to it [RUNT-18]."""
        first = bench.start(**frame(10, "a"))
        first.wait(20)
        clock.advance(100 * 86400)
        second = bench.start(**frame(10, "b"))
        second.wait(20)
        assert bench.prune(90 * DAY).runs == [first.id]
        assert len(second.output("table")) == 10
        assert bench.prune(timedelta(0)).artifacts == 1
        assert artifacts(bench.journal) == 0

    def test_the_newest_stay(self, bench: wb.Workbench, clock: FakeClock) -> None:
        """As many finished runs as one wants to keep stay, whatever their age [RUNT-18]."""
        runs = []
        for number in range(5):
            runs.append(bench.start(**frame(number + 1, str(number))))
            runs[-1].wait(20)
            clock.advance(86400)
        assert set(bench.prune(timedelta(0), keep=2).runs) == {run.id for run in runs[:3]}
        assert bench.prune(timedelta(0), keep=2).runs == []

    def test_a_run_with_an_undecided_order_stays(
        self, bench: wb.Workbench, clock: FakeClock
    ) -> None:
        """A run that somebody wants something of is in use, and so is one that another names."""
        asked, named = (bench.start(**frame(1, key)) for key in ("asked", "named"))
        for run in (asked, named):
            run.wait(20)
        naming = bench.start(plan=story.plan(story.step("a", ask=True, value=f"after {named.id}")))
        naming.wait_until("waiting", timeout_s=20)
        bench.host.close()  # so that nobody decides the order
        bench.journal.command(asked.id, Wake(), clock.now())
        assert bench.prune(timedelta(0)).runs == []

    def test_the_journal_says_what_was_removed(self, bench: wb.Workbench, clock: FakeClock) -> None:
        """Each removal is written down with its time, its runs and their bytes [RUNT-18]."""
        assert bench.journal.pruned() == []
        run = bench.start(**frame(10, "a"))
        run.wait(20)
        clock.advance(60)
        done = bench.prune(timedelta(0))
        ((at, what),) = bench.journal.pruned()
        assert at == clock.now().isoformat(timespec="microseconds")
        assert what == {"runs": [run.id], "artifacts": 1, "bytes": done.bytes}

    def test_orphans_go_when_asked(self, bench: wb.Workbench) -> None:
        """An artifact that no run ever referred to stays until one asks for its removal."""
        bench.journal.put_artifact("a" * 64, b"left behind")
        assert bench.journal.sizes().orphans == 1
        assert bench.prune(timedelta(0)).artifacts == 0
        assert bench.prune(timedelta(0), orphans=True).artifacts == 1
        assert bench.journal.sizes().orphans == 0

    def test_room_is_given_back_on_request(self, bench: wb.Workbench, place: str) -> None:
        """The file shrinks when one asks for it, and the journal works on [RUNT-18]."""
        bench.start(**frame(200_000, "large")).wait(60)
        bench.journal.vacuum()
        before = Path(place).stat().st_size if "://" not in place else 0
        assert len(bench.prune(timedelta(0), vacuum=True).runs) == 1
        if before:
            assert Path(place).stat().st_size < before / 2
        run = bench.start(**frame(10, "again"))
        run.wait(20)
        assert run.verify() > 3
