"""What a run says for itself afterwards: its audit, and whether its journal is what it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from workbench.engine.evidence import as_known_now
from workbench.events import Record
from workbench.journal import RunRow, parentage
from workbench.oversight.anchors import Anchor, anchor_of, check_anchor
from workbench.report import audit_frame, request_text, run_html, run_text, trace_frame
from workbench.report.call_audit import calls_frame
from workbench.report.curtain import Curtain, curtain_of
from workbench.report.explanation import Explanation, explain
from workbench.report.foretold import Control, Foretold, foretell
from workbench.report.freezes import freezes_of
from workbench.report.leftovers import leftovers_frame
from workbench.report.rights import rights_frame, scope_figure, scope_frame
from workbench.report.things_left import Thing, things_left
from workbench.report.viewer import Viewer, names_in, plain_frame
from workbench.states import RUN_FINAL
from workbench.tools import Tool
from workbench.view import RunView

if TYPE_CHECKING:
    import pandas as pd

    from workbench.executor import Leftover
    from workbench.journal.standing import StandingRule
    from workbench.oversight.benches import Bench
    from workbench.report.offline import OfflineFigure


class AnyRun(Protocol):
    """What is needed of a run."""

    id: str

    @property
    def bench(self) -> Bench:
        """Its workbench."""
        ...

    @property
    def view(self) -> RunView:
        """All that is true of it now."""
        ...

    @property
    def leftovers(self) -> list[Leftover]:
        """Threads that go on."""
        ...

    def events(self) -> Iterator[Record]:
        """Its journal."""
        ...


class RunOversight:
    """Audit and anchors of one run."""

    def trace(self: AnyRun, *, viewer: Viewer | None = None) -> pd.DataFrame:
        """Give one row for each attempt; columns in `workbench.report.frames.TRACE_COLUMNS`.

        Args:
            viewer: `plain` leaves out what names tools that the principal may not know; None: as
                the workbench has it.
        """
        return _framed(self, viewer, trace_frame(self.events(), self.view))

    def text(self: AnyRun, *, viewer: Viewer | None = None) -> str:
        """Give the run as `print(run)` shows it.

        Args:
            viewer: `plain` says nothing of tools that the principal may not know but that there is
                one, neither by name nor by argument, output, error or question; None: as the
                workbench has it.
        """
        return _whole(self, viewer, run_text)

    def html(self: AnyRun, *, viewer: Viewer | None = None) -> str:
        """Give the run as a saved notebook shows it, as HTML; `viewer` as for `text`."""
        return _whole(self, viewer, run_html)

    def explanation(self: AnyRun, *, viewer: Viewer | None = None) -> Explanation | None:
        """Say why the run failed: first cause, evidence, what was done, what is open, what next.

        None: it has not failed.
        """
        curtain = curtain_before(self, viewer)
        return explain(self.view if curtain is None else curtain.view(self.view))

    def controls(self: AnyRun) -> dict[Control, Foretold]:
        """Say of pause, edit and stop what each would do now, and what it keeps; `print` them.

        Empty once the run stops or has ended; a paused run has no pause.
        """
        return foretell(self.view, self.bench.tool_map())

    def questions(self: AnyRun, *, viewer: Viewer | None = None) -> list[str]:
        """Give the open requests as text, oldest first; `viewer` as for `text`."""
        return [
            _shown(self, viewer, partial(_question, name=one.id)) for one in self.view.open_requests
        ]

    def leftovers_report(self: AnyRun, *, viewer: Viewer | None = None) -> pd.DataFrame:
        """Give what the run leaves behind, with what can be done about it; empty: nothing.

        Threads, work outside and runs started by its calls that go on; files, schedules, tokens
        and whatever else its effects, and those of the runs below it, have made and that stands
        (see `tool(leaves=…)`); effects that nobody knows of, rights that are live, rules that its
        answers have set for all runs.
        """
        curtain = curtain_before(self, viewer)
        view = self.view if curtain is None else curtain.view(self.view)
        family = _family(self)
        frame = leftovers_frame(
            view,
            self.leftovers,
            [row for row in family[1:] if row.state not in RUN_FINAL],
            things={row.id: _things(self, row) for row in family},
            rules=_rules_of(self),
            hidden=() if curtain is None else curtain.hidden,
        )
        return _framed(self, viewer, frame)

    def audit(self: AnyRun, *, events: bool = False, viewer: Viewer | None = None) -> pd.DataFrame:
        """Give one row for each call decided or made: who, for whom, what, by whose word.

        Args:
            events: one row for each event instead, whatever it is about.
            viewer: `plain` leaves out what names tools that the principal may not know.

        The columns are in `workbench.report.CALL_COLUMNS` and `AUDIT_COLUMNS`.
        """
        if events:
            curtain = curtain_before(self, viewer)
            records = self.events() if curtain is None else curtain.records(self.events())
            frame = audit_frame(records, self.view)
        else:
            frame = calls_frame(self.events(), self.view, self.bench.risks())
        return _framed(self, viewer, frame)

    def rights_report(self: AnyRun, *, viewer: Viewer | None = None) -> pd.DataFrame:
        """Give each right that the run had with the calls that used it, and how to narrow it.

        Unused ones stand first; the columns are in `workbench.report.RIGHTS_COLUMNS`.
        """
        frame = rights_frame(self.events(), self.view, self.bench.allowing())
        return _framed(self, viewer, frame)

    def scope_meter(self: AnyRun) -> OfflineFigure:
        """Draw how many rights were live over time: it rises with calls and falls with steps."""
        return scope_figure(_framed(self, None, scope_frame(self.events(), self.view)))

    def anchor(self: AnyRun) -> Anchor:
        """Give run, seq and head: what must be kept elsewhere so that `verify` finds a cut end."""
        return anchor_of(self.bench.journal, self.id)

    def verify(self: AnyRun, anchor: Mapping[str, Any] | None = None) -> int:
        """Check the hash chain; gives the number of events.

        Args:
            anchor: what `anchor()` gave at an earlier time, kept outside of this journal.

        Raises:
            JournalTampered: an event was changed, removed or added; with an anchor also when the
                end was cut off, or everything was written anew.
            WorkbenchError: it is the anchor of another run, or none.
        """
        if anchor is None:
            return self.bench.journal.verify(self.id)
        return check_anchor(self.bench.journal, {**anchor, "run": anchor.get("run", self.id)})


def _question(view: RunView, tools: Mapping[str, Tool], name: str) -> str:
    return request_text(view.requests[name], view, tools)


def _family(run: AnyRun) -> list[RunRow]:
    """Give a run, and the runs that its calls, or those of the runs below it, have started."""
    journal = run.bench.journal
    known = journal.read(lambda connection: parentage.family(connection, run.id))
    found = [run.id]
    for one in found:
        found += [name for name, place in known.items() if place.parent == one]
    return [journal.run(name) for name in found]


def _things(run: AnyRun, row: RunRow) -> list[Thing]:
    """Give what the effects of a run have left in the world; a run that undoes leaves nothing."""
    if row.id == run.id and run.view.run_kind == "undo":
        return []
    journal = run.bench.journal
    return things_left(journal.records(row.id), run.bench.tool_map(), journal.artifact)


def _rules_of(run: AnyRun) -> list[StandingRule]:
    """Give the rules that answers to a run's questions have set for all runs, and that stand."""
    answers = (one.answer for one in run.view.requests.values())
    mine = {answer.rule_id for answer in answers if answer is not None and answer.rule_id}
    return [rule for rule in run.bench.rules if rule.id in mine] if mine else []


