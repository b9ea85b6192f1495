"""What a run shows in frames and figures: how it went, what it took, where its values come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.events import Record
from workbench.handle import Handle
from workbench.report import (
    actual_path,
    actual_seconds,
    cost_figure,
    costs_frame,
    forecast_frame,
    graph_figure,
    provenance_frame,
    timeline_figure,
)
from workbench.report.curtain import curtain_of
from workbench.view import Decided, RunView

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


class RunMeasures(Handle):
    """Frames and figures of one run."""

    @property
    def adherence(self) -> float:
        """The share of all calls made that the plan has: 1.0 when every call is one of a step.

        A call that was refused as unplanned was not made, and does not count.
        """
        unplanned = self.view.unplanned
        if not unplanned:
            return 1.0
        planned = sum(record.kind == "call.intended" for record in self.events())
        return planned / (planned + unplanned)

    def provenance(self) -> pd.DataFrame:
        """Say where each output comes from; see `report.PROVENANCE_COLUMNS`.

        What no tool produced is flagged, and so is what rests on it.
        """
        return provenance_frame(self.bench.plain_view(self.view))

    @property
    def decisions(self) -> list[Decided]:
        """The decision log, the oldest first; `contradicts` names what a decision goes against."""
        return list(self.view.decisions)

    def forecast(self) -> pd.DataFrame:
        """Give forecast against actual, one row for each step; see `report.FORECAST_COLUMNS`.

        A completion check that a tool or a model looks with has the last row; its step is missing.
        """
        bench, plan = self.bench, self.view.plan
        records, view = self._as_shown()
        foreseen = None if plan is None else bench.forecast(plan, done=view.done, room=False)
        return forecast_frame(records, view, bench.tool_map(), foreseen)

    @property
    def critical_path(self) -> list[str]:
        """The steps that the run had to wait for, by actual times; forecasts for those to come."""
        return actual_path(actual_seconds(self.events()), self.view, self.bench.tool_map())

    def timeline(self) -> go.Figure:
        """Draw when each step ran and waited."""
        return timeline_figure(*self._as_shown())

    def graph(self) -> go.Figure:
        """Draw the plan with the state of each step."""
        return graph_figure(self._as_shown()[1], self.bench.tool_map())

    def costs(self) -> pd.DataFrame:
        """Give where time and amounts went, one row for each part of each unit; parts add up."""
        return costs_frame(self.events(), self.view)

    def cost(self) -> go.Figure:
        """Draw where time and money went."""
        return cost_figure(self.events(), self.view)

    def _as_shown(self) -> tuple[list[Record], RunView]:
        """Give its records and how it stands, as they are shown to who looks here."""
        records, view, bench = list(self.events()), self.view, self.bench
        if bench.viewer == "operator":
            return records, view
        curtain = curtain_of(records, bench.tool_map(), bench.visible)
        return curtain.records(records), curtain.view(view)
