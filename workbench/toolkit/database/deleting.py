"""Deleting rows, and putting the very same back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from workbench.toolkit.database.calls import (
    Calls,
    Image,
    Result,
    cannot_tell,
    check_columns,
    image_of,
    shown,
)
from workbench.toolkit.database.rows import name_of
from workbench.toolkit.faults import changed
from workbench.toolkit.seen import NO_KEY
from workbench.tools import Happened, Key


class Deleting:
    """`delete_rows`, with before-image, undo, probe and preview."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    def delete_rows(self, table: str, where: dict[str, Any], key: Key = NO_KEY) -> dict[str, Any]:
        """Delete the rows whose columns have the given values.

        Args:
            table: the table; it must have a primary key.
            where: from column to value, to a list of values, or to null; all must hold.
            key: filled in by the runtime.
        """

        def work(connection: sa.Connection) -> Result:
            images = self.calls.images(connection, table)
            if self.calls.seen.is_forgone(key):
                return {"table": table, "deleted": images.delete_all(images.where(where))}
            rows = images.take(images.where(where), lock=True)
            self.calls.check_seen(key, rows, images.shape)
            images.delete_keys([images.key(row) for row in rows])
            return {"table": table, "deleted": len(rows)}

        return self.calls.once(key, "delete_rows", work)

    def rows_before(self, table: str, where: dict[str, Any], key: str = "") -> Image:
        """Keep the rows that will be deleted."""
        with self.calls.database.reading() as connection:
            images = self.calls.images(connection, table)
            rows = self.calls.taken(key, images, images.where(where))
        return image_of(images, rows)

    def is_deleted(
        self,
        table: str,
        before: Image | None,
        key: str = "",
        result: Result | None = None,
    ) -> Happened | bool | None:
        """Say whether the rows of the before-image are gone."""
        known = self.calls.remembered(key)
        if known is not None:
            return known
        if result is not None and result["deleted"] == 0:
            return None  # nothing was there to be deleted, so nothing can be looked for
        if before is None:
            raise cannot_tell(table)
        with self.calls.database.reading() as connection:
            images = self.calls.images(connection, table)
            rows = check_columns(images, before)
            there = images.take_keys([images.key(row) for row in rows])
        if not there:
            return Happened(output={"table": table, "deleted": len(rows)}) if rows else False
        if sorted(map(name_of, there.values())) != sorted(map(name_of, rows)):
            raise cannot_tell(table)
        return False

    def undo_delete(self, table: str, before: Image, key: str = "") -> str:
        """Insert the deleted rows again, as they were."""
        with self.calls.database.writing() as connection:
            images = self.calls.images(connection, table)
            rows = check_columns(images, before)
            there = images.take_keys([images.key(row) for row in rows])
            lacking = [row for row in rows if name_of(images.key(row)) not in there]
            same = set(map(name_of, rows))
            if any(name_of(row) not in same for row in there.values()):
                raise changed(f"A row of {table} with the key of a deleted one")
            images.insert(lacking)
            self.calls.ledger.forget(connection, key)
        return f"put {len(lacking):,} rows back into {table}"

    def preview_delete(self, table: str, where: dict[str, Any]) -> str:
        """Say how many rows, and show the first."""
        with self.calls.database.reading() as connection:
            images = self.calls.images(connection, table)
            condition = images.where(where)
            count, first = images.count(condition), images.sample(condition)
        text = f"would delete {count:,} rows of {table}"
        return f"{text}, for example:\n{shown(images, first)}" if first else f"{text}: none fits"
