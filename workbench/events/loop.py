"""Events of a step that is repeated until its output is good enough."""

from __future__ import annotations

from typing import Literal

from workbench.events.base import Author, StepEvent
from workbench.values import Stored


class Turned(StepEvent):
    """A turn is done, whatever comes of it."""

    kind: str
    attempt: int
    turn: int
    """Number of the turn, from 1."""
    output: Stored | None = None
    """What it returned; None: a doubt was settled, and what came of it is not known."""
    why: str
    """What the check said."""
    duration_s: float = 0.0
    tries: int = 0
    """Requests that were sent; 0 when a doubt was settled."""
    by: Author = ""
    """Who settled the doubt about it; empty: there was none."""


class LoopTurned(Turned):
    """The output of a turn was not good enough, and another turn follows."""

    kind: Literal["loop.turned"] = "loop.turned"


class LoopExhausted(Turned):
    """The output of the last turn was not good enough: the step failed, no call did."""

    kind: Literal["loop.exhausted"] = "loop.exhausted"

    @property
    def error(self) -> str:
        """The step's error."""
        return f"not good enough after {self.turn} turn{'s' * (self.turn != 1)}: {self.why}"
