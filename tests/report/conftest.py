"""Journals made by hand, for tests of what people read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import workbench as wb
from workbench import events as e
from workbench.events import Event, Record
from workbench.ids import digest
from workbench.plan import apply_edits
from workbench.values import Stored
from workbench.view import RunView, fold

START = datetime(2026, 6, 3, 14, 0, 0, tzinfo=UTC)


class Story:
    """Appends events at stated times and folds them, as the engine would."""

    def __init__(self, run: str = "run-7f2k9qxz3m") -> None:
        self.view = RunView(run=run)
        self.records: list[Record] = []
        self.now = START

    def add(self, event: Event, after: float = 0.0) -> Record:
        """Append an event, `after` seconds after the one before."""
        self.now += timedelta(seconds=after)
        seq = len(self.records) + 1
        record = Record(self.view.run, seq, self.now, 1, event, digest([seq, event.kind]))
        self.records.append(record)
        fold(self.view, record)
        return record

    def create(self, goal: str = "Weekly sales report", **changes) -> Story:
        fields = {
            "agent": "planner builtin",
            "on_behalf_of": "ada",
            "limits": {"usd": 1.0},
            **changes,
        }
        self.add(e.RunCreated(goal=goal, **fields))
        return self

    def plan(self, *steps: wb.Step, author: str = "planner builtin", reason: str = "") -> Story:
        plan = wb.Plan(goal=self.view.goal, steps=steps)
        number = len(self.view.revisions) + 1
        self.add(
            e.PlanRevised(
                number=number, digest=plan.digest, author=author, reason=reason, plan=plan
            )
        )
        return self

    def edit(self, *edits, author: str = "person", reason: str = "") -> Story:
        before = self.view.plan
        self.add(
            e.PlanRevised(
                number=len(self.view.revisions) + 1,
                digest=apply_edits(before, edits).digest,
                base=before.digest,
                author=author,
                reason=reason,
                edits=edits,
            )
        )
        return self

    def intend(self, step: str, after: float = 0.0, **changes) -> Story:
        known = self.view.steps[step]
        fields = {
            "attempt": known.attempt + 1,
            "tool": self.view.plan[step].tool,
            "effect": "read",
            "args": Stored(value={"path": "sales.csv"}),
            "args_digest": digest(step),
            "key": f"key-{step}",
            "allowed_by": "rule reads",
            **changes,
        }
        self.add(e.CallIntended(step=step, **fields), after)
        return self

    def succeed(self, step: str, after: float = 0.2, output: object = "ok", **changes) -> Story:
        stored = output if isinstance(output, Stored) else Stored(value=output)
        attempt = self.view.steps[step].attempt
        self.add(
            e.CallSucceeded(step=step, attempt=attempt, output=stored, duration_s=after, **changes),
            after,
        )
        return self

    def ask(self, step: str | None, after: float = 0.0, **changes) -> Story:
        fields = {
            "request": f"req-{step}",
            "token": "secret-token",
            "about": "permission",
            "title": "send mail",
            "tool": "send_mail",
            "args": {"to": "boss@example.org", "copies": 2},
            **changes,
        }
        self.add(e.RequestOpened(step=step, **fields), after)
        return self


STEPS = (
    wb.Step(id="load", tool="read_table", args={"path": "sales.csv"}, title="load sales.csv"),
    wb.Step(id="columns", tool="check_columns", args={"table": wb.ref("load")}),
    wb.Step(
        id="top",
        tool="top_regions",
        args={"table": wb.ref("load", "rows", 0), "n": 3},
        title="top regions",
        after=("columns",),
        estimate=wb.Estimate(seconds=1),
    ),
    wb.Step(id="chart", tool="draw", args={"table": wb.ref("top")}),
    wb.Step(id="report", tool="write_file", args={"text": wb.ref("chart")}, title="write report"),
    wb.Step(id="mail", tool="send_mail", args={"to": "boss@example.org"}, after=("report",)),
)


@wb.tool(effect="read")
def read_table(path: str) -> list:
    """Read a table."""
    return [path]


@wb.tool(effect="irreversible", risk="public")
def send_mail(to: str, copies: int = 1) -> str:
    """Send a mail."""
    return f"{to}{copies}"


@pytest.fixture
def tools() -> dict[str, wb.Tool]:
    """Two of the story's tools; the others are not known after a restart."""
    return {"read_table": read_table, "send_mail": send_mail}


@pytest.fixture
def story() -> Story:
    """A story that is still to be told."""
    return Story()


@pytest.fixture
def paused() -> Story:
    """Two of six steps done, one request open, paused by the person."""
    story = Story().create().plan(*STEPS)
    story.add(e.RunStarted())
    story.intend("load").succeed(
        "load", 0.25, Stored(value=None, summary="1,204 rows x 6 columns"), verified=True
    )
    story.intend("columns", effect="pure").succeed("columns", 0.01)
    story.edit(wb.plan.Move(step="mail", after=()), author="person", reason="mail at once")
    story.ask("mail", why="rule outward: asks", spend={"usd": 0.5, "calls": 1})
    story.add(e.RunPaused(by="person", reason="look first"), 2)
    return story


@pytest.fixture
def eventful() -> Story:
    """Planning, a retry, a doubt that is confirmed, an approval, and every end without a call."""
    story = Story().create()
    story.add(e.RunPlanning(planner="builtin"), 1)
    story.add(e.PlannerCalled(planner="builtin", why="goal"), 1)
    story.add(e.PlannerAnswered(planner="builtin", outcome="plan", usage={"usd": 0.25}), 2)
    story.plan(*STEPS)
    story.add(e.RunStarted())
    story.intend("load", 1, spend={"usd": 0.1, "calls": 1})
    retry = e.CallRetrying(step="load", attempt=1, error="busy", wait_s=2, duration_s=1)
    story.add(retry, 1)
    story.intend("load", 2, spend={"usd": 0.1, "calls": 1}).succeed("load", 4, {"rows": [1, 2]})
    story.intend("columns", 0, spend={"calls": 1})
    story.add(e.CallDoubted(step="columns", attempt=1, why="the kernel stopped"), 1)
    story.ask("columns", about="doubt", title="Was it checked?", choices={"yes": "It was"})
    answer = {"request": "req-columns", "step": "columns", "verdict": "choose", "choice": "yes"}
    story.add(e.RequestAnswered(by="person", surface="widget", **answer), 10)
    story.add(e.CallConfirmed(step="columns", by="person", output=Stored(value="ok")))
    story.add(e.StepGiven(step="top", by="person", output=Stored(value=["North"])), 1)
    story.add(e.StepSkipped(step="chart", by="person", reason="not needed"))
    story.ask("report", title="write report.md", tool="write_file", request="req-r")
    approve = {"request": "req-r", "step": "report", "verdict": "approve", "args_digest": "d"}
    story.add(e.RequestAnswered(by="person", surface="cli", scope="run", **approve), 5)
    story.intend("report", effect="reversible", allowed_by="answer req-r").succeed("report", 3)
    story.add(e.StepDenied(step="mail", by="policy", reason="no grant covers send_mail"), 1)
    story.add(e.RunSucceeded(result=Stored(value={"rows": 2})), 1)
    return story
