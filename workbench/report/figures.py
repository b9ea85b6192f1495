"""The timeline and the cost of a run as plotly figures that show offline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workbench.events import Record
from workbench.report.attempts import Attempt, Wait, attempts_of, waits_of
from workbench.report.columns import step_names
from workbench.report.graph import graph_figure
from workbench.report.spans import PARTS, TIME, split_costs
from workbench.report.text import short_id
from workbench.report.words import (
    AMBER,
    ATTEMPT_SIGNS,
    BLUE,
    GREY,
    NEUTRAL,
    PURPLE,
    RED,
    amount_words,
    duration_words,
    one_line,
)
from workbench.view import RunView

if TYPE_CHECKING:
    from workbench.report.offline import OfflineFigure

__all__ = ["cost_figure", "graph_figure", "timeline_figure"]

RUN_ROW = ""
"""The row of what waits without a step: pauses, and questions of the planner."""

PALE = "#c9ccd1"
"""Of what another run has used."""

WAITS, PAUSES = "waits for you", "paused"

UNIFORM = {"minsize": 10, "mode": "hide"}
"""A text that does not fit into its bar is left to the legend and the pointer."""

PART_COLORS: dict[str, str] = dict(
    zip(PARTS, (NEUTRAL, PURPLE, RED, BLUE, AMBER, GREY, PALE), strict=True)
)


@dataclass(frozen=True)
class _Bar:
    row: str
    state: str
    icon: str
    color: str
    light: bool
    start: datetime
    end: datetime
    detail: str

    @property
    def seconds(self) -> float:
        return max(0.0, (self.end - self.start).total_seconds())


def timeline_figure(records: Iterable[Record], view: RunView) -> OfflineFigure:
    """Draw when each attempt ran, one row a step; waits for the person are shown lighter.

    What is still going on ends at the last event.
    """
    from workbench.report.offline import OfflineFigure, label

    read = list(records)
    titles, _ = step_names(read, view)
    now = view.at or datetime.min.replace(tzinfo=UTC)
    bars = [_attempt_bar(a, now) for a in attempts_of(read)]
    bars += [_wait_bar(w, now) for w in waits_of(read)]
    used = dict.fromkeys(bar.row for bar in sorted(bars, key=lambda bar: bar.start))
    gone = [row for row in used if row and row not in view.steps]
    order = [*([RUN_ROW] if RUN_ROW in used else []), *view.steps, *gone]
    names = {row: titles.get(row, row) if row else "run" for row in order}
    figure = OfflineFigure()
    for state in dict.fromkeys(bar.state for bar in sorted(bars, key=lambda b: (b.light, b.start))):
        figure.add_bar(**_bar_trace([bar for bar in bars if bar.state == state], names))
    figure.update_layout(**_timeline_layout(view, order, [label(names[row]) for row in order]))
    bars.sort(key=lambda bar: (bar.start, bar.row))
    return figure.describe(
        ("step", "what", "began (UTC)", "took"),
        [
            (names[b.row], f"{b.icon} {b.state}", _axis_time(b.start), duration_words(b.seconds))
            for b in bars
        ],
    )


def _attempt_bar(attempt: Attempt, now: datetime) -> _Bar:
    sign = ATTEMPT_SIGNS[attempt.state]
    number = f"attempt {attempt.attempt}" if attempt.attempt else "no call"
    detail = f"{number}: {attempt.error}" if attempt.error else number
    end = attempt.ended or now
    return _Bar(attempt.step, sign.word, sign.icon, sign.color, False, attempt.started, end, detail)


def _wait_bar(wait: Wait, now: datetime) -> _Bar:
    end = wait.ended or now
    if wait.pause:
        return _Bar(RUN_ROW, PAUSES, "‖", GREY, True, wait.started, end, wait.title)
    return _Bar(wait.step or RUN_ROW, WAITS, "!", AMBER, True, wait.started, end, wait.title)


def _bar_trace(bars: list[_Bar], names: dict[str, str]) -> dict[str, Any]:
    from workbench.report.offline import INK, label

    first = bars[0]
    return {
        "name": f"{first.icon} {first.state}",
        "orientation": "h",
        "y": [bar.row or " " for bar in bars],
        "base": [_axis_time(bar.start) for bar in bars],
        "x": [round(bar.seconds * 1000, 3) for bar in bars],
        "text": [f"{bar.icon} {bar.state}" for bar in bars],
        "textposition": "inside",
        "insidetextanchor": "start",
        "hovertext": [
            f"{label(names[bar.row])}: {bar.state}<br>{duration_words(bar.seconds)}<br>"
            f"{label(bar.detail, 120)}"
            for bar in bars
        ],
        "hoverinfo": "text",
        # The outline keeps a call of a millisecond visible beside one of an hour.
        "marker": {
            "color": first.color,
            "opacity": 0.3 if first.light else 1.0,
            "line": {"color": first.color, "width": 1.5},
        },
        "insidetextfont": {"color": INK if first.light else "white"},
        "width": 0.9 if first.light else 0.6,
    }


def _timeline_layout(view: RunView, order: list[str], labels: list[str]) -> dict[str, Any]:
    from workbench.report.offline import CALM, label

    keys = [row or " " for row in order]
    return {
        "template": CALM,
        "title": {"text": f"Timeline of run {label(short_id(view.run))}"},
        "barmode": "overlay",
        "uniformtext": UNIFORM,
        "height": 130 + 30 * max(1, len(order)),
        "xaxis": {"type": "date", "title": {"text": "time (UTC)"}},
        "yaxis": {
            "type": "category",
            "categoryorder": "array",
            "categoryarray": keys,
            "tickvals": keys,
            "ticktext": labels,
            # Top to bottom as in the plan, and every step, also those without a bar.
            "range": [len(order) - 0.5, -0.5],
        },
        "showlegend": True,
    }


def _axis_time(at: datetime) -> str:
    """Give a time as plotly reads it; its axes know no time zones."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def cost_figure(records: Iterable[Record], view: RunView) -> OfflineFigure:
    """Draw where time and amounts went, a bar for each unit, in parts that add up."""
    from plotly.subplots import make_subplots

    from workbench.report.offline import CALM, OfflineFigure, label

    split = split_costs(records, view)
    units = list(split)
    totals = [f"{unit}: {_amount(sum(split[unit].values()), unit)} in total" for unit in units]
    figure = OfflineFigure(
        make_subplots(
            rows=max(1, len(units)), cols=1, subplot_titles=[label(t, 80) for t in totals]
        )
    )
    shown: set[str] = set()
    for row, unit in enumerate(units, 1):
        for part, amount in split[unit].items():
            words = f"{part}: {_amount(amount, unit)}"
            figure.add_bar(
                name=part,
                legendgroup=part,
                showlegend=part not in shown,
                orientation="h",
                x=[amount],
                y=[unit],
                text=[label(words, 80)],
                textposition="inside",
                insidetextanchor="start",
                textangle=0,
                hovertext=[label(words, 80)],
                hoverinfo="text",
                marker={"color": PART_COLORS[part]},
                row=row,
                col=1,
            )
            shown.add(part)
    figure.update_yaxes(showticklabels=False)
    figure.update_layout(
        template=CALM,
        title={"text": f"Cost of run {label(short_id(view.run))}"},
        barmode="stack",
        uniformtext=UNIFORM,
        height=140 + 90 * max(1, len(units)),
        legend={"y": -0.1, "yanchor": "top"},
        showlegend=True,
    )
    rows = [
        (one_line(unit, 40), part, _amount(amount, unit))
        for unit in units
        for part, amount in split[unit].items()
    ]
    return figure.describe(("unit", "part", "amount"), rows)


def _amount(amount: float, unit: str) -> str:
    return duration_words(amount) if unit == TIME else amount_words(amount, unit)
