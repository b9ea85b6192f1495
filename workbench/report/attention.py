"""How requests are answered: how often, how fast, and whether anything is ever refused.

What is measured says nothing about single answers; it says whether asking still means something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbench import events as e
from workbench.events import Record
from workbench.report.columns import TEXT, TIME, make_frame

if TYPE_CHECKING:
    import pandas as pd

    from workbench.report.offline import OfflineFigure

QUICK_S = 2.0
"""Seconds below which nobody has read what was asked."""
ROLLING = 20
"""Answers over which the curves are taken."""

ATTENTION_COLUMNS: dict[str, str] = {
    "person": TEXT,  # who answered; for what nobody answered, for whom the run acts
    "risk": TEXT,  # risk class of the tool; of other questions, what they are about
    "requests": "int64",  # asked, controls not counted
    "answered": "int64",
    "approval_rate": "float64",  # approved of those that were approved or refused
    "decision_s": "float64",  # median, seconds from asking to the answer
    "under_2s": "float64",  # share of the answers
    "edits": "int64",  # approved with edited arguments
    "refusals": "int64",
    "expired": "int64",  # nobody answered in time
    "per_hour": "float64",  # requests in the hours between the first and the last, at least one
    "controls": "int64",  # planted requests that were answered
    "controls_refused": "float64",  # share of them that was refused, as it should be
}
"""Columns of `attention_frame` and their dtypes: one row for each person and risk class."""


@dataclass(frozen=True)
class Asked:
    """One request, and what became of it."""

    run: str
    request: str
    tool: str
    risk: str
    person: str
    opened: datetime
    outcome: str = "open"
    """`open`, `approve`, `deny`, `choose`, `expired` or `voided`."""
    decided: datetime | None = None
    edited: bool = False
    control: bool = False
    """Planted, and known to be since it was answered."""

    @property
    def is_answered(self) -> bool:
        """Whether a person has decided it."""
        return self.outcome in ("approve", "deny", "choose")

    @property
    def seconds(self) -> float:
        """From asking to the decision."""
        if self.decided is None:
            return 0.0
        return max(0.0, (self.decided - self.opened) / timedelta(seconds=1))


def asked_of(
    records: Iterable[Record], risks: Mapping[str, str] = MappingProxyType({})
) -> list[Asked]:
    """Give all requests of one run's journal, in the order in which they were opened."""
    found: dict[str, Asked] = {}
    person = "person"
    for record in records:
        event = record.event
        if isinstance(event, e.RunCreated):
            person = event.on_behalf_of or person
        elif isinstance(event, e.RequestOpened):
            risk = getattr(event, "risk", "") or risks.get(event.tool) or event.about
            found[event.request] = Asked(
                record.run, event.request, event.tool, str(risk), person, record.at
            )
        elif (known := found.get(getattr(event, "request", ""))) is not None:
            found[known.request] = replace(known, **_decided(record, person))
    return list(found.values())


def _decided(record: Record, person: str) -> dict[str, Any]:
    match record.event:
        case e.RequestAnswered() as event:
            return {
                "outcome": event.verdict,
                "decided": record.at,
                "person": person if event.by in ("", "person") else event.by,
                "edited": event.args is not None,
            }
        case e.RequestExpired():
            return {"outcome": "expired", "decided": record.at}
        case e.RequestVoided():
            return {"outcome": "voided", "decided": record.at}
        case e.ControlRevealed():
            return {"control": True}
        case _:
            return {}


def measures(asked: Iterable[Asked]) -> dict[str, Any]:
    """Give the columns of `ATTENTION_COLUMNS` that are numbers, for these requests together."""
    listed = list(asked)
    real = [one for one in listed if not one.control]
    controls = [one for one in listed if one.control and one.is_answered]
    answered = [one for one in real if one.is_answered]
    approved = sum(one.outcome == "approve" for one in answered)
    refused = sum(one.outcome == "deny" for one in answered)
    quick = sum(one.seconds < QUICK_S for one in answered)
    return {
        "requests": len(real),
        "answered": len(answered),
        "approval_rate": approved / (approved + refused) if approved + refused else None,
        "decision_s": median(one.seconds for one in answered) if answered else None,
        "under_2s": quick / len(answered) if answered else None,
        "edits": sum(one.edited for one in answered),
        "refusals": refused,
        "expired": sum(one.outcome == "expired" for one in real),
        "per_hour": len(real) / hours(real),
        "controls": len(controls),
        "controls_refused": (
            sum(one.outcome == "deny" for one in controls) / len(controls) if controls else None
        ),
    }


def hours(asked: list[Asked]) -> float:
    """Give the hours between the first and the last request, at least one."""
    times = [one.opened for one in asked]
    return max(1.0, (max(times) - min(times)) / timedelta(hours=1)) if times else 1.0


def attention_frame(asked: Iterable[Asked]) -> pd.DataFrame:
    """Give how each person answers the requests of each class; as in `ATTENTION_COLUMNS`.

    A control stands in the class `control`, since no class stands behind it.
    """
    groups: dict[tuple[str, str], list[Asked]] = {}
    for one in asked:
        risk = "control" if one.control else one.risk
        groups.setdefault((one.person, risk), []).append(one)
    rows = [
        {"person": person, "risk": risk, **measures(group)}
        for (person, risk), group in sorted(groups.items())
    ]
    return make_frame(rows, ATTENTION_COLUMNS)


