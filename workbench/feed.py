"""What a page is sent: numbered batches of what has changed since the last one.

A batch holds the header, the rows that changed, and nothing else, so its size does not grow with
the run. A page that misses a number asks for everything once more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from workbench.clock import Clock
from workbench.engine.evidence import as_known_now, waits_for_word
from workbench.events import Record, RequestAnswered, RequestExpired, RequestVoided
from workbench.journal import Journal
from workbench.plan import Plan
from workbench.report import (
    authors_of,
    header_row,
    remark_rows,
    request_row,
    settled_row,
    step_row,
    tool_row,
    trace_row,
)
from workbench.report.curtain import Curtain
from workbench.report.freezes import Freezes
from workbench.report.rows import plain_row
from workbench.tools import Tool
from workbench.view import RunView, StepView, by_class_and_age, fold

FULL_TRACE = 1000
"""Rows of the trace that a full batch holds at most; the newest count."""
BATCH_TRACE = 500
"""Rows of the trace that a following batch holds at most."""
FULL_SETTLED = 20
"""Settled requests that a full batch holds at most; the newest count."""

Message = dict[str, Any]


class Feed:
    """Follows one run's journal and makes the batches of one page."""

    def __init__(
        self,
        journal: Journal,
        run: str,
        tools: Mapping[str, Tool],
        clock: Clock,
        stakes: Callable[[RunView], Mapping[str, list[Message]]] = lambda _: {},
        *,
        visible: Callable[[str], bool] | None = None,
    ) -> None:
        """Begin at the run's first event.

        Args:
            journal: where the run is.
            run: its id.
            tools: by name.
            clock: says how long it has taken.
            stakes: says what a run could do before it begins.
            visible: whether who looks may know a tool; None: they may know all.
        """
        self._stakes = stakes
        self._curtain = None if visible is None else Curtain(tools, visible)
        self._journal, self._tools, self._clock = journal, tools, clock
        self._view = RunView(run=run)
        self._freezes = Freezes(journal)
        self._records: list[Record] = []
        self._number = 0
        self._sent_seq = 0
        self._sent_steps: dict[str, StepView] = {}
        self._sent_plan: Plan | None = None
        self._sent_late = self._sent_rules = 0
        self._lock = threading.Lock()

    @property
    def number(self) -> int:
        """Number of the last batch."""
        return self._number

    @property
    def seq(self) -> int:
        """The event up to which everything was sent."""
        return self._sent_seq

    @property
    def host(self) -> str:
        """Who drove the run last; empty when nobody has."""
        return self._view.host

    @property
    def final(self) -> bool:
        """Whether the run has ended and its end was sent."""
        return self._view.final and self._sent_seq == self._view.seq

    def full(self) -> Message:
        """Make a batch that replaces all that a page knows."""
        with self._lock:
            self._read()
            view = self._shown()
            authors = authors_of(self._records)
            steps = [step_row(view, step, self._known(), authors) for step in view.steps]
            rows = [self._trace_row(record, view) for record in self._records[-FULL_TRACE:]]
            self._remember()
            tools = [tool_row(tool) for tool in self._known().values()]
            settled = self._settled(view, self._records)[-FULL_SETTLED:]
            made = self._batch(
                view, full=True, steps=steps, trace=rows, settled=settled, tools=tools
            )
            for name, found in self._stakes(view).items():
                made[name] = [plain_row(row) for row in found]
            return self._row(made)

    def begin_behind(self, number: int, seq: int) -> bool:
        """Go on behind a batch that another feed has sent; False when there was no such batch.

        Must be the first call. The next batch may repeat steps that the page has; it leaves none
        out, and no row of the trace is given twice.
        """
        with self._lock:
            if number < 1 or not 0 <= seq <= self._journal.run(self._view.run).seq:
                return False
            for record in self._journal.records(self._view.run, limit=seq) if seq else ():
                self._take(record)
            self._number = number
            self._remember()
            self._sent_late = self._sent_rules = 0
            return True

    def next(self) -> Message | None:
        """Make a batch of what is new; None when nothing is."""
        with self._lock:
            if self._number == 0:
                return None
            self._read()
            new = [record for record in self._new_records() if record.seq > self._sent_seq]
            if not new and not self._changed_beside():
                return None
            new = new[:BATCH_TRACE]
            changed, removed = self._changed()
            view, is_new = self._shown(), self._sent_plan is not self._view.plan
            authors = authors_of(self._records) if is_new else {}
            steps = [step_row(view, step, self._known(), authors) for step in changed]
            rows = [self._trace_row(record, view) for record in new]
            self._remember(seq=new[-1].seq if new else self._sent_seq)
            settled = self._settled(view, new)
            made = self._batch(
                view, full=False, steps=steps, trace=rows, settled=settled, removed=removed
            )
            return self._row(made)

    def header(self) -> Message:
        """Give the first picture, for a page that opens a saved notebook."""
        with self._lock:
            self._read()
            row = header_row(self._shown(), now=self._now(), tools=self._known())
            return self._row(row)

    def plain(self, text: str) -> str:
        """Take what may not be shown out of a text about this run."""
        return text if self._curtain is None else self._curtain.text(text)

    def _read(self) -> None:
        for record in self._journal.records(self._view.run, after=self._view.seq):
            self._take(record)
        self._freezes.read()
        if self._curtain is not None:
            self._curtain.learn_names(self._freezes.tools)

    def _take(self, record: Record) -> None:
        if self._curtain is not None:
            self._curtain.learn([record])
        fold(self._view, record)
        self._records.append(record)

    def _shown(self) -> RunView:
        view = as_known_now(self._view, self._journal)
        return view if self._curtain is None else self._curtain.view(view)

    def _known(self) -> Mapping[str, Tool]:
        return self._tools if self._curtain is None else self._curtain.tools(self._tools)

    def _trace_row(self, record: Record, view: RunView) -> Message:
        row = trace_row(record, view, self._known())
        return row if self._curtain is None else self._curtain.trace_row(record, row)

    def _row(self, row: Message) -> Message:
        return row if self._curtain is None else self._curtain.row(row)

    def _new_records(self) -> list[Record]:
        return self._records[self._sent_seq :]

    def _changed(self) -> tuple[list[str], list[str]]:
        """Give the steps whose row differs from what was sent, and those that are gone."""
        view = self._view
        removed = [step for step in self._sent_steps if step not in view.steps]
        if view.plan is not self._sent_plan:
            return list(view.steps), removed
        changed = [i for i, step in view.steps.items() if self._sent_steps.get(i) is not step]
        return changed, removed

    def _settled(self, view: RunView, records: Iterable[Record]) -> list[Message]:
        """Give the requests that these events settled, in their order."""
        settling = (RequestAnswered, RequestExpired, RequestVoided)
        names = [one.event.request for one in records if isinstance(one.event, settling)]
        known = view.requests
        found = (known[name] for name in dict.fromkeys(names) if name in known)
        return [settled_row(request) for request in found if request.state != "open"]

    def _remember(self, *, seq: int | None = None) -> None:
        self._sent_seq = self._view.seq if seq is None else seq
        self._sent_steps = dict(self._view.steps)
        self._sent_plan = self._view.plan
        self._sent_late = self._count_late()
        self._sent_rules = self._freezes.revision

    def _changed_beside(self) -> bool:
        """Whether something is new that is no event of the run."""
        rules = self._freezes.revision != self._sent_rules
        return rules or self._count_late() != self._sent_late

    def _count_late(self) -> int:
        """Count what was reported beside the events, while an open question could show it."""
        if not waits_for_word(self._view):
            return self._sent_late
        return len(self._journal.late_outcomes(self._view.run))

    def _now(self) -> Any:
        return None if self._view.final else self._clock.now()

    def _batch(
        self,
        view: RunView,
        *,
        full: bool,
        steps: list[Message],
        trace: list[Message],
        settled: list[Message],
        removed: list[str] | None = None,
        tools: list[Message] | None = None,
    ) -> Message:
        self._number += 1
        waiting = by_class_and_age(view.open_requests)
        return {
            "kind": "batch",
            "n": self._number,
            "full": full,
            "header": header_row(view, now=self._now(), tools=self._known()),
            "steps": steps,
            "trace": trace,
            "requests": [request_row(r, view, self._known()) for r in waiting],
            "settled": settled,
            "remarks": remark_rows(view),
            "frozen": [plain_row(row) for row in self._freezes.rows()],
            "removed_steps": removed or [],
            "tools": tools or [],
            "worst": [],
            "caps": [],
        }
