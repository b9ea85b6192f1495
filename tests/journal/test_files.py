"""What a path may point to: every bad place gets one clear error and stays as it is."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.journal.harness import Holder, content_of, create, fill_up
from workbench.errors import JournalError, JournalTooNew, NotAJournal
from workbench.journal import Journal, engines, schema

LOOK = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1])
other.execute("select * from wb_runs").fetchall()
other.close()
"""


def database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def later_version(path: Path) -> None:
    fill_up(path)
    database(path, "update wb_meta set value = '999' where key = 'version'")


def truncated(path: Path) -> None:
    fill_up(path)
    os.truncate(path, path.stat().st_size // 2)


BAD: dict[str, tuple[Callable[[Path], object], type[JournalError], str]] = {
    "folder": (Path.mkdir, NotAJournal, "is a folder. Give the name of a file in it"),
    "text": (lambda p: p.write_text("my notes\n" * 500), NotAJournal, "left as it is"),
    "one byte": (lambda p: p.write_bytes(b"x"), NotAJournal, "is no SQLite file"),
    "bytes": (lambda p: p.write_bytes(bytes(9000)), NotAJournal, "is no SQLite file"),
    "other database": (
        lambda p: database(p, "create table sales (a)"), NotAJournal, "something else.*sales"
    ),
    "other WAL database": (
        lambda p: database(p, "pragma journal_mode=wal", "create table sales (a)"),
        NotAJournal, "Choose another file name",
    ),
    "view": (lambda p: database(p, "create view v as select 1"), NotAJournal, "something else"),
    "other format": (
        lambda p: database(p, "create table wb_meta (key, value)"), NotAJournal, "not a workbench"
    ),
    "later version": (
        later_version, JournalTooNew, f"version 999; .* knows {schema.VERSION}. Upgrade"
    ),
    "truncated": (truncated, JournalError, "malformed. It is damaged and was left.*salvage"),
    "no folder": (lambda p: shutil.rmtree(p.parent), JournalError, "does not exist. Create it"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_and_left_alone(tmp_path: Path, kind: str) -> None:
    """What is no journal gets one clear error, and not one byte of it changes [RUNT-17]."""
    make, error, says = BAD[kind]
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "runs.db"
    make(path)
    before = content_of(tmp_path)
    for _ in range(2):
        with pytest.raises(error, match=says) as caught:
            Journal(path)
        assert str(path) in str(caught.value) or kind == "no folder"
    assert content_of(tmp_path) == before


@pytest.mark.parametrize(
    ("place", "says"),
    [
        (":memory:", "must outlive its process"),
        ("sqlite://", "must outlive its process"),
        ("sqlite:///a.db?mode=ro", "no plain file"),
        ("mysql://user@host/name", "cannot be kept in mysql. Use SQLite or PostgreSQL"),
        ("nonsense://host", "no database URL"),
        ("postgresql+asyncpg://host/name", "asynchronous"),
        ("postgresql://host:port/name", "no database URL"),
        ("a\0b", "no usable path"),
        ("/proc/runs.db", "Check that the folder exists and that you may write to it"),
    ],
)
def test_a_bad_place_is_refused(place: str, says: str) -> None:
    """What names no place for a journal gets one clear error that says what to do."""
    with pytest.raises(JournalError, match=says):
        Journal(place)


def test_a_relative_path_stays_what_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal is found where it was opened, wherever the process goes afterwards."""
    monkeypatch.chdir(tmp_path)
    journal = Journal("sqlite:///my journal?#%41.db" if os.name == "nt" else "my journal#%41.db")
    monkeypatch.chdir("/")
    create(journal)
    journal.close()
    assert [path.name for path in tmp_path.iterdir()] == ["my journal#%41.db"]


def test_an_empty_file_becomes_a_journal(tmp_path: Path) -> None:
    """A file without content, as a file dialog makes it, is accepted."""
    path = tmp_path / "runs.db"
    path.touch()
    journal = Journal(path)
    assert journal.verify(create(journal)) == 1
    journal.close()


def test_a_deleted_file_is_noticed(tmp_path: Path) -> None:
    """When its file is deleted or replaced, nothing is read or written any more, and it says so."""
    path = tmp_path / "runs.db"
    journal = Journal(path)
    holder = Holder.take(journal, create(journal))
    moved = path.rename(tmp_path / "moved.db")
    for use in (journal.runs, lambda: create(journal), lambda: holder.append("a")):
        with pytest.raises(JournalError, match="deleted, moved or replaced"):
            use()
    assert not path.exists()
    path.touch()
    with pytest.raises(JournalError, match="Put it back"):
        journal.runs()
    moved.rename(path)
    assert len(journal.runs()) == 1
    journal.close()


def test_a_locked_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When another program keeps the file locked, the error says so; afterwards it works again."""
    monkeypatch.setattr(engines, "WAIT_S", 0.05)
    journal = Journal(tmp_path / "runs.db")
    with closing(sqlite3.connect(tmp_path / "runs.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(JournalError, match=r"is locked.*try again"):
            create(journal)
    assert journal.verify(create(journal)) == 1
    journal.close()


def test_a_reader_outside_never_holds_the_writer_up(tmp_path: Path) -> None:
    """Another program that reads for long delays no commit."""
    journal = Journal(tmp_path / "runs.db")
    holder = Holder.take(journal, create(journal))
    with closing(sqlite3.connect(tmp_path / "runs.db", isolation_level=None)) as other:
        other.execute("begin")
        other.execute("select * from wb_events").fetchall()
        holder.append("a")
        assert journal.verify(holder.run) == 2
    journal.close()


def test_opening_it_twice_keeps_its_locks(tmp_path: Path) -> None:
    """A second journal on one file, opened and closed, takes no lock away from the first.

    Without its locks another process would think itself alone, and remove the write-ahead log.
    """
    path = tmp_path / "runs.db"
    journal = Journal(path)
    holder = Holder.take(journal, create(journal))
    Journal(path).close()
    subprocess.run([sys.executable, "-c", LOOK, str(path)], check=True)
    assert path.with_name("runs.db-wal").stat().st_size > 0
    holder.append("a")
    assert journal.verify(holder.run) == 2
    journal.close()