def curtain_before(run: AnyRun, viewer: Viewer | None = None) -> Curtain | None:
    """Give what keeps tools from a viewer, by default the workbench's; None: they see all."""
    if (viewer or run.bench.viewer) == "operator":
        return None
    return curtain_of(run.events(), run.bench.tool_map(), run.bench.visible)


def _whole(run: AnyRun, viewer: Viewer | None, draw: Callable[..., str]) -> str:
    """Draw a run under the freezes that hold it."""
    freezes = freezes_of(run.bench.journal)
    return _shown(run, viewer, partial(draw, frozen=freezes.lines()), freezes.tools)


def _shown(
    run: AnyRun,
    viewer: Viewer | None,
    draw: Callable[[RunView, Mapping[str, Tool]], str],
    named: Iterable[str] = (),
) -> str:
    """Draw it for a viewer; `named` are tools that it speaks of beside those of the run."""
    view, tools = as_known_now(run.view, run.bench.journal), run.bench.tool_map()
    curtain = curtain_before(run, viewer)
    if curtain is None:
        return draw(view, tools)
    curtain.learn_names(set(named))
    return curtain.text(draw(curtain.view(view), curtain.tools(tools)))


def _framed(run: AnyRun, viewer: Viewer | None, frame: pd.DataFrame) -> pd.DataFrame:
    if (viewer or run.bench.viewer) == "operator":
        return frame
    return plain_frame(frame, {*names_in(run.events()), *run.bench.tool_map()}, run.bench.visible)
