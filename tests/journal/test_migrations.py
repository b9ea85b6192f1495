"""Older journals: brought to the present tables once, by whoever comes first, or not at all."""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.journal.harness import ROOT, Child, Holder, create, execute, texts
from workbench.clock import SystemClock
from workbench.commands import Pause
from workbench.errors import JournalError, JournalTooNew
from workbench.journal import Journal, schema
from workbench.journal.lease import this_owner
from workbench.journal.migrations import MIGRATIONS

BACK_TO_1 = (
    "drop table wb_rules",
    "drop table wb_ledger",
    "alter table wb_snapshots drop column frontier",
    "update wb_meta set value = '1' where key = 'version'",
    "delete from wb_meta where key not in ('version', 'format')",
)


@pytest.fixture
def old(place: str) -> str:
    """Make a journal of version 1 with the run `run-old`: its place."""
    journal = Journal(place)
    Holder.take(journal, create(journal, "run-old")).append("from long ago", release=True)
    execute(journal, *BACK_TO_1)
    journal.close()
    return place


def facts(place: str) -> tuple[dict[str, str], list[str]]:
    """Look past the journal: what wb_meta says, and the columns of the snapshots."""
    url = place if "://" in place else f"sqlite:///{place}"
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        meta = dict(connection.exec_driver_sql("select key, value from wb_meta").fetchall())
        columns = [column["name"] for column in sa.inspect(connection).get_columns("wb_snapshots")]
    engine.dispose()
    return meta, columns


def test_an_older_journal_is_migrated_and_goes_on(old: str) -> None:
    """Opening a journal of version 1 changes its tables; its runs go on as ever [RUNT-17]."""
    before, columns = facts(old)
    assert (before["version"], "frontier" in columns) == ("1", False)
    journal = Journal(old)
    Holder.take(journal, "run-old").append("and on")
    assert texts(journal, "run-old") == ["from long ago", "and on"]
    assert journal.verify("run-old") == 3
    journal.close()
    meta, columns = facts(old)
    assert meta["version"] == str(schema.VERSION)
    assert "migrated to 2" in meta
    assert "frontier" in columns


def test_a_migrated_journal_has_the_tables_of_a_new_one(old: str, tmp_path: Path) -> None:
    """After its migration a journal has the same columns as one made today [RUNT-17]."""
    Journal(old).close()
    url = old if "://" in old else f"sqlite:///{old}"
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = {
            table: {column["name"] for column in sa.inspect(connection).get_columns(table)}
            for table in schema.metadata.tables
        }
    engine.dispose()
    assert found == {name: set(t.c.keys()) for name, t in schema.metadata.tables.items()}


@pytest.mark.crash
def test_four_processes_migrate_it_once(old: str, request: pytest.FixtureRequest) -> None:
    """Of four processes that open an old journal at once one migrates it, all work [RUNT-17]."""
    children = [Child("migrate", old, "work") for _ in range(4)]
    for child in children:
        request.addfinalizer(child.process.kill)
        assert child.hear() == "ready"
    for child in children:
        child.tell()
    said = [child.rest().splitlines() for child in children]
    assert (
        sorted(line for lines in said for line in lines)
        == ["migrating"] * len(MIGRATIONS) + ["works"] * 4
    )
    journal = Journal(old)
    assert len(journal.runs()) == 5
    assert all(journal.verify(row.id) == row.seq for row in journal.runs())
    journal.close()


@pytest.mark.crash
def test_a_kill_in_the_middle_leaves_the_old_version(old: str) -> None:
    """A process that dies between two changes of the tables leaves them as they were [RUNT-17]."""
    before = facts(old)
    with Child("migrate", old, "die") as child:
        assert child.hear() == "ready"
        child.tell()
        assert child.rest() == "migrating"
        assert child.process.returncode == -signal.SIGKILL
    assert facts(old) == before
    journal = Journal(old)
    assert texts(journal, "run-old") == ["from long ago"]
    journal.close()
    assert facts(old)[0]["version"] == str(schema.VERSION)


def test_a_process_of_the_older_version_is_told(place: str, journal: Journal) -> None:
    """Who has it open while a newer version migrates it writes nothing more the old way.

    The error says so; what was written before stays [RUNT-17].
    """
    holder = Holder.take(journal, create(journal))
    holder.append("before", release=True)
    newer = schema.VERSION + 1
    execute(journal, f"update wb_meta set value = '{newer}' where key = 'version'")
    for use in (
        lambda: journal.acquire(holder.run, "a", SystemClock().now()).result(),
        lambda: journal.command(holder.run, Pause(), SystemClock().now()),
        lambda: journal.command_and_lease(holder.run, Pause(), SystemClock().now(), owner="a"),
        lambda: create(journal),
    ):
        with pytest.raises(
            JournalTooNew, match=f"has version {newer}; this workbench knows {schema.VERSION}"
        ):
            use()
    assert texts(journal, holder.run) == ["before"]


def test_a_run_that_is_driven_keeps_the_tables(old: str) -> None:
    """While a living process of the older version drives a run, nothing is migrated [RUNT-17].

    The error names the run and the process; when it has let go, the journal opens.
    """
    until = int((SystemClock().now() + timedelta(hours=1)).timestamp() * 1_000_000)
    me = this_owner("host-1")
    engine = sa.create_engine(old if "://" in old else f"sqlite:///{old}")

    def hold(owner: str) -> None:
        with engine.begin() as connection:
            connection.execute(
                sa.text("update wb_runs set owner = :owner, lease_until_us = :until"),
                {"owner": owner, "until": until},
            )

    hold(me)
    with pytest.raises(JournalError, match=rf"drives run run-old.* {os.getpid()} .*Pause or stop"):
        Journal(old)
    assert facts(old)[0]["version"] == "1"
    place, _pid, life, instance = me.split(" ")
    hold(f"{place} 999999999 {life} {instance}")
    engine.dispose()
    Journal(old).close()
    assert facts(old)[0]["version"] == str(schema.VERSION)


def test_alembic_is_imported_only_when_needed(tmp_path: Path) -> None:
    """A journal of the present version is opened without the library that changes tables."""
    import subprocess

    code = (
        "import sys; from workbench.journal import Journal; Journal(sys.argv[1]).close();"
        "Journal(sys.argv[1]).close(); print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "runs.db")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
