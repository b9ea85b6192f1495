"""A report as Markdown, made of texts and tables."""

from __future__ import annotations

import math
import re
from typing import Any

import pandas as pd

from workbench.toolkit.faults import Refused

MOST_ROWS = 50
"""Rows of a table that a report shows."""

MILLION = 1e6

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_MARKS = re.compile(r"([\\`\[\]|])")


def markdown_report(title: str, sections: list[Any]) -> str:
    """Write a report in Markdown.

    Args:
        title: its heading.
        sections: texts (in Markdown), tables, numbers, or {"heading": …, "body": …}; HTML in
            them is shown as text.
    """
    parts = [f"# {_line(title)}"]
    for number, section in enumerate(sections, 1):
        if isinstance(section, dict) and section.keys() == {"heading", "body"}:
            parts.append(f"## {_line(section['heading'])}")
            parts.append(_body(section["body"], number))
        else:
            parts.append(_body(section, number))
    return "\n\n".join(parts) + "\n"


def _body(value: Any, number: int) -> str:
    if isinstance(value, str):
        return _TAG.sub("&lt;", value).strip()
    if isinstance(value, pd.DataFrame):
        return _table(value)
    if isinstance(value, bool | int | float):
        return _number(value)
    if isinstance(value, dict):
        return "\n".join(f"- {_line(k)}: {_cell(v)}" for k, v in value.items())
    raise Refused(
        f"Section {number} of the report is a {type(value).__name__}.",
        "Give texts, tables, numbers or fields with plain values; save a figure as a file instead.",
    )


def _table(frame: pd.DataFrame) -> str:
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    shown = frame.head(MOST_ROWS)
    right = [pd.api.types.is_numeric_dtype(dtype) for dtype in shown.dtypes]
    lines = [
        _row(shown.columns),
        "|" + "|".join(" ---: " if number else " --- " for number in right) + "|",
        *(_row(row) for row in shown.itertuples(index=False, name=None)),
    ]
    if len(frame) > MOST_ROWS:
        lines += ["", f"… and {len(frame) - MOST_ROWS:,} more rows"]
    return "\n".join(lines)


def _row(values: Any) -> str:
    return "| " + " | ".join(_cell(value) for value in values) + " |"


def _cell(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return _number(value)
    missing = value is None or value is pd.NA or value is pd.NaT
    return "" if missing else _MARKS.sub(r"\\\1", _line(value))


def _number(value: float) -> str:
    if not isinstance(value, float):
        return str(value)
    if math.isnan(value):
        return ""
    return f"{value:,.6g}" if abs(value) < MILLION else f"{value:,.0f}"


def _line(value: Any) -> str:
    return _TAG.sub("&lt;", " ".join(str(value).split()))
