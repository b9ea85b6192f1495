"""Statements written in SQLAlchemy Core, turned into SQL once for each kind of database.

Building and compiling a statement costs more than all the rest of a small commit, so those that
every step needs are built once. Their parameters are given by name with each call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import ClauseElement, Connection, Dialect, Select
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

SQLITE = SQLiteDialect_pysqlite(paramstyle="named")
"""Compiled for at once, on import: the first resume of a process should not pay for it."""
Parameters = Mapping[str, Any]
FEW = 4


class Prepared:
    """SQL of one statement."""

    def __init__(self, statement: ClauseElement, suffix: str = "") -> None:
        """Keep the statement; `suffix` is SQL that all our databases speak and Core does not."""
        self._statement, self._suffix = statement, suffix
        self._sql: dict[str, str] = {}
        self._compile(SQLITE)

    def sql(self, dialect: Dialect) -> str:
        """Give its text."""
        return self._sql.get(dialect.name) or self._compile(dialect)

    def _compile(self, dialect: Dialect) -> str:
        sql = f"{self._statement.compile(dialect=dialect)} {self._suffix}".strip()
        return self._sql.setdefault(dialect.name, sql)


Row = Any
"""A tuple whose values can be had by the names of the columns, too."""


class Query(Prepared):
    """A statement that reads, by the driver's own cursor.

    Where rows are read once, as in a resume, a result of the library's takes longer than they do.
    """

    def __init__(self, statement: Select[Any], suffix: str = "") -> None:
        """Keep the statement; its columns give the rows their names."""
        super().__init__(statement, suffix)
        names = enumerate(statement.selected_columns.keys())
        columns = {name: property(itemgetter(place)) for place, name in names}
        self._row = type("Row", (tuple,), {"__slots__": (), **columns})

    def __call__(self, connection: Connection, **parameters: Any) -> list[Row]:
        """Give all its rows."""
        cursor = connection.connection.cursor()
        cursor.execute(self.sql(connection.dialect), parameters)
        return list(map(self._row, cursor.fetchall()))

    def first(self, connection: Connection, **parameters: Any) -> Row | None:
        """Give its first row; None when there is none."""
        cursor = connection.connection.cursor()
        cursor.execute(self.sql(connection.dialect), parameters)
        row = cursor.fetchone()
        cursor.close()
        return None if row is None else self._row(row)


class Value(Prepared):
    """A statement that reads one value."""

    def __call__(self, connection: Connection, **parameters: Any) -> Any:
        """Give the value; None when there is no row."""
        cursor = connection.connection.cursor()
        cursor.execute(self.sql(connection.dialect), parameters)
        row = cursor.fetchone()
        cursor.close()
        return None if row is None else row[0]


class Change(Prepared):
    """A statement that writes, by the driver's own cursor: half of the time of a commit is here."""

    def __call__(self, connection: Connection, **parameters: Any) -> int:
        """Execute it and give the number of rows that it changed."""
        cursor = connection.connection.cursor()
        cursor.execute(self.sql(connection.dialect), parameters)
        return int(cursor.rowcount)

    def each(self, connection: Connection, rows: Sequence[Parameters]) -> None:
        """Execute it for each row.

        The last few go one by one: after psycopg's `executemany` PostgreSQL does not notice any
        more that the process was frozen, and would hold its locks for ever.
        """
        cursor, sql = connection.connection.cursor(), self.sql(connection.dialect)
        if many := rows[:-FEW]:
            cursor.executemany(sql, many)
        for row in rows[-FEW:]:
            cursor.execute(sql, row)
