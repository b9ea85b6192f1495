"""What a page asks of a run's past: places, what each holds, what an undo would do, another run.

Answers are made when they are asked for, and are no part of the batches. In a kernel they are told
with its tools; elsewhere, without, as far as the journal knows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.capture import KINDS, variables_at
from workbench.capture.checkpoint import Checkpoint, checkpoint_of
from workbench.errors import CommandRefused, NotFound
from workbench.events import VariablesRestored
from workbench.journal import Journal, parentage
from workbench.journal.snapshot import load_view
from workbench.report import Comparison, compare_runs
from workbench.report.agreed import changes_row, terms_row
from workbench.report.rows import Row, iso, plain_row
from workbench.report.values import stored_text
from workbench.tools import Tool
from workbench.undo import UndoReport, effects_of, foreseen, report_of, since
from workbench.view import Mark, Rollback, RunView, used

WITHHELD = (
    "What a run has done, and on what terms, is shown to who may see all its tools; you may not. "
    "Somebody can look whose workbench has viewer='operator'."
)
"""Why a plain viewer is told nothing: what is hidden from them is not sorted out in an answer."""
MOST = 1000
"""Rows of one list in an answer; the newest count."""
FAMILY = 50
"""Runs beside this one in an answer."""
WHOLE = 2000
"""Characters of an output as JSON up to which it is given whole, to be edited."""


@dataclass(frozen=True)
class Lookback:
    """Answers for one run."""

    journal: Journal
    run: str
    tools: Mapping[str, Tool] | None
    """None: nobody here knows them."""

    def answer(self, asked: Mapping[str, Any]) -> Row:
        """Answer what a page asks over a widget's comm.

        Raises:
            NotFound: there is no such place, or no such run.
            CommandRefused: that is no question.
        """
        match asked:
            case {"about": "places"}:
                return self.places()
            case {"about": "place", "seq": int(seq)}:
                return self.place(seq)
            case {"about": "undo", "seq": int(seq)}:
                return self.undo(seq)
            case {"about": "compare", "other": str(other)}:
                return self.compare(other)
            case {"about": "changes", "number": int(number)}:
                return self.changes(number)
            case {"about": "terms"}:
                return self.terms()
        raise CommandRefused("That is no question that can be answered here.")

    def places(self) -> Row:
        """List the places to go back to, the runs beside this one, and what was taken back."""
        view = self._view()
        marks = view.marks[-MOST:]
        undone = [self._report(self._undone(one, view)) for one in view.rollbacks[-20:]]
        return {
            "seq": view.seq,
            "places": [plain_row(_place_row(mark, view)) for mark in marks],
            "family": [plain_row(row) for row in self._family(view)],
            "undone": undone,
            "restored": self._restored(),
        }

    def place(self, seq: int) -> Row:
        """Say what a place holds, and what it does not hold.

        Raises:
            NotFound: there is no such place.
        """
        view, now = self._view(seq), self._view()
        records = self.journal.records(self.run, kinds=KINDS)
        found = checkpoint_of(view, f"event {seq}", variables_at(records, seq))
        effects = since(effects_of(self.journal.records(self.run)), seq)
        fixed = {step: why for step, why in now.fixed().items() if step in view.steps}
        row = {
            "seq": seq,
            "at": iso(view.at),
            "state": view.state,
            "revision": view.revision.number if view.revision else 0,
            "variables": _variables(found),
            "not_captured": [list(pair) for pair in found.not_captured.items()],
            "never": found.never_captured if found.variables_of else "",
            "captured_at": found.variables_of,
            "passed_over": found.passed_over,
            "outputs": _outputs(view),
            "to_come": [name for name, step in view.steps.items() if not step.final],
            "fixed": list(fixed),
            "usage": dict(used(view, view.at)),
            "limits": dict(view.limits),
            "requests": [request.opened.title for request in view.open_requests],
            "effects_since": len(effects),
        }
        return plain_row(row)

    def undo(self, seq: int) -> Row:
        """Say what going back to a place would do to each effect; nothing is called.

        Raises:
            NotFound: there is no such place.
        """
        self._view(seq)
        effects = since(effects_of(self.journal.records(self.run)), seq)
        found = foreseen(self.run, seq, effects, self.tools)
        return self._report(replace(found, shared=_shared(self._view(), seq)))

    def compare(self, other: str) -> Row:
        """Put another run of the journal beside this one.

        Raises:
            NotFound: there is no such run.
        """
        self.journal.run(other)
        one, two = (
            (load_view(self.journal, run), self.journal.records(run)) for run in (self.run, other)
        )
        return _comparison(compare_runs(one, two))

    def changes(self, number: int) -> Row:
        """Say what a revision of the plan changed, as `run.changes` does.

        Raises:
            NotFound: there is no such revision, or none before it.
        """
        revisions = self._view().revisions
        if not 1 < number <= len(revisions):
            raise NotFound(
                f"Run {self.run} has no revision {number} with one before it.",
                f"It has {len(revisions)}.",
            )
        before, after = (self._view(revisions[n].seq).plan for n in (number - 2, number - 1))
        assert before is not None and after is not None  # noqa: S101, PT018 - revisions make plans
        return changes_row(before, after, revisions[number - 1])

    def terms(self) -> Row:
        """Say on what terms the run acts: how much it asks, limits, rights, what was decided."""
        return terms_row(self._view())

    def _restored(self) -> Row | None:
        """Say what the last restoration of variables did, and what it left alone."""
        records = self.journal.records(self.run, kinds=("variables.restored",))
        if not records or not isinstance(last := records[-1].event, VariablesRestored):
            return None
        row = {
            "to": last.to,
            "at": iso(records[-1].at),
            "restored": list(last.names)[:MOST],
            "removed": list(last.removed)[:MOST],
            "by_hand": list(last.by_hand)[:MOST],
            "left": [list(pair) for pair in last.left.items()][:MOST],
        }
        return plain_row(row)

    def _view(self, seq: int | None = None) -> RunView:
        last = self.journal.run(self.run).seq
        if seq is not None and not 1 <= seq <= last:
            raise NotFound(f"Run {self.run} has no event {seq}.", f"It has events 1 to {last}.")
        return load_view(self.journal, self.run, at=seq)

    def _undone(self, rollback: Rollback, view: RunView) -> UndoReport:
        records = [r for r in self.journal.records(self.run) if r.seq < rollback.seq]
        try:
            self.journal.run(rollback.undo)
            undo: RunView | None = load_view(self.journal, rollback.undo)
        except NotFound:
            undo = None
        effects = since(effects_of(records), rollback.to, rollback.only)
        found = report_of(self.run, rollback.to, effects, self.tools, undo)
        return replace(found, shared=() if rollback.only else _shared(view, rollback.to))

    def _report(self, report: UndoReport) -> Row:
        rows = [
            {
                "step": row.step,
                "tool": row.tool,
                "what": row.what,
                "outcome": row.outcome,
                "words": row.said(preview=report.preview),
                "why": row.why,
                "told": list(row.told),
            }
            for row in report.rows
        ]
        return {
            "to": report.to,
            "preview": report.preview,
            "rows": [plain_row(row) for row in rows[:MOST]],
            "counts": {name: count for name, count in report.counts.items() if count},
            "undo": report.undo,
            "state": report.state,
            "open": [plain_row({"title": title})["title"] for title in report.open],
            "shared": list(report.shared),
            "told_known": self.tools is not None,
        }

    def _family(self, view: RunView) -> list[Row]:
        """Give the run that this one is made of, its forks, and those of the same one."""
        forks = self.journal.read(parentage.forks)
        wanted = {view.run, view.fork_of} - {""}
        kin = {run for run, origin in forks.items() if origin in wanted} | wanted - {view.run}
        return [
            {
                "run": row.id,
                "key": row.key or "",
                "goal": row.goal,
                "state": row.state,
                "done": row.done,
                "total": row.total,
                "created": iso(row.created),
                "kin": "origin" if row.id == view.fork_of else "fork",
            }
            for row in self.journal.runs()
            if row.id in kin and row.id != view.run
        ][:FAMILY]


def _place_row(mark: Mark, view: RunView) -> Row:
    return {
        "seq": mark.seq,
        "name": mark.name,
        "at": iso(mark.at),
        "step": mark.step,
        "kind": "start" if mark.seq == 1 else "step" if mark.step is not None else "named",
        "undone": any(one.to < mark.seq < one.seq for one in view.rollbacks if not one.only),
    }


def _shared(view: RunView, seq: int) -> tuple[str, ...]:
    return tuple(s for s in view.shared_effects if view.steps[s].outcome_seq > seq)


def _variables(found: Checkpoint) -> list[Row]:
    return [
        {"name": name, "type": one.type, "summary": one.summary, "size": one.size}
        for name, one in found.variables.items()
    ][:MOST]


def _outputs(view: RunView) -> list[Row]:
    """Give the outputs that stand at a place; a small one whole, so that it can be put right."""
    rows = []
    for name, step in view.steps.items():
        if step.output is None or step.state != "succeeded":
            continue
        text = "" if step.output.artifact is not None else json.dumps(step.output.value)
        whole = step.output.artifact is None and len(text) <= WHOLE
        said = stored_text(step.output)
        rows.append({"step": name, "text": said, "json": text if whole else None})
    return rows[-MOST:]


def _comparison(found: Comparison) -> Row:
    sides = {
        name: {
            "run": side.run,
            "goal": side.goal,
            "state": side.state,
            "done": side.steps_done,
            "total": side.steps,
            "usage": dict(side.usage),
            "shared_usage": dict(side.shared_usage),
            "seconds": side.seconds,
            "own_effects": list(side.own_effects),
            "shared_effects": list(side.shared_effects),
            "result": side.result,
        }
        for name, side in (("a", found.a), ("b", found.b))
    }
    steps = [plain_row(vars(pair)) for pair in found.steps[:MOST]]
    shown = {name: plain_row(side) for name, side in sides.items()}
    return {**shown, "prefix": found.prefix, "different": len(found.different), "steps": steps}
