"""What it is expected to take to look at an output: the tools of its check, and a model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from workbench.plan.criterion import Check
from workbench.plan.step import Estimate, Step, checks_of


class Estimated(Protocol):
    """What is asked of a tool that looks."""

    @property
    def estimate(self) -> Estimate | None:
        """What one call is expected to take."""
        ...


@dataclass(frozen=True)
class Looking:
    """What one look takes, as far as it is known."""

    seconds: float | None = None
    units: dict[str, float] = field(default_factory=dict)
    """Amounts by unit: `usd`, `tokens`."""
    spend_known: bool = True
    """False: a model judges, and nobody knows what it costs."""

    @property
    def known(self) -> dict[str, float]:
        """All of it in one: `seconds`, and the amounts."""
        return {**({} if self.seconds is None else {"seconds": self.seconds}), **self.units}


def judges(step: Step) -> bool:
    """Whether a verifying model looks at the output of a step."""
    return any(check.judge for _, check in checks_of(step))


def looking_at(step: Step, known: Mapping[str, Estimated], judged: Mapping[str, float]) -> Looking:
    """Sum what is known of all that looks at the output of a step; of one turn, if it repeats."""
    until = step.repeat.until if step.repeat is not None else None
    return looking(step.check or until, known, judged)


def looking(
    check: Check | None, known: Mapping[str, Estimated], judged: Mapping[str, float]
) -> Looking:
    """Sum what is known of all that looks, once.

    Args:
        check: what the output must satisfy.
        known: the tools by name.
        judged: what one verdict of the verifying model takes, by unit; without `usd` its price is
            not known.
    """
    if check is None:
        return Looking()
    looks = [known[name].estimate for name in check.tools if name in known]
    seconds = [one.seconds for one in looks if one is not None and one.seconds is not None]
    usd = [one.usd for one in looks if one is not None and one.usd is not None]
    units = {"usd": math.fsum(usd)} if usd else {}
    if check.judge:
        units |= {unit: units.get(unit, 0.0) + amount for unit, amount in judged.items()}
    return Looking(
        seconds=math.fsum(seconds) if seconds else None,
        units=units,
        spend_known=not check.judge or "usd" in judged,
    )
