"""Events of what is looked at and decided: verdicts of checks, decisions, drift of the harness."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.events.base import Author, Event


class VerdictAsked(Event):
    """A verifying model was asked about an output."""

    kind: Literal["verdict.asked"] = "verdict.asked"
    step: str | None = None
    """None: about the result of the run."""
    by: str
    criterion: str


class VerdictGiven(Event):
    """A check that is more than a look at the value said what it found.

    Of a step before its outcome is recorded, of the result of the run before it ends.
    """

    kind: Literal["verdict.given"] = "verdict.given"
    step: str | None = None
    """None: the result of the run."""
    ok: bool
    why: str = ""
    by: str
    """What was looked with: `schema`, the name of a tool or a query, or the label of a model."""
    usage: dict[str, float] = Field(default_factory=dict)
    """Amounts by unit, of a model that was asked."""
    duration_s: float = 0.0
    revision: str = ""
    """Of the result: digest of the revision that made it; of another one nothing is said."""


class DecisionMade(Event):
    """The planner or a person decided something that later decisions must agree with."""

    kind: Literal["decision.made"] = "decision.made"
    by: Author
    subject: str
    choice: str
    why: str = ""
    contradicts: int = 0
    """Place of the earlier decision on the same subject that it goes against; 0: none."""


class SpecDrifted(Event):
    """The run goes on under another specification than the one that it was made with."""

    kind: Literal["spec.drifted"] = "spec.drifted"
    parts: dict[str, tuple[str, str]]
    """Part to its digest then and now; empty: there is no such part."""