CURVE_COLUMNS: dict[str, str] = {
    "at": TIME,
    "approval_rate": "float64",
    "under_2s": "float64",
    "decision_s": "float64",
    "per_hour": "float64",
}


def attention_curve(asked: Iterable[Asked]) -> pd.DataFrame:
    """Give the measures over the last 20 answers at each answer, in the order of the answers."""
    answered = [one for one in asked if one.is_answered and not one.control and one.decided]
    answered.sort(key=lambda one: one.decided or one.opened)
    rows = []
    for at, one in enumerate(answered, 1):
        measured = measures(answered[max(0, at - ROLLING) : at])
        rows.append({"at": one.decided, **{n: measured[n] for n in CURVE_COLUMNS if n != "at"}})
    return make_frame(rows, CURVE_COLUMNS)


def attention_figure(asked: Iterable[Asked]) -> OfflineFigure:
    """Draw how the answers change over time: shares on the left, seconds on the right."""
    from workbench.report.offline import OfflineFigure
    from workbench.report.words import AMBER, BLUE, NEUTRAL

    frame = attention_curve(asked)
    figure = OfflineFigure()
    lines = (
        ("approval_rate", "approved", BLUE, "y"),
        ("under_2s", "answered under 2 s", AMBER, "y"),
        ("decision_s", "seconds to decide (median)", NEUTRAL, "y2"),
    )
    for column, name, color, axis in lines:
        figure.add_scatter(
            x=frame["at"].tolist(),
            y=frame[column].tolist(),
            name=name,
            mode="lines",
            line={"color": color, "width": 2, "dash": "dot" if axis == "y2" else "solid"},
            yaxis=axis,
        )
    from workbench.report.offline import CALM

    figure.update_layout(
        template=CALM,
        title=f"Attention: each point over the last {ROLLING} answers",
        yaxis={"title": "share", "range": [0, 1.02], "tickformat": ".0%"},
        yaxis2={"title": "seconds", "overlaying": "y", "side": "right", "rangemode": "tozero"},
        height=360,
    )
    rows = [
        (f"{at:%Y-%m-%d %H:%M}", f"{rate:.0%}", f"{quick:.0%}", f"{seconds:.1f} s")
        for at, rate, quick, seconds, _ in frame.itertuples(index=False)
    ]
    return figure.describe(("answered (UTC)", "approved", "under 2 s", "to decide"), rows)


STEERING_COLUMNS: dict[str, str] = {
    "order": TEXT,  # pause, edit, stop
    "times": "int64",
    "runs": "int64",  # in which a person gave it
    "of_runs": "int64",  # runs that there are
    "followed_by": TEXT,  # what came next, with how often: "edit 2, resume 1"
    "note": TEXT,
}
"""Columns of `steering_frame` and their dtypes: one row for each way to step in."""

NEVER = "never used, which does not mean that nothing was wrong"


def steering_frame(runs: Iterable[Iterable[Record]]) -> pd.DataFrame:
    """Say how often people paused, edited and stopped, and what followed."""
    acts: dict[str, list[tuple[str, str]]] = {"pause": [], "edit": [], "stop": []}
    of_runs = 0
    for records in runs:
        of_runs += 1
        for order, run, followed in _steered(records):
            acts[order].append((run, followed))
    rows = []
    for order, found in acts.items():
        next_ones = [followed for _, followed in found]
        counted = {what: next_ones.count(what) for what in dict.fromkeys(next_ones)}
        rows.append(
            {
                "order": order,
                "times": len(found),
                "runs": len({run for run, _ in found}),
                "of_runs": of_runs,
                "followed_by": ", ".join(f"{what} {n}" for what, n in counted.items()) or None,
                "note": None if found else NEVER,
            }
        )
    return make_frame(rows, STEERING_COLUMNS)


_ENDS = {"run.succeeded": "done", "run.failed": "failed", "run.stopped": "stopped"}


def _steered(records: Iterable[Record]) -> list[tuple[str, str, str]]:
    """Give what people ordered in one run, each with what came next."""
    found: list[tuple[str, str, str]] = []
    waiting: tuple[str, str] | None = None
    for record in records:
        step = _order(record.event)
        if step is None:
            continue
        if waiting is not None:
            found.append((*waiting, step))
        waiting = (step, record.run) if step in ("pause", "edit", "stop") else None
    if waiting is not None:
        found.append((*waiting, "nothing yet"))
    return found


def _order(event: e.Event) -> str | None:
    by = getattr(event, "by", None) or getattr(event, "author", None) or ""
    if isinstance(event, e.RunAbandoned):
        return "given up"
    if event.kind in _ENDS:
        return _ENDS[event.kind]
    if by in ("", "engine", "policy", "budget") or by.startswith("planner "):
        return None
    orders = {e.RunPaused: "pause", e.RunResumed: "resume", e.RunStopping: "stop"}
    if isinstance(event, e.PlanRevised):
        return "edit" if event.edits else None
    return orders.get(type(event))
