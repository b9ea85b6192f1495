"""What the server tells of runs: lists, one run as a page sees it, and what waits for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.clock import SystemClock
from workbench.delivery import is_alone
from workbench.errors import NotFound, WorkbenchError
from workbench.feed import Feed
from workbench.ids import digest
from workbench.journal import Journal, RunRow
from workbench.journal.runs import asking
from workbench.journal.snapshot import load_view
from workbench.lookback import Lookback
from workbench.report import request_row, trace_row
from workbench.report.freezes import freeze_row, standing_freezes
from workbench.report.rows import iso, plain_row
from workbench.report.values import showable
from workbench.server.eyes import Eyes
from workbench.server.journals import Journals, Stamp, stamp_of
from workbench.server.listing import above, pick, standing
from workbench.view import RunView, by_class_and_age
from workbench.whereabouts import Note

Row = dict[str, Any]
INBOX_ROW = (
    "id", "step", "kind", "title", "tool", "risk", "why", "opened", "expires",
)  # fmt: skip
"""What the list of all requests shows of one; it has no token, so it cannot answer."""


SETTLED_S = 2.0
"""Seconds after which a file's time tells a later write from the last one, on any file system."""


@dataclass(frozen=True)
class Mark:
    """How the runs and rules of one journal stand, as of a state of its files."""

    stamp: Stamp
    standing: str = ""
    rules: int = 0


