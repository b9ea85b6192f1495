"""Inserting rows, and taking exactly these out again."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from workbench.toolkit.database.calls import Calls, Result, cannot_tell
from workbench.toolkit.database.image import Images
from workbench.toolkit.database.rows import Row, digest_row, name_of
from workbench.toolkit.faults import Refused, changed
from workbench.toolkit.seen import NO_KEY
from workbench.tools import Happened, Key

MOST_ROWS = 10_000
"""Rows that one call inserts at most; more go through `write_frame`."""


class Inserting:
    """`insert_rows`, with undo, probe and preview."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    def insert_rows(
        self, table: str, rows: list[dict[str, Any]], key: Key = NO_KEY
    ) -> dict[str, Any]:
        """Insert rows into a table; gives their primary keys.

        Args:
            table: the table; it must have a primary key.
            rows: one dict for each row, from column to value; other columns get their defaults.
            key: filled in by the runtime.
        """
        return self.calls.once(key, "insert_rows", lambda c: self._insert(c, table, rows))

    def check_free(self, table: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Make sure that no given primary key is taken, so that an undo deletes no other row."""
        with self.calls.database.reading() as connection:
            images = self.calls.images(connection, table)
            keys = _given_keys(images, rows)
            if keys and (taken := images.take(images.among(keys))):
                first = f"{', '.join(images.shape.keys)} = {images.key(taken[0])}"
                raise Refused(
                    f"{images.shape.shown} has {len(taken):,} of these rows already, for example "
                    f"{first}; nothing was inserted.",
                    "Use update_rows for them, or leave them out.",
                )
        return {"keys": keys}

    def is_inserted(self, table: str, rows: list[dict[str, Any]], key: str = "") -> Happened | bool:
        """Say whether these rows are there, by the ledger or by their given primary keys."""
        known = self.calls.remembered(key)
        if known is not None:
            return known
        with self.calls.database.rehearsing() as connection:
            images = self.calls.images(connection, table)
            keys = _given_keys(images, rows)
            if keys is None:
                raise cannot_tell(table)
            there = images.take(images.among(keys))
            if not there:
                return False
            images.delete_keys(keys)
            result = self._insert(connection, table, rows)
            if sorted(map(digest_row, there)) != sorted(result["digests"]):
                raise cannot_tell(table)
            return Happened(output=result)

    def undo_insert(
        self, table: str, rows: list[dict[str, Any]], result: Result | None = None, key: str = ""
    ) -> str:
        """Delete exactly the inserted rows, if nobody has changed them."""
        if result is None:
            found = self.is_inserted(table, rows, key)
            if not isinstance(found, Happened):
                return f"no row was inserted into {table}; nothing to do"
            result = found.output
        with self.calls.database.writing() as connection:
            images = self.calls.images(connection, table)
            there = images.take_keys(result["keys"])
            digests = dict(zip(map(name_of, result["keys"]), result["digests"], strict=True))
            if any(digests[name] != digest_row(row) for name, row in there.items()):
                raise changed(f"A row of {table} that this call inserted")
            images.delete_keys([images.key(row) for row in there.values()])
            self.calls.ledger.forget(connection, key)
        return f"deleted {len(there):,} inserted rows of {table}"

    def preview_insert(self, table: str, rows: list[dict[str, Any]]) -> str:
        """Say how many rows, and show the first."""
        with self.calls.database.reading() as connection:
            self.calls.images(connection, table)
        first = "\n".join(str(row) for row in rows[:5])
        return f"would insert {len(rows):,} rows into {table}, for example:\n{first}"

    def _insert(self, connection: sa.Connection, table: str, rows: list[dict[str, Any]]) -> Result:
        if not 0 < len(rows) <= MOST_ROWS:
            raise Refused(
                f"{len(rows):,} rows were given.", f"Give 1 to {MOST_ROWS:,}, or use write_frame."
            )
        images = self.calls.images(connection, table)
        keys = [images.insert_new(row) for row in rows]
        there = images.take_keys(keys)
        digests = [digest_row(there[name_of(key)]) for key in keys]
        return {"table": table, "inserted": len(keys), "keys": keys, "digests": digests}


def _given_keys(images: Images, rows: list[dict[str, Any]]) -> list[Row] | None:
    names = images.shape.keys
    given = [[row.get(name) for name in names] for row in rows]
    return None if any(value is None for key in given for value in key) else given
