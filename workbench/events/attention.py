"""Events about how requests are answered."""

from __future__ import annotations

from typing import Literal

from workbench.events.base import Event


class ControlRevealed(Event):
    """A request was a planted one, which should be refused: no call ever stood behind it."""

    kind: Literal["control.revealed"] = "control.revealed"
    request: str
    refused: bool
    """Whether the person refused it; an expiry counts as neither attention nor approval."""
    expired: bool = False
