"""The tools of one database, each with what it promises."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from workbench.toolkit.database.calls import Calls, Result
from workbench.toolkit.database.deleting import Deleting
from workbench.toolkit.database.framing import Framing
from workbench.toolkit.database.image import Limit
from workbench.toolkit.database.inserting import Inserting
from workbench.toolkit.database.ledger import Ledger
from workbench.toolkit.database.place import Database
from workbench.toolkit.database.reading import Reading
from workbench.toolkit.database.updating import Updating
from workbench.toolkit.seen import NO_KEY
from workbench.tools import Key, Tool, tool


def sql(
    url: str | sa.URL,
    *,
    ledger: str | None = None,
    row_limit: int = 100_000,
    image_limit: Limit | None = None,
    trust_triggers: bool = False,
    timeout_s: float = 60.0,
) -> list[Tool]:
    """Make the tools for one database: an SQLite file, or PostgreSQL.

    `query` runs in a read-only transaction. A function of the server that reaches outside (dblink,
    pg_terminate_backend) is a matter of the login's rights: give it few.

    Args:
        url: SQLAlchemy's address, such as "sqlite:///shop.db" or "postgresql://…".
        ledger: a table that is made in this database and takes the idempotency key of each change,
            in the same transaction. With it a change happens once whatever crashes, and its probe
            is exact; without it changes are not idempotent, and the probe compares contents.
        row_limit: rows that a query gives at most.
        image_limit: rows and bytes that are kept for one undo at most (50,000 and 50 MB); what
            would need more is asked about, as something that cannot be undone.
        trust_triggers: change tables that have triggers or cascading foreign keys, too: you vouch
            that an undo need not bring back what they do.
        timeout_s: seconds after which the database breaks a statement off.

    Raises:
        Refused: the address is none, or of a database that cannot keep these promises.
    """
    database = Database(url, timeout_s)
    calls = Calls(
        database, Ledger(database, ledger), image_limit or Limit(), trust_triggers=trust_triggers
    )
    insert, delete, update = Inserting(calls), Deleting(calls), Updating(calls)
    frame, once = Framing(calls), ledger is not None
    return [
        tool(effect="read")(Reading(database, row_limit).query),
        tool(
            effect="reversible",
            risk="shared",
            idempotent=once,
            undo=insert.undo_insert,
            probe=insert.is_inserted,
            preview=insert.preview_insert,
            before=insert.check_free,
            writes=database.keys,
            merge="in_order",
        )(insert.insert_rows),
        tool(
            effect="reversible",
            risk="shared",
            idempotent=once,
            undo=update.undo_update,
            probe=update.is_updated,
            preview=update.preview_update,
            before=update.rows_before,
            writes=database.keys,
        )(update.update_rows),
        tool(
            effect="reversible",
            risk="shared",
            idempotent=once,
            undo=delete.undo_delete,
            probe=delete.is_deleted,
            preview=delete.preview_delete,
            before=delete.rows_before,
            writes=database.keys,
        )(delete.delete_rows),
        tool(
            effect="reversible",
            risk="shared",
            idempotent=once,
            undo=frame.undo_write,
            probe=frame.is_written,
            preview=frame.preview_write,
            before=frame.table_before,
            writes=database.keys,
        )(frame.write_frame),
        _execute(calls, idempotent=once),
    ]


def _execute(calls: Calls, *, idempotent: bool) -> Tool:
    def execute(
        statement: str, params: dict[str, Any] | None = None, key: Key = NO_KEY
    ) -> dict[str, Any]:
        """Run any SQL statement; what it changes cannot be undone.

        Args:
            statement: the statement, with parameters as `:name`.
            params: their values, by name.
            key: filled in by the runtime.
        """

        def work(connection: sa.Connection) -> Result:
            done = connection.execute(sa.text(statement), params or {})
            return {"rows": done.rowcount if done.rowcount >= 0 else None}

        return calls.once(key, "execute", work)

    def preview(statement: str, params: dict[str, Any] | None = None) -> str:
        values = json.dumps(params or {}, ensure_ascii=False, default=str)
        return (
            "would run this statement; what it changes cannot be told beforehand and not be "
            f"undone:\n{statement}\nwith {values}"
        )

    probe = calls.remembered if idempotent else None
    return tool(effect="irreversible", idempotent=idempotent, preview=preview, probe=probe)(execute)
