"""Reading from a database: one SELECT, proven by the database itself to change nothing."""

from __future__ import annotations

import sqlite3
import uuid
from typing import Any

import pandas as pd
import sqlalchemy as sa

from workbench.toolkit.database.place import Database, first_line
from workbench.toolkit.faults import Refused

STATEMENTS_FAULT = (
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_SCHEMA,
)
"""SQLite's codes for a statement that is wrong or not allowed (a denied CREATE is the last)."""


class Reading:
    """`query` of one database."""

    def __init__(self, database: Database, row_limit: int) -> None:
        self.database, self.row_limit = database, row_limit

    def query(self, sql: str, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Read from the database with one SELECT.

        Args:
            sql: the statement, with parameters as `:name`.
            params: their values, by name.
        """
        with self.database.reading(strict=True) as connection:
            names, rows = self._fetch(connection, sa.text(sql), params or {})
        if len(rows) > self.row_limit:
            raise Refused(
                f"The query gives more than {self.row_limit:,} rows.",
                "Aggregate or limit in SQL, or raise row_limit in sql(…).",
            )
        return _frame(names, rows)

    def _fetch(
        self, connection: sa.Connection, statement: sa.TextClause, params: dict[str, Any]
    ) -> tuple[list[str], list[Any]]:
        # On PostgreSQL a streamed result is a declared cursor: one statement, and only a SELECT.
        connection.execution_options(stream_results=not self.database.is_sqlite)
        try:
            with connection.execute(statement, params) as result:
                if not result.returns_rows:
                    raise _no_select("it gives no rows")
                return list(result.keys()), list(result.fetchmany(self.row_limit + 1))
        except sa.exc.DBAPIError as error:
            if _is_statements_fault(error):
                raise _no_select(first_line(error)) from error
            raise


def _is_statements_fault(error: sa.exc.DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is None:
        return not isinstance(error, sa.exc.OperationalError)
    return code & 0xFF in STATEMENTS_FAULT


def _no_select(reason: str) -> Refused:
    return Refused(
        f"The query was refused: {reason}. It takes one SELECT that changes nothing.",
        "Correct it; for changes use insert_rows, update_rows, delete_rows or execute.",
    )


def _frame(names: list[str], rows: list[Any]) -> pd.DataFrame:
    if len(set(names)) < len(names):
        raise Refused(
            f"The query gives two columns of one name: {', '.join(names)}.",
            "Name each of them: SELECT a.id AS a_id, b.id AS b_id.",
        )
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pd.DataFrame(
        {name: _series(list(values)) for name, values in zip(names, columns, strict=True)}
    )


def _series(values: list[Any]) -> pd.Series[Any]:
    plain = [_plain(value) for value in values]
    known = [value for value in plain if value is not None]
    gaps = len(known) < len(plain)
    if gaps and known and all(type(value) is int for value in known):
        return pd.Series(plain, dtype="Int64")
    return pd.Series(plain, dtype=None if known else "object")


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    return bytes(value) if isinstance(value, memoryview) else value
