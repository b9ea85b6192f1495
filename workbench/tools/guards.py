"""What a tool declares about calls that fail, and about work that goes on outside."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from workbench.ids import chance
from workbench.plan.base import Frozen

COOL_LONGEST = 8
"""How many times its first pause a breaker that opens again and again stays open at most."""


class Breaker(Frozen):
    """Stops calling a tool that keeps failing, for the rest of the run or for a while.

    A tool that changes the world is stopped by its first failure or doubt, until the person
    resumes the run or settles the doubt. A pure or read tool is stopped after `failures` failed
    attempts in a row, for `cool_s` seconds. Then one call may try; when it comes through, the
    others follow.
    """

    failures: int = Field(default=5, ge=1)
    """Failed attempts in a row that open it; for pure and read tools."""
    cool_s: float = Field(default=30.0, gt=0)
    """Seconds that it stays open; doubled each time that the trial fails, up to eightfold."""

    def cool_for(self, opened: int) -> float:
        """Give the seconds to stay open when it was opened `opened` times before."""
        return float(self.cool_s * min(COOL_LONGEST, 2 ** min(opened, 10)))


class Polling(Frozen):
    """How work outside is asked about: at growing intervals, a limited number of times."""

    first_s: float = Field(default=1.0, ge=0)
    """Seconds before the first poll."""
    factor: float = Field(default=1.5, ge=1)
    """What each further gap is multiplied by."""
    max_s: float = Field(default=60.0, ge=0)
    """Longest gap, in seconds."""
    jitter: float = Field(default=0.1, ge=0, le=1)
    """Share of each gap that is left to chance: at most so much shorter."""
    attempts: int = Field(default=1000, ge=1)
    """Polls at most."""
    timeout_s: float | None = Field(default=None, gt=0)
    """Seconds from the submission until it is given up, restarts included; None: no limit."""

    def gap(self, number: int, seed: str = "") -> float:
        """Give the seconds before poll `number`, from 1; the same seed gives the same gap."""
        # A large power would overflow long after the longest gap was reached.
        gap = min(self.max_s, self.first_s * self.factor ** min(number - 1, 200))
        return float(gap * (1 - self.jitter * chance(f"{seed} {number}")) if seed else gap)


@dataclass(frozen=True)
class NotYet:
    """A poll's answer: the work outside goes on.

    Attributes:
        progress: share that is done, from 0 to 1; None: not known.
        retry_after_s: seconds until it should be asked again; None: as declared.
    """

    progress: float | None = None
    retry_after_s: float | None = None
