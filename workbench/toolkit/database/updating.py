"""Changing values in rows, and giving them their old values back."""

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
from workbench.toolkit.database.image import Images
from workbench.toolkit.database.rows import Row, digest_row, name_of
from workbench.toolkit.faults import Refused, changed
from workbench.toolkit.seen import NO_KEY
from workbench.tools import Happened, Key


class Updating:
    """`update_rows`, with before-image, undo, probe and preview."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    def update_rows(
        self, table: str, where: dict[str, Any], values: dict[str, Any], key: Key = NO_KEY
    ) -> dict[str, Any]:
        """Give new values to the rows whose columns have the given values.

        Args:
            table: the table; it must have a primary key, which stays as it is.
            where: from column to value, to a list of values, or to null; all must hold.
            values: from column to new value.
            key: filled in by the runtime.
        """

        def work(connection: sa.Connection) -> Result:
            images = self._images(connection, table, values)
            if self.calls.seen.is_forgone(key):
                return {"table": table, "updated": images.change_all(images.where(where), values)}
            rows = images.take(images.where(where), lock=True)
            self.calls.check_seen(key, rows, images.shape)
            return _change(images, rows, values)

        return self.calls.once(key, "update_rows", work)

    def rows_before(
        self, table: str, where: dict[str, Any], values: dict[str, Any], key: str = ""
    ) -> Image:
        """Keep the rows that will be changed."""
        with self.calls.database.reading() as connection:
            images = self._images(connection, table, values)
            rows = self.calls.taken(key, images, images.where(where))
        return image_of(images, rows)

    def is_updated(
        self,
        table: str,
        values: dict[str, Any],
        before: Image | None,
        key: str = "",
        *,
        result: Result | None = None,
    ) -> Happened | bool | None:
        """Say whether the rows of the before-image have the new values.

        Without a ledger it makes the change once more on the old rows, compares, and rolls back.
        """
        known = self.calls.remembered(key)
        if known is not None:
            return known
        if result and before and result["digests"] == [digest_row(r) for r in before["rows"]]:
            return None  # the rows had these values already
        if before is None:
            raise cannot_tell(table)
        with self.calls.database.rehearsing() as connection:
            images = self._images(connection, table, values)
            rows = check_columns(images, before)
            there = images.take_keys([images.key(row) for row in rows])
            if sorted(map(name_of, there.values())) == sorted(map(name_of, rows)):
                return False
            if len(there) != len(rows):
                raise cannot_tell(table)
            images.update(rows)
            made = _change(images, rows, values)
            now = [digest_row(there[name_of(images.key(row))]) for row in rows]
            if now != made["digests"]:
                raise cannot_tell(table)
            return Happened(output=made)

    def undo_update(
        self,
        table: str,
        values: dict[str, Any],
        before: Image,
        result: Result | None = None,
        key: str = "",
    ) -> str:
        """Give the changed rows their old values, if nobody has changed them since."""
        if result is None:
            found = self.is_updated(table, values, before, key)
            if not isinstance(found, Happened):
                return f"no row of {table} was changed; nothing to do"
            result = found.output
        with self.calls.database.writing() as connection:
            images = self._images(connection, table, values)
            rows = check_columns(images, before)
            there = images.take_keys([images.key(row) for row in rows])
            wrong: list[Row] = []
            for row, digest in zip(rows, result["digests"], strict=True):
                current = there.get(name_of(images.key(row)))
                if current == row:
                    continue
                if current is None or digest_row(current) != digest:
                    raise changed(f"The row {images.key(row)} of {table}")
                wrong.append(row)
            images.update(wrong)
            self.calls.ledger.forget(connection, key)
        return f"gave {len(wrong):,} rows of {table} their old values back"

    def preview_update(self, table: str, where: dict[str, Any], values: dict[str, Any]) -> str:
        """Say how many rows get which values, and show the first as they are."""
        with self.calls.database.reading() as connection:
            images = self._images(connection, table, values)
            condition = images.where(where)
            count, first = images.count(condition), images.sample(condition)
        new = ", ".join(f"{name} = {value!r}" for name, value in values.items())
        text = f"would set {new} in {count:,} rows of {table}"
        return f"{text}; now:\n{shown(images, first)}" if first else f"{text}: none fits"

    def _images(self, connection: sa.Connection, table: str, values: dict[str, Any]) -> Images:
        images = self.calls.images(connection, table)
        if not values:
            raise Refused("`values` is empty: nothing would change.", "Name the new values.")
        if own := [name for name in values if images.shape.column(name).pk]:
            raise Refused(
                f"{', '.join(own)} belongs to the primary key of {table}, which stays as it is.",
                "Insert a new row and delete the old one.",
            )
        return images


def _change(images: Images, rows: list[Row], values: dict[str, Any]) -> Result:
    keys = [images.key(row) for row in rows]
    images.change_keys(keys, values)
    there = images.take_keys(keys)
    digests = [digest_row(there[name_of(key)]) for key in keys]
    return {"table": images.shape.shown, "updated": len(rows), "digests": digests}
