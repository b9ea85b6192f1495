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


class StepDenied(StepEvent):
    """The call was refused, by the policy or a person, and nothing was done."""

    kind: Literal["step.denied"] = "step.denied"
    by: Author
    reason: str
