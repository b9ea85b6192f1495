"""Limits on what a run may spend, in any unit that tools declare."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, model_validator


class Budget(BaseModel):
    """Limits by unit: `Budget(usd=5, calls=50, orders_usd=5000)`; a unit without limit is free.

    The call that would cross a limit is not made: the run asks, or pauses, and says which limit,
    what was used and what the call would take. `run.raise_limit` raises one.

    Attributes:
        usd: US dollars, of the planner and of what the tools' `spend` declares; so is every unit
            that has no name here.
        calls: attempts of tools that change the world.
        steps: attempts of any tool that were begun, those that failed or were cancelled too.
        tokens: of the planner's model, in and out, and what `spend` declares.
        seconds: in which the run was planning or running; waiting and pauses do not count.
        repeats: attempts of the same tool with the same arguments, retries included.
        requests: permissions that the person is asked for. A plan that needs more of them has a
            warning; no question is left out, and no call is made without one.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    usd: float | None = None
    calls: float | None = None
    steps: float | None = None
    tokens: float | None = None
    seconds: float | None = None
    repeats: float | None = None
    requests: float | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            usd: float | None = None,
            calls: float | None = None,
            steps: float | None = None,
            tokens: float | None = None,
            seconds: float | None = None,
            repeats: float | None = None,
            requests: float | None = None,
            **limits: float | None,
        ) -> None:
            """Say to type checkers that any unit may be limited."""

    @model_validator(mode="after")
    def _check(self) -> Budget:
        for unit, limit in self.limits.items():
            if not is_amount(limit):
                message = f"the limit of {unit} must be a number of at least 0, not {limit!r}"
                raise ValueError(message)
        return self

    @property
    def limits(self) -> dict[str, float]:
        """The limits that are set, by unit."""
        fields: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        fields |= self.model_extra or {}
        return {unit: limit for unit, limit in fields.items() if limit is not None}


COUNTED = ("steps", "seconds", "repeats", "requests")
"""Units that the runtime counts by itself; no tool's `spend` may name them."""


def is_amount(limit: object) -> bool:
    """Say whether it is a number of at least 0 that can be a limit, or an amount that is spent.

    NaN and infinity are none, nor is a whole number that no float can hold.
    """
    is_number = isinstance(limit, (int, float)) and not isinstance(limit, bool)
    return is_number and 0 <= limit <= sys.float_info.max  # type: ignore[operator]


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
