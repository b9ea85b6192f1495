"""The fatigue guard: says when answers have become a habit, and what would help.

It never answers anything, and never makes a rule: what it proposes, a person does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from workbench.report.attention import Asked, measures
from workbench.report.words import one_line


@dataclass(frozen=True)
class Fatigue:
    """From where on a person's answers count as a habit.

    Each value that is crossed makes the notice; None switches it off.
    """

    rate_per_hour: float | None = 30.0
    """Requests in an hour."""
    approval_rate: float | None = 0.98
    """Share that is approved."""
    under_2s: float | None = 0.5
    """Share of answers that took less than two seconds."""
    least: int = 20
    """Answers before anything is said."""
    window: int = 50
    """Newest answers that count."""


@dataclass(frozen=True)
class FatigueNotice:
    """That a person's answers have become a habit, and what could be done about it."""

    person: str
    crossed: dict[str, tuple[float, float]]
    """Measured value and its threshold, by the names of `Fatigue`."""
    proposals: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in plain words."""
        words = "; ".join(_WORDS[name](value) for name, (value, _) in self.crossed.items())
        ways = "".join(f"\n  - {proposal}" for proposal in self.proposals)
        return f"{one_line(self.person, 60)}: {words}. What could help:{ways}"


_WORDS: dict[str, Any] = {
    "rate_per_hour": lambda value: f"{value:.0f} requests in an hour",
    "approval_rate": lambda value: f"{value:.0%} of them approved",
    "under_2s": lambda value: f"{value:.0%} answered in under two seconds",
}
_MEASURES = {
    "rate_per_hour": "per_hour",
    "approval_rate": "approval_rate",
    "under_2s": "under_2s",
}


def notices(asked: Iterable[Asked], limits: Fatigue) -> list[FatigueNotice]:
    """Give a notice for each person whose newest answers cross a threshold."""
    by_person: dict[str, list[Asked]] = {}
    for one in asked:
        if one.is_answered:
            by_person.setdefault(one.person, []).append(one)
    found = []
    for person, answers in sorted(by_person.items()):
        answers.sort(key=lambda one: one.decided or one.opened)
        recent = [one for one in answers if not one.control][-limits.window :]
        if len(recent) < limits.least:
            continue
        if crossed := _crossed(recent, limits):
            found.append(FatigueNotice(person, crossed, _proposals(recent, crossed)))
    return found


def _crossed(recent: list[Asked], limits: Fatigue) -> dict[str, tuple[float, float]]:
    measured, found = measures(recent), {}
    for name, measure in _MEASURES.items():
        limit, value = getattr(limits, name), measured[measure]
        if limit is not None and value is not None and value >= limit:
            found[name] = (float(value), float(limit))
    return found


def _proposals(recent: list[Asked], crossed: dict[str, tuple[float, float]]) -> tuple[str, ...]:
    approved = Counter(one.tool for one in recent if one.outcome == "approve" and one.tool)
    asked = Counter(one.tool for one in recent if one.tool)
    ways = []
    if approved:
        tool, times = approved.most_common(1)[0]
        ways.append(
            f"a narrow grant or rule for {tool}, approved {times} of {asked[tool]} times: exactly "
            "the arguments and amounts that you always allow"
        )
    if "rate_per_hour" in crossed:
        ways.append("answer similar requests in one batch, with each item visible")
        ways.append("another plan, whose steps need fewer approvals, or a reversible tool")
    if "under_2s" in crossed:
        ways.append("a form that must be read (show the difference, type the value), or a break")
    return tuple(ways) or ("another plan, whose steps need fewer approvals",)
