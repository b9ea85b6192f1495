"""The forecast: what a plan is expected to take, before anything is called."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import Field

from workbench.errors import NotFound
from workbench.plan import graph
from workbench.plan.base import Frozen
from workbench.plan.check import Catalogue
from workbench.plan.step import Estimate, Step

if TYPE_CHECKING:
    from workbench.plan.plan import Plan


class Foreseeable(Protocol):
    """What the forecast asks of a tool."""

    @property
    def name(self) -> str:
        """The registered name."""
        ...

    @property
    def estimate(self) -> Estimate | None:
        """What one call is expected to take."""
        ...

    def planned_spend(self, args: Mapping[str, Any]) -> Mapping[str, float] | None:
        """Give the amounts by unit that a call would declare; None when they are not known yet."""
        ...


class StepForecast(Frozen):
    """What one step is expected to take."""

    step: str
    seconds: float | None
    """None: nobody has estimated it. Of a step that repeats, of one turn."""
    usd: float | None
    """None: nobody has estimated it, and the tool declares none that is known yet."""
    units: dict[str, float] = Field(default_factory=dict)
    """Amounts by unit, usd included, as far as they are known."""
    on_critical_path: bool = False
    turns: int = 1
    """Times that it may be called at most."""


class Forecast(Frozen):
    """What a plan is expected to take; what is not known is named, and never counted as nothing."""

    steps: tuple[StepForecast, ...] = ()
    """In the order of the plan; skipped steps and those with a given output are left out."""
    critical_path: tuple[str, ...] = ()
    """The steps that one must wait for: the longest way through the plan, by known seconds."""
    duration_s: float = 0.0
    """Seconds along the critical path."""
    units: dict[str, float] = Field(default_factory=dict)
    """Sum of the known amounts by unit."""
    unknown: tuple[str, ...] = ()
    """Steps whose seconds are not known."""
    unknown_spend: tuple[str, ...] = ()
    """Steps that will spend something, and nobody can say how much yet."""

    @property
    def usd(self) -> float:
        """Sum of the known amounts in usd."""
        return self.units.get("usd", 0.0)

    @property
    def complete(self) -> bool:
        """Whether `duration_s` is the whole; otherwise it takes at least that long."""
        return not self.unknown and all(row.turns == 1 for row in self.steps)

    @property
    def spend_complete(self) -> bool:
        """Whether `units` are the whole; otherwise it costs at least that much."""
        return not self.unknown_spend and all(row.turns == 1 for row in self.steps)

    def __getitem__(self, step: str) -> StepForecast:
        """Give the row of a step.

        Raises:
            NotFound: the plan has none of that id, or will not run it.
        """
        for row in self.steps:
            if row.step == step:
                return row
        raise NotFound(f"The forecast has no step {step!r}.", "It has those that will run.")

    def __str__(self) -> str:
        """Say it on one line."""
        at_least = "" if self.complete else "at least "
        amounts = ", ".join(f"{amount:g} {unit}" for unit, amount in self.units.items())
        path = " → ".join(self.critical_path)
        parts = [f"{at_least}{self.duration_s:g} s", amounts, path and f"critical path: {path}"]
        if self.unknown:
            parts.append(f"not estimated: {', '.join(self.unknown)}")
        return "; ".join(part for part in parts if part)


def forecast_plan(plan: Plan, tools: Catalogue | Iterable[Foreseeable] = ()) -> Forecast:
    """Sum the estimates of a plan along its critical path; see `Plan.forecast`."""
    known: Mapping[str, Foreseeable] = (
        tools.tool_map() if hasattr(tools, "tool_map") else {tool.name: tool for tool in tools}
    )
    rows, unknown_spend = {}, []
    for step in plan.by_id.values():
        if step.skip or step.output is not None:
            continue
        rows[step.id], spend_known = _row(step, known.get(step.tool))
        if not spend_known:
            unknown_spend.append(step.id)
    seconds = {step: row.seconds or 0.0 for step, row in rows.items()}
    path, duration_s = critical_path(plan.needs, seconds)
    path = [step for step in path if step in rows]
    on_path = set(path)
    units: dict[str, float] = {}
    for row in rows.values():
        for unit, amount in row.units.items():
            units[unit] = units.get(unit, 0.0) + amount
    return Forecast(
        steps=tuple(
            row.model_copy(update={"on_critical_path": True}) if step in on_path else row
            for step, row in rows.items()
        ),
        critical_path=tuple(path),
        duration_s=duration_s,
        units=units,
        unknown=tuple(step for step, row in rows.items() if row.seconds is None),
        unknown_spend=tuple(unknown_spend),
    )


def critical_path(
    needs: Mapping[str, Iterable[str]], seconds: Mapping[str, float]
) -> tuple[list[str], float]:
    """Give the longest way through a plan, and how long it takes; a step without seconds takes 0.

    A plan with a cycle has none, nor has one of which no seconds are known.
    """
    ends: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for step in graph.order(needs):
        last = max((n for n in needs[step] if n in ends), key=lambda n: ends[n], default=None)
        before[step] = last
        ends[step] = (ends[last] if last is not None else 0.0) + seconds.get(step, 0.0)
    final = max(ends, key=lambda step: ends[step], default=None)
    if final is None or not ends[final]:
        return [], 0.0
    path: list[str] = []
    at: str | None = final
    while at is not None:
        path.append(at)
        at = before[at]
    return path[::-1], ends[final]


def _row(step: Step, tool: Foreseeable | None) -> tuple[StepForecast, bool]:
    """Give the row of a step, and whether all that it will spend is known."""
    general = tool.estimate if tool is not None else None
    spend = tool.planned_spend(step.args) if tool is not None else {}
    if spend is not None and not all(_is_amount(amount) for amount in spend.values()):
        spend = None
    amounts = {unit: float(amount) for unit, amount in (spend or {}).items()}
    usd = next((e.usd for e in (step.estimate, general) if e and e.usd is not None), None)
    if usd is not None:
        amounts["usd"] = usd
    row = StepForecast(
        step=step.id,
        seconds=next(
            (e.seconds for e in (step.estimate, general) if e and e.seconds is not None), None
        ),
        usd=amounts.get("usd"),
        units=amounts,
        turns=step.repeat.at_most if step.repeat is not None else 1,
    )
    return row, spend is not None or usd is not None


def _is_amount(amount: object) -> bool:
    return isinstance(amount, (int, float)) and 0 <= amount < math.inf
