"""What a plain viewer is shown: everything but the names that the principal may not know."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

from workbench import events as e
from workbench.events import Record
from workbench.gate import GATES
from workbench.plan import Add, Change
from workbench.view import RequestView, RunView
from workbench.view.parts import StepView
from workbench.view.unnamed import UNNAMED, hidden_of, pattern_of, unnamed

if TYPE_CHECKING:
    import pandas as pd

Viewer = Literal["operator", "plain"]
WHOLE = ("right", "rights", "proposal")
"""Columns in which a line that names a tool has its arguments, too."""


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
    hidden = hidden_of(names, visible)
    if not hidden:
        return frame
    pattern = pattern_of(hidden)
    shown = frame.copy()
    if "tool" in shown:
        unknown = shown["tool"].isin(hidden)
        for column in ("args", "output", "error", "reason", "allowed_by", "args_digest", "title"):
            if column in shown:
                shown.loc[unknown & shown[column].notna(), column] = UNNAMED
        for column in ("effect", "risk"):
            if column in shown:
                shown[column] = shown[column].mask(unknown)
    for column in WHOLE:
        if column in shown:
            shown[column] = shown[column].map(
                lambda text: _lines_without(text, pattern), na_action="ignore"
            )
    for column in shown.select_dtypes("string"):
        shown[column] = shown[column].str.replace(pattern, UNNAMED, regex=True).astype("string")
    return shown


def _lines_without(text: str, pattern: re.Pattern[str]) -> str:
    return "\n".join(UNNAMED if pattern.search(line) else line for line in text.split("\n"))


def plain_view(view: RunView, hidden: Iterable[str]) -> RunView:
    """Give a copy of a run in which nothing is said of calls of hidden tools but that there are.

    Names that stand in other texts, as in a goal or an error, are left for `without_names`.
    """
    names, copy = set(hidden), view.snapshot()
    if not names:
        return copy
    if view.plan is not None:
        steps = [unnamed(step) if step.tool in names else step for step in view.plan.steps]
        copy.plan = view.plan.model_copy(update={"steps": tuple(steps)})
        for step in view.plan.steps:
            if step.tool in names and step.id in copy.steps:
                copy.steps[step.id] = _plain_stand(copy.steps[step.id])
                copy.errors = {
                    one: UNNAMED if one == step.id else why for one, why in copy.errors.items()
                }
    for name, request in view.requests.items():
        if request.opened.tool in names:
            copy.requests[name] = _plain_request(request)
    return copy


def _plain_stand(stands: StepView) -> StepView:
    silent: dict[str, object] = dict.fromkeys(
        ("output", "last_output", "before", "approved_args", "handle")
    )
    error = UNNAMED if stands.error else stands.error
    return stands.model_copy(update={**silent, "error": error, "not_yet": "", "spend": {}})


def _plain_request(request: RequestView) -> RequestView:
    nothing: dict[str, object] = {"args": {}, "evidence": {}, "spend": {}, "choices": {}}
    silent = {"title": UNNAMED, "tool": UNNAMED, "why": "", "if_refused": "", "objects_count": 0}
    silent |= {"token": ""}  # who may not know what is asked cannot answer it
    none = {"preview": None, "objects": None, "gate": GATES["shared"]}
    opened = request.opened.model_copy(update={**nothing, **silent, **none})
    answer = request.answer
    if answer is not None:
        answer = answer.model_copy(update={"args": None, "reason": "", "limits": None})
    return request.model_copy(update={"opened": opened, "answer": answer})
