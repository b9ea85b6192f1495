"""Rights that were given beside rights that were used, and how many were live at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from workbench import events as e
from workbench.events import Record
from workbench.grants import Rule
from workbench.policy.decide import said
from workbench.report.columns import TEXT, TIME, make_frame
from workbench.report.words import one_line
from workbench.view import RunView

if TYPE_CHECKING:
    import pandas as pd

    from workbench.report.offline import OfflineFigure

RIGHTS_COLUMNS: dict[str, str] = {
    "right": TEXT,  # as it was given
    "kind": TEXT,  # grant, rule, answer
    "id": TEXT,  # of the grant or the request; missing for a rule
    "given_by": TEXT,
    "at": TIME,  # missing: it was there before the run
    "calls": "int64",  # that used it
    "tools": TEXT,  # JSON, calls by tool
    "unused": "bool",
    "proposal": TEXT,  # how to narrow it
}
"""Columns of `rights_frame` and their dtypes: one row for each right, unused ones first."""

NAMED = 3
"""Different values of an argument that a proposal names."""


@dataclass
class _Right:
    words: str
    kind: str
    by: str
    name: str = ""
    at: datetime | None = None
    calls: list[e.CallIntended] = field(default_factory=list)


def rights_frame(records: Iterable[Record], view: RunView, rules: Iterable[Rule]) -> pd.DataFrame:
    """Give each right that a run had, with the calls that used it; unused ones first.

    Args:
        records: the run's journal from its beginning.
        view: the run after the last of them.
        rules: the policy's rules, and those that stand for every run.
    """
    read = list(records)
    allowing = [rule for rule in [*view.rules, *rules] if rule.verdict == "allow"]
    grants = [
        _Right(str(held.grant), "grant", held.by, name, held.at)
        for name, held in (view.grants or {}).items()
    ]
    named = {str(rule): rule for rule in allowing}
    by_rule = [(_Right(words, "rule", "policy"), rule) for words, rule in named.items()]
    answers = _answers(read)
    for record in read:
        event = record.event
        if not isinstance(event, e.CallIntended):
            continue
        for right, rule in by_rule:
            if event.allowed_by == said(rule, event.tool):
                right.calls.append(event)
        for right in grants:
            if event.allowed_by == f"grant {right.name}":
                right.calls.append(event)
        if (answer := _answer_for(event, answers)) is not None:
            answer.calls.append(event)
    rights = [*grants, *(right for right, _ in by_rule), *(right for right, _, _ in answers)]
    rights.sort(key=lambda right: (bool(right.calls), -len(right.calls)))
    return make_frame([_row(right) for right in rights], RIGHTS_COLUMNS)


_Answers = list[tuple[_Right, e.RequestOpened, e.RequestAnswered]]


def _answers(records: list[Record]) -> _Answers:
    opened: dict[str, e.RequestOpened] = {}
    revealed = {r.event.request for r in records if isinstance(r.event, e.ControlRevealed)}
    found: _Answers = []
    for record in records:
        event = record.event
        if isinstance(event, e.RequestOpened):
            opened[event.request] = event
        elif isinstance(event, e.RequestAnswered) and event.verdict == "approve":
            asked = opened[event.request]
            if asked.about not in ("permission", "budget") or event.request in revealed:
                continue
            words = f"{asked.tool}, {_REACH[event.scope]}"
            found.append(
                (_Right(words, "answer", event.by, event.request, record.at), asked, event)
            )
    return found


_REACH = {
    "once": "once",
    "step": "for its step",
    "run": "for the whole run",
    "always": "always",
}


def _answer_for(event: e.CallIntended, answers: _Answers) -> _Right | None:
    if not event.allowed_by.startswith("answer of "):
        return None
    whole = event.allowed_by.endswith(", for the whole run")
    for right, asked, answer in reversed(answers):
        if whole and answer.scope in ("run", "always") and asked.tool == event.tool:
            return right
        if not whole and asked.step == event.step:
            return right
    return None


def _row(right: _Right) -> dict[str, Any]:
    by_tool: dict[str, int] = {}
    for call in right.calls:
        by_tool[call.tool] = by_tool.get(call.tool, 0) + 1
    return {
        "right": right.words,
        "kind": right.kind,
        "id": right.name or None,
        "given_by": right.by or None,
        "at": right.at,
        "calls": len(right.calls),
        "tools": json.dumps(by_tool, sort_keys=True, ensure_ascii=False) if by_tool else None,
        "unused": not right.calls,
        "proposal": _proposal(right),
    }


def _proposal(right: _Right) -> str | None:
    """Give the narrowest right that would have done, as it would be written."""
    if not right.calls:
        return "leave it out: no call used it"
    if right.kind == "answer":
        return None
    tools = sorted({call.tool for call in right.calls})
    where = {} if len(tools) > 1 else _seen(right.calls)
    named = ", ".join(map(repr, tools))
    limits = ", ".join(f"{name!r}: {demand}" for name, demand in where.items())
    given = f", where={{{limits}}}" if limits else ""
    return f"Grant({named}{given}, uses={len(right.calls)})"


def _seen(calls: list[e.CallIntended]) -> dict[str, str]:
    values: dict[str, list[Any]] = {}
    for call in calls:
        args = call.args.value
        for name, value in (args if isinstance(args, dict) else {}).items():
            values.setdefault(name, []).append(value)
    found = {}
    for name, seen in sorted(values.items()):
        if len(seen) < len(calls):
            continue
        if all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in seen):
            found[name] = f"at_most({max(seen)!r})"
        elif all(isinstance(one, str) for one in seen) and len(set(seen)) <= NAMED:
            texts = ", ".join(repr(one_line(one, 80)) for one in dict.fromkeys(seen))
            found[name] = f"one_of({texts})" if len(set(seen)) > 1 else texts
    return found


SCOPE_COLUMNS: dict[str, str] = {
    "at": TIME,
    "live": "int64",  # different rights that calls hold from here on
    "rights": TEXT,  # their words, one a line; missing: none
}
"""Columns of `scope_frame` and their dtypes: one row for each change."""

_LEFT = (
    e.CallSucceeded, e.CallFailed, e.CallRetrying, e.CallCancelled, e.CallConfirmed,
    e.CallAsked, e.CallRefuted, e.StepSkipped, e.StepGiven, e.StepDenied, e.Turned,
)  # fmt: skip


def scope_frame(records: Iterable[Record], view: RunView) -> pd.DataFrame:
    """Give the rights that are live: those of calls that are being made, by what allowed them.

    A step takes its right with the intent of its call and lets go of it with the outcome.
    """
    held: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    words: Mapping[str, str] = {f"grant {n}": str(h.grant) for n, h in (view.grants or {}).items()}
    for record in records:
        event = record.event
        if isinstance(event, e.CallIntended):
            held[event.step] = words.get(event.allowed_by) or event.allowed_by or event.tool
        elif not isinstance(event, _LEFT) or held.pop(event.step, None) is None:
            continue
        live = list(dict.fromkeys(held.values()))
        rows.append({"at": record.at, "live": len(live), "rights": "\n".join(live) or None})
    return make_frame(rows, SCOPE_COLUMNS)


def scope_figure(frame: pd.DataFrame) -> OfflineFigure:
    """Draw how many rights were live over time, of a `scope_frame`: it falls when steps end."""
    from workbench.report.offline import CALM, OfflineFigure, label
    from workbench.report.words import BLUE

    figure = OfflineFigure()
    texts = [label(str(text), 200) if isinstance(text, str) else "" for text in frame["rights"]]
    figure.add_scatter(
        x=frame["at"].tolist(),
        y=frame["live"].tolist(),
        text=texts,
        mode="lines",
        line={"shape": "hv", "color": BLUE, "width": 2},
        fill="tozeroy",
        name="live rights",
    )
    figure.update_layout(
        template=CALM, title="Live rights", yaxis={"rangemode": "tozero", "dtick": 1}, height=260
    )
    rows = [
        (f"{at:%H:%M:%S}", str(live), one_line(str(text), 120) if isinstance(text, str) else "")
        for at, live, text in frame.itertuples(index=False)
    ]
    return figure.describe(("from (UTC)", "live", "rights"), rows)
