"""Damaged journals: what is sound is read, the first fault is named, nothing is written to them."""

from __future__ import annotations

import functools
import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import workbench as wb
from tests.golden import story
from tests.journal.harness import Holder, create, execute, note, texts
from workbench.errors import JournalDamaged, JournalError, NotFound
from workbench.ids import digest_bytes
from workbench.journal import Journal
from workbench.journal.engines import PAGE_BYTES
from workbench.journal.salvage import salvage
from workbench.journal.snapshot import load_view

CASES = 200
CONTENT = b"the bytes of an artifact" * 300


@functools.cache
def sound() -> bytes:
    """Make one real journal of several runs, finished and not: its bytes."""
    folder = Path(tempfile.mkdtemp(prefix="workbench-damage-"))
    with story.bench(folder / "runs.db", folder) as bench:
        for one in (story.success, story.failure, story.waiting, story.paused, story.doubt):
            one(bench)
    journal = Journal(folder / "runs.db")
    holder = Holder.take(journal, create(journal, "run-long"))
    for number in range(60):
        holder.append(f"{number} " + "x" * 300)
    journal.put_artifact(digest_bytes(CONTENT), CONTENT)
    journal.close()
    content = (folder / "runs.db").read_bytes()
    shutil.rmtree(folder)
    return content


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Copy that journal."""
    path = tmp_path / "runs.db"
    path.write_bytes(sound())
    return path


def folds(path: Path) -> dict[str, list[str]]:
    """Fold every run of a sound journal, at each of its positions."""
    journal = Journal(path, read_only=True)
    found = {
        row.id: [load_view(journal, row.id, at=at).model_dump_json() for at in range(row.seq + 1)]
        for row in journal.runs()
    }
    journal.close()
    return found


@functools.cache
def truth() -> dict[str, list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        path.write_bytes(sound())
        return folds(path)


def flip(content: bytes, chance: random.Random) -> bytes:
    """Damage it as disks do: some bytes, a page of zeros, or pages that changed places."""
    damaged, kind = bytearray(content), chance.randrange(4)
    place = chance.randrange(len(damaged))
    if kind == 0:
        damaged[place] ^= 1 << chance.randrange(8)
    elif kind == 1:
        damaged[place : place + 40] = chance.randbytes(len(damaged[place : place + 40]))
    else:
        pages = len(damaged) // PAGE_BYTES
        one, other = (chance.randrange(pages) * PAGE_BYTES for _ in range(2))
        page = bytes(PAGE_BYTES) if kind == 2 else bytes(damaged[other : other + PAGE_BYTES])
        damaged[one : one + PAGE_BYTES] = page
    return bytes(damaged)


@pytest.mark.parametrize("part", range(8))
def test_flipped_bytes_never_give_a_wrong_fold(tmp_path: Path, part: int) -> None:
    """Whatever bytes are damaged: the true fold, a prefix with its fault named, or a refusal.

    The file stays as it is [RUNT-17].
    """
    outcomes = set()
    for number in range(part, CASES, 8):
        damaged = flip(sound(), random.Random(number))
        path = tmp_path / f"{number}.db"
        path.write_bytes(damaged)
        try:
            journal = Journal(path, read_only=True)
        except JournalError as error:
            if not error.next_step:
                raise
            outcomes.add("refused")
            continue
        rows = {row.id: row for row in journal.runs()}
        for run, every in truth().items():
            if run not in rows:
                outcomes.add("run lost")
                continue
            view = load_view(journal, run)
            assert view.model_dump_json() == every[view.seq]
            assert rows[run].state == view.state
            fault = journal.fault(run)
            outcomes.add("whole" if fault is None else "cut")
            if fault is None:
                assert view.seq == len(every) - 1
            else:
                assert fault.fields["run"] == run
                assert fault.fields["seq"] == view.seq + 1
                assert "salvage" in fault.next_step
        journal.close()
        assert path.read_bytes() == damaged
    assert {"whole", "cut"} <= outcomes


FAULTS: dict[str, tuple[str, int, str]] = {
    "changed": ("update wb_events set body = '{}' where seq = 30 and run = 'run-long'", 30, "hash"),
    "missing": ("delete from wb_events where seq = 30 and run = 'run-long'", 30, "it is missing"),
    "end missing": ("delete from wb_events where seq > 40 and run = 'run-long'", 41, "ends with"),
    "not text": (
        "update wb_events set body = x'ff00' where seq = 30 and run = 'run-long'", 30, "event 30"
    ),
    "row gone": ("delete from wb_runs where id = 'run-long'", 62, "missing in the list"),
    "row changed": ("update wb_runs set head = 'x' where id = 'run-long'", 62, "ends with"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FAULTS)
def test_the_first_fault_is_named(path: Path, kind: str) -> None:
    """The error names file, run and event, and what to do; other runs are whole [RUNT-17]."""
    statement, seq, why = FAULTS[kind]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    with wb.Workbench(path, read_only=True) as bench:
        fault = bench.journal.fault("run-long")
        assert isinstance(fault, JournalDamaged)
        assert fault.fields == {"journal": str(path), "run": "run-long", "seq": seq}
        assert why in str(fault)
        assert f"workbench salvage '{path}' NEW" in str(fault)
        assert bench.journal.faults().keys() == {"run-long"}
        assert bench.look("run-long").view.seq == seq - 1
        assert len(list(bench.look("run-long").events())) == seq - 1
        with pytest.raises(JournalDamaged, match=f"event {seq}"):
            bench.look("run-long").verify()
        assert len(bench.runs()) == 6


def test_an_index_that_is_damaged_hides_nothing(path: Path) -> None:
    """When only an index is damaged, all events are read without it [RUNT-17]."""
    with closing(sqlite3.connect(path)) as connection:
        names = "name = 'sqlite_autoindex_wb_events_1'"
        (root,) = connection.execute(f"select rootpage from sqlite_master where {names}").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * PAGE_BYTES)
        file.write(os.urandom(PAGE_BYTES))
    journal = Journal(path, read_only=True)
    assert {run: load_view(journal, run).model_dump_json() for run in truth()} == {
        run: every[-1] for run, every in truth().items()
    }
    assert journal.faults() == {}
    journal.close()


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_truncated_file_is_refused_or_read_to_its_end(path: Path, part: float) -> None:
    """A file that was cut off gives a prefix of each run, or a clear refusal [RUNT-17]."""
    os.truncate(path, int(path.stat().st_size * part))
    before = path.read_bytes()
    try:
        journal = Journal(path, read_only=True)
    except JournalDamaged as error:
        if "salvage" not in str(error):
            raise
    else:
        for row in journal.runs():
            view = load_view(journal, row.id)
            assert view.model_dump_json() == truth()[row.id][view.seq]
        journal.close()
    assert path.read_bytes() == before


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
def test_a_cut_log_gives_an_earlier_state(tmp_path: Path, part: float) -> None:
    """A write-ahead log that was cut off gives the journal as it once was [RUNT-17]."""
    live, path = tmp_path / "live.db", tmp_path / "cut.db"
    journal = Journal(live)
    holder = Holder.take(journal, create(journal, "run-a"))
    for number in range(40):
        holder.append(f"{number}")
    shutil.copy(live, path)
    log = live.with_name("live.db-wal").read_bytes()
    every = texts(journal, "run-a")
    journal.close()
    path.with_name("cut.db-wal").write_bytes(log[: int(len(log) * part)])
    try:
        cut = Journal(path, read_only=True)
    except JournalError:
        assert part < 0.5
        return
    for row in cut.runs():
        assert cut.verify(row.id) == row.seq
        read = texts(cut, row.id)
        assert read == every[: len(read)]
    cut.close()


def test_nothing_can_be_written(path: Path) -> None:
    """A journal opened only for reading refuses everything that writes [RUNT-17]."""
    before = path.read_bytes()
    with wb.Workbench(path, read_only=True, planner=None) as bench:
        run = next(row.id for row in bench.journal.runs() if row.state == "waiting")
        uses: list[Callable[[], object]] = [
            lambda: bench.open(run),
            lambda: bench.start(plan=story.plan(story.step("a", tool="x"))),
            bench.look(run).stop,
            bench.look(run).inbox[0].approve,
            lambda: bench.journal.put_artifact("a", b"b"),
        ]
        for use in uses:
            with pytest.raises((JournalError, wb.errors.PlanError)):
                use()
        assert bench.look(run).inbox[0].title
    assert path.read_bytes() == before


@pytest.mark.parametrize("place", ["none.db", "text.db", "other.db"])
def test_reading_makes_nothing(tmp_path: Path, place: str) -> None:
    """Where there is no journal, opening one for reading makes none."""
    (tmp_path / "text.db").write_text("my notes " * 100)
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("create table sales (a)")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(JournalError):
        Journal(tmp_path / place, read_only=True)
    assert sorted(tmp_path.iterdir()) == before


class TestSalvage:
    def test_sound_runs_are_copied_whole(self, path: Path, tmp_path: Path) -> None:
        """A journal without faults is copied line by line: same ids, places, hashes [RUNT-17]."""
        done = salvage(path, tmp_path / "new.db")
        assert all(one.fault is None for one in done)
        assert folds(tmp_path / "new.db") == truth()
        old, new = Journal(path), Journal(tmp_path / "new.db")
        for row in old.runs():
            copied = new.run(row.id)
            assert new.verify(row.id) == row.seq
            assert (copied.head, copied.key) == (row.head, row.key)
            if row.id != "run-long":  # the harness writes no true state beside its events
                assert (copied.state, copied.done, copied.total) == (row.state, row.done, row.total)
        assert new.artifact(digest_bytes(CONTENT)) == CONTENT
        old.close()
        new.close()

    def test_a_cut_run_is_paused(self, path: Path, tmp_path: Path) -> None:
        """A run that is cut off at its fault comes out paused and says why; others whole."""
        journal = Journal(path)
        run = next(row.id for row in journal.runs() if row.key == "waiting")
        execute(journal, f"update wb_events set body = '{{}}' where run = '{run}' and seq = 6")
        journal.close()
        before = path.read_bytes()
        done = {one.run: one for one in salvage(path, tmp_path / "new.db")}
        assert done[run].events == 5
        assert done[run].fault is not None
        assert [one.run for one in done.values() if one.fault] == [run]
        assert path.read_bytes() == before
        with story.bench(tmp_path / "new.db", tmp_path) as bench:
            copied = bench.look(run)
            assert copied.state == "paused"
            assert "what was done after it is not known" in copied.view.reason
            assert copied.verify() == 7
            assert story.finish(bench.open(run)).state == "succeeded"

    def test_it_never_overwrites(self, path: Path, tmp_path: Path) -> None:
        """Nothing that exists is overwritten."""
        (tmp_path / "new.db").write_text("precious")
        for place in (tmp_path / "new.db", path):
            with pytest.raises(JournalError, match="exists already"):
                salvage(path, place)
        assert (tmp_path / "new.db").read_text() == "precious"

    def test_whatever_is_damaged_the_copy_is_sound(self, tmp_path: Path) -> None:
        """The copy of a damaged journal is a sound journal, whatever the damage [RUNT-17]."""
        copied = 0
        for number in range(20):
            path, new = tmp_path / f"{number}.db", tmp_path / f"{number}-new.db"
            path.write_bytes(flip(sound(), random.Random(number)))
            try:
                done = salvage(path, new)
            except JournalError:
                continue
            journal = Journal(new)
            assert journal.faults() == {}
            assert {row.id for row in journal.runs()} == {one.run for one in done if one.events}
            journal.close()
            copied += 1
        assert copied > 5


def test_unknown_runs_are_named(path: Path) -> None:
    """A run that is not there is an error that names it, in a damaged journal, too."""
    journal = Journal(path, read_only=True)
    with pytest.raises(NotFound, match="run-none"):
        journal.run("run-none")
    journal.close()
    assert note("x").kind == "fault.recorded"
