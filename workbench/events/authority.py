"""Events of rights: what a run was given, what was taken away, and what was refused for now."""

from __future__ import annotations

from typing import Literal

from workbench.events.base import Author, Event, StepEvent
from workbench.grants import Grant

Autonomy = Literal["ask", "risk", "irreversible", "read_only"]
"""How much a run does without asking: nothing, what its risk class allows, all but what cannot be
undone, or nothing but reading."""


class GrantGiven(Event):
    """The run was given a right; a step takes it for its call and lets go of it when it ends."""

    kind: Literal["grant.given"] = "grant.given"
    grant: str
    """Its id."""
    right: Grant
    by: Author
    surface: str = ""


class GrantRevoked(Event):
    """A right was taken away: it acts on the next call."""

    kind: Literal["grant.revoked"] = "grant.revoked"
    grant: str
    by: Author
    reason: str = ""


class AutonomyChanged(Event):
    """The person said how much the run does without asking."""

    kind: Literal["autonomy.changed"] = "autonomy.changed"
    to: Autonomy
    before: Autonomy
    by: Author


class CallRefused(StepEvent):
    """A call was not made: a freeze, or a right that is gone. The step stays as it is."""

    kind: Literal["call.refused"] = "call.refused"
    tool: str
    args_digest: str
    by: Author
    reason: str
