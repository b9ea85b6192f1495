"""Caps: limits that hold for one call, for one run, or over all runs in a window of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from workbench.budget.budget import COUNTED, Budget, is_amount
from workbench.errors import WorkbenchError

Period = Literal["call", "run", "hour", "day", "week", "month"]
Of = Literal["everyone", "agent", "person"]
TOKENS = ("tokens", "tokens_in", "tokens_out")
"""Units that a cap of `tokens` adds up."""


class Cap(BaseModel):
    """At most so much: `Cap("orders_usd", 5000, per="day", of="person")`.

    What a cap concerns is set aside before the call and settled after it, in a ledger that all
    runs of the journal share: so a cap holds over threads, runs and processes. Every process names
    its caps: `Workbench(caps=[…])`. The ledger has what was spent while a cap of that unit was
    named.

    Attributes:
        unit: what a tool's `spend` declares, or `usd` and `tokens` of the planner's model, or what
            is counted: `calls` (that change the world), `steps` (calls of any tool), `seconds`
            (that calls took, added up; a call sets its time limit aside).
        limit: the amount that may be reached and not crossed.
        per: one call, one run, or a window: an hour, day, week (from Monday) or month of the
            calendar in UTC, or a `timedelta` that ends now.
        of: whose spending is added up: everyone's, or each agent's or each person's by itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=True)

    unit: str = Field(min_length=1, max_length=80, pattern=r"^[^\s:](?:[^:]*[^\s:])?$")
    limit: float = Field(strict=True)
    per: Period | timedelta = "call"
    of: Of = "everyone"

    if TYPE_CHECKING:

        def __init__(
            self, unit: str, limit: float, per: Period | timedelta = "call", of: Of = "everyone"
        ) -> None:
            """Say it by position."""
    else:

        def __init__(self, *position: Any, **named: Any) -> None:
            """Take the fields by position or by name."""
            fields = dict(zip(("unit", "limit", "per", "of"), position, strict=False))
            super().__init__(**fields, **named)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not is_amount(self.limit):
            raise ValueError(f"the limit of a cap is a number of at least 0, not {self.limit!r}")
        if isinstance(self.per, timedelta) and self.per <= timedelta(0):
            raise ValueError("the window of a cap is longer than nothing")
        if self.unit in ("repeats", "requests") and self.per != "run":
            raise ValueError(f"{self.unit} are counted within one run: per='run'")
        if self.unit in COUNTED and self.per == "call":
            raise ValueError(f"{self.unit} of one call cannot be capped; for its time: timeout_s")
        return self

    @property
    def spans_runs(self) -> bool:
        """Whether it adds up what several runs spend."""
        return self.per not in ("call", "run")

    @property
    def name(self) -> str:
        """Name it in words, the same in every process: `5000 orders_usd per day of each person`."""
        window = self.per if isinstance(self.per, str) else f"{self.per} before now"
        whose = "" if self.of == "everyone" else f" of each {self.of}"
        return f"{self.limit:.15g} {self.unit} per {window}{whose}"

    def since(self, now: datetime) -> datetime:
        """Give the beginning of the window that `now` is in; what lies behind it counts.

        Raises:
            WorkbenchError: it has no window.
        """
        if isinstance(self.per, timedelta):
            return now - self.per + timedelta(microseconds=1)
        at = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        match self.per:
            case "hour":
                return at
            case "day":
                return at.replace(hour=0)
            case "week":
                return at.replace(hour=0) - timedelta(days=at.weekday())
            case "month":
                return at.replace(day=1, hour=0)
        raise WorkbenchError(f"The cap of {self.name} has no window.", "It holds by itself.")

    def resets(self, now: datetime, oldest: datetime | None) -> datetime | None:
        """Say when room comes back: the next window, or when the oldest amount leaves this one."""
        if isinstance(self.per, timedelta):
            return None if oldest is None else oldest + self.per
        beyond = {"hour": 1, "day": 24, "week": 7 * 24, "month": 32 * 24}[self.per]
        return self.since(self.since(now) + timedelta(hours=beyond))


def by_name(caps: Iterable[Cap], wanted: Cap | str) -> Cap:
    """Find a cap.

    Raises:
        WorkbenchError: there is none of that name.
    """
    known = {cap.name: cap for cap in caps}
    name = wanted if isinstance(wanted, str) else wanted.name
    if name not in known:
        named = "; ".join(known) or "none"
        raise WorkbenchError(f"This workbench has no cap of {name}.", f"It has: {named}.")
    return known[name]


def of_each_run(budget: Budget, caps: Iterable[Cap]) -> Budget:
    """Give the limits of a new run: its budget, and the caps of each run where they are tighter."""
    found = budget.limits
    for cap in caps:
        if cap.per == "run":
            found[cap.unit] = min(cap.limit, found.get(cap.unit, cap.limit))
    return Budget(**found)


def counted(
    caps: Iterable[Cap], spend: Mapping[str, float], *, seconds: float = 0.0
) -> dict[str, float]:
    """Give the amounts of a call in the units that these caps limit; a free unit is left out.

    Args:
        caps: that span runs, or limit one call.
        spend: what the call declares.
        seconds: that it may take at most; 0: nobody knows.
    """
    found: dict[str, float] = {}
    for unit in {cap.unit for cap in caps}:
        if unit == "steps":
            found[unit] = 1
        elif unit == "seconds":
            found[unit] = seconds
        else:
            units = TOKENS if unit == "tokens" else (unit,)
            total = float(sum(spend.get(one, 0) for one in units))
            if total > 0:
                found[unit] = total
    return found
