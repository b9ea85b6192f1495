"""Small things that a journal remembers by their names, such as which ends a person has seen."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from workbench.journal import schema as t


def names(connection: Connection, kind: str) -> set[str]:
    """Give the names that are kept of a kind."""
    mine = select(t.meta.c.key).where(t.meta.c.key.startswith(f"{kind} ", autoescape=True))
    return {key.removeprefix(f"{kind} ") for key in connection.execute(mine).scalars()}


def put(connection: Connection, kind: str, name: str) -> None:
    """Keep a name; one that is kept already stays."""
    key = f"{kind} {name}"
    if connection.execute(select(t.meta.c.key).where(t.meta.c.key == key)).first() is None:
        connection.execute(insert(t.meta), {"key": key, "value": ""})


def drop(connection: Connection, kind: str, name: str) -> None:
    """Keep a name no longer."""
    connection.execute(delete(t.meta).where(t.meta.c.key == f"{kind} {name}"))
