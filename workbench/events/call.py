"""Events of one attempt to call a tool: the intent before it, the outcome after it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from workbench.events.base import Author, StepEvent
from workbench.tools.effect import Effect
from workbench.values import Stored

ErrorClass = Literal[
    "", "transient", "bad_output", "missing_capability", "budget", "permission", "fatal"
]
"""What kind of failure it was, which decides what follows; empty: written before there were any."""


Level = Literal["accepted", "performed", "confirmed"]
"""How sure it is that a call has done its work: the tool has returned; its output passed a check;
the world was asked and says so."""


class CallIntended(StepEvent):
    """The call is about to be made; on disk before it touches the world."""

    kind: Literal["call.intended"] = "call.intended"
    attempt: int
    turn: int = 1
    """Of a step that repeats, from 1; attempts count within it."""
    tool: str
    effect: Effect
    args: Stored
    """The arguments with all references resolved; live values by summary."""
    args_digest: str
    """SHA-256 of the exact arguments; not written where `args` itself stands in the event."""
    key: str
    """Idempotency key."""
    allowed_by: str = ""
    """The rule, grant or answer that allowed it."""
    spend: dict[str, float] = Field(default_factory=dict)
    """Reserved by unit."""
    undo: str | None = None
    """Name of the registered undo; with `args`, `undo_args` and `before` it has all that it needs.
    """
    undo_args: dict[str, Stored] = Field(default_factory=dict)
    """Exact values that the undo needs and `args` does not give back, by their place in `args`."""
    before: Stored | None = None
    """What `before` read: the image of what the call will overwrite."""
    not_undoable: str = ""
    """Why there is no undo although the tool has one: its image was too large, and the person
    allowed the call without; empty: there is."""


class CallSucceeded(StepEvent):
    """The tool returned and its output satisfied the check."""

    kind: Literal["call.succeeded"] = "call.succeeded"
    attempt: int
    output: Stored
    duration_s: float
    verified: bool | None = None
    """True: a check was passed; None: the step has none."""
    level: Level = "accepted"
    note: str = ""
    """Why the world could not say whether it happened; empty: it was not asked, or it did."""
    tries: int = 1
    """Requests that were sent, those inside a client library included; see `note_tries`."""

    @property
    def reached(self) -> Level:
        """The level, also of a call that was written before there were any."""
        return "performed" if self.verified and self.level == "accepted" else self.level


class CallFailed(StepEvent):
    """The step failed for good: the tool raised, or its output did not satisfy the check."""

    kind: Literal["call.failed"] = "call.failed"
    attempt: int
    error: str
    error_type: str = ""
    error_class: ErrorClass = ""
    happened: bool | None = None
    """Whether the effect took place: False for sure not, True for sure, None when not known."""
    duration_s: float = 0.0
    output: Stored | None = None
    """What it returned, when that did not satisfy the check: evidence, and no output."""
    tries: int = 1
    faults: tuple[dict[str, str], ...] = ()
    """Of arguments that did not fit the tool: `path` in its schema and `message` of each fault."""


class CallRetrying(StepEvent):
    """The attempt failed and another one follows."""

    kind: Literal["call.retrying"] = "call.retrying"
    attempt: int
    error: str
    error_type: str = ""
    error_class: ErrorClass = ""
    wait_s: float
    duration_s: float = 0.0
    tries: int = 1
    unsure: bool = False
    """Whether its effect may have happened; then the key makes another attempt harmless."""


class CallTimedOut(StepEvent):
    """One attempt took longer than it may; what became of it is said by the next event."""

    kind: Literal["call.timed_out"] = "call.timed_out"
    attempt: int
    limit_s: float
    """Seconds that one attempt may take: `timeout_s` of the step or of its tool."""
    of: str = ""
    """Who says so: `step` or `tool`."""


class CallSubmitted(StepEvent):
    """The tool has started work outside; on disk before it is asked about for the first time."""

    kind: Literal["call.submitted"] = "call.submitted"
    attempt: int
    handle: Stored
    """What names the work outside."""
    wait_s: float = 0.0
    """Seconds until the first poll."""


class CallPolled(StepEvent):
    """The work outside was asked about, and is not done yet."""

    kind: Literal["call.polled"] = "call.polled"
    attempt: int
    polls: int
    """Polls of this attempt so far."""
    wait_s: float
    """Seconds until the next one."""
    progress: float | None = None
    """Share that is done, from 0 to 1; None: the tool does not say."""
    error: str = ""
    """Why the poll got no answer; empty: it got one."""


class CallCancelled(StepEvent):
    """The attempt was ended, or lost in a crash, before it could do anything: it may run again."""

    kind: Literal["call.cancelled"] = "call.cancelled"
    attempt: int
    why: str


class CallDoubted(StepEvent):
    """Nobody knows whether it happened: a timeout, or a crash between intent and outcome."""

    kind: Literal["call.doubted"] = "call.doubted"
    attempt: int
    why: str
    stuck: bool = False
    """Of an undo: it was tried and failed, so it is not tried again before a person says so."""


class CallConfirmed(StepEvent):
    """A doubt was settled: it happened."""

    kind: Literal["call.confirmed"] = "call.confirmed"
    by: Author
    output: Stored
    evidence: dict[str, Any] = Field(default_factory=dict)


class CallUnplanned(StepEvent):
    """During the call of a step a tool was called that the plan does not have there."""

    kind: Literal["call.unplanned"] = "call.unplanned"
    tool: str
    effect: Effect
    args_digest: str = ""
    """Of its arguments; empty when they cannot be written down."""
    count: int = 1
    """Calls; those of one pure or read tool are added up from the second on."""
    refused: bool = False
    """True: it was not made."""


class CallRefuted(StepEvent):
    """A doubt was settled: it did not happen, or the key makes it harmless to run it again."""

    kind: Literal["call.refuted"] = "call.refuted"
    by: Author
    why: str = ""
