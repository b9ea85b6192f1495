"""What all frames share: columns of stated dtypes, and the names of steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench import events as e
from workbench.events import Record
from workbench.plan import Add, Change
from workbench.report.words import plain_text
from workbench.view import RunView

if TYPE_CHECKING:
    import pandas as pd

TEXT, TIME = "string", "datetime64[us, UTC]"
"""Dtypes of texts (missing: `pandas.NA`) and times (missing: `pandas.NaT`)."""


def make_frame(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Make a frame with exactly these columns and dtypes, for no rows too."""
    import pandas as pd

    listed = list(rows)
    return pd.DataFrame(
        {name: _column([row[name] for row in listed], dtype) for name, dtype in columns.items()}
    )


def _column(values: list[Any], dtype: str) -> pd.Series[Any]:
    import pandas as pd

    if dtype == TIME:
        times = pd.to_datetime(values, utc=True, format="ISO8601")
        return pd.Series(times.astype(dtype), dtype=dtype)
    if dtype == TEXT:
        values = [None if v is None else plain_text(str(v)) for v in values]
    elif dtype == "int64":
        values = [0 if v is None else v for v in values]
    return pd.Series(values, dtype=dtype)


def step_names(records: Iterable[Record], view: RunView) -> tuple[dict[str, str], dict[str, str]]:
    """Give the titles and the tools of all steps by id, of those too that left the plan."""
    titles: dict[str, str] = {}
    tools: dict[str, str] = {}
    for record in records:
        event = record.event
        if isinstance(event, e.CallIntended):
            tools[event.step] = event.tool
        if not isinstance(event, e.PlanRevised):
            continue
        added = [edit.step for edit in event.edits if isinstance(edit, Add)]
        for step in [*(event.plan.steps if event.plan else ()), *added]:
            titles[step.id], tools[step.id] = step.name, step.tool
        for edit in event.edits:
            if isinstance(edit, Change) and edit.changes.get("title"):
                titles[edit.step] = str(edit.changes["title"])
    if view.plan is not None:
        titles |= {step.id: step.name for step in view.plan.steps}
        tools |= {step.id: step.tool for step in view.plan.steps}
    return titles, tools
