"""One row as it is kept: its JSON form, the names by which it is compared, its types in SQL."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from workbench.ids import digest_bytes

Row = list[Any]
"""Values of the stored columns, in their order, each in its JSON form."""

BYTES = "$bytes"


class Raw(sa.types.UserDefinedType[Any]):
    """A type of the database, by the name that the database gives it."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        """Give the name."""
        return self.name


class Overriding(sa.Insert):
    """An INSERT that gives identity columns their old values; PostgreSQL must be told."""

    inherit_cache = True


@compiles(Overriding, "postgresql")
def _overriding(insert: Overriding, compiler: Any, **options: Any) -> str:
    text: str = compiler.visit_insert(insert, **options)
    head, values, rest = text.partition(") VALUES (")
    return f"{head}) OVERRIDING SYSTEM VALUE VALUES ({rest}" if values else text


def pack(value: Any) -> Any:
    """Give the JSON form of a value as the driver gives it."""
    if isinstance(value, bytes | memoryview):
        return {BYTES: base64.b64encode(value).decode()}
    return value


def unpack(value: Any) -> Any:
    """Turn a value in its JSON form back."""
    if isinstance(value, dict) and value.keys() == {BYTES}:
        return base64.b64decode(value[BYTES])
    return value


def name_of(row: Row) -> str:
    """Write a row, or a key, as one text by which it can be compared."""
    return json.dumps(row, ensure_ascii=True)


def digest_row(row: Row) -> str:
    """Name the content of a row."""
    return digest_bytes(name_of(row).encode())[:24]


def digest_rows(rows: Iterable[Row]) -> str:
    """Name the content of rows, whatever their order: a sum of digests needs no sorting."""
    total = sum(int(digest_bytes(name_of(row).encode()), 16) for row in rows)
    return f"{total % 2**256:064x}"


def batches(items: list[Row], size: int) -> Iterator[list[Row]]:
    """Split a list into lists of at most `size`."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
