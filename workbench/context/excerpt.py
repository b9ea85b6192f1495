"""What a model is shown of a value that is too large to be shown: its head, its tail, its size.

Frames are shown as schema, statistics and a sample. The reference beside it names the whole, for
a step that reads on. pandas is not imported here: a frame brings its own methods.
"""

from __future__ import annotations

import json
from typing import Any

LIMIT = 2_000
"""Characters up to which a value is shown whole."""
HEAD, TAIL = 1_200, 400
"""Characters that are shown of a longer one."""
COLUMNS = 30
"""Columns of a frame that are described."""
ROWS = 3
"""Rows that are shown of a frame, of its beginning and of its end."""
CELL = 60
"""Characters of a cell that are shown."""


def excerpt(value: Any, reference: str = "", *, limit: int = LIMIT) -> str:
    """Give a value as text: whole when it is short, else head, tail, size and the reference.

    Args:
        value: a JSON value, or a frame.
        reference: where the whole can be had, in words for the model.
        limit: characters up to which it is shown whole.
    """
    if is_frame(value):
        return excerpt_of_frame(value, reference)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if len(text) <= limit:
        return text
    head, tail = head_of(text, min(HEAD, limit * 3 // 5)), text[-min(TAIL, limit // 5) :]
    left_out = len(text) - len(head) - len(tail)
    items = f", {len(value):,} items" if isinstance(value, list | dict) else ""
    where = f"; the whole is {reference}" if reference else ""
    note = f"… (left out: {left_out:,} of {len(text):,} characters{items}{where}) …"
    return f"{head}\n{note}\n{tail}"


def is_frame(value: Any) -> bool:
    """Whether a value is a frame of pandas, which is not imported to find out."""
    return any(
        base.__name__ == "DataFrame" and base.__module__.partition(".")[0] == "pandas"
        for base in type(value).__mro__
    )


def excerpt_of_frame(frame: Any, reference: str = "") -> str:
    """Give schema, statistics and a sample of a frame."""
    rows, columns = frame.shape
    where = f"; the whole is {reference}" if reference else ""
    lines = [f"table of {rows:,} rows x {columns} columns{where}", "columns:"]
    lines += [
        f"  {_cell(frame.columns[place])}: {_statistics(frame.iloc[:, place])}"
        for place in range(min(columns, COLUMNS))
    ]
    if columns > COLUMNS:
        lines.append(f"  … {columns - COLUMNS} more columns")
    shown = frame.iloc[:, :COLUMNS]
    lines.append("first rows:")
    lines += _rows(shown.head(ROWS))
    if rows > ROWS:
        lines.append("last rows:")
        lines += _rows(shown.tail(min(ROWS, rows - ROWS)))
    return "\n".join(lines)


def head_of(text: str, length: int) -> str:
    """Give the beginning of a text, to the end of a word where one is near."""
    head = text[:length]
    space = head.rfind(" ")
    return head[:space] if len(text) > length and space > length * 3 // 4 else head


def _statistics(column: Any) -> str:
    gaps = int(column.isna().sum())
    parts = [str(column.dtype)]
    values = column.dropna()
    if len(values) and column.dtype.kind in "iuf":
        parts.append(f"from {_cell(values.min())} to {_cell(values.max())}")
        parts.append(f"mean {float(values.mean()):.6g}")
    elif len(values) and column.dtype.kind == "M":
        parts.append(f"from {values.min()} to {values.max()}")
    else:
        parts.append(_distinct(values))
    parts.append(f"{gaps:,} gaps" if gaps else "no gaps")
    return ", ".join(parts)


def _distinct(values: Any) -> str:
    try:
        count = int(values.nunique())
    except TypeError:  # lists and dicts in the cells
        return f"{len(values):,} values"
    return f"{count:,} different {'value' if count == 1 else 'values'}"


def _rows(frame: Any) -> list[str]:
    return [
        "  " + json.dumps({_cell(name): _cell(cell) for name, cell in row.items()}, default=str,
                          ensure_ascii=False)
        for row in frame.to_dict("records")
    ]  # fmt: skip


def _cell(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= CELL else f"{text[: CELL - 1]}…"
