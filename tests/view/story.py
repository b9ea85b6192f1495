"""Records made by hand, and the view that they fold to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import workbench as wb
from workbench import events as e
from workbench.events import Event, Record
from workbench.plan import Edit, apply_edits
from workbench.values import Stored
from workbench.view import RunView, fold

START = datetime(2026, 6, 3, 14, 0, 0, tzinfo=UTC)


def step(name: str, *after: str, **fields: Any) -> wb.Step:
    """Give a step of a tool that nobody asks about."""
    return wb.Step(id=name, tool=fields.pop("tool", "work"), after=after, **fields)


class Story:
    """Appends events, one second after the other, and folds them."""

    def __init__(self, *steps: wb.Step, started: bool = True, **created: Any) -> None:
        """Begin a run with these steps, if there are any."""
        self.view = RunView(run="run-1")
        self.records: list[Record] = []
        self.add(e.RunCreated(goal="g", **created))
        if steps:
            self.revise(*steps)
        if started:
            self.add(e.RunStarted())

    @property
    def now(self) -> datetime:
        """The time of the next event."""
        return START + timedelta(seconds=len(self.records))

    def add(self, *events: Event) -> Story:
        """Append events and fold them."""
        for event in events:
            record = self.record(event)
            fold(self.view, record)
            self.records.append(record)
        return self

    def record(self, event: Event) -> Record:
        """Give the record that would come next."""
        return Record("run-1", len(self.records) + 1, self.now, 1, event, "")

    def revise(self, *steps: wb.Step, author: str = "person") -> Story:
        """Accept a whole plan."""
        plan, number = wb.Plan(goal="g", steps=steps), len(self.view.revisions) + 1
        return self.add(e.PlanRevised(number=number, digest=plan.digest, author=author, plan=plan))

    def edit(self, *edits: Edit) -> Story:
        """Accept edits."""
        assert self.view.plan is not None
        after = apply_edits(self.view.plan, edits)
        return self.add(
            e.PlanRevised(
                number=len(self.view.revisions) + 1,
                digest=after.digest,
                base=self.view.plan.digest,
                author="person",
                edits=edits,
            )
        )

    def intend(self, name: str, **fields: Any) -> Story:
        """Begin a call."""
        attempt = self.view.steps[name].attempt + 1
        intent = {
            "attempt": attempt,
            "tool": "work",
            "effect": "irreversible",
            "args": Stored(value={}),
            "args_digest": "d",
            "key": f"key-{name}",
            **fields,
        }
        return self.add(e.CallIntended(step=name, **intent))

    def succeed(self, name: str, output: Any = None) -> Story:
        """End a call well."""
        attempt = self.view.steps[name].attempt
        return self.add(
            e.CallSucceeded(step=name, attempt=attempt, output=Stored(value=output), duration_s=0.5)
        )

    def do(self, *names: str) -> Story:
        """Take steps from intent to outcome."""
        for name in names:
            self.intend(name).succeed(name, name)
        return self

    def fail(self, name: str, **fields: Any) -> Story:
        """End a call badly."""
        attempt = self.view.steps[name].attempt
        return self.add(e.CallFailed(step=name, attempt=attempt, error="it broke", **fields))

    def doubt(self, name: str) -> Story:
        """Lose a call."""
        attempt = self.view.steps[name].attempt
        return self.add(e.CallDoubted(step=name, attempt=attempt, why="no answer"))

    def ask(self, name: str | None, request: str = "", **fields: Any) -> Story:
        """Open a request about a step."""
        opened = {"about": "permission", "title": "do it", "tool": "work", "token": "t", **fields}
        return self.add(e.RequestOpened(request=request or f"req-{name}", step=name, **opened))

    def answer(self, name: str | None, verdict: str, request: str = "", **fields: Any) -> Story:
        """Decide a request."""
        request = request or f"req-{name}"
        return self.add(
            e.RequestAnswered(request=request, step=name, verdict=verdict, by="person", **fields)
        )
