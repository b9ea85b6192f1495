"""How what may not be known is said: that there is a tool, and nothing more of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from workbench.plan import Plan, Step

UNNAMED = "(a tool that is not shown)"


def hidden_of(names: Iterable[str], visible: Callable[[str], bool]) -> list[str]:
    """Give the names that may not be known, the longest first; a `visible` that raises hides."""
    return sorted((name for name in names if not _sees(visible, name)), key=len, reverse=True)


def without_names(text: str, hidden: Iterable[str]) -> str:
    """Take hidden names out of a text."""
    named = list(hidden)
    return pattern_of(named).sub(UNNAMED, text) if named else text


def pattern_of(hidden: Iterable[str]) -> re.Pattern[str]:
    """Give what finds hidden names, not as parts of longer words."""
    return re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in hidden))


def unnamed(step: Step) -> Step:
    """Give a step that says only where it stands in the plan."""
    silent: dict[str, Any] = {
        "tool": UNNAMED,
        "title": "",
        "args": {},
        "after": step.needs,
        "why": "",
        "check": None,
        "repeat": None,
    }
    return step.model_copy(update=silent)


def named_again(plan: Plan, before: Mapping[str, Step]) -> Plan:
    """Put the steps of an earlier plan back where a plan has them unnamed and otherwise as are."""
    steps = [
        old if (old := before.get(step.id)) is not None and step == unnamed(old) else step
        for step in plan.steps
    ]
    return plan.model_copy(update={"steps": tuple(steps)})


def _sees(visible: Callable[[str], bool], name: str) -> bool:
    try:
        return visible(name) is True
    except Exception:  # noqa: BLE001 - what cannot be decided is not shown
        return False
