"""Events that mark a place or a fact in the journal."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from workbench.events.base import Author, Event
from workbench.values import Stored


class CheckpointMade(Event):
    """A person named this place."""

    kind: Literal["checkpoint.made"] = "checkpoint.made"
    name: str
    by: Author = "person"


class CheckpointAmended(Event):
    """A person changed fields of the place where the run is paused, which makes this new place.

    The old one stays as it was. Arguments and limits are changed by the events before this one.
    """

    kind: Literal["checkpoint.amended"] = "checkpoint.amended"
    name: str
    by: Author = "person"
    reason: str = ""
    outputs: dict[str, Stored] = Field(default_factory=dict)
    """New outputs of finished steps; what is done from here on uses them."""
    args: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Arguments that were given anew to steps that had not begun."""
    limits: dict[str, float] = Field(default_factory=dict)
    """Limits that were set anew."""


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
