"""The database itself: connections that live for one call, and the three kinds of transaction."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from workbench.toolkit.faults import Failed, Refused, Uncertain

BUSY_S = 10.0
"""Seconds to wait for somebody else's lock."""

LOOKING = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
"""What SQLite may do on behalf of a query."""

SESSION = sa.text(
    "SELECT set_config('statement_timeout', :limit, true), set_config('lock_timeout', :wait, true),"
    " set_config('datestyle', 'ISO, MDY', true), set_config('intervalstyle', 'postgres', true),"
    " set_config('bytea_output', 'hex', true), set_config('extra_float_digits', '3', true)"
)
"""Settings under which every PostgreSQL value has one exact text, for one transaction."""


class Database:
    """One database; nothing is open between two calls."""

    def __init__(self, url: str | sa.URL, timeout_s: float) -> None:
        """Name the database; nothing is opened.

        Raises:
            Refused: it is neither an SQLite file nor PostgreSQL.
        """
        try:
            self.url = sa.make_url(url)
        except sa.exc.ArgumentError as error:
            raise Refused(
                "This is no address of a database.", 'Write it as "sqlite:///shop.db".'
            ) from error
        self.timeout_s = timeout_s
        self.kind = self.url.get_backend_name()
        if self.kind not in ("sqlite", "postgresql"):
            raise Refused(
                f"sql(…) cannot prove on {self.kind} that a query only reads or that an undo "
                "restores everything.",
                "Use SQLite or PostgreSQL, or write tools of your own with @wb.tool.",
            )
        if self.is_sqlite and self.url.database in (None, "", ":memory:"):
            raise Refused(
                "A database in memory is gone after a restart, and no undo could find it.",
                'Give a file: sql("sqlite:///shop.db").',
            )
        if self.is_sqlite and self.url.query:
            raise Refused("The address of an SQLite file takes no options here.", "Leave them out.")

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite; otherwise it is PostgreSQL."""
        return self.kind == "sqlite"

    @property
    def shown(self) -> str:
        """The address without its password."""
        return self.url.render_as_string(hide_password=True)

    def keys(self, table: str, **_: object) -> list[str]:
        """Name a table, by which the runtime knows what a call writes."""
        return [f"table:{self.shown}/{table.casefold() if self.is_sqlite else table}"]

    @contextmanager
    def reading(self, *, strict: bool = False) -> Iterator[sa.Connection]:
        """Open a transaction that cannot write.

        Args:
            strict: for statements of others: on SQLite, only a SELECT can be prepared.
        """
        with self._explained(), self._connected(self._reader, read_only=True) as connection:
            if strict and self.is_sqlite:
                _sqlite(connection).set_authorizer(_only_look)
            try:
                yield connection
            finally:
                if strict and self.is_sqlite:
                    _sqlite(connection).set_authorizer(None)
                connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that is committed at the end, or leaves nothing."""
        with self._explained(), self._connected(self._writer) as connection:
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            self._commit(connection)

    @contextmanager
    def rehearsing(self) -> Iterator[sa.Connection]:
        """Open a transaction that may write and is rolled back at the end in any case."""
        with self._explained(), self._connected(self._writer) as connection:
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def _connected(self, engine: sa.Engine, *, read_only: bool = False) -> Iterator[sa.Connection]:
        with engine.connect() as connection:
            if self.is_sqlite:
                deadline = time.monotonic() + self.timeout_s
                raw = _sqlite(connection)
                raw.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
                connection.begin()
            else:
                connection.execution_options(postgresql_readonly=read_only)
                limits = {"limit": f"{self.timeout_s:.3f}s", "wait": f"{BUSY_S:.3f}s"}
                connection.execute(SESSION, limits)
            yield connection

    def _commit(self, connection: sa.Connection) -> None:
        try:
            connection.commit()
        except sa.exc.DBAPIError as error:
            if isinstance(error, sa.exc.IntegrityError) or self.is_sqlite:
                raise
            raise Uncertain(
                f"The connection to {self.shown} broke during the commit: {first_line(error)}.",
                "Whether it was committed is not known: look into the table.",
            ) from error

    @cached_property
    def _reader(self) -> sa.Engine:
        return self._engine(begin="BEGIN", query_only=True)

    @cached_property
    def _writer(self) -> sa.Engine:
        return self._engine(begin="BEGIN IMMEDIATE", query_only=False)

    def _engine(self, *, begin: str, query_only: bool) -> sa.Engine:
        if not self.is_sqlite:
            return self._postgres()
        engine = sa.create_engine(
            "sqlite://", creator=lambda: self._open(query_only=query_only), poolclass=NullPool
        )

        @sa.event.listens_for(engine, "begin")
        def start(connection: sa.Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    def _postgres(self) -> sa.Engine:
        try:
            return sa.create_engine(
                self.url.set(drivername="postgresql+psycopg"),
                poolclass=NullPool,
                isolation_level="REPEATABLE READ",
                connect_args={"connect_timeout": int(BUSY_S)},
            )
        except ModuleNotFoundError as error:
            raise Refused(
                "PostgreSQL needs the library psycopg, which is not installed.",
                "pip install 'jupyter-agent-workbench[postgres]'",
            ) from error

    def _open(self, *, query_only: bool) -> sqlite3.Connection:
        path = Path(str(self.url.database)).expanduser().resolve()
        if not path.is_file():
            raise Refused(
                f"There is no database file {str(path)!r}.",
                "Correct the path; for a new database make an empty file: Path(…).touch().",
            )
        opened = sqlite3.connect(
            f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_S, isolation_level=None
        )
        opened.execute("PRAGMA foreign_keys = ON")
        opened.execute(f"PRAGMA query_only = {int(query_only)}")
        return opened

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.IntegrityError as error:
            raise Refused(
                f"The database refused it: {first_line(error)}. Nothing was changed.",
                "Correct the values in the step.",
            ) from error
        except (sa.exc.DBAPIError, sqlite3.Error) as error:
            raise Failed(
                f"{self.shown} answered: {first_line(error)}. Nothing was changed.",
                "Correct the step, or try again when the database is free.",
                happened=False,
            ) from error
        except sa.exc.SQLAlchemyError as error:
            raise Refused(
                f"The statement cannot be made: {error}.", "Correct the step; nothing was changed."
            ) from error


def _sqlite(connection: sa.Connection) -> sqlite3.Connection:
    raw: Any = connection.connection.driver_connection
    opened: sqlite3.Connection = raw
    return opened


def _only_look(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in LOOKING else sqlite3.SQLITE_DENY


def first_line(error: Exception) -> str:
    """Give the first line of what the database said."""
    reason = getattr(error, "orig", None) or error
    return str(reason).strip().splitlines()[0] if str(reason).strip() else type(reason).__name__
