"""What a table looks like: columns, primary key, and what else a change to it would set off."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from workbench.toolkit.database.place import Database
from workbench.toolkit.faults import Refused

LITE_COLUMNS = sa.text(
    "SELECT name, type, hidden > 0 AS computed, 0 AS fixed, pk FROM pragma_table_xinfo(:table)"
)
LITE_TRIGGERS = sa.text(
    "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND lower(tbl_name) = lower(:table)"
)
LITE_CASCADES = sa.text(
    """SELECT DISTINCT t.name, f.on_delete AS deleting, f.on_update AS updating
    FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f
    WHERE t.type = 'table' AND lower(f."table") = lower(:table)"""
)
LITE_TABLES = sa.text(
    "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
)
PG_COLUMNS = sa.text(
    """SELECT a.attname AS name, format_type(a.atttypid, -1) AS type,
        a.attgenerated <> '' AS computed, a.attidentity = 'a' AS fixed,
        coalesce(array_position(i.indkey::int2[], a.attnum), -1) + 1 AS pk
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm')
    LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
    WHERE a.attrelid = to_regclass(:table) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum"""
)
PG_TRIGGERS = sa.text(
    "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(:table) AND NOT tgisinternal"
)
PG_CASCADES = sa.text(
    """SELECT conrelid::regclass::text AS name, confdeltype::text AS deleting,
        confupdtype::text AS updating
    FROM pg_constraint WHERE contype = 'f' AND confrelid = to_regclass(:table)"""
)
PG_TABLES = sa.text(
    """SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm')
    AND pg_table_is_visible(oid) AND relnamespace <> 'pg_catalog'::regnamespace"""
)
HARMLESS = frozenset({"NO ACTION", "RESTRICT", "a", "r"})
"""What a foreign key does without touching other rows, in the words of both databases."""


@dataclass(frozen=True)
class Column:
    """One column."""

    name: str
    type: str
    """As the database writes it."""
    computed: bool
    """Its value follows from others and cannot be given."""
    fixed: bool
    """An identity that takes a value only when overridden, and no update."""
    pk: int
    """Position in the primary key, from 1; 0: not in it."""


@dataclass(frozen=True)
class Shape:
    """One table."""

    name: str
    schema: str | None
    columns: tuple[Column, ...]
    side_effects: tuple[str, ...]
    """Triggers and foreign keys through which a change would reach further."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the columns of the primary key, in its order."""
        members = sorted((c for c in self.columns if c.pk), key=lambda c: c.pk)
        return tuple(c.name for c in members)

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns that hold values of their own."""
        return tuple(c for c in self.columns if not c.computed)

    @property
    def shown(self) -> str:
        """The name with its schema."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def column(self, name: str) -> Column:
        """Give a column.

        Raises:
            Refused: there is none of that name.
        """
        found = next((c for c in self.columns if c.name == name), None)
        if found is None:
            raise Refused(
                f"The table {self.shown} has no column {name!r}.",
                f"It has: {', '.join(c.name for c in self.columns)}.",
            )
        return found


def find_shape(connection: sa.Connection, database: Database, table: str) -> Shape | None:
    """Read the shape of a table; None when there is none. PostgreSQL: `schema.table` works too."""
    schema, name = _parts(database, table)
    known = name if database.is_sqlite else _quoted(connection, schema, name)
    asked = {"table": known}
    lite = database.is_sqlite
    rows = connection.execute(LITE_COLUMNS if lite else PG_COLUMNS, asked).all()
    if not rows:
        return None
    columns = tuple(Column(r.name, r.type, bool(r.computed), bool(r.fixed), r.pk) for r in rows)
    triggers = connection.scalars(LITE_TRIGGERS if lite else PG_TRIGGERS, asked).all()
    links = connection.execute(LITE_CASCADES if lite else PG_CASCADES, asked).all()
    reached = [f"the trigger {name}" for name in triggers]
    reached += [
        f"the foreign key of {link.name}"
        for link in links
        if not {link.deleting, link.updating} <= HARMLESS
    ]
    return Shape(name, schema, columns, tuple(reached))


def read_shape(connection: sa.Connection, database: Database, table: str) -> Shape:
    """Read the shape of a table.

    Raises:
        Refused: there is no such table.
    """
    shape = find_shape(connection, database, table)
    if shape is None:
        listed = connection.scalars(LITE_TABLES if database.is_sqlite else PG_TABLES).all()
        raise Refused(
            f"There is no table {table!r} in {database.shown}.",
            f"There are: {', '.join(sorted(listed)[:20]) or 'none'}.",
        )
    return shape


def table_name(database: Database, table: str) -> sa.TableClause:
    """Make the name of a table, to be quoted by SQLAlchemy."""
    schema, name = _parts(database, table)
    return sa.table(name, schema=schema)


def _parts(database: Database, table: str) -> tuple[str | None, str]:
    if database.is_sqlite or "." not in table:
        return None, table
    schema, _, name = table.partition(".")
    return schema, name


def _quoted(connection: sa.Connection, schema: str | None, name: str) -> str:
    quote = connection.dialect.identifier_preparer.quote_identifier
    return ".".join(quote(part) for part in (schema, name) if part is not None)
