"""A table in the user's database in which every change leaves its idempotency key.

The key is written in the same transaction as the change, so the two are there together or not at
all: a call with a key that is there already gives the first result and changes nothing.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from workbench.toolkit.database.place import Database
from workbench.toolkit.database.shape import find_shape
from workbench.toolkit.faults import Refused

COLUMNS = ("key", "tool", "result")


class Ledger:
    """The table of keys; without a name, nothing is kept and nothing is known."""

    def __init__(self, database: Database, name: str | None) -> None:
        self.database, self.name = database, name
        self.table = sa.Table(
            name or "unused",
            sa.MetaData(),
            sa.Column("key", sa.Text, primary_key=True),
            sa.Column("tool", sa.Text, nullable=False),
            sa.Column("result", sa.Text, nullable=False),
        )

    def recall(self, connection: sa.Connection, key: str) -> dict[str, Any] | None:
        """Give the result that was recorded for this key, or None."""
        if self.name is None or not key or not self._is_there(connection):
            return None
        query = sa.select(self.table.c.result).where(self.table.c.key == key)
        found = connection.scalar(query)
        return None if found is None else dict(json.loads(found))

    def record(
        self, connection: sa.Connection, key: str, tool: str, result: dict[str, Any]
    ) -> None:
        """Record a result within the transaction that makes the change."""
        if self.name is None or not key:
            return
        if not self._is_there(connection):
            connection.execute(CreateTable(self.table, if_not_exists=True))
        row = {"key": key, "tool": tool, "result": json.dumps(result)}
        connection.execute(sa.insert(self.table), row)

    def forget(self, connection: sa.Connection, key: str) -> None:
        """Take a key out, within the transaction that undoes its change: it may be redone."""
        if self.name is not None and key and self._is_there(connection):
            connection.execute(sa.delete(self.table).where(self.table.c.key == key))

    def _is_there(self, connection: sa.Connection) -> bool:
        shape = find_shape(connection, self.database, str(self.name))
        if shape is not None and tuple(c.name for c in shape.columns) != COLUMNS:
            raise Refused(
                f"The table {self.name!r} is there already and holds something else.",
                "Give another name: sql(…, ledger=…).",
            )
        return shape is not None
