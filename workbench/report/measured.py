"""What calls of each tool took, from the journal: latency, failures, spend."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from workbench.events import Record
from workbench.report.attempts import Attempt, attempts_of


@dataclass(frozen=True)
class Measured:
    """What was measured of one tool."""

    calls: int
    """Attempts whose duration is known."""
    failed: int
    """Of these, those that did not succeed."""
    p50_s: float
    """Median of their seconds."""
    p95_s: float
    """Seconds that 95 of 100 stayed below, interpolated as pandas does."""
    spend: dict[str, float] = field(default_factory=dict)
    """Mean amount of an attempt by unit, of what was not given back."""


def measure_tools(runs: Iterable[Iterable[Record]]) -> dict[str, Measured]:
    """Measure each tool over the attempts of some runs; a tool that never ran is left out."""
    found: dict[str, list[Attempt]] = {}
    for records in runs:
        for attempt in attempts_of(records):
            if attempt.tool is not None and attempt.duration_s is not None:
                found.setdefault(attempt.tool, []).append(attempt)
    return {tool: _measured(attempts) for tool, attempts in sorted(found.items())}


def _measured(attempts: Sequence[Attempt]) -> Measured:
    seconds = sorted(a.duration_s for a in attempts if a.duration_s is not None)
    total: dict[str, float] = {}
    for attempt in attempts:
        for unit, amount in attempt.spend.items():
            total[unit] = total.get(unit, 0) + amount
    return Measured(
        calls=len(attempts),
        failed=sum(a.state != "succeeded" for a in attempts),
        p50_s=_quantile(seconds, 0.5),
        p95_s=_quantile(seconds, 0.95),
        spend={unit: amount / len(attempts) for unit, amount in total.items()},
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below, above = ordered[math.floor(place)], ordered[math.ceil(place)]
    return below + (above - below) * (place - math.floor(place))
