"""How a value stands in an event: itself, or the name of an artifact."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict

from workbench.ids import digest


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

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the value's canonical JSON; empty where it does not stand here."""
        try:
            return digest(self.value) if self.artifact is None else ""
        except (TypeError, ValueError):
            return ""

    def known_as(self, digest: str) -> Stored:
        """Take over the digest of the value from who has computed it already."""
        self.__dict__["digest"] = digest
        return self
