"""Events of a run as a whole."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from workbench.events.authority import Autonomy
from workbench.events.base import Author, Event
from workbench.grants import Grant, Rule
from workbench.plan import Check, Replan
from workbench.values import Stored

OnFailure = Literal["stop", "continue", "pause", "replan", "undo"]
"""What a failed step does to the rest: stop all; let independent branches go on, then fail; let
them go on, then pause for the person; ask the planner for another plan; stop all, and take back
what was done."""

RunKind = Literal["work", "undo"]
"""What a run is for: to reach its goal, or to take back what another run has done."""


Mode = Literal["background", "inline", "detached"]
"""Where a run is carried out: in the process that started it, which waits for it or not, or in a
process of its own. Every run is durable, in every mode."""


class RunCreated(Event):
    """A person or a program asked for the run; always the first event."""

    kind: Literal["run.created"] = "run.created"
    goal: str
    key: str | None = None
    """Given by the caller; the same key names the same run."""
    agent: str = "agent"
    on_behalf_of: str = ""
    limits: dict[str, float] = Field(default_factory=dict)
    """Budget by unit."""
    on_failure: OnFailure = "stop"
    done: Check | None = None
    """What the result must satisfy, so that the run is done; None: nothing is looked at."""
    spec: dict[str, str] = Field(default_factory=dict)
    """Digest of each part of its specification: prompt, tools, policy, budget, …"""
    spec_text: dict[str, Any] = Field(default_factory=dict)
    """The parts in full; of the tools there are digests only, in `schemas`."""
    replan: Replan | None = None
    """When the planner is asked again; None: after failures, where `on_failure` says so."""
    tools: dict[str, str] = Field(default_factory=dict)
    """Digest of each tool's source and schema at the start."""
    mode: Mode = "background"
    mode_why: str = ""
    """Why that mode was chosen; empty: the caller said so, or said nothing."""
    priority: int = 0
    """Among runs that wait for the same place: the higher, the earlier."""
    pace: dict[str, float] = Field(default_factory=dict)
    """The run's own limit of calls: `in_flight`, `per_s`."""
    within_s: float | None = None
    """Seconds that the run may take; waiting for a person and pauses do not count."""
    seed: int | None = None
    """What the seeds of its steps are made of; None: of its id, as in older journals."""
    notify: bool = False
    """Whether somebody asked to be told of its end; see `notice.delivered`."""
    sources: dict[str, str] = Field(default_factory=dict)
    """Digest of each tool's source alone; empty in older journals, and for one without source."""
    schemas: dict[str, str] = Field(default_factory=dict)
    """Digest of each tool's effect and schema alone; empty in older journals."""
    environment: str = ""
    """Where it acts, as "test" or "prod"; empty: nobody said."""
    autonomy: Autonomy = "risk"
    grants: dict[str, Grant] | None = None
    """Its rights by id; None: it was not given rights one by one."""
    rules: tuple[Rule, ...] = ()
    """Rules of this run alone."""
    parent: str = ""
    """The run whose call has started it: it has no more rights than that one."""
    fork_of: str = ""
    """The run that it shares its beginning with; empty: none."""
    fork_at: int = 0
    """Place in the journal of that run up to which it shares it."""
    fork_behind: tuple[str, ...] = ()
    """Steps of that run that changed the world behind the place: this run asks nothing about them;
    empty in older journals."""
    used: dict[str, float] = Field(default_factory=dict)
    """What that run had used by then, by unit: the limits of this one go on counting from there."""
    run_kind: RunKind = "work"
    undoes: str = ""
    """Of a run that undoes: the run whose effects it takes back."""
    to: int = 0
    """Of a run that undoes: the place in that run's journal that it goes back to."""


class RunPlanning(Event):
    """The planner was asked for a plan."""

    kind: Literal["run.planning"] = "run.planning"
    planner: str


class RunStarted(Event):
    """There is a sound plan and the run may act."""

    kind: Literal["run.started"] = "run.started"


class RunPaused(Event):
    """From here on no new call starts; it holds across a restart."""

    kind: Literal["run.paused"] = "run.paused"
    by: Author
    reason: str = ""
    held: bool = False
    """Whether it is held for a person who wants to look at the revision that was just made."""


class RunResumed(Event):
    """The run goes on: the person said so, or what it waited for was answered."""

    kind: Literal["run.resumed"] = "run.resumed"
    by: Author
    within_s: float | None = None
    """Seconds that were granted anew, after the run had used up its time."""


class RunTimedOut(Event):
    """The run used up its time; it is paused, and calls in flight are being ended."""

    kind: Literal["run.timed_out"] = "run.timed_out"
    limit_s: float
    """Seconds that it was given: `within_s` of the run."""
    took_s: float


class RunWaiting(Event):
    """Nothing can go on before a person answers; nothing is held meanwhile."""

    kind: Literal["run.waiting"] = "run.waiting"


class LimitRaised(Event):
    """The person changed a limit of the run's budget."""

    kind: Literal["limit.raised"] = "limit.raised"
    unit: str
    to: float
    before: float
    """The limit until then."""
    by: Author


class RunStopping(Event):
    """A stop or abandon was ordered; calls in flight are being ended."""

    kind: Literal["run.stopping"] = "run.stopping"
    by: Author
    reason: str = ""
    abandon: bool = False


class RunSucceeded(Event):
    """Every step is done, skipped or was refused with "continue"."""

    kind: Literal["run.succeeded"] = "run.succeeded"
    result: Stored
    verified: bool | None = None
    """Whether the completion check accepted it; None: the run has none."""


class RunFailed(Event):
    """The run cannot reach its goal."""

    kind: Literal["run.failed"] = "run.failed"
    errors: dict[str, str]
    """Step id to its error; the empty id stands for the run itself."""


class Remains(Event):
    """What a stop leaves behind; the three lists together are all steps."""

    kind: str
    happened: tuple[str, ...] = ()
    """Steps that were finished."""
    in_flight: dict[str, str] = Field(default_factory=dict)
    """Steps that were being done, and how they ended."""
    not_begun: tuple[str, ...] = ()
    """Steps that will not happen."""


class RunStopped(Remains):
    """The run was stopped; its outputs stay readable."""

    kind: Literal["run.stopped"] = "run.stopped"


class RunAbandoned(Remains):
    """The run was given up as pointless, with the reason."""

    kind: Literal["run.abandoned"] = "run.abandoned"
    reason: str
