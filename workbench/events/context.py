"""Events of what a model is shown: what was left out of it, and what a person did about that."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from workbench.events.base import Author, Event
from workbench.values import Stored


class Shortened(BaseModel):
    """A piece of the context, and what stands in its place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: str
    original: Stored
    """The whole text, to be read and put back."""
    digest: str
    """SHA-256 of the whole text: a piece that says something else now is not this one."""
    text: str
    """What the model is shown instead."""


class ContextCompacted(Event):
    """Pieces of the context were shortened, because it took a set share of what it may."""

    kind: Literal["context.compacted"] = "context.compacted"
    why: str
    before: dict[str, int] = Field(default_factory=dict)
    """Tokens by zone."""
    after: dict[str, int] = Field(default_factory=dict)
    pieces: dict[str, Shortened] = Field(default_factory=dict)
    """By name, such as `output of load`."""


class ContextCorrected(Event):
    """A person said what the model is shown of a piece that was shortened."""

    kind: Literal["context.corrected"] = "context.corrected"
    piece: str
    text: str | None = None
    """What it is shown from now on; None: the whole piece again, which is not shortened any more.
    """
    by: Author = "person"
    reason: str = ""
