"""Writing a whole data frame into a table, and putting the table back as it was."""

from __future__ import annotations

from typing import Literal

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.schema import DropTable

from workbench.toolkit.database.calls import (
    Calls,
    Image,
    Result,
    cannot_tell,
    check_columns,
    image_of,
)
from workbench.toolkit.database.image import Images
from workbench.toolkit.database.rows import digest_rows
from workbench.toolkit.database.shape import find_shape, table_name
from workbench.toolkit.faults import Refused, changed
from workbench.toolkit.frame_files import sample
from workbench.toolkit.seen import NO_KEY
from workbench.tools import Happened, Key

IfExists = Literal["fail", "replace", "append"]


class Framing:
    """`write_frame`, with before-image, undo, probe and preview."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    def write_frame(
        self, table: str, frame: pd.DataFrame, if_exists: IfExists = "fail", key: Key = NO_KEY
    ) -> dict[str, str | int]:
        """Write a table of data into the database.

        Args:
            table: the table in the database.
            frame: the data; its columns must be those of the table, if that is there.
            if_exists: what to do with rows that are there: refuse, replace them, or add to them.
            key: filled in by the runtime.
        """

        def work(connection: sa.Connection) -> Result:
            images = self._find(connection, table, if_exists)
            if not self.calls.seen.is_new(key):
                now = "" if images is None else images.digest()
                self.calls.seen.check(key, now, f"The table {table}")
            return self._write(connection, table, frame, if_exists)

        return self.calls.once(key, "write_frame", work)

    def table_before(self, table: str, if_exists: IfExists = "fail", key: str = "") -> Image | None:
        """Keep the whole table; None when there is none."""
        with self.calls.database.reading() as connection:
            images = self._find(connection, table, if_exists)
            if images is None:
                self.calls.seen.remember(key, "")
                return None
            rows = images.take()
        self.calls.remember(key, rows)
        return image_of(images, rows)

    def is_written(
        self,
        table: str,
        frame: pd.DataFrame,
        before: Image | None,
        if_exists: IfExists = "fail",
        key: str = "",
        *,
        result: Result | None = None,
    ) -> Happened | bool | None:
        """Say whether the table is as the call would leave it.

        Without a ledger it makes the change once more on the old table, compares, and rolls back.
        """
        known = self.calls.remembered(key)
        if known is not None:
            return known
        if result and before and result["digest"] == digest_rows(before["rows"]):
            return None  # the table held exactly this before
        with self.calls.database.rehearsing() as connection:
            images = self._find(connection, table, "append")
            if images is None:
                return False
            now = images.digest()
            if before is not None and now == digest_rows(check_columns(images, before)):
                return False
            self._put_back(images, before)
            made = self._write(connection, table, frame, if_exists)
            if made["digest"] != now:
                raise cannot_tell(table)
            return Happened(output=made)

    def undo_write(
        self,
        table: str,
        frame: pd.DataFrame,
        before: Image | None,
        if_exists: IfExists = "fail",
        *,
        result: Result | None = None,
        key: str = "",
    ) -> str:
        """Put the table back as it was, or drop it, if nobody has changed it since."""
        if result is None:
            found = self.is_written(table, frame, before, if_exists, key)
            if not isinstance(found, Happened):
                return f"{table} was not written; nothing to do"
            result = found.output
        with self.calls.database.writing() as connection:
            images = self._find(connection, table, "append")
            now = None if images is None else images.digest()
            if images is None and before is None:
                return f"{table} is not there; nothing to do"
            if images and before and now == digest_rows(check_columns(images, before)):
                return f"{table} is as it was before; nothing to do"
            if images is None or now != result["digest"]:
                raise changed(f"The table {table}")
            self._put_back(images, before)
            self.calls.ledger.forget(connection, key)
        return f"dropped {table}" if before is None else f"put {table} back as it was"

    def preview_write(self, table: str, frame: pd.DataFrame, if_exists: IfExists = "fail") -> str:
        """Say what would be written, and what becomes of rows that are there."""
        with self.calls.database.reading() as connection:
            images = self._find(connection, table, if_exists)
            old = 0 if images is None else images.count(sa.true())
        verb = "replace" if if_exists == "replace" else "keep"
        fate = "make the table" if images is None else f"{verb} the {old:,} rows of it"
        return f"would {fate} {table} and write {sample(frame)}"

    def _find(self, connection: sa.Connection, table: str, if_exists: IfExists) -> Images | None:
        shape = find_shape(connection, self.calls.database, table)
        if shape is None:
            return None
        if if_exists == "fail":
            raise Refused(
                f"There already is a table {table}; nothing was written.",
                'Choose another name, or if_exists "replace" or "append".',
            )
        self.calls.check_side_effects(shape)
        return Images(connection, shape, self.calls.limit)

    def _write(
        self, connection: sa.Connection, table: str, frame: pd.DataFrame, if_exists: IfExists
    ) -> Result:
        images, name = (
            self._find(connection, table, if_exists),
            table_name(self.calls.database, table),
        )
        if images is not None:
            if unknown := set(map(str, frame.columns)) - set(images.names):
                raise Refused(
                    f"The table {table} has no column {', '.join(sorted(unknown))}.",
                    "Rename the columns of the data, or write it into a new table.",
                )
            if if_exists == "replace":
                connection.execute(sa.delete(images.table))
        try:
            frame.to_sql(
                name.name,
                connection,
                schema=name.schema,
                if_exists="append",
                index=False,
                chunksize=1000,
            )
        except (ValueError, TypeError, OverflowError) as error:
            raise Refused(
                f"The data do not fit into the table {table}: {error}.", "Change their types."
            ) from error
        shape = find_shape(connection, self.calls.database, table)
        if shape is None:
            raise Refused(f"The data have no columns, so {table} was not made.", "Look at them.")
        digest = Images(connection, shape, self.calls.limit).digest()
        return {"table": table, "rows": len(frame), "digest": digest}

    def _put_back(self, images: Images, before: Image | None) -> None:
        if before is not None:
            images.make_equal(check_columns(images, before))
            return
        shape = images.shape
        gone = sa.Table(shape.name, sa.MetaData(), schema=shape.schema)
        images.connection.execute(DropTable(gone))
