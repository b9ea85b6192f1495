"""Tables as files: csv, tsv, parquet and JSON, chosen by the end of the name."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import IO

import pandas as pd

from workbench.toolkit.faults import Refused

READABLE = (".csv", ".tsv", ".parquet", ".json")
WRITABLE = (".csv", ".tsv", ".parquet")


def load_table(stream: IO[bytes], name: str) -> pd.DataFrame:
    """Read a table.

    Raises:
        Refused: the name has none of the known endings, or the content is no such table.
    """
    suffix = _suffix(name, READABLE)
    try:
        if suffix == ".parquet":
            return pd.read_parquet(stream)
        if suffix == ".json":
            return pd.DataFrame(json.load(stream))
        return pd.read_csv(stream, sep="\t" if suffix == ".tsv" else ",")
    except (ValueError, OSError, TypeError) as error:
        raise Refused(
            f"{name!r} cannot be read as a {suffix[1:]} table: {error}.",
            "Look at the file with read_text; correct it, or give it the ending of its format.",
        ) from error


def dump_table(frame: pd.DataFrame, name: str) -> bytes:
    """Give the bytes of a table; an index that says something becomes ordinary columns.

    Raises:
        Refused: the name has none of the known endings, or a value does not fit the format.
    """
    suffix = _suffix(name, WRITABLE)
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    sink = io.BytesIO()
    try:
        if suffix == ".parquet":
            frame.to_parquet(sink, index=False)
        else:
            separator = "\t" if suffix == ".tsv" else ","
            frame.to_csv(sink, index=False, sep=separator, lineterminator="\n")
    except (ValueError, TypeError, OSError) as error:
        raise Refused(
            f"The table cannot be written as {suffix[1:]}: {error}.",
            "Change the columns that it names, or use another format.",
        ) from error
    return sink.getvalue()


def sample(frame: pd.DataFrame, rows: int = 5) -> str:
    """Show the shape of a table and its first rows."""
    height, width = frame.shape
    text = frame.head(rows).to_string(index=False, max_colwidth=40, line_width=60)
    return f"{height:,} rows x {width} columns\n{text}"


def _suffix(name: str, known: tuple[str, ...]) -> str:
    suffix = Path(name).suffix.lower()
    if suffix not in known:
        raise Refused(
            f"{name!r} does not say in which format the table is.", f"Use {', '.join(known)}."
        )
    return suffix
