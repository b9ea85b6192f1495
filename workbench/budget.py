"""Limits on what a run may spend, in any unit that tools declare."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, model_validator


class Budget(BaseModel):
    """Limits by unit: `Budget(usd=5, calls=50, orders_usd=5000)`; a unit without limit is free.

    `calls` counts attempts of tools that change the world; `usd` and every other unit are what
    the tools' `spend` declares.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    usd: float | None = None
    calls: float | None = None

    if TYPE_CHECKING:

        def __init__(
            self, *, usd: float | None = None, calls: float | None = None, **limits: float | None
        ) -> None:
            """Say to type checkers that any unit may be limited."""

    @model_validator(mode="after")
    def _check(self) -> Budget:
        for unit, limit in self.limits.items():
            if not _is_amount(limit):
                message = f"the limit of {unit} must be a number of at least 0, not {limit!r}"
                raise ValueError(message)
        return self

    @property
    def limits(self) -> dict[str, float]:
        """The limits that are set, by unit."""
        fields: dict[str, Any] = {"usd": self.usd, "calls": self.calls, **(self.model_extra or {})}
        return {unit: limit for unit, limit in fields.items() if limit is not None}


def _is_amount(limit: object) -> bool:
    return isinstance(limit, (int, float)) and 0 <= limit < math.inf


def crossed(
    limits: Mapping[str, float], usage: Mapping[str, float], spend: Mapping[str, float]
) -> list[str]:
    """Say, one sentence a unit, which limits this further spend would cross."""
    return [
        f"{unit}: {usage.get(unit, 0):g} used + {amount:g} would cross the limit of "
        f"{limits[unit]:g}"
        for unit, amount in spend.items()
        if unit in limits and usage.get(unit, 0) + amount > limits[unit]
    ]
