"""What all events share."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Author = str
"""Who did it: `person`, `planner <name>`, `engine`, `probe`, `policy` or `budget`."""


class Event(BaseModel):
    """Something that happened; never changed afterwards.

    Each event has a literal `kind`. Defaults are not written to the journal, so a default never
    changes its meaning: a new field gets a default that says what older events meant.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_serialization_defaults_required=True
    )

    kind: str


class StepEvent(Event):
    """Something that happened to one step."""

    step: str
    """Id of the step in the current plan."""


Scope = Literal["once", "step", "run", "always"]
"""How far an approval reaches."""
