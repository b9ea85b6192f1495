"""The state of one run, folded from its events."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, PrivateAttr

from workbench.events.run import OnFailure
from workbench.plan import Plan
from workbench.plan.graph import dependents
from workbench.states import (
    NEEDS_CHANGED,
    NEEDS_MET,
    RUN_FINAL,
    RunState,
    StepState,
    next_step_state,
)
from workbench.values import Stored
from workbench.view.parts import Mark, RequestView, Revision, StepView

SATISFIED: frozenset[StepState] = frozenset({"succeeded", "skipped"})
"""States of a step that let those go on that wait for it."""


class RunView(BaseModel):
    """Everything that is true of a run after event `seq`; documented so that it can be read as JSON.

    `fold` is the only writer. Steps are replaced, never changed in place, so `snapshot` is cheap.
    """

    model_config = ConfigDict(extra="forbid")

    run: str
    seq: int = 0
    at: datetime | None = None
    """Time of the last event."""
    epoch: int = 0
    goal: str = ""
    key: str | None = None
    agent: str = "agent"
    on_behalf_of: str = ""
    limits: dict[str, float] = {}
    on_failure: OnFailure = "stop"
    tools: dict[str, str] = {}
    state: RunState = "queued"
    by: str = ""
    """Who paused, resumed or stopped it last."""
    reason: str = ""
    abandoning: bool = False
    """Whether the stop that is under way is an abandon."""
    host: str = ""
    """Process that drives or drove it last."""
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    plan: Plan | None = None
    revisions: list[Revision] = []
    steps: dict[str, StepView] = {}
    """By id, of the current plan, in its order."""
    retired: list[str] = []
    """Ids of steps that an edit took out of the plan."""
    requests: dict[str, RequestView] = {}
    allowances: dict[str, str] = {}
    """Tools that the person allowed for the whole run, with who did."""
    usage: dict[str, float] = {}
    checkpoints: list[Mark] = []
    """Named ones; the start and every finished step are places too, see `marks`."""
    planner_calls: int = 0
    result: Stored | None = None
    errors: dict[str, str] = {}
    remains: dict[str, Any] = {}
    """After a stop: what happened, what was in flight, what will not happen."""

    _unmet: dict[str, int] = PrivateAttr(default_factory=dict)
    _dependents: dict[str, list[str]] = PrivateAttr(default_factory=dict)
    _ready: dict[str, None] = PrivateAttr(default_factory=dict)
    _running: set[str] = PrivateAttr(default_factory=set)
    _open: dict[str, None] = PrivateAttr(default_factory=dict)
    _counts: Counter[str] = PrivateAttr(default_factory=Counter)

    def model_post_init(self, _context: Any, /) -> None:
        """Derive the indexes, for a view that was read from a snapshot."""
        self.reindex()

    @property
    def final(self) -> bool:
        """Whether the run has ended."""
        return self.state in RUN_FINAL

    @property
    def ready(self) -> list[str]:
        """Steps that may start now, in the order in which they became ready."""
        return list(self._ready)

    @property
    def in_flight(self) -> list[str]:
        """Steps that have an intent and no outcome."""
        return sorted(self._running)

    @property
    def open_requests(self) -> list[RequestView]:
        """Requests that wait for the person, oldest first."""
        return [self.requests[name] for name in self._open]

    @property
    def counts(self) -> dict[str, int]:
        """Number of steps by state."""
        return {state: count for state, count in self._counts.items() if count}

    @property
    def revision(self) -> Revision | None:
        """The current revision, or None while there is no plan."""
        return self.revisions[-1] if self.revisions else None

    @property
    def marks(self) -> list[Mark]:
        """All places to go back to, in the order of the journal: start, finished steps, named."""
        start = [Mark(name="start", seq=1, at=self.created)] if self.created else []
        finished = [
            Mark(name=f"after {step.id}", seq=step.outcome_seq, at=step.ended, step=step.id)
            for step in self.steps.values()
            if step.state == "succeeded" and step.ended is not None
        ]
        return sorted([*start, *finished, *self.checkpoints], key=lambda mark: mark.seq)

    def fixed(self) -> dict[str, str]:
        """Give the steps that cannot be edited, each with the reason."""
        words = {"running": "being done", "in_doubt": "in doubt"}
        return {
            step.id: words.get(step.state, f"finished ({step.state})")
            for step in self.steps.values()
            if (step.final and step.state not in ("failed", "denied")) or step.state in words
        }

    def snapshot(self) -> RunView:
        """Give a copy that later events leave alone."""
        copy = self.model_copy()
        for name in ("steps", "requests", "allowances", "usage", "errors", "limits"):
            setattr(copy, name, dict(getattr(self, name)))
        for name in ("revisions", "checkpoints", "retired"):
            setattr(copy, name, list(getattr(self, name)))
        copy.reindex()
        return copy

    # -- for `fold` only ---------------------------------------------------------------------

    def put_step(self, step: StepView, event: str, **changes: Any) -> None:
        """Move a step on by an event and keep the indexes true."""
        state = next_step_state(step.state, event)
        self._counts[step.state] -= 1
        self._counts[state] += 1
        self.steps[step.id] = step.model_copy(update={**changes, "state": state})
        if state == "ready":
            self._ready[step.id] = None
        else:
            self._ready.pop(step.id, None)
        if state == "running":
            self._running.add(step.id)
        else:
            self._running.discard(step.id)
        if state in SATISFIED and step.state not in SATISFIED:
            for later in self._dependents.get(step.id, ()):
                self._unmet[later] -= 1
                if self._unmet[later] == 0 and self.steps[later].state == "pending":
                    self.put_step(self.steps[later], NEEDS_MET)

    def put_request(self, request: RequestView) -> None:
        """Store a request and keep the index of open ones true."""
        self.requests[request.id] = request
        if request.state == "open":
            self._open[request.id] = None
        else:
            self._open.pop(request.id, None)

    def put_plan(self, plan: Plan) -> None:
        """Take over a revision: keep what is known of its steps, begin the new ones."""
        self.retired += [old for old in self.steps if old not in plan.by_id]
        self.steps = {
            step.id: self.steps.get(step.id) or StepView(id=step.id) for step in plan.steps
        }
        self.plan = plan
        self.reindex()
        for step in list(self.steps.values()):
            unmet = self._unmet[step.id]
            if unmet == 0 and step.state == "pending":
                self.put_step(step, NEEDS_MET)
            elif unmet and step.state in ("ready", "asking"):
                self.put_step(step, NEEDS_CHANGED)

    def reindex(self) -> None:
        """Derive all indexes from plan, steps and requests."""
        needs = self.plan.needs if self.plan else {}
        self._dependents = dependents(needs)
        self._unmet = {
            step: sum(self.steps[n].state not in SATISFIED for n in before if n in self.steps)
            for step, before in needs.items()
        }
        self._ready = {step.id: None for step in self.steps.values() if step.state == "ready"}
        self._running = {step.id for step in self.steps.values() if step.state == "running"}
        self._counts = Counter(step.state for step in self.steps.values())
        self._open = {name: None for name, r in self.requests.items() if r.state == "open"}
