"""Connections: how each kind of database is opened, for the one that writes and those that read."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event

from workbench.errors import JournalError

WAIT_S = 10
"""How long a connection waits for another process's commit, or for a server to answer."""
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


def writer_engine(url: URL) -> Engine:
    """Prepare the door that writes, durably: a commit is on the disk when it returns."""
    if not is_file(url):
        return _postgres(url)
    pragmas = ("journal_mode=wal", "synchronous=full")
    engine = _sqlite(url, lambda: _connect(url, "rwc", *pragmas))
    event.listen(engine, "begin", _begin_immediate)
    return engine


def reader_engine(url: URL) -> Engine:
    """Prepare the door that reads: it changes nothing, not even the mode of a foreign file."""
    if not is_file(url):
        return _postgres(url, pool_pre_ping=True, isolation_level="AUTOCOMMIT")
    return _sqlite(url, lambda: _connect(url, "rw", "query_only=on"), isolation_level="AUTOCOMMIT")


def _sqlite(url: URL, creator: Callable[[], sqlite3.Connection], **options: Any) -> Engine:
    return create_engine(url, creator=creator, paramstyle="named", **options)


def _connect(url: URL, mode: str, *pragmas: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(str(url.database)))}?mode={mode}",
        uri=True,
        timeout=WAIT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for pragma in pragmas:
            connection.execute(f"pragma {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once: the driver's own late BEGIN could fail after work was done."""
    connection.connection.cursor().execute("begin immediate")


def _postgres(url: URL, **options: Any) -> Engine:
    given = {name: value for name, value in POSTGRES.items() if name not in url.query}
    try:
        return create_engine(url, connect_args=given, **options)
    except ModuleNotFoundError as error:
        raise JournalError(
            f"A journal in PostgreSQL needs the package {error.name}.",
            "pip install 'jupyter-agent-workbench[postgres]'.",
        ) from error
