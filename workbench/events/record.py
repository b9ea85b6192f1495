"""An event at its place in the journal."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from workbench.events.base import Event


class Record(NamedTuple):
    """One line of a run's journal."""

    run: str
    seq: int
    """Position, from 1, without gaps."""
    at: datetime
    epoch: int
    """Fencing number of the lease under which it was written."""
    event: Event
    hash: str
    """SHA-256 over the hash before and this line."""

    @property
    def kind(self) -> str:
        """The event's kind."""
        return self.event.kind

    @property
    def step(self) -> str | None:
        """The step that the event is about, if it is about one."""
        return getattr(self.event, "step", None)