class Looking:
    """Reads journals; every method blocks, so the server calls it in a thread."""

    def __init__(self, journals: Journals) -> None:
        """Read nothing yet."""
        self.journals, self.clock = journals, SystemClock()
        self._asking: Mapping[str, Mark] = {}

    def list_journals(self) -> list[Row]:
        """List the journals, with the fault of those that cannot be read."""
        faults = self.journals.each(lambda _note, journal: journal.read(lambda _: None))
        return [
            {"id": note.id, "name": self.journals.shown(note), "fault": faults.get(note.id)}
            for note in self.journals.notes()
        ]

    def list_runs(self, limit: int, *, sees_all: bool = True) -> Row:
        """List the newest runs of all journals, newest first, then those below them.

        One that the call of another run has started says by `below` which listed run it is below.
        """
        rows: list[tuple[RunRow, Row]] = []

        def take(note: Note, journal: Journal) -> None:
            name, look = self.journals.shown(note), Eyes(note, sees_all=sees_all)
            for row, below in pick(journal.runs(), journal.read(above), limit):
                goal = look.text(journal, row.id, row.goal)
                rows.append((row, {**_run_row(note, name, row, goal), "below": below}))

        faults = self.journals.each(take)
        rows.sort(key=lambda pair: (pair[0].created, pair[0].id), reverse=True)
        tops = [row for _, row in rows if not row["below"]][:limit]
        listed = {(row["journal"], row["run"]) for row in tops}
        below = [row for _, row in rows if (row["journal"], row["below"]) in listed][:limit]
        return {"runs": [*tops, *below], "faults": list(faults.values())}

    def list_freezes(self, *, sees_all: bool = True) -> Row:
        """List the freezes in force, of all journals: the oldest first."""
        rows: list[Row] = []

        def take(note: Note, journal: Journal) -> None:
            hidden = {} if Eyes(note, sees_all=sees_all).all else {"tool": "", "why": ""}
            beside = {"journal": note.id, "journal_name": self.journals.shown(note)}
            found = (plain_row(freeze_row(one)) for one in standing_freezes(journal))
            rows.extend({**row, **hidden, **beside} for row in found)

        faults = self.journals.each(take)
        rows.sort(key=lambda row: (row["at"], row["id"]))
        return {"freezes": rows, "faults": list(faults.values())}

    def inbox(self, *, sees_all: bool = True) -> Row:
        """List what waits for a person, of all journals: the oldest first."""
        waiting: list[Row] = []

        def take(note: Note, journal: Journal) -> None:
            tools, look = note.tool_map(), Eyes(note, sees_all=sees_all)
            for run, _ in journal.read(asking):
                view = load_view(journal, run)
                curtain = look.curtain(journal, run)
                if curtain is not None:
                    view, known = curtain.view(view), curtain.tools(tools)
                else:
                    known = tools
                for request in by_class_and_age(view.open_requests):
                    row = request_row(request, view, known)
                    kept = {name: row[name] for name in INBOX_ROW}
                    kept |= {"journal": note.id, "run": run, "goal": showable(view.goal)}
                    waiting.append(kept if curtain is None else curtain.row(kept))

        self.journals.each(take)
        waiting.sort(key=lambda row: (row["opened"], row["id"]))
        return {"requests": waiting}

    def inbox_mark(self) -> str:
        """Name the state that the lists and the freezes are in.

        Only journals that were written to are read.
        """
        now, marks = self.clock.now().timestamp(), {}

        def is_news(note: Note) -> bool:
            stamp = stamp_of(note.path)
            known = self._asking.get(note.id)
            marks[note.id] = Mark(stamp) if known is None else replace(known, stamp=stamp)
            settled = max((time for _, time, _ in stamp), default=0) / 1e9 < now - SETTLED_S
            return not settled or known is None or known.stamp != stamp

        def read(note: Note, journal: Journal) -> None:
            marks[note.id] = replace(
                marks[note.id],
                standing=digest(journal.read(standing)),
                rules=journal.rules_revision(),
            )

        for journal in self.journals.each(read, is_news):
            del marks[journal]
        self._asking = marks
        return digest([[one, mark.standing, mark.rules] for one, mark in marks.items()])[:16]

    def feed(self, journal: str, run: str, *, sees_all: bool = True) -> Feed:
        """Follow one run, with what it could do at worst while it has not begun.

        Raises:
            NotFound: there is no such journal, or no such run in it.
        """
        note = self.journals.find(journal)
        opened = self.journals.opened(note)
        opened.run(run)
        tools, look = note.tool_map(), Eyes(note, sees_all=sees_all)
        terms = look.terms(opened, run)

        def stakes(view: RunView) -> dict[str, list[Row]]:
            return {} if terms is None else terms.stakes(opened, self.clock, tools, view)

        visible = look.visible(opened, run)
        return Feed(opened, run, tools, self.clock, stakes, visible=visible)

    def said(self, fault: WorkbenchError, journal: str, run: str | None, *, sees_all: bool) -> Row:
        """Give an error about one run, or about none, as a page reads it."""
        row = said(fault)
        if run is None or isinstance(fault, NotFound):
            return row
        note = self.journals.find(journal)
        look = Eyes(note, sees_all=sees_all)
        return {**row, "message": look.text(self.journals.opened(note), run, row["message"])}

    def trace(
        self, journal: str, run: str, after: int, limit: int, *, sees_all: bool = True
    ) -> Row:
        """Give rows of the trace behind an event; `next` is where to go on, null at the end.

        Raises:
            NotFound: there is no such journal, or no such run in it.
        """
        note = self.journals.find(journal)
        opened = self.journals.opened(note)
        opened.run(run)
        view, tools = load_view(opened, run), note.tool_map()
        records = opened.records(run, after=after, limit=limit + 1)
        curtain = Eyes(note, sees_all=sees_all).curtain(opened, run)
        rows = [trace_row(record, view, tools) for record in records[:limit]]
        if curtain is not None:
            pairs = zip(records[:limit], rows, strict=True)
            rows = [curtain.trace_row(record, row) for record, row in pairs]
        return {"rows": rows, "next": records[limit - 1].seq if len(records) > limit else None}

    def past(self, journal: str, run: str, *, sees_all: bool = True) -> Lookback | None:
        """Look at the past of one run; what its tools would say is not known here.

        None: who asks may not see all of it, because of the server or of the run's workbench.

        Raises:
            NotFound: there is no such journal, or no such run in it.
        """
        note = self.journals.find(journal)
        opened = self.journals.opened(note)
        opened.run(run)
        if Eyes(note, sees_all=sees_all).visible(opened, run) is not None:
            return None
        return Lookback(opened, run, None)

    def beat(self, feed: Feed) -> Row:
        """Give the sign of life of a stream, and whether somebody drives the run."""
        return {"kind": "pong", "n": feed.number, "driven": not is_alone(feed.host)}


def without_tokens(batch: Row) -> Row:
    """Give a batch for somebody who may only read: nothing in it answers a request."""
    return {**batch, "requests": [{**row, "token": ""} for row in batch["requests"]]}


def said(fault: WorkbenchError) -> Row:
    """Give an error as a page reads it."""
    return {"message": str(fault), "error": type(fault).__name__}


def _run_row(note: Note, name: str, row: RunRow, goal: str) -> Row:
    return {
        "journal": note.id,
        "journal_name": name,
        "run": row.id,
        "goal": showable(goal),
        "state": row.state,
        "created": iso(row.created),
        "updated": iso(row.updated),
        "done": row.done,
        "total": row.total,
        "open_requests": row.open_requests,
    }
