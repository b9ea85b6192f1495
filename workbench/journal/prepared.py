"""Statements written in SQLAlchemy Core, turned into SQL once for each kind of database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Delete, Insert, Select, Update

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Prepared:
    """A statement whose named parameters are given with each call; a list of them runs it often.

    Handing over text that is ready costs a fifth of handing over the statement, and a commit of
    one step is so short that it shows.
    """

    def __init__(self, statement: Select[Any] | Insert | Update | Delete, suffix: str = "") -> None:
        """Keep the statement; `suffix` is SQL that all our databases speak and Core does not."""
        self._statement, self._suffix = statement, suffix
        self._sql: dict[str, str] = {}

    def __call__(self, connection: Connection, parameters: Parameters) -> CursorResult[Any]:
        """Execute it."""
        sql = self._sql.get(connection.dialect.name) or self._compile(connection)
        return connection.exec_driver_sql(sql, parameters)  # type: ignore[arg-type]

    def _compile(self, connection: Connection) -> str:
        sql = f"{self._statement.compile(dialect=connection.dialect)} {self._suffix}".strip()
        return self._sql.setdefault(connection.dialect.name, sql)
