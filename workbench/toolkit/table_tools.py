"""Pure tools on tables: filter, sort, aggregate, check, chart, report."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Literal

import pandas as pd
from pandas.api.types import is_numeric_dtype

from workbench.toolkit.charts import bar_chart, line_chart
from workbench.toolkit.faults import Refused
from workbench.toolkit.report_text import markdown_report
from workbench.tools import Tool, tool

How = Literal["sum", "mean", "median", "min", "max", "count", "nunique", "first", "last"]
Op = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in", "contains", "missing", "present"]

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def tables() -> list[Tool]:
    """Make the tools on tables; they compute and change nothing."""
    functions = (
        filter_rows,
        sort_rows,
        top_rows,
        aggregate,
        check_columns,
        bar_chart,
        line_chart,
        markdown_report,
    )
    return [tool(effect="pure")(function) for function in functions]


def filter_rows(frame: pd.DataFrame, column: str, op: Op, value: Any = None) -> pd.DataFrame:
    """Keep the rows whose value in the column satisfies the condition.

    Args:
        frame: the table.
        column: name of the column.
        op: how to compare; "missing" and "present" need no value, "in" takes a list.
        value: what to compare with.
    """
    _need(frame, [column])
    values = frame[column]
    try:
        mask = _condition(values, op, value)
    except TypeError as error:
        raise Refused(
            f"The column {column!r} ({values.dtype}) cannot be compared with {value!r} by {op!r}.",
            "Give a value of the column's own type.",
        ) from error
    return frame.loc[mask].reset_index(drop=True)


def sort_rows(frame: pd.DataFrame, by: list[str], descending: bool = False) -> pd.DataFrame:  # noqa: FBT001, FBT002 - a plan names it
    """Sort the rows by one or more columns; equal rows keep their order, missing values go last."""
    _need(frame, by)
    return frame.sort_values(by, ascending=not descending, kind="stable", ignore_index=True)


def top_rows(
    frame: pd.DataFrame,
    column: str,
    n: int = 10,
    lowest: bool = False,  # noqa: FBT001, FBT002 - a plan names it
) -> pd.DataFrame:
    """Give the n rows with the highest values in the column, or the lowest; the best row first."""
    if n < 1:
        raise Refused(f"Asked for {n} rows.", "Ask for at least 1.")
    return sort_rows(frame, [column], descending=not lowest).head(n)


def aggregate(frame: pd.DataFrame, by: list[str], column: str, how: How = "mean") -> pd.DataFrame:
    """Group the rows and give one value per group: the sum, mean, … of a column.

    Args:
        frame: the table.
        by: columns whose values make the groups; a missing value is a group of its own.
        column: the column that is aggregated; it keeps its name.
        how: in which way.
    """
    _need(frame, by)
    _need(frame, [column])
    if column in by:
        raise Refused(
            f"{column!r} makes the groups and is to be aggregated.", "Choose two columns."
        )
    if how in ("sum", "mean", "median") and not is_numeric_dtype(frame[column]):
        raise Refused(
            f"The column {column!r} holds no numbers ({frame[column].dtype}), so it has no {how}.",
            'Choose a column of numbers, or "count", "nunique", "min" or "max".',
        )
    grouped = frame.groupby(by, dropna=False, sort=True, observed=True)[column].agg(how)
    return grouped.reset_index()


def check_columns(
    frame: pd.DataFrame,
    required: list[str],
    complete: bool = False,  # noqa: FBT001, FBT002 - a plan names it
) -> dict[str, Any]:
    """Check that a table has rows and the required columns; says what it found.

    Args:
        frame: the table.
        required: columns that must be there.
        complete: whether no value may be missing in them.
    """
    _need(frame, required)
    if frame.empty:
        raise Refused("The table has no rows.", "Look at the step that makes it.")
    missing = {name: int(frame[name].isna().sum()) for name in required}
    gaps = {name: count for name, count in missing.items() if count}
    if complete and gaps:
        told = ", ".join(f"{count:,} in {name!r}" for name, count in gaps.items())
        raise Refused(f"Values are missing: {told}.", "Filter these rows out, or allow gaps.")
    types = {str(name): str(dtype) for name, dtype in frame.dtypes.items()}
    return {"rows": len(frame), "columns": types, "missing": missing}


def _need(frame: pd.DataFrame, columns: list[str]) -> None:
    if not columns:
        raise Refused("No column is named.", "Name at least one.")
    absent = [name for name in columns if name not in frame.columns]
    if absent:
        raise Refused(
            f"The table has no column {', '.join(map(repr, absent))}.",
            f"It has: {', '.join(map(str, frame.columns))}.",
        )


def _condition(values: pd.Series[Any], op: Op, value: Any) -> pd.Series[bool]:
    if op in ("missing", "present"):
        return values.isna() if op == "missing" else values.notna()
    if op in ("in", "not in"):
        found = values.isin(value if isinstance(value, list) else [value])
        return found if op == "in" else ~found
    if op == "contains":
        return values.astype("string").str.contains(str(value), regex=False, na=False)
    compared: pd.Series[bool] = COMPARISONS[op](values, value)
    return compared
