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


class NoticeDelivered(Event):
    """Whoever wanted to know that the run has ended was told; it changes nothing."""

    kind: Literal["notice.delivered"] = "notice.delivered"
    event: str
    """Id of the end that was told, such as `run-7f2k9qxz3m:12`; the callback got the same."""
    attempt: int = 1
    """Attempts that it took."""


class FaultRecorded(Event):
    """Something inside the workbench went wrong; the run itself is unharmed."""

    kind: Literal["fault.recorded"] = "fault.recorded"
    where: str
    error: str
