"""One node of a plan: a tool with arguments, what it waits for, and how its output is checked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from pydantic import Field, field_serializer, field_validator

from workbench.ids import chance, digest
from workbench.plan.argument import Ref, find_refs, from_argument, to_arguments
from workbench.plan.base import Frozen
from workbench.plan.criterion import Check
from workbench.values import Stored

ID_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.\-]{0,63}$"
"""Step ids: letters, digits, underscore, dot, dash; at most 64 characters."""


class Retry(Frozen):
    """How often a failing call is tried, and how long to wait in between."""

    attempts: int = Field(default=1, ge=1, le=100)
    """Attempts in total, the first included."""
    wait_s: float = Field(default=0.5, ge=0)
    """Seconds before the second attempt."""
    factor: float = Field(default=2.0, ge=1)
    """What each further wait is multiplied by."""
    max_wait_s: float = Field(default=30.0, ge=0)
    """Longest wait, in seconds."""
    jitter: float = Field(default=0.1, ge=0, le=1)
    """Share of each wait that is left to chance: at most so much shorter, so that many that failed
    together do not come back together."""

    def wait_before(self, attempt: int, seed: str = "") -> float:
        """Give the seconds to wait before attempt number `attempt` (2 is the first retry).

        The chance is drawn from `seed`, which names run, step and attempt, so that the same run
        waits alike when it is told again; without a seed nothing is left to chance.
        """
        wait = min(self.max_wait_s, self.wait_s * self.factor ** max(0, attempt - 2))
        return float(wait * (1 - self.jitter * chance(seed)) if seed else wait)


class Estimate(Frozen):
    """What a step is expected to take."""

    seconds: float | None = Field(default=None, ge=0)
    usd: float | None = Field(default=None, ge=0)


class Repeat(Frozen):
    """A bounded loop: the step's tool is called again until its output is good enough.

    Each turn is a call of its own: it is decided, paid for and journaled like any other, and has an
    idempotency key of its own.
    """

    until: Check
    """What the output must satisfy; the step succeeds with the first that does."""
    at_most: int = Field(ge=1, le=1000)
    """Turns in total; after the last the step fails, and says what was not good enough."""
    carry: str | None = None
    """From the second turn on, this argument of the tool is the output of the turn before."""


class Undoes(Frozen):
    """Which effect an undo takes back, by places in the journal of the run that made it."""

    intent: int
    outcome: int = 0
    """0: nobody knows what became of the call."""


class Step(Frozen):
    """One tool call of a plan."""

    id: str = Field(pattern=ID_PATTERN)
    tool: str
    """Name of a registered tool."""
    args: dict[str, Any] = Field(default_factory=dict)
    """Arguments by name: JSON values, and references anywhere among them."""
    after: tuple[str, ...] = ()
    """Ids of steps to wait for, beside those that the arguments refer to."""
    title: str = ""
    """What it does, in plain words; shown instead of the id."""
    why: str = ""
    """The reason for it, or the words of the goal that asked for it."""
    check: Check | None = None
    retry: Retry | None = None
    """Overrides the tool's own; within a turn, when the step repeats."""
    repeat: Repeat | None = None
    """Call it again until its output is good enough."""
    timeout_s: float | None = Field(default=None, gt=0)
    """Seconds that one attempt may take; overrides the tool's own."""
    within_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Seconds that all attempts may take with the waits between them, from the first one on; time
    in which the run is paused or waits for a person does not count."""
    quorum: int | None = None
    """How many of the steps that it waits for must succeed; None: all. Then it starts, what the
    others were for is skipped or cancelled, and references to them give None."""
    estimate: Estimate | None = None
    ask: bool = False
    """Ask the person before this step, whatever the policy says."""
    skip: bool = False
    """Do not run it; what waits for it goes on."""
    output: Stored | None = None
    """An output given by the person; the step counts as done with it."""
    undoes: Undoes | None = None
    """Of a step of a rollback: what it takes back. Its values come from the journal, not from
    `args`, which only show them."""

    @field_validator("args", mode="before")
    @classmethod
    def _normalise(cls, args: Any) -> Any:
        return to_arguments(args)

    @field_serializer("args")
    def _serialise(self, args: dict[str, Any]) -> dict[str, Any]:
        return {name: from_argument(value) for name, value in args.items()}

    @cached_property
    def digest(self) -> str:
        """The SHA-256 that names this content."""
        return digest(self.model_dump(mode="json", exclude_defaults=True))

    @cached_property
    def refs(self) -> tuple[Ref, ...]:
        """All references among the arguments."""
        return tuple(find_refs(self.args))

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """Ids of all steps that must be done before: `after`, then the references, each once."""
        return tuple(dict.fromkeys((*self.after, *(r.step for r in self.refs))))

    @property
    def name(self) -> str:
        """What people read: the title, or the id."""
        return self.title or self.id

    def __eq__(self, other: object) -> bool:
        """Compare by content as JSON has it: 1, 1.0 and True are three different arguments."""
        return self is other or (isinstance(other, Step) and self.digest == other.digest)

    def __hash__(self) -> int:
        """Hash by content."""
        return hash(self.digest)


def checks_of(step: Step) -> Iterator[tuple[str, Check]]:
    """Give the checks of a step, each with its place in it."""
    if step.check is not None:
        yield "check", step.check
    if step.repeat is not None:
        yield "repeat.until", step.repeat.until
