"""The write-ahead log, remote file systems and frozen neighbours: the hazards of SQLite."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.journal.harness import Child, Holder, create, later, texts
from workbench.errors import JournalError
from workbench.journal import Journal, checkpoint, engines, filesystem
from workbench.journal.filesystem import file_system
from workbench.journal.lease import LEASE_S, this_owner

WORKSTATION = {"/": "ext4", "/home": "nfs4", "/home/ada/local": "xfs", "/mnt/cloud": "fuse.sshfs"}
"""A recorded table of mounts."""


def log_of(path: Path) -> int:
    log = path.with_name(path.name + "-wal")
    return log.stat().st_size if log.exists() else 0


def mode_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("pragma journal_mode").fetchone()[0])


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/ada/runs", "nfs4"),
        ("/home/ada/local/runs", "xfs"),
        ("/var/tmp", "ext4"),
        ("/mnt/cloud", "fuse.sshfs"),
        ("/homely", "ext4"),
    ],
)
def test_the_nearest_mount_counts(folder: str, kind: str) -> None:
    """The file system of a folder is that of the mount point nearest to it."""
    assert file_system(Path(folder), WORKSTATION) == kind
    assert file_system(Path(folder), {}) == ""


def test_a_local_journal_has_a_write_ahead_log(tmp_path: Path) -> None:
    """On this machine's own file system the journal uses the log."""
    Journal(tmp_path / "runs.db").close()
    assert mode_of(tmp_path / "runs.db") == "wal"


def test_a_remote_file_system_gets_no_write_ahead_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a network file system, whose machines share no memory, the journal works without it."""
    path = tmp_path / "runs.db"
    local = Journal(path)
    run = create(local, "run-a")
    local.close()
    monkeypatch.setattr(filesystem, "mounts", lambda: {"/": "ext4", str(tmp_path): "nfs4"})
    journal, other = Journal(path), Journal(path)
    Holder.take(journal, run).append("a", release=True)
    Holder.take(other, run).append("b")
    assert texts(journal, run) == ["a", "b"]
    assert (mode_of(path) != "wal", log_of(path)) == (True, 0)
    other.close()
    journal.close()
    assert sorted(file.name for file in tmp_path.iterdir() if file.stat().st_size) == ["runs.db"]


def test_a_file_system_without_locks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where two machines could write at once without noticing, no journal is made."""
    monkeypatch.setattr(filesystem, "mounts", lambda: {"/": "ext4", str(tmp_path): "fuse.sshfs"})
    with pytest.raises(JournalError, match=r"without locks .*fuse\.sshfs.*local disk, or in Post"):
        Journal(tmp_path / "runs.db")
    assert list(tmp_path.iterdir()) == []


class TestCheckpoints:
    def test_the_log_stays_bounded(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """In a long run with readers the log is checkpointed in between and does not grow on.

        Once nothing holds it open, nothing is left of it [RUNT-18].
        """
        monkeypatch.setattr(checkpoint, "LIMIT_BYTES", 200_000)
        monkeypatch.setattr(checkpoint, "EVERY", 8)
        monkeypatch.setattr(checkpoint, "COMMITS", 8)
        path = tmp_path / "runs.db"
        journal, *readers = (Journal(path) for _ in range(4))
        holder = Holder.take(journal, create(journal), this_owner("host"))
        longest = 0
        for number in range(600):
            holder.append("x" * 2000)
            readers[number % 3].records(holder.run, after=number)
            longest = max(longest, log_of(path))
        assert path.stat().st_size > 1_200_000
        assert longest < 600_000
        for each in (*readers, journal):
            each.close()
        assert log_of(path) == 0

    def test_without_the_lease_nobody_checkpoints(self, tmp_path: Path) -> None:
        """Commits of a process that drives nothing leave the log as it is; the holder empties it.

        So no two processes ever checkpoint at once [ASYN-5].
        """
        path = tmp_path / "runs.db"
        writer, journal = Journal(path), Journal(path)
        before = path.stat().st_size
        for number in range(60):
            writer.put_artifact(str(number), b"x" * 80_000)
        assert path.stat().st_size == before
        assert log_of(path) > 4_000_000
        holder = Holder.take(journal, create(journal), this_owner("host"))
        holder.append("a", release=True)
        journal.close()
        assert path.stat().st_size > 4_000_000
        writer.close()

    def test_one_at_a_time(self, tmp_path: Path) -> None:
        """Of two processes that drive runs, one checkpoints; when it lets go, the next may."""
        path = tmp_path / "runs.db"
        one, two = Journal(path), Journal(path)
        first = Holder.take(one, create(one), this_owner("one"))
        second = Holder.take(two, create(two), this_owner("two"))
        owners = [journal._writer.checkpoints.owner for journal in (one, two)]
        assert owners == [this_owner("one"), ""]
        first.append("a", release=True)
        second.append("a", release=True)
        Holder.take(two, second.run, this_owner("two"))
        assert two._writer.checkpoints.owner == this_owner("two")
        one._writer.checkpoints.now(one._writer._connection)
        assert one._writer.checkpoints.owner == ""
        one.close()
        two.close()

    def test_a_quiet_moment_is_used(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """When no work comes, what is in the log goes into the database."""
        monkeypatch.setattr(checkpoint, "QUIET_S", 0.001)
        done, now = threading.Event(), checkpoint.Checkpoints.now

        def noticed(self: checkpoint.Checkpoints, connection: object) -> None:
            now(self, connection)
            done.set()

        monkeypatch.setattr(checkpoint.Checkpoints, "now", noticed)
        path = tmp_path / "runs.db"
        journal = Journal(path)
        before = path.stat().st_size
        holder = Holder.take(journal, create(journal), this_owner("host"))
        holder.append("x" * 100_000)
        done.clear()
        assert done.wait(20)
        assert path.stat().st_size > before + 90_000
        journal.close()


@pytest.mark.crash
def test_a_frozen_writer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits in vain for a process that was stopped inside a transaction is told which.

    The error says how to go on; thawed, both work [ASYN-5].
    """
    if not Path("/proc/locks").exists():
        pytest.skip("this system does not say who holds a lock")
    monkeypatch.setattr(engines, "WAIT_S", 0.2)
    path = tmp_path / "runs.db"
    journal = Journal(path)
    run = create(journal)
    with Child("freeze_in_commit", str(path), run) as child:
        assert child.hear() == "freezing"
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        frozen = rf"is locked. Process {child.pid} \(.*\) holds it locked and is stopped"
        with pytest.raises(JournalError, match=frozen) as caught:
            create(journal)
        assert re.search(rf"kill -CONT {child.pid}", str(caught.value))
        assert texts(journal, run) == []
        os.kill(child.pid, signal.SIGCONT)
        child.tell()
        assert child.hear() == "written"
    Holder.take(journal, run, "b", later(LEASE_S + 1)).append("and on")
    assert texts(journal, run) == ["written late", "and on"]
    journal.close()
