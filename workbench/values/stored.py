"""How a value stands in an event: itself, or the name of an artifact."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Artifact(BaseModel):
    """The bytes of a value that is too large or too live for the journal, named by their digest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: str
    """SHA-256 of the bytes, in hexadecimal."""
    media: str
    """Media type of the bytes; says how to read them back."""
    size: int
    """Length in bytes."""


class Stored(BaseModel):
    """A value as an event holds it: `value` counts when `artifact` is None."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Any = None
    """The JSON value, when `artifact` is None."""
    artifact: Artifact | None = None
    """Where the bytes are, when the value is not in the event."""
    summary: str = ""
    """One line for people; empty means: show the JSON value itself."""
