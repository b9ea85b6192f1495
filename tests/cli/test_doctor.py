"""`workbench doctor`: what this machine has."""

from __future__ import annotations

import platform
import sqlite3
from contextlib import closing

import pytest

from workbench.cli import doctor


def test_the_doctor_names_versions_and_the_place_of_the_journal(terminal):
    """Versions of Python, SQLite and the packages, and the journal's file system, one a line."""
    lines = terminal.ok("doctor", "--journal", "runs.db").splitlines()

    said = {line.split()[1]: line for line in lines}
    assert platform.python_version() in said["python"]
    assert {"sqlite", "anyio", "ipykernel", "jupyterlab", "chromium", "node"} <= said.keys()
    assert str(terminal.folder) in said["journal"]
    assert not (terminal.folder / "runs.db").exists()


@pytest.mark.parametrize(
    ("version", "mark"),
    [
        ((3, 6, 23), "ok"),
        ((3, 7, 0), "note"),
        ((3, 40, 1), "note"),
        ((3, 51, 2), "note"),
        ((3, 51, 3), "ok"),
    ],
)
def test_the_range_of_the_wal_reset_bug_is_known(version, mark):
    """Versions 3.7.0 to 3.51.2 of SQLite are pointed out, others are not."""
    assert doctor.sqlite_finding(version).mark == mark


@pytest.mark.parametrize(
    ("kind", "mark", "words"),
    [
        ("nfs4", "note", "network file system (nfs4)"),
        ("fuse.sshfs", "bad", "without locks (fuse.sshfs)"),
        ("ext4", "ok", "file system: ext4"),
    ],
)
def test_the_file_system_of_the_journal_is_judged(tmp_path, monkeypatch, kind, mark, words):
    """A network file system is slow or, without locks, no place for a journal; it says which."""
    monkeypatch.setattr(doctor, "file_system", lambda _folder: kind)

    finding = doctor.journal_finding(str(tmp_path / "runs.db"))

    assert finding.mark == mark
    assert words in finding.words


def test_a_folder_that_does_not_exist_is_bad_and_ends_with_exit_code_1(terminal):
    """A place that cannot work is said before a run is lost there."""
    done = terminal("doctor", "--journal", "nowhere/runs.db")

    assert done.returncode == 1
    assert "does not exist" in done.stdout


def test_what_is_in_the_journal_is_judged(terminal, bench, waiting):
    """Runs with their sizes, artifacts, orphans and the length of the log are shown."""
    bench.journal.put_artifact("a" * 64, b"left behind")
    said = terminal.ok("doctor", "--journal", "runs.db")

    assert "runs" in said
    assert "1, all whole" in said
    assert f"{waiting.verify()} events" in said
    assert "1 artifacts, 11 bytes, belong to no run: workbench gc" in said
    assert "wait in the write-ahead log" in said


def test_a_damaged_journal_is_named_salvaged_and_gone_on_with(terminal, bench, waiting):
    """The doctor names the first fault, `salvage` copies what is sound, the old file stays."""
    run = waiting.id
    bench.close()
    path = terminal.folder / "runs.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("update wb_events set body = '{}' where seq = 5")
        connection.commit()
    before = path.read_bytes()

    done = terminal("doctor", "--journal", "runs.db")
    assert done.returncode == 1
    assert f"run {run} can be read up to event 4; of event 5" in done.stdout
    said = terminal.ok("salvage", "runs.db", "new.db")

    assert "4 events, paused" in said
    assert "0 of 1 runs are whole" in said
    assert path.read_bytes() == before
    assert "paused" in terminal.ok("show", "--journal", "new.db")
    assert "the hash chain holds" in terminal.ok("verify", "--journal", "new.db")


def test_pruning_removes_what_is_finished(terminal, bench, plan):
    """`workbench prune` removes finished runs and says what it removed."""
    run = bench.start(plan=plan.model_copy(update={"steps": plan.steps[:1]}))
    run.wait(20)
    kept = terminal.ok("prune", "--journal", "runs.db", "--older-than", "0")
    assert "0 runs and 0 artifacts removed" in kept

    said = terminal.ok(
        "prune", "--journal", "runs.db", "--older-than", "0", "--keep", "0", "--vacuum"
    )

    assert "1 runs and 0 artifacts removed" in said
    assert "no runs yet" in terminal.ok("runs", "--journal", "runs.db")
