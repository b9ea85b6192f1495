"""Connections: how each kind of database is opened, for the one that writes and those that read."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, NullPool, PoolProxiedConnection, create_engine

from workbench.errors import JournalError

WAIT_S = 10
"""How long a connection waits for another process's commit, or for a server to answer."""
SWITCHES = 20
"""How often a new file is tried, when other processes make a journal of it at the same time."""
PAGE_BYTES = 8192
"""Of a new file: two steps with an output of 1 KB do not fill a page of 4096, three do not fit."""
LOG_LEFT_BYTES = 4 * 1024 * 1024
"""To what a write-ahead log is cut back once all of it is in the database."""
FROZEN_S = 5
"""When PostgreSQL ends a transaction that does nothing: its process is frozen, and holds locks."""

POSTGRES = {
    "connect_timeout": WAIT_S,
    "keepalives_idle": 30,
    "options": f"-c lock_timeout={WAIT_S}s -c idle_in_transaction_session_timeout={FROZEN_S}s",
}
"""Patience with a server; what the URL says goes before it."""


def is_file(url: URL) -> bool:
    """Whether the journal is a file: SQLite."""
    return url.get_backend_name() == "sqlite"


def writer_engine(url: URL, journal_mode: Callable[[], str]) -> Engine:
    """Prepare the door that writes, durably: a commit is on the disk when it returns.

    `journal_mode` is asked how SQLite keeps a file safe where this one is.
    """
    if not is_file(url):
        return _postgres(url)
    prepare = partial(_prepare_writing, journal_mode=journal_mode)
    engine = _sqlite(url, lambda: _connect(url, "rwc", prepare))
    # Not by an event: its dispatch takes longer than the statement.
    engine.dialect.do_begin = _begin_immediate  # type: ignore[method-assign, assignment]
    return engine


def reader_engine(url: URL, *, mode: str = "rw") -> Engine:
    """Prepare the door that reads: it changes nothing, not even the mode of a foreign file.

    With `mode="ro"` SQLite itself refuses to write, even what others left in the write-ahead log.
    """
    if not is_file(url):
        return _postgres(url, pool_pre_ping=True, isolation_level="AUTOCOMMIT")
    return _sqlite(url, lambda: _connect(url, mode, _prepare_reading), isolation_level="AUTOCOMMIT")


def watching_connection(url: URL) -> sqlite3.Connection:
    """Open a file only to see whether it changes; what is locked is an error at once."""
    return _connect(url, "ro", _prepare_reading, wait_s=0)


def vacuum(url: URL) -> None:
    """Give free room back to the disk, by a connection of its own outside any transaction."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("vacuum")
        if is_file(url):
            connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    engine.dispose()


def _sqlite(url: URL, creator: Callable[[], sqlite3.Connection], **options: Any) -> Engine:
    return create_engine(url, creator=creator, paramstyle="named", **options)


def _connect(
    url: URL,
    mode: str,
    prepare: Callable[[sqlite3.Connection], None],
    *,
    wait_s: float = WAIT_S,
) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(str(url.database)))}?mode={mode}",
        uri=True,
        timeout=wait_s,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        prepare(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _prepare_reading(connection: sqlite3.Connection) -> None:
    connection.execute("pragma query_only=on")
    connection.execute("pragma wal_autocheckpoint=0")


def _prepare_writing(connection: sqlite3.Connection, journal_mode: Callable[[], str]) -> None:
    """Switch to the write-ahead log, and to a sync of the disk with every commit.

    When processes switch a new file at once, SQLite calls it locked without waiting. Waiting for
    the whole file to be free does what the pragma does not.
    """
    connection.execute(f"pragma page_size={PAGE_BYTES}")
    connection.execute("pragma synchronous=full")
    connection.execute("pragma wal_autocheckpoint=0")
    connection.execute(f"pragma journal_size_limit={LOG_LEFT_BYTES}")
    switch = f"pragma journal_mode={journal_mode()}"
    for _ in range(SWITCHES):
        try:
            connection.execute(switch)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            connection.execute("begin exclusive")
            connection.execute("rollback")
        else:
            return
    connection.execute(switch)


def _begin_immediate(connection: PoolProxiedConnection) -> None:
    """Take the write lock at once: the driver's own late BEGIN could fail after work was done."""
    connection.cursor().execute("begin immediate")


def _postgres(url: URL, **options: Any) -> Engine:
    given = {name: value for name, value in POSTGRES.items() if name not in url.query}
    try:
        return create_engine(url, connect_args=given, **options)
    except ModuleNotFoundError as error:
        raise JournalError(
            f"A journal in PostgreSQL needs the package {error.name}.",
            "pip install 'jupyter-agent-workbench[postgres]'.",
        ) from error
