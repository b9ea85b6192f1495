"""What it is expected to take to look at an output: the tools of its check, and a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from workbench.plan.step import Estimate, Step


class Estimated(Protocol):
    """What is asked of a tool that looks."""

    @property
    def estimate(self) -> Estimate | None:
        """What one call is expected to take."""
        ...


def looking(step: Step, known: Mapping[str, Estimated], judged: Estimate | None) -> Estimate:
    """Sum what is known of all that looks at the output of a step; of one turn, if it repeats.

    Args:
        step: the step.
        known: the tools by name.
        judged: what one verdict of the verifying model takes.
    """
    check = step.check or (step.repeat.until if step.repeat is not None else None)
    if check is None:
        return Estimate()
    looks = [known[name].estimate for name in check.tools if name in known]
    looks += [judged] if check.judge else []
    seconds = [one.seconds for one in looks if one is not None and one.seconds is not None]
    usd = [one.usd for one in looks if one is not None and one.usd is not None]
    return Estimate(seconds=sum(seconds) if seconds else None, usd=sum(usd) if usd else None)
