"""Whether anything was committed: asked all the time, so it must be cheap and never wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.journal.harness import Child, create
from workbench.journal import Journal
from workbench.journal.changes import Changes


@pytest.fixture
def changes(journal: Journal) -> Iterator[Changes]:
    made = Changes(journal)
    yield made
    made.close()


def test_every_commit_is_noticed_once(journal: Journal, changes: Changes) -> None:
    """What this process commits is noticed, and what happens no more is not; a journal on a
    server may always have changed [ASYN-7]."""
    on_server = journal.path is None
    assert changes.any()
    assert changes.any() is on_server
    for _ in range(3):
        create(journal)
        assert changes.any()
        assert changes.any() is on_server


def test_a_commit_of_another_process_is_noticed(
    place: str, journal: Journal, changes: Changes
) -> None:
    """What another process commits is noticed [ASYN-7]."""
    changes.any()
    with Child("start", place, "1") as child:
        assert child.hear() == "ready"
        changes.any()
        child.tell()
        child.hear()
        assert changes.any()
    assert len(journal.runs()) == 1


def test_it_does_not_hold_up_the_log(journal: Journal, changes: Changes) -> None:
    """Who only asks keeps nothing from being cleared away in the write-ahead log [RUNT-15]."""
    if journal.path is None:
        pytest.skip("a server clears its log away itself")
    changes.any()
    create(journal)
    changes.any()
    with closing(sqlite3.connect(journal.path)) as other:
        assert other.execute("pragma wal_checkpoint(truncate)").fetchone() == (0, 0, 0)
    changes.any()


def test_what_cannot_be_asked_may_have_changed(journal: Journal, changes: Changes) -> None:
    """A file that cannot be opened may have changed, until it is there again [RUNT-15]."""
    if journal.path is None:
        pytest.skip("a server is never asked")
    kept = journal.path.rename(journal.path.with_suffix(".kept"))
    assert changes.any()
    assert changes.any()
    kept.rename(journal.path)
    assert changes.any()
    assert not changes.any()


def test_who_lets_go_of_a_journal_holds_nothing_of_it(journal: Journal, changes: Changes) -> None:
    """Asked once more after it was closed, it opens nothing: nobody would close that again
    [CONC-1]."""
    changes.any()
    changes.close()
    create(journal)
    assert not changes.any()
    assert changes._connection is None
