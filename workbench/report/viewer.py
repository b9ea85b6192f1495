"""What a plain viewer is shown: everything but the names that the principal may not know."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

from workbench import events as e
from workbench.events import Record
from workbench.plan import Add, Change

if TYPE_CHECKING:
    import pandas as pd

Viewer = Literal["operator", "plain"]
UNNAMED = "(a tool that is not shown)"


def names_in(records: Iterable[Record]) -> set[str]:
    """Give the names of all tools that a run's journal speaks of."""
    found: set[str] = set()
    for record in records:
        event = record.event
        found.add(getattr(event, "tool", "") or "")
        if isinstance(event, e.RunCreated):
            found |= set(event.tools)
        if isinstance(event, e.PlanRevised):
            found |= {step.tool for step in event.plan.steps} if event.plan else set()
            found |= {edit.step.tool for edit in event.edits if isinstance(edit, Add)}
            changed = (edit.changes.get("tool") for edit in event.edits if isinstance(edit, Change))
            found |= {str(tool) for tool in changed if tool}
    return found - {""}


def plain_frame(
    frame: pd.DataFrame, names: Iterable[str], visible: Callable[[str], bool]
) -> pd.DataFrame:
    """Take the names of tools that are not visible out of every text of a frame.

    Args:
        frame: a trace or an audit.
        names: all tools that there are, and that the run speaks of.
        visible: whether the viewer may know a tool; one that raises hides it.
    """
    hidden = sorted((name for name in names if not _sees(visible, name)), key=len, reverse=True)
    if not hidden:
        return frame
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in hidden))
    shown = frame.copy()
    if "tool" in shown:
        unknown = shown["tool"].isin(hidden)
        for column in ("args", "output", "error", "reason", "allowed_by", "args_digest", "title"):
            if column in shown:
                shown.loc[unknown & shown[column].notna(), column] = UNNAMED
        for column in ("effect", "risk"):
            if column in shown:
                shown[column] = shown[column].mask(unknown)
    for column in shown.select_dtypes("string"):
        shown[column] = shown[column].str.replace(pattern, UNNAMED, regex=True).astype("string")
    return shown


def _sees(visible: Callable[[str], bool], name: str) -> bool:
    try:
        return visible(name) is True
    except Exception:  # noqa: BLE001 - what cannot be decided is not shown
        return False
