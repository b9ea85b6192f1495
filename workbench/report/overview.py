"""All runs at a glance: those that wait for a person on top."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from workbench.report.columns import TEXT, TIME, make_frame
from workbench.view import RunView

if TYPE_CHECKING:
    import pandas as pd

OVERVIEW_COLUMNS: dict[str, str] = {
    "run": TEXT,
    "goal": TEXT,
    "state": TEXT,
    "place": TEXT,  # waits for you, done and unseen, failed, paused, going on, over
    "risk": TEXT,  # highest class of its open requests; missing: it has none
    "requests": "int64",  # open ones
    "oldest": TIME,  # when its oldest open request was opened
    "age_s": "float64",  # seconds since then
    "deadline": TIME,  # when its next open request counts as refused; missing: never
    "waited_s": "float64",  # seconds that it has waited for answers so far, all requests together
    "ended": TIME,
}
"""Columns of `overview_frame` and their dtypes: one row for each run."""

RISKS = ("irreversible", "public", "costly", "shared", "local", "read")
"""Highest first."""
PLACES = ("waits for you", "done, unseen", "failed, unseen", "paused", "going on", "over")
"""In the order in which they stand."""


def overview_frame(
    views: Iterable[RunView], risks: Mapping[str, str], seen: Collection[str], now: datetime
) -> pd.DataFrame:
    """List runs: those that wait for a person on top, by risk and age.

    Then come ended ones that nobody has looked at, then the others, the newest first.

    Args:
        views: the runs.
        risks: risk classes by tool; a tool that is not known counts as irreversible.
        seen: runs whose end a person has seen.
        now: the time until which ages count.
    """
    rows = [_row(view, risks, seen, now) for view in views]
    rows.sort(key=_order)
    return make_frame(rows, OVERVIEW_COLUMNS)


def _row(
    view: RunView, risks: Mapping[str, str], seen: Collection[str], now: datetime
) -> dict[str, Any]:
    waiting = view.open_requests
    classes = [
        getattr(one.opened, "risk", "") or risks.get(one.opened.tool, "irreversible")
        for one in waiting
        if one.opened.tool
    ]
    oldest = min((one.opened_at for one in waiting), default=None)
    deadlines = [one.opened.expires for one in waiting if one.opened.expires]
    waited = [(one.decided_at or now) - one.opened_at for one in view.requests.values()]
    return {
        "run": view.run,
        "goal": view.goal,
        "state": view.state,
        "place": _place(view, seen),
        "risk": min(classes, key=_rank) if classes else ("read" if waiting else None),
        "requests": len(waiting),
        "oldest": oldest,
        "age_s": (now - oldest) / timedelta(seconds=1) if oldest else None,
        "deadline": min(deadlines, default=None),
        "waited_s": sum(waited, timedelta()) / timedelta(seconds=1),
        "ended": view.ended,
        "_created": view.created or now,
    }


def _place(view: RunView, seen: Collection[str]) -> str:
    if view.open_requests and not view.final:
        return "waits for you"
    if view.final:
        if view.run in seen or view.state in ("stopped", "abandoned"):
            return "over"
        return "done, unseen" if view.state == "succeeded" else "failed, unseen"
    return "paused" if view.state == "paused" else "going on"


def _rank(risk: str) -> int:
    return RISKS.index(risk) if risk in RISKS else 0


def _order(row: Mapping[str, Any]) -> tuple[int, int, float]:
    place = PLACES.index(row["place"])
    if place == 0:
        return place, _rank(row["risk"] or "read"), row["oldest"].timestamp()
    return place, 0, -row["_created"].timestamp()
