"""How reliable the path of a plan is: shares of success multiply, and one check pays most.

A step's share is taken from the runs that were made: how many of its tool's steps came to a good
end at the first attempt. Few runs say little, so the interval stands beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench import events as e
from workbench.events import Record
from workbench.plan import Plan
from workbench.report.columns import make_frame
from workbench.report.words import AMBER, BLUE

if TYPE_CHECKING:
    import pandas as pd

    from workbench.report.offline import OfflineFigure

RELIABILITY_COLUMNS = {
    "step": "string",
    "tool": "string",
    "calls": "Int64",
    "good": "Int64",
    "share": "float64",
    "low": "float64",
    "high": "float64",
    "so_far": "float64",
    "with_check": "float64",
    "checked": "boolean",
}
"""Of the frame: `share` of calls that were good at the first attempt, with its interval (95 %);
`so_far`, that all steps up to here are good; `with_check`, that the whole plan is, if only this
step were checked and tried once more; `checked`, whether it has a check."""
Z = 1.96
"""Of an interval of 95 %."""


@dataclass
class Tally:
    """First attempts of one tool, and how many of them were good."""

    calls: int = 0
    good: int = 0

    @property
    def share(self) -> float | None:
        """The share that was good; None when there was none."""
        return self.good / self.calls if self.calls else None


def tally(runs: Iterable[Iterable[Record]]) -> dict[str, Tally]:
    """Count over runs, by tool: what was good at once, and what was not."""
    found: dict[str, Tally] = {}
    for records in runs:
        first: dict[str, str] = {}
        for record in records:
            event = record.event
            if isinstance(event, e.CallIntended):
                if event.attempt == 1 and event.turn == 1:
                    first[event.step] = event.tool
            elif isinstance(event, BAD + GOOD) and event.step in first:
                one = found.setdefault(first.pop(event.step), Tally())
                one.calls += 1
                one.good += isinstance(event, GOOD)
    return found


GOOD = (e.CallSucceeded,)
BAD = (e.CallFailed, e.CallRetrying, e.CallDoubted, e.LoopTurned, e.LoopExhausted)


def interval(good: int, calls: int) -> tuple[float, float]:
    """Give the interval of a share (Wilson's, 95 %): between 0 and 1 when nothing is known."""
    if not calls:
        return 0.0, 1.0
    share, z2 = good / calls, Z * Z
    middle = (share + z2 / (2 * calls)) / (1 + z2 / calls)
    half = Z / (1 + z2 / calls) * math.sqrt(share * (1 - share) / calls + z2 / (4 * calls**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def of_path(shares: Iterable[float]) -> float:
    """Give the chance that all steps of a path are good: ten of 0.9 make 0.35."""
    return math.prod(shares)


def reliability_rows(plan: Plan, known: Mapping[str, Tally]) -> list[dict[str, Any]]:
    """Give one row for each step, in the plan's order; of an unknown tool nothing is claimed."""
    shares = {step.id: known.get(step.tool, Tally()).share for step in plan.steps}
    whole = of_path(share for share in shares.values() if share is not None)
    rows, so_far = [], 1.0
    for step in plan.steps:
        found, share = known.get(step.tool, Tally()), shares[step.id]
        low, high = interval(found.good, found.calls)
        so_far *= 1.0 if share is None else share
        again = None if not share else whole / share * (1 - (1 - share) ** 2)
        rows.append(
            {
                "step": step.id,
                "tool": step.tool,
                "calls": found.calls,
                "good": found.good,
                "share": share,
                "low": low,
                "high": high,
                "so_far": so_far,
                "with_check": again,
                "checked": step.check is not None or step.repeat is not None,
            }
        )
    return rows


def reliability_frame(plan: Plan, known: Mapping[str, Tally]) -> pd.DataFrame:
    """Give `reliability_rows` as a frame; see `RELIABILITY_COLUMNS`."""
    return make_frame(reliability_rows(plan, known), RELIABILITY_COLUMNS)


def reliability_figure(plan: Plan, known: Mapping[str, Tally]) -> OfflineFigure:
    """Draw the share of each step with its interval, and what is left of it all along the path."""
    from plotly.graph_objects import Bar, Scatter

    from workbench.report.offline import OfflineFigure

    rows = [row for row in reliability_rows(plan, known) if row["share"] is not None]
    names = [row["step"] for row in rows]
    above = [row["high"] - row["share"] for row in rows]
    below = [row["share"] - row["low"] for row in rows]
    spread = {"type": "data", "array": above, "arrayminus": below}
    best = max(rows, key=lambda row: row["with_check"] or 0.0)["step"] if rows else None
    colors = [AMBER if name == best else BLUE for name in names]
    figure = OfflineFigure()
    figure.add_trace(
        Bar(
            x=names,
            y=[row["share"] for row in rows],
            error_y=spread,
            marker_color=colors,
            name="good at once",
        )
    )
    figure.add_trace(Scatter(x=names, y=[row["so_far"] for row in rows], name="all good so far"))
    title = "How reliable the path is"
    if best is not None:
        title += f"; a check pays most at {best}"
    figure.update_layout(title=title, yaxis={"range": [0, 1.02], "tickformat": ".0%"})
    return figure
