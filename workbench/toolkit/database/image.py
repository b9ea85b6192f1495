"""Rows as they are, kept exactly: taken from a table as JSON, compared, and put back.

On PostgreSQL a value is kept as the text that the database itself gives for it, whatever its type;
on SQLite as the stored value. So what is put back is the same to the last digit.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from workbench.toolkit.database.rows import (
    Overriding,
    Raw,
    Row,
    batches,
    digest_rows,
    name_of,
    pack,
    unpack,
)
from workbench.toolkit.database.shape import Column, Shape
from workbench.toolkit.faults import Refused, TooLarge

CHUNK = 500
"""Rows that one statement asks for."""


@dataclass(frozen=True)
class Limit:
    """How much is kept for one undo."""

    rows: int = 50_000
    bytes: int = 50_000_000


class Images:
    """Takes, compares and puts back the rows of one table, within a transaction of the caller."""

    def __init__(self, connection: sa.Connection, shape: Shape, limit: Limit) -> None:
        self.connection, self.shape, self.limit = connection, shape, limit
        self.is_lite = connection.dialect.name == "sqlite"
        self.table = sa.table(
            shape.name, *(sa.column(c.name) for c in shape.columns), schema=shape.schema
        )
        self.names = [c.name for c in shape.stored]

    # ------------------------------------------------------------ expressions

    def value(self, column: Column, value: Any) -> ColumnElement[Any]:
        """Make the bound form of a value given for a column."""
        return self._cast(
            column, sa.bindparam(None, self._plain(column, value), sa.types.NullType())
        )

    def where(self, conditions: dict[str, Any]) -> ColumnElement[bool]:
        """Make the condition: each column equal to its value, one of its values (a list), or null.

        Raises:
            Refused: there is no condition at all, or no such column.
        """
        if not conditions:
            raise Refused(
                f"`where` is empty: that would be every row of {self.shape.shown}.",
                "Name the rows by their values.",
            )
        return self._all_equal(conditions)

    def among(self, keys: list[Row]) -> ColumnElement[bool]:
        """Make the condition: the primary key is one of these."""
        names = self.shape.keys
        if len(names) == 1:
            return self._equal(names[0], [key[0] for key in keys])
        return sa.or_(*(self._all_equal(dict(zip(names, key, strict=True))) for key in keys))

    # ------------------------------------------------------------ take

    def take(
        self, condition: ColumnElement[bool] | None = None, *, lock: bool = False
    ) -> list[Row]:
        """Read rows in the order of their primary key.

        Raises:
            TooLarge: there are more of them than may be kept.
        """
        query = self._all().limit(self.limit.rows + 1)
        query = query.order_by(*(self.table.c[name] for name in self.shape.keys))
        if condition is not None:
            query = query.where(condition)
        if lock and not self.is_lite:
            query = query.with_for_update()
        rows = [[pack(value) for value in row] for row in self.connection.execute(query)]
        self._check_size(rows, condition)
        return rows

    def take_keys(self, keys: list[Row]) -> dict[str, Row]:
        """Read the rows with these primary keys, by the name of the key."""
        found: dict[str, Row] = {}
        for part in batches(keys, CHUNK):
            found |= {name_of(self.key(row)): row for row in self.take(self.among(part))}
        return found

    def key(self, row: Row) -> Row:
        """Give the primary key of a row."""
        return [row[self.names.index(name)] for name in self.shape.keys]

    def count(self, condition: ColumnElement[bool]) -> int:
        """Count the rows that satisfy the condition."""
        query = sa.select(sa.func.count()).select_from(self.table).where(condition)
        return int(self.connection.scalar(query) or 0)

    def sample(self, condition: ColumnElement[bool], rows: int = 5) -> list[Row]:
        """Read the first few rows that satisfy the condition."""
        query = self._all().where(condition).limit(rows)
        query = query.order_by(*(self.table.c[name] for name in self.shape.keys))
        return [list(row) for row in self.connection.execute(query)]

    def digest(self) -> str:
        """Name the content of the whole table, whatever its size and order."""
        query = self._all().execution_options(stream_results=True)
        return digest_rows([pack(value) for value in row] for row in self.connection.execute(query))

    # ------------------------------------------------------------ change

    def insert(self, rows: list[Row]) -> None:
        """Insert rows as they were taken."""
        if not rows:
            return
        columns = self.shape.stored
        made = Overriding if any(c.fixed for c in columns) else sa.Insert
        named = {c.name: self._cast(c, _parameter(i)) for i, c in enumerate(columns)}
        self.connection.execute(made(self.table).values(named), [_bound(row) for row in rows])

    def insert_new(self, values: dict[str, Any]) -> Row:
        """Insert one row with values as a person gives them; gives its primary key."""
        named = {n: self.value(self.shape.column(n), v) for n, v in values.items()}
        keys = [self._exact(self.shape.column(name)) for name in self.shape.keys]
        made = self.connection.execute(sa.insert(self.table).values(named).returning(*keys)).one()
        return [pack(value) for value in made]

    def change_keys(self, keys: list[Row], values: dict[str, Any]) -> None:
        """Give the rows with these primary keys new values, as a person gives them."""
        named = {n: self.value(self.shape.column(n), v) for n, v in values.items()}
        for part in batches(keys, CHUNK):
            self.connection.execute(sa.update(self.table).where(self.among(part)).values(named))

    def update(self, rows: list[Row]) -> None:
        """Give rows that are there the values that they had when they were taken."""
        if not rows:
            return
        free = {
            c.name: self._cast(c, _parameter(i))
            for i, c in enumerate(self.shape.stored)
            if not c.pk and not c.fixed
        }
        same = [
            self.table.c[name] == self._cast(self.shape.column(name), _parameter(index))
            for name in self.shape.keys
            for index in [self.names.index(name)]
        ]
        statement = sa.update(self.table).where(*same).values(free)
        self.connection.execute(statement, [_bound(row) for row in rows])

    def delete_keys(self, keys: list[Row]) -> None:
        """Delete the rows with these primary keys."""
        for part in batches(keys, CHUNK):
            self.connection.execute(sa.delete(self.table).where(self.among(part)))

    def delete_all(self, condition: ColumnElement[bool]) -> int:
        """Delete the rows that satisfy the condition, without reading them; gives their number."""
        return self.connection.execute(sa.delete(self.table).where(condition)).rowcount

    def change_all(self, condition: ColumnElement[bool], values: dict[str, Any]) -> int:
        """Give the rows that satisfy the condition new values, without reading them."""
        named = {n: self.value(self.shape.column(n), v) for n, v in values.items()}
        made = sa.update(self.table).where(condition).values(named)
        return self.connection.execute(made).rowcount

    def make_equal(self, rows: list[Row]) -> None:
        """Make the whole table hold exactly these rows, touching no row that is right already."""
        current = self.take()
        surplus = Counter(map(name_of, current)) - Counter(map(name_of, rows))
        lacking = Counter(map(name_of, rows)) - Counter(map(name_of, current))
        if self.shape.keys:
            self.delete_keys([self.key(json.loads(text)) for text in surplus])
            self.insert([json.loads(text) for text in lacking.elements()])
        elif surplus or lacking:
            self.connection.execute(sa.delete(self.table))
            self.insert(rows)

    # ------------------------------------------------------------ inside

    def _all(self) -> sa.Select[Any]:
        columns = (self._exact(column) for column in self.shape.stored)
        return sa.select(*columns).select_from(self.table)

    def _all_equal(self, values: dict[str, Any]) -> ColumnElement[bool]:
        return sa.and_(*(self._equal(name, value) for name, value in values.items()))

    def _equal(self, name: str, value: Any) -> ColumnElement[bool]:
        described, column = self.shape.column(name), self.table.c[name]
        if value is None:
            return column.is_(None)
        if isinstance(value, list):
            return column.in_([self.value(described, item) for item in value])
        return column == self.value(described, value)

    def _exact(self, column: Column) -> ColumnElement[Any]:
        plain = self.table.c[column.name]
        return plain if self.is_lite else sa.cast(plain, sa.Text).label(column.name)

    def _cast(self, column: Column, parameter: ColumnElement[Any]) -> ColumnElement[Any]:
        return parameter if self.is_lite else sa.cast(parameter, Raw(column.type))

    def _plain(self, column: Column, value: Any) -> Any:
        value = unpack(value)
        if isinstance(value, dict) or (isinstance(value, list) and "json" in column.type.lower()):
            return json.dumps(value, ensure_ascii=False)
        if not self.is_lite:
            return value
        if isinstance(value, dt.datetime):
            return value.isoformat(sep=" ")
        if isinstance(value, dt.date | dt.time):
            return value.isoformat()
        return str(value) if isinstance(value, Decimal) else value

    def _check_size(self, rows: list[Row], condition: ColumnElement[bool] | None) -> None:
        size = sum(len(name_of(row)) for row in rows)
        cure = "Do it in parts, or raise image_limit in sql(…)."
        if len(rows) > self.limit.rows:
            unit = f"rows of {self.shape.shown}"
            count = self.count(sa.true() if condition is None else condition)
            raise TooLarge.of(count, self.limit.rows, unit, cure)
        if size > self.limit.bytes:
            raise TooLarge.of(size, self.limit.bytes, next_step=cure)


def _parameter(index: int) -> sa.BindParameter[Any]:
    return sa.bindparam(f"v{index}", type_=sa.types.NullType())


def _bound(row: Row) -> dict[str, Any]:
    return {f"v{index}": unpack(value) for index, value in enumerate(row)}
