"""What a workbench says about all its runs: their audit, as a frame and as a file."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbench.clock import Clock
from workbench.grants import Rule
from workbench.journal import Journal
from workbench.journal.snapshot import load_view
from workbench.oversight.anchors import Anchor, anchor_of, check_all
from workbench.oversight.audit_file import (
    SUFFIXES,
    anchors_in,
    read_audit,
    rows_of,
    write_audit,
)
from workbench.oversight.fatigue import Fatigue, FatigueNotice, notices
from workbench.oversight.seen import Seen
from workbench.policy import Decider, Rights
from workbench.report.attention import (
    Asked,
    asked_of,
    attention_figure,
    attention_frame,
    steering_frame,
)
from workbench.report.call_audit import CALL_COLUMNS, calls_frame
from workbench.report.columns import make_frame
from workbench.report.curtain import curtain_of
from workbench.report.overview import overview_frame
from workbench.report.viewer import Viewer, plain_frame
from workbench.tools import Tool
from workbench.undo import UndoReport
from workbench.view import RunView
from workbench.view.unnamed import hidden_of, without_names

if TYPE_CHECKING:
    import pandas as pd

    from workbench.report.offline import OfflineFigure


class Bench(Protocol):
    """What is needed of a workbench."""

    journal: Journal
    fatigue_limits: Fatigue
    policy: Decider
    rights: Rights
    clock: Clock
    rules: Any
    """Its rulebook, which stands above."""
    viewer: Viewer
    """Who looks at what it shows."""

    @property
    def seen(self) -> Seen:
        """Runs whose end was seen."""
        ...

    def tool_map(self) -> dict[str, Tool]:
        """Its tools by name."""
        ...

    def risks(self) -> dict[str, str]:
        """Risk classes by tool."""
        ...

    def visible(self, tool: str) -> bool:
        """Whether the principal may know it."""
        ...

    def plain(self, text: str) -> str:
        """Take hidden tools out of a text for a plain viewer."""
        ...

    def allowing(self) -> list[Rule]:
        """Rules of the policy and of the journal."""
        ...

    def fatigue(self) -> list[FatigueNotice]:
        """Whose answers have become a habit."""
        ...


class BenchOversight:
    """Audit and anchors of all runs."""

    def risks(self: Bench) -> dict[str, str]:
        """Give the risk class of each tool, by name."""
        return {name: tool.risk for name, tool in self.tool_map().items()}

    def visible(self: Bench, tool: str) -> bool:
        """Say whether the principal may know that a tool exists."""
        return self.rights.knows(tool)

    def plain(self: Bench, text: str) -> str:
        """Take tools that the principal may not know out of a text, if the viewer is `plain`."""
        if self.viewer == "operator":
            return text
        return without_names(text, hidden_of(self.tool_map(), self.visible))

    def plain_view(self: Bench, view: RunView) -> RunView:
        """Take the same out of a run."""
        if self.viewer == "operator":
            return view
        return curtain_of(self.journal.records(view.run), self.tool_map(), self.visible).view(view)

    def plain_report(self: Bench, report: UndoReport) -> UndoReport:
        """Take the same out of the report of a rollback."""
        if self.viewer == "operator":
            return report
        records, tools = self.journal.records(report.run), self.tool_map()
        return curtain_of(records, tools, self.visible).undo(report)

    def allowing(self: Bench) -> list[Rule]:
        """Give the rules of the policy, and those that stand or stood for every run."""
        standing = [one.rule for one in self.journal.rules()[1]]
        of_files = [rule for file in self.rules.files for _, rule in file.in_force]
        return [*getattr(self.policy, "rules", ()), *of_files, *standing]

    def audit(self: Bench) -> pd.DataFrame:
        """Give one row for each call decided or made, of all runs; oldest run first.

        The columns are in `workbench.report.CALL_COLUMNS`.
        """
        frame = _audit(self, _anchors(self))
        if self.viewer == "operator":
            return frame
        return plain_frame(frame, {*self.tool_map(), *frame["tool"].dropna()}, self.visible)

    def export_audit(self: Bench, path: str | Path) -> Path:
        """Write the audit of all runs, with the anchor of each, to a `.jsonl` or `.parquet` file.

        Raises:
            WorkbenchError: the file has another suffix.
        """
        anchors = _anchors(self)
        return write_audit(path, _audit(self, anchors), anchors)

    def verify_anchors(self: Bench, path: str | Path) -> dict[str, int]:
        """Check all runs that a file has anchors of; gives the number of events by run.

        Args:
            path: an exported audit, whose rows are compared with the journal, too; a saved notebook
                that shows runs; or a JSON file of what `run.anchor()` gives.

        Raises:
            JournalTampered: a run was changed, cut off or written anew, or a row of the file was
                changed. A run that was pruned counts as sound, with 0 events.
            WorkbenchError: the file has no anchors.
        """
        place = Path(path)
        if place.suffix not in SUFFIXES:
            return check_all(self.journal, anchors_in(place))
        file = read_audit(place)
        counts = check_all(self.journal, file.anchors)
        gone = {run for run, count in counts.items() if not count}
        known = _audit(self, [anchor for anchor in file.anchors if anchor["run"] not in gone])
        file.check_rows(rows_of(known), gone, place)
        return counts

    # -- all runs ----------------------------------------------------------------------------

    @cached_property
    def seen(self: Bench) -> Seen:
        """Runs whose end a person has seen, kept in the journal: `bench.seen.add(run.id)`."""
        return Seen(self.journal)

    def overview(self: Bench) -> pd.DataFrame:
        """List all runs: those that wait for you by risk and age, then ended ones nobody has seen.

        The columns are in `workbench.report.OVERVIEW_COLUMNS`.
        """
        views = (load_view(self.journal, row.id) for row in self.journal.runs())
        frame = overview_frame(views, self.risks(), set(self.seen), self.clock.now())
        return frame.assign(goal=frame.goal.map(self.plain).astype("string"))

    # -- attention ---------------------------------------------------------------------------

    def attention(self: Bench) -> pd.DataFrame:
        """Say how each person answers the requests of each risk class; reads every run.

        The columns are in `workbench.report.ATTENTION_COLUMNS`.
        """
        return attention_frame(_asked(self))

    def attention_figure(self: Bench) -> OfflineFigure:
        """Draw how answers change over time: approved, under two seconds, seconds to decide."""
        return attention_figure(_asked(self))

    def fatigue(self: Bench) -> list[FatigueNotice]:
        """Say whose answers have become a habit, and what could help; empty when nobody's have.

        The thresholds are those of `Workbench(fatigue=…)`. It only says so: nothing is approved.
        """
        return notices(_asked(self), self.fatigue_limits)

    def fatigue_text(self: Bench) -> str:
        """Say the same in plain words; empty when there is nothing to say."""
        return self.plain("\n".join(str(notice) for notice in self.fatigue()))

    def steering(self: Bench) -> pd.DataFrame:
        """Say how often people paused, edited and stopped runs, and what followed.

        The columns are in `workbench.report.STEERING_COLUMNS`.
        """
        return steering_frame(self.journal.records(row.id) for row in self.journal.runs())


def _asked(bench: Bench) -> list[Asked]:
    risks = bench.risks()
    found = (asked_of(bench.journal.records(row.id), risks) for row in bench.journal.runs())
    return [one for asked in found for one in asked]


def _anchors(bench: Bench) -> list[Anchor]:
    rows = sorted(bench.journal.runs(), key=lambda row: (row.created, row.id))
    return [anchor_of(bench.journal, row.id) for row in rows]


def _audit(bench: Bench, anchors: list[Anchor]) -> pd.DataFrame:
    """Give the rows of runs up to their anchors."""
    import pandas as pd

    risks, frames = bench.risks(), []
    for anchor in anchors:
        run, seq = anchor["run"], anchor["seq"]
        records = bench.journal.records(run, limit=seq)
        view: Any = load_view(bench.journal, run, at=seq)
        if len(frame := calls_frame(records, view, risks)):
            frames.append(frame)
    return pd.concat(frames, ignore_index=True) if frames else make_frame([], CALL_COLUMNS)
