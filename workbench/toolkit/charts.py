"""Charts of tables: plotly figures that need no network to be shown."""

from __future__ import annotations

from typing import Any

import pandas as pd
from plotly.graph_objects import Figure

from workbench.toolkit.faults import Refused

MOST_SERIES = 50
"""Lines or colours that a chart has at most; more cannot be told apart."""


def bar_chart(
    frame: pd.DataFrame, x: str, y: str, title: str = "", color: str | None = None
) -> Figure:
    """Draw one bar for each row.

    Args:
        frame: the table.
        x: the column that names the bars.
        y: the column of their heights.
        title: shown above.
        color: a column whose values make groups of bars, side by side.
    """
    return _figure(frame, x, y, color, {"type": "bar"}, title=title)


def line_chart(
    frame: pd.DataFrame, x: str, y: str, title: str = "", color: str | None = None
) -> Figure:
    """Draw a line through the rows, in the order of x.

    Args:
        frame: the table.
        x: the column along the bottom.
        y: the column of the heights.
        title: shown above.
        color: a column whose values make one line each.
    """
    frame = frame.sort_values(x, kind="stable") if x in frame.columns else frame
    kind = {"type": "scatter", "mode": "lines+markers"}
    return _figure(frame, x, y, color, kind, title=title)


def _figure(
    frame: pd.DataFrame, x: str, y: str, color: str | None, kind: dict[str, Any], *, title: str
) -> Figure:
    absent = [c for c in (x, y, color) if c is not None and c not in frame.columns]
    if absent:
        raise Refused(
            f"The table has no column {', '.join(map(repr, absent))}.",
            f"It has: {', '.join(map(str, frame.columns))}.",
        )
    traces = [
        {**kind, "name": name, "x": part[x].tolist(), "y": part[y].tolist()}
        for name, part in _series(frame, color)
    ]
    return Figure(
        data=traces,
        layout={
            "title": {"text": title},
            "xaxis": {"title": {"text": x}},
            "yaxis": {"title": {"text": y}},
            "legend": {"title": {"text": color or ""}},
            "showlegend": color is not None,
            "barmode": "group",
        },
    )


def _series(frame: pd.DataFrame, color: str | None) -> list[tuple[str, pd.DataFrame]]:
    if color is None:
        return [("", frame)]
    groups = frame.groupby(color, sort=False, dropna=False, observed=True)
    if groups.ngroups > MOST_SERIES:
        raise Refused(
            f"The column {color!r} has {groups.ngroups:,} different values; "
            f"a chart shows at most {MOST_SERIES}.",
            "Filter the table first, or choose another column.",
        )
    return [(str(name), part) for name, part in groups]
