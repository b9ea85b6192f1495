"""Events about what steps write: files, tables, variables."""

from __future__ import annotations

from typing import Literal

from workbench.events.base import StepEvent


class ResourceSeen(StepEvent):
    """The version of something that a step will write, or has just written, was read."""

    kind: Literal["resource.seen"] = "resource.seen"
    key: str
    """What the tool calls it, such as `file:/tmp/a.csv`."""
    version: str | None = None
    """Differs whenever it was changed; None: there is no such thing yet."""
