"""What limits and caps have left, held against what a plan is foreseen to take of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from workbench.budget import COUNTED, TOKENS
from workbench.plan.base import Frozen
from workbench.plan.costs import SLACK


class Room(Frozen):
    """What a limit or a cap has left, and what a plan is foreseen to take of it."""

    name: str
    """The unit, of a limit of the run; or the name of the cap."""
    units: tuple[str, ...]
    """Whose amounts count together."""
    left: float
    per_call: bool = False
    """Whether it holds for each call by itself."""
    pauses: bool = False
    """Whether the run pauses where it would be crossed; else the call that would do it asks."""
    needed: float = 0.0
    """Of one call: the most that one needs. At least: what is not known yet is not counted."""

    @property
    def enough(self) -> bool:
        """Whether it suffices, as far as is known."""
        return self.needed <= self.left * (1 + SLACK)

    def takes(self, amounts: Mapping[str, float]) -> float:
        """Give how much of it a call takes."""
        return math.fsum(amounts.get(unit, 0.0) for unit in self.units)

    def with_call(self, needed: float, amounts: Mapping[str, float]) -> float:
        """Give what is needed with one more call than those that need `needed`."""
        amount = self.takes(amounts)
        return max(needed, amount) if self.per_call else needed + amount

    def asks(self, needed: float, amounts: Mapping[str, float]) -> bool:
        """Whether the last of the calls that need `needed` is asked about, because it crosses."""
        amount = self.takes(amounts)
        at_least = amount if self.per_call else needed
        return not self.pauses and amount > 0 and at_least > self.left * (1 + SLACK)

    def __str__(self) -> str:
        """Say what is needed, and what is left."""
        return f"{self.name}: {self.needed:g} needed, {self.left:g} left"


def rooms_of(left: Mapping[str, float]) -> list[Room]:
    """Make the rooms of what the limits of a run have left, by unit.

    How often a call is repeated is not foreseen.
    """
    return [
        Room(
            name=unit,
            units=TOKENS if unit == "tokens" else (unit,),
            left=amount,
            pauses=unit in COUNTED,
        )
        for unit, amount in left.items()
        if unit != "repeats"
    ]


def short(rooms: Iterable[Room]) -> list[Room]:
    """Give those in which there is not enough."""
    return [room for room in rooms if not room.enough]
