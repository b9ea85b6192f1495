"""Limits on calls: how many at the same time, and how many starts in a second."""

from __future__ import annotations

import math
from typing import Self

from pydantic import Field, model_validator

from workbench.plan.base import Frozen


class Limit(Frozen):
    """At most so many calls in flight, at most so many starts in any second, or both.

    A step whose limit is used up stays ready and holds nothing: neither a place of its run nor
    another step. Places are given in the order in which the steps became ready, of runs with a
    higher priority first.

    Limits hold within one workbench, whose runs share them. Two processes, or two workbenches, do
    not know each other's calls: give each its part of what the service allows.
    """

    in_flight: int | None = Field(default=None, ge=1)
    """Calls at the same time. A blocking function that ran into its timeout no longer counts."""
    per_s: float | None = Field(default=None, gt=0)
    """Starts in any one second: a whole number, or below 1 one start in that part of the time (0.5:
    one in two seconds). A start is the moment in which the function is called."""
    name: str | None = None
    """Tools whose limits have the same name share one; default: each tool has its own."""

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.in_flight is None and self.per_s is None:
            raise ValueError("a limit needs in_flight=… or per_s=…")
        if self.per_s is not None and (
            not math.isfinite(self.per_s) or (self.per_s > 1 and self.per_s % 1)
        ):
            raise ValueError("per_s is a whole number, or at most 1")
        return self

    @property
    def window(self) -> tuple[int, float]:
        """Starts that are allowed within so many seconds."""
        if self.per_s is None:
            return 0, 0.0
        return (int(self.per_s), 1.0) if self.per_s >= 1 else (1, 1 / self.per_s)

    def __str__(self) -> str:
        """Say it in words."""
        flight = f"{self.in_flight} in flight" if self.in_flight is not None else ""
        rate = f"{self.per_s:g} starts a second" if self.per_s is not None else ""
        return " and ".join(part for part in (flight, rate) if part)
