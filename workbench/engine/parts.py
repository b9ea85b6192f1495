"""What an engine is made of; every part can be replaced and tested alone."""

from __future__ import annotations

import os
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict

from workbench.budget import Cap
from workbench.capture import Bounds, Capturer
from workbench.clock import Clock, SystemClock
from workbench.commands import Command
from workbench.credentials import Keyed, Lookup
from workbench.engine.admission import Admission
from workbench.engine.gates import Limits
from workbench.engine.standing import Standing
from workbench.executor import LocalExecutor
from workbench.gate import Gates
from workbench.journal import Journal
from workbench.journal.lease import LEASE_S
from workbench.models import Model
from workbench.planner import Planner
from workbench.policy import Decider, Policy, Rights
from workbench.tools import Limit, Registry
from workbench.values import Stored

if TYPE_CHECKING:
    from workbench.engine.hooks import Hooks
    from workbench.engine.log import Log
    from workbench.events import Event, Record


def secret_from_environment(name: str) -> str | None:
    """Look a secret up among the environment's variables, by its name as written or in capitals."""
    return os.environ.get(name, os.environ.get(name.upper()))


class Played(Protocol):
    """A recording that a run is played again from."""

    def saw(self, log: Log, record: Record) -> None:
        """Take note of an event that was added; it may add others."""
        ...

    async def may_begin(self, step: str) -> bool:
        """Wait until it is a step's turn; False: it was not begun then."""
        ...

    def image(self, step: str) -> Stored | None:
        """Give the before-image that the next call of a step kept then; None: it kept none."""
        ...

    def look_ready(self, step: str) -> None:
        """Say again why an undo could not be made ready.

        Raises:
            Exception: what kept it then.
        """
        ...

    async def verdict(self, step: str | None, by: str, tell: Callable[[Event], None]) -> str | None:
        """Say again what a query or a model found wrong with an output; None: nothing.

        Raises:
            Exception: it could not say then.
        """
        ...


class Options(TypedDict, total=False):
    """What a workbench passes on to its engine as it is; see `Parts`."""

    in_flight: int
    active_runs: int | None
    request_expires_s: float | None
    on_unplanned: Literal["flag", "pause", "refuse"]
    lease_s: float
    stall_s: float | None
    variables: MutableMapping[str, Any] | None
    bounds: Bounds


@dataclass
class Parts:
    """The parts of one workbench's engine."""

    journal: Journal
    tools: Registry
    planner: Planner | None = None
    policy: Decider = field(default_factory=Policy)
    executor: LocalExecutor = field(default_factory=LocalExecutor)
    clock: Clock = field(default_factory=SystemClock)
    secrets: Keyed | Lookup = secret_from_environment
    in_flight: int = 32
    """Calls of one run at the same time."""
    request_expires_s: float | None = None
    """Seconds until an unanswered request counts as refused; None: never."""
    gates: Gates = "by_surface"
    """Whose approvals must keep to the form of their class."""
    stop_grace_s: float = 5.0
    """Seconds that a call which changes the world may still take after a stop."""
    on_unplanned: Literal["flag", "pause", "refuse"] = "flag"
    """What happens when the call of a step calls a tool that the plan does not have there."""
    lease_s: float = LEASE_S
    """Seconds after which another process may take over from one that gives no sign of life."""
    hooks: tuple[Hooks, ...] = ()
    """Who is told what happens."""
    stall_s: float | None = 300.0
    """Seconds without progress after which a busy run counts as stalled; None: never."""
    planner_calls: int = 8
    """Times that the planner is asked in one run at most."""
    active: int = 0
    """Calls that are being made now, of all runs."""
    verifier: Model | None = None
    """The model that looks at outputs with a criterion in words; never the one that plans."""
    limit: Limit | None = None
    """Limit of all calls of all runs together."""
    caps: tuple[Cap, ...] = ()
    """Limits of one call, and of what several runs spend; those of one run are in its journal."""
    rule_files: tuple[Path, ...] = ()
    """Files of rules that were read; those that they give are in `standing`."""
    active_runs: int | None = None
    """Runs that act at the same time; None: all."""
    control_requests: float = 0.0
    """Share of requests beside which a control is planted; see `engine.controls`."""
    rights: Rights = field(default_factory=Rights)
    """What the person and the agent may do at most."""
    attended: bool = True
    """Whether there is a person to ask; without one a question is a refusal."""
    attach: Callable[[str], None] = lambda _run: None
    """Lets a run be driven; the host says how."""
    errand: Callable[[str, Command], None] | None = None
    """Does for a run what the engine cannot; None: nobody does."""
    variables: MutableMapping[str, Any] | None = None
    """The notebook's variables, to be captured after each step; None: there are none."""
    bounds: Bounds = field(default_factory=Bounds)
    """How much a capture may take."""
    played: Played | None = None
    """Who says how it went, when a run is only played again."""
    capturer: Capturer | None = field(init=False)
    standing: Standing = field(init=False)
    """The rules that stand for every run of the journal."""
    limits: Limits = field(init=False)
    """What the runs share; one for each workbench."""
    admission: Admission = field(init=False)

    def __post_init__(self) -> None:
        """Make what the runs share."""
        self.limits = Limits(self.clock, self.limit)
        given = self.variables
        self.capturer = None if given is None else Capturer(given, self.bounds)
        self.standing = Standing(self.journal)
        self.admission = Admission(self.active_runs)
