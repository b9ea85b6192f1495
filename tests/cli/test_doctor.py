"""`workbench doctor`: what this machine has."""

from __future__ import annotations

import platform

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
