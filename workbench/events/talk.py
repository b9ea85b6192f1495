"""Events of what a call says and asks while it is being made."""

from __future__ import annotations

from typing import Literal

from workbench.events.base import StepEvent
from workbench.tools.talking import Asked


class CallReported(StepEvent):
    """The tool said how far the call is; at most one a second is kept."""

    kind: Literal["call.reported"] = "call.reported"
    attempt: int
    progress: float | None = None
    """Share that is done, from 0 to 1; None: the tool does not say."""
    text: str = ""
    """In the tool's own words."""


class CallAsked(StepEvent):
    """The call ended with questions to the person; another one takes their answers along.

    Nothing waits in the meantime: the questions are opened one after the other, each as a request.
    """

    kind: Literal["call.asked"] = "call.asked"
    attempt: int
    questions: dict[str, Asked]
    """By the key under which the answer is sent back."""
    state: str = ""
    """What the other side wants to have back with the answers, as it gave it."""


class CallSampled(StepEvent):
    """During the call a model was asked on behalf of the other side, or that was refused.

    What it took is in the events about the model's own call.
    """

    kind: Literal["call.sampled"] = "call.sampled"
    attempt: int
    model: str
    outcome: Literal["answered", "refused", "failed"]
    why: str = ""
    """Why it was refused, or failed."""
    duration_s: float = 0.0
