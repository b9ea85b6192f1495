"""Events of a fork: what it shares with the run that it was made of, and what it must know of it.

They are written once, in the transaction that makes the fork.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.events.base import Author, Event, StepEvent
from workbench.tools.effect import Effect
from workbench.values import Stored


class StepShared(StepEvent):
    """The step is done: another run has done it, and this one made no call."""

    kind: Literal["step.shared"] = "step.shared"
    run: str
    """The run that has done it; there, and nowhere else, it can be undone."""
    seq: int
    """Place of its outcome in the journal of that run."""
    output: Stored
    """The same value, and the same artifact."""
    tool: str = ""
    """The tool that was called; empty: it was finished without a call."""
    effect: Effect | None = None
    args_digest: str = ""
    key: str = ""
    """Idempotency key of that call."""
    spend: dict[str, float] = Field(default_factory=dict)
    """What the call took; it is part of `used` of the fork."""
    verified: bool | None = None
    by: Author = ""
    """Who finished it, when it was not the call itself."""


class CallLeft(Event):
    """A call of the other run has happened, or may have, and this run may be about to repeat it."""

    kind: Literal["call.left"] = "call.left"
    step: str
    """Id of the step in the plan of that run."""
    run: str
    """The run that made it."""
    tool: str
    args_digest: str
    why: str
    """What became of it, in words."""
    output: Stored | None = None
    """What it returned; None: nobody knows."""
