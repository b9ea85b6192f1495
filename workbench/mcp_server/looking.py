"""What an agent outside may read: the catalogue, the runs, their plans and their traces."""

from __future__ import annotations

from typing import Any

from workbench.engine.catalogue import known_tools
from workbench.lookup import find_run
from workbench.report import event_text, run_line, tool_row
from workbench.report.values import showable, stored_text
from workbench.report.words import one_line
from workbench.view import RunView
from workbench.workbench import Workbench

RUNS, EVENTS = 50, 200
"""Rows of one answer at most."""
OUTPUT = 20_000
"""Characters of an output."""
Row = dict[str, Any]


class Looking:
    """Reads one journal."""

    def __init__(self, bench: Workbench) -> None:
        """Read nothing yet."""
        self._bench = bench

    def catalogue(self) -> list[Row]:
        """List the tools that an agent may know about."""
        return [tool_row(tool) for tool in known_tools(self._bench.parts)]

    def runs(self, state: str, limit: int) -> list[Row]:
        """List runs, the newest first."""
        rows = [row for row in self._bench.journal.runs() if not state or row.state == state]
        return [
            {
                "run": row.id,
                "goal": one_line(row.goal, 200),
                "state": row.state,
                "done": row.done,
                "total": row.total,
                "open_requests": row.open_requests,
            }
            for row in rows[: max(1, min(limit, RUNS))]
        ]

    def view(self, run: str) -> RunView:
        """Find a run by its id, the beginning of it, or its key.

        Raises:
            NotFound: there is none, or it is not clear which.
        """
        found = find_run(self._bench.journal.runs(), run)
        return self._bench.look(found.id).view

    def show(self, run: str) -> Row:
        """Say how a run stands; of a request its title, and nothing to answer it with."""
        view = self.view(run)
        return {
            "run": view.run,
            "line": run_line(view),
            "state": view.state,
            "goal": showable(view.goal),
            "reason": showable(view.reason),
            "revision": view.revision.number if view.revision is not None else 0,
            "digest": view.revision.digest if view.revision is not None else "",
            "plan": [_step_row(view, step) for step in view.steps] if view.plan else [],
            "waits_for_a_person": [
                one_line(request.opened.title, 200) for request in view.open_requests
            ],
            "usage": dict(view.usage),
            "limits": dict(view.limits),
            "result": stored_text(view.result)[:OUTPUT] if view.result is not None else None,
        }

    def trace(self, run: str, after: int, limit: int) -> list[Row]:
        """List what happened, one sentence an event."""
        found = []
        for record in self._bench.look(self.view(run).run).events():
            if record.seq <= after:
                continue
            at = record.at.isoformat()
            found.append({"seq": record.seq, "at": at, "text": event_text(record)})
            if len(found) == max(1, min(limit, EVENTS)):
                break
        return found

    def output(self, run: str, step: str) -> str:
        """Give the output of a step as text, its beginning where it is long.

        Raises:
            KeyError: the run has no such step.
        """
        stands = self.view(run).steps[step]
        return stored_text(stands.output)[:OUTPUT] if stands.output is not None else ""


def _step_row(view: RunView, step_id: str) -> Row:
    stands = view.steps[step_id]
    step = view.plan.by_id.get(step_id) if view.plan is not None else None
    if step is None:
        return {"id": step_id, "state": stands.state}
    dumped = step.model_dump(mode="json", exclude_defaults=True)
    kept = {
        name: dumped[name] for name in ("tool", "args", "after", "title", "why") if name in dumped
    }
    error = {"error": one_line(stands.error, 400)} if stands.error else {}
    return {"id": step_id, "state": stands.state, **kept, **error}
