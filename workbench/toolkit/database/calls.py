"""What all changing tools of one database share: keys, before-images, and honest refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from workbench.toolkit.database.image import Images, Limit
from workbench.toolkit.database.ledger import Ledger
from workbench.toolkit.database.place import Database
from workbench.toolkit.database.rows import Row, digest_rows
from workbench.toolkit.database.shape import Shape, read_shape
from workbench.toolkit.faults import Refused, TooLarge
from workbench.toolkit.seen import Seen
from workbench.tools import Happened

Result = dict[str, Any]
Image = dict[str, Any]
"""A before-image: {"columns": names, "rows": values}."""


class Calls:
    """Runs changes of one database once, and says what is known about them."""

    def __init__(
        self, database: Database, ledger: Ledger, limit: Limit, *, trust_triggers: bool
    ) -> None:
        self.database, self.ledger, self.limit = database, ledger, limit
        self.trust_triggers = trust_triggers
        self.seen = Seen()

    def images(self, connection: sa.Connection, table: str) -> Images:
        """Open a table whose rows are to be changed and can be told apart.

        Raises:
            Refused: there is no such table, it has no primary key, or an undo could not reach all
                that a change to it sets off.
        """
        shape = read_shape(connection, self.database, table)
        if not shape.keys:
            raise Refused(
                f"The table {shape.shown} has no primary key, so an undo could not tell its rows "
                "apart.",
                "Give it one, or use execute, which has no undo.",
            )
        self.check_side_effects(shape)
        return Images(connection, shape, self.limit)

    def check_side_effects(self, shape: Shape) -> None:
        """Refuse a table whose changes reach further than an undo does."""
        if shape.side_effects and not self.trust_triggers:
            raise Refused(
                f"A change to {shape.shown} sets off {', '.join(shape.side_effects)}, and an undo "
                "could not bring back what they change.",
                "If they do no harm say sql(…, trust_triggers=True); else use execute.",
            )

    def once(self, key: str, tool: str, work: Callable[[sa.Connection], Result]) -> Result:
        """Make a change in one transaction, or give the result of the call that made it before."""
        with self.database.writing() as connection:
            known = self.ledger.recall(connection, key)
            if known is not None:
                return known
            result = work(connection)
            self.ledger.record(connection, key, tool, result)
            return result

    def remembered(self, key: str) -> Happened | bool | None:
        """Ask the ledger whether it happened; None when there is no ledger to ask."""
        if self.ledger.name is None or not key:
            return None
        with self.database.reading() as connection:
            known = self.ledger.recall(connection, key)
        return False if known is None else Happened(output=known)

    def remember(self, key: str, rows: list[Row]) -> None:
        """Keep what a before-image showed."""
        self.seen.remember(key, digest_rows(rows))

    def taken(self, key: str, images: Images, condition: ColumnElement[bool]) -> list[Row]:
        """Read the rows of a before-image; of one that is too large it is noted that there is none.

        Raises:
            TooLarge: there are more than may be kept.
        """
        try:
            rows = images.take(condition)
        except TooLarge:
            self.seen.forgo(key)
            raise
        self.remember(key, rows)
        return rows

    def check_seen(self, key: str, rows: list[Row], shape: Shape) -> None:
        """Refuse to change rows that are not those of the before-image."""
        self.seen.check(key, digest_rows(rows), f"The rows concerned in {shape.shown}")


def image_of(images: Images, rows: list[Row]) -> Image:
    """Put rows and the names of their columns together."""
    return {"columns": images.names, "rows": rows}


def check_columns(images: Images, before: Image) -> list[Row]:
    """Give the rows of a before-image.

    Raises:
        Refused: the table has other columns now.
    """
    if before["columns"] != images.names:
        raise Refused(
            f"The columns of {images.shape.shown} were changed since; nothing was undone.",
            "The before-image is in the journal: put the rows back by hand.",
        )
    rows: list[Row] = before["rows"]
    return rows


def shown(images: Images, rows: list[Row]) -> str:
    """Write rows as a small table for people."""
    frame = pd.DataFrame(rows, columns=images.names, dtype=object)
    return frame.to_string(index=False, max_colwidth=40)


def cannot_tell(table: str) -> Refused:
    """Make the error of a probe that has no way to know."""
    return Refused(
        f"Whether the call changed {table} cannot be told from its content.",
        "Look into the table and decide; with sql(…, ledger=…) each call leaves its key there.",
    )
