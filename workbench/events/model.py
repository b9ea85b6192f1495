"""Events of one call of a language model: what it was asked, what came, and what that took."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.events.base import Event
from workbench.values import Stored


class ModelEvent(Event):
    """Something that happened to one call of a model."""

    number: int
    """Of the call within its run, from 1."""
    step: str | None = None
    """Id of the step that it is made for; None: for the plan."""


class ModelAsked(ModelEvent):
    """A model is about to be asked; on disk before anything is sent."""

    kind: Literal["model.asked"] = "model.asked"
    model: str
    """Its label."""
    purpose: str = "plan"
    """What it is asked for: `plan`, `repair`, `check`, or a word of who asks."""
    digest: str
    """SHA-256 of the exact request; a recording names it by the same."""
    request: Stored
    """The exact request: messages, schema, tools, limits. Never a secret."""
    zones: dict[str, int] = Field(default_factory=dict)
    """Tokens by zone of the context, reckoned before it was sent."""
    window: int | None = None
    """Tokens that the request may have at most; None: nobody said."""
    over_soft: bool = False
    """Whether it takes more than the soft cap although all was done to make it shorter."""
    reserved: dict[str, float] = Field(default_factory=dict)
    """What it takes at worst, by unit; without `usd` where the price is not known."""


class ModelWaiting(ModelEvent):
    """The request failed in a way that passes by itself, and will be sent again."""

    kind: Literal["model.waiting"] = "model.waiting"
    attempt: int
    """Of the request that failed; the first is 1."""
    fault: str
    """The class of the failure; see `workbench.models.ModelFault`."""
    error: str = ""
    wait_s: float


class ModelStreaming(ModelEvent):
    """A part of the answer has come; written at most once a second, and never longer than this."""

    kind: Literal["model.streaming"] = "model.streaming"
    characters: int
    """Of the answer so far."""
    tokens: int
    """Of the answer so far, reckoned from its characters."""
    tail: str = ""
    """The last characters that came."""


class ModelAnswered(ModelEvent):
    """The model has answered; what it says is untrusted text."""

    kind: Literal["model.answered"] = "model.answered"
    model: str
    """The exact model, as the provider names it."""
    reply: Stored
    """The whole answer: text, structured value, tool calls."""
    finish: Literal["stop", "length", "calls", "refusal"]
    usage: dict[str, float] = Field(default_factory=dict)
    """Amounts by unit, as the provider counted them: tokens_in, tokens_out, and usd where the price
    is known."""
    cached: int = 0
    """The part of `tokens_in` that the provider had in its cache."""
    attempts: int = 1
    """Requests that were sent."""
    duration_s: float = 0.0
    """With all waits."""
    first_s: float | None = None
    """Seconds until the first part of the answer; None: it came as a whole."""


class ModelFailed(ModelEvent):
    """The call has come to no answer."""

    kind: Literal["model.failed"] = "model.failed"
    fault: str
    """The class of the failure; or `cancelled`; or `lost`, when its process ended; or `program`; or
    `limit`, when another process was faster and it was not sent."""
    error: str = ""
    attempts: int = 1
    usage: dict[str, float] = Field(default_factory=dict)
    """What it counts as, by unit: nobody knows what a call took that was cut off, so what was sent
    and had come by then counts, and of a lost one what was set aside."""
    duration_s: float = 0.0
