"""The state of one run, folded from its events."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict

from workbench.events.authority import Autonomy
from workbench.events.run import Mode, OnFailure, RunKind
from workbench.grants import Rule
from workbench.plan import Check, Plan, Replan
from workbench.states import (
    NEEDS_MET,
    RUN_FINAL,
    RunState,
    StepState,
    next_step_state,
)
from workbench.tools.effect import REPEATABLE
from workbench.values import Stored
from workbench.view.authority import Held
from workbench.view.index import SATISFIED, Index, lets_go
from workbench.view.models import ModelCall, Shown
from workbench.view.parts import (
    Allowance,
    BreakerView,
    Decided,
    Judged,
    Left,
    Mark,
    Note,
    RequestView,
    Resource,
    Revision,
    Rollback,
    StepView,
)

OBSERVED: frozenset[StepState] = frozenset({"succeeded", "failed", "denied"})
"""Ends of a step from which something can be learned."""
SCHEMA_VERSION = 2
"""Raised whenever a field of the view changes its meaning, for who reads it as JSON."""


class RunView(BaseModel):
    """Everything that is true of a run after event `seq`, documented to be read as JSON.

    `fold` is the only writer. Steps are replaced, never changed in place, so `snapshot` is cheap.
    """

    model_config = ConfigDict(extra="forbid")

    schema_version: int = SCHEMA_VERSION
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
    run_kind: RunKind = "work"
    undoes: str = ""
    """Of a run that undoes: the run whose effects it takes back."""
    to: int = 0
    """Of a run that undoes: the place in that run's journal that it goes back to."""
    rollbacks: list[Rollback] = []
    """Times that the run was taken back to an earlier place, the oldest first."""
    tools: dict[str, str] = {}
    """Digest of each tool, as last accepted."""
    sources: dict[str, str] = {}
    schemas: dict[str, str] = {}
    mode: Mode = "background"
    mode_why: str = ""
    priority: int = 0
    pace: dict[str, float] = {}
    """The run's own limit of calls; empty: none."""
    within_s: float | None = None
    """Seconds that the run may take each time that it is started or resumed."""
    granted_s: float | None = None
    """Seconds of `active_s` after which its time is used up."""
    seed: int | None = None
    """What the seeds of its steps are made of; None: of its id."""
    notify: bool = False
    """Whether somebody asked to be told of its end."""
    delivered: str = ""
    """Id of the end that they were told of; empty: not yet."""
    state: RunState = "queued"
    by: str = ""
    """Who paused, resumed or stopped it last."""
    reason: str = ""
    abandoning: bool = False
    """Whether the stop that is under way is an abandon."""
    fork_of: str = ""
    """The run that it shares its beginning with; empty: none."""
    fork_at: int = 0
    """Place in the journal of that run up to which it shares it."""
    fork_behind: tuple[str, ...] = ()
    """Steps of that run that had changed the world behind the place when the fork was made."""
    used_before: dict[str, float] = {}
    """Of a fork: what that run had spent by then, by unit; it is part of `usage`."""
    host: str = ""
    """Process that drives or drove it last."""
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    end_seq: int = 0
    """Place of the event that ended it; 0: it has not ended."""
    plan: Plan | None = None
    revisions: list[Revision] = []
    steps: dict[str, StepView] = {}
    """By id, of the current plan, in its order."""
    sealed: dict[str, int] = {}
    """Number of finished steps by state that were left out; empty: this view is whole."""
    retired: list[str] = []
    """Ids of steps that an edit took out of the plan."""
    left: list[Left] = []
    """Calls that may have happened, of steps that were then removed, changed or skipped; and those
    of the run that this one is a fork of."""
    requests: dict[str, RequestView] = {}
    environment: str = ""
    """Where it acts, as "test" or "prod"; empty: nobody said."""
    autonomy: Autonomy = "risk"
    """How much it does without asking."""
    grants: dict[str, Held] | None = None
    """Its rights by id; None: it was not given rights one by one."""
    closed: bool = False
    """Whether it was given rights one by one at its start: nothing else is asked about."""
    rules: tuple[Rule, ...] = ()
    """Rules of this run alone."""
    authority_seq: int = 0
    """Place of the last change of its rights or its autonomy."""
    allowances: dict[str, str] = {}
    """Tools that the person allowed for the whole run, with who did."""
    limited: dict[str, Allowance] = {}
    """Tools that the person allowed for the whole run within limits."""
    usage: dict[str, float] = {}
    resources: dict[str, Resource] = {}
    """Versions of what the steps write, by key, as the run saw them last."""
    begun: int = 0
    """Attempts begun; counted only while there is a limit of `steps`."""
    repeated: dict[str, int] = {}
    """Attempts by tool and digest of arguments; only while there is a limit of `repeats`."""
    active_s: float = 0.0
    """Seconds in which the run was planning or running, up to `active_since`."""
    active_since: datetime | None = None
    """Since when it is planning or running; None: it is not."""
    checkpoints: list[Mark] = []
    """Named ones; the start and every finished step are places too, see `marks`."""
    unplanned: int = 0
    """Calls that were made during the call of a step, and that the plan does not have."""
    planner_calls: int = 0
    metered: dict[str, dict[str, float]] = {}
    """What calls of models took since the planner, or a check of a step, was last asked: by step
    (empty: the planner, or the check of the result) and unit."""
    model_calls: int = 0
    """Calls of models so far."""
    models: dict[int, ModelCall] = {}
    """Calls of models that have no answer yet, by number."""
    shortened: dict[str, Shown] = {}
    """Pieces of the context that models are shown shortened, by name."""
    replanning: Replan | None = None
    """When the planner is asked again; None: after failures, where `on_failure` says so."""
    replans: int = 0
    """Times that it was asked after the first plan."""
    observed: int = 0
    """Steps that have ended since it last said what to do; counted only with a policy."""
    futile: int = 0
    """Proposals in a row that changed nothing real."""
    kept: int = 0
    """Failed or denied steps that it has seen, and left as they are."""
    asked_seq: int = 0
    """Place where it was asked last."""
    wanted_seq: int = 0
    """Place of what `replan` says."""
    notes: list[Note] = []
    """What persons said about the plan."""
    decisions: list[Decided] = []
    """The decision log, the oldest first."""
    done: Check | None = None
    """What the result must satisfy, so that the run is done; None: nothing."""
    verdict: Judged | None = None
    """What the completion check said last; None: it was not asked since the plan changed."""
    judged: dict[str, Judged] = {}
    """What the checks said of each step's last output."""
    spec: dict[str, str] = {}
    """Digest of each part of the specification that the run was made with."""
    drifted: dict[str, str] = {}
    """Parts of it that were others when the run went on later, with their digest then."""
    breakers: dict[str, BreakerView] = {}
    """Tools whose last calls failed, with the state of their breaker."""
    submitted: dict[str, datetime] = {}
    """Running steps whose work goes on outside, with the time of its submission."""
    moved: datetime | None = None
    """When the run last came forward."""
    stalled: str = ""
    """What goes on although nothing comes forward; empty: the run does not stall."""
    replan: str = ""
    """Why another plan is wanted; empty: none is."""
    review: bool = False
    """Whether a person wants to look at what the planner answers before the run goes on."""
    held: bool = False
    """Whether it is paused for them to look at the revision that came of it."""
    result: Stored | None = None
    verified: bool | None = None
    """Whether the completion check accepted the result; None: there is none, or not yet."""
    errors: dict[str, str] = {}
    remains: dict[str, Any] = {}
    """After a stop: what happened, what was in flight, what will not happen."""

    @cached_property
    def index(self) -> Index:
        """What is derived from plan, steps and requests; kept true by `fold`."""
        return Index(
            self.plan, self.steps, self.requests, self.sealed, undoing=self.run_kind == "undo"
        )

    @property
    def final(self) -> bool:
        """Whether the run has ended."""
        return self.state in RUN_FINAL

    @property
    def rollback(self) -> Rollback | None:
        """The rollback that is under way; None: none is."""
        last = self.rollbacks[-1] if self.rollbacks else None
        return last if last is not None and last.ended is None else None

    @property
    def planned(self) -> dict[str, float]:
        """What calls of models took since the planner was last asked, by unit."""
        return self.metered.get("", {})

    @property
    def ready(self) -> list[str]:
        """Steps that may start now, in the order in which they became ready."""
        return list(self.index.ready)

    @property
    def quorums(self) -> dict[str, int]:
        """Steps that need only so many of those that they wait for; empty for most plans."""
        return self.index.quorum

    def missing(self, step: str) -> int:
        """Give how many more steps must be done before this one is ready; 0 or less: none."""
        return self.index.unmet[step]

    def needed_by(self, step: str) -> list[str]:
        """Give the steps that wait for this one."""
        return list(self.index.dependents.get(step, ()))

    @property
    def in_flight(self) -> list[str]:
        """Steps that have an intent and no outcome."""
        return sorted(self.index.running)

    @property
    def open_requests(self) -> list[RequestView]:
        """Requests that wait for the person, oldest first."""
        return [self.requests[name] for name in self.index.open]

    @property
    def counts(self) -> dict[str, int]:
        """Number of steps by state."""
        return {state: count for state, count in self.index.counts.items() if count}

    def count(self, state: StepState) -> int:
        """Give the number of steps in one state."""
        return self.index.counts.get(state, 0)

    @property
    def shared(self) -> list[str]:
        """Steps that another run has done, and that this one, a fork, shares."""
        return [step.id for step in self.steps.values() if step.shared]

    @property
    def shared_effects(self) -> list[str]:
        """Shared steps whose calls changed the world: only the run that made them can undo it."""
        return [s.id for s in self.steps.values() if s.shared_effect not in (None, *REPEATABLE)]

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

    @property
    def total(self) -> int:
        """Number of steps of the plan."""
        return len(self.steps) + sum(self.sealed.values())

    def fixed(self) -> dict[str, str]:
        """Give the steps that cannot be edited, each with the reason."""
        words = {"running": "being done", "in_doubt": "in doubt"}
        return {
            step.id: words.get(step.state, f"finished ({step.state})")
            for step in self.steps.values()
            if (step.final and step.state not in ("failed", "denied", "undone"))
            or step.state in words
        }

    def snapshot(self) -> RunView:
        """Give a copy that later events leave alone."""
        copy = self.model_copy()
        for name in (
            "steps", "requests", "allowances", "usage", "errors", "limits", "sealed", "repeated",
            "resources", "limited", "models", "shortened", "judged",
        ):  # fmt: skip
            setattr(copy, name, dict(getattr(self, name)))
        copy.breakers, copy.submitted = dict(self.breakers), dict(self.submitted)
        for name in (
            "revisions", "checkpoints", "retired", "left", "rollbacks", "notes", "decisions",
        ):  # fmt: skip
            setattr(copy, name, list(getattr(self, name)))
        copy.reindex()
        return copy

    # -- for `fold` only ---------------------------------------------------------------------

    def put_step(self, step: StepView, event: str, **changes: Any) -> None:
        """Move a step on by an event and keep the index true."""
        state, index = next_step_state(step.state, event), self.index
        moved = self.steps[step.id] = step.moved(changes, state)
        if self.replanning is not None and state in OBSERVED and event != "step.shared":
            self.observed += step.state not in OBSERVED
        index.move(step.id, step.state, state)
        if index.undoing:
            satisfied = lets_go(moved) and not lets_go(step)
        else:
            satisfied = state in SATISFIED and step.state not in SATISFIED
        if satisfied:
            for later in index.dependents.get(step.id, ()):
                if state != "succeeded" and later in index.quorum:
                    continue
                index.unmet[later] -= 1
                if index.unmet[later] == 0 and self.steps[later].state == "pending":
                    self.put_step(self.steps[later], NEEDS_MET)

    def put_request(self, request: RequestView) -> None:
        """Store a request and keep the index of open ones true."""
        index = self.index
        self.requests[request.id] = request
        if request.state == "open":
            index.open[request.id] = None
        else:
            index.open.pop(request.id, None)

    def reindex(self) -> None:
        """Derive the index from plan, steps and requests."""
        self.__dict__.pop("index", None)
