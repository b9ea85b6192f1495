"""Events that mark a place or a fact in the journal."""

from __future__ import annotations

from typing import Literal

from workbench.events.base import Author, Event


class CheckpointMade(Event):
    """A person named this place."""

    kind: Literal["checkpoint.made"] = "checkpoint.made"
    name: str
    by: Author = "person"


class HostAttached(Event):
    """A process took the lease and drives the run from here on."""

    kind: Literal["host.attached"] = "host.attached"
    host: str
    epoch: int


class FaultRecorded(Event):
    """Something inside the workbench went wrong; the run itself is unharmed."""

    kind: Literal["fault.recorded"] = "fault.recorded"
    where: str
    error: str
