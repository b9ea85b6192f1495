"""Events of what watches over a run: breakers, stalls, and tools whose code has changed."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from workbench.events.base import Author, Event


class BreakerOpened(Event):
    """Calls of this tool failed too often: no further one starts."""

    kind: Literal["breaker.opened"] = "breaker.opened"
    tool: str
    failures: int
    """Failed attempts in a row."""
    until: datetime | None = None
    """When one call may try again; None: when the person resumes, or settles the doubt."""
    why: str = ""
    """The last error."""


class BreakerClosed(Event):
    """A call of the tool came through again, or a person closed its breaker."""

    kind: Literal["breaker.closed"] = "breaker.closed"
    tool: str
    by: Author


class RunStalled(Event):
    """Things go on, but nothing has come forward for a set time."""

    kind: Literal["run.stalled"] = "run.stalled"
    why: str
    """What goes on meanwhile."""
    since: datetime
    """When something last came forward."""


class ToolsAccepted(Event):
    """The person goes on with tools whose code or schema has changed since the run knew them."""

    kind: Literal["tools.accepted"] = "tools.accepted"
    by: Author
    tools: dict[str, str] = Field(default_factory=dict)
    """Digest of each tool, as in `run.created`."""
    sources: dict[str, str] = Field(default_factory=dict)
    schemas: dict[str, str] = Field(default_factory=dict)
