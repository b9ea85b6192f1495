"""Events that finish a step without a call."""

from __future__ import annotations

from typing import Literal

from workbench.events.base import Author, StepEvent
from workbench.values import Stored


class StepSkipped(StepEvent):
    """The step will not run; what waits for it goes on."""

    kind: Literal["step.skipped"] = "step.skipped"
    by: Author
    reason: str = ""


class StepGiven(StepEvent):
    """A person gave the output; the step counts as done."""

    kind: Literal["step.given"] = "step.given"
    by: Author
    output: Stored


class StepTimedOut(StepEvent):
    """A step used up the time for all its attempts; the next event says what became of it."""

    kind: Literal["step.timed_out"] = "step.timed_out"
    limit_s: float
    """Seconds from the first attempt on: `within_s` of the step."""
    attempts: int
    """Attempts that were begun."""


class StepDenied(StepEvent):
    """The call was refused, by the policy or a person, and nothing was done."""

    kind: Literal["step.denied"] = "step.denied"
    by: Author
    reason: str
    replan: bool = False
    """Whether the planner is asked for another way because of it."""
    review: bool = False
    """Whether the run is held once the planner has answered, to be looked at."""
