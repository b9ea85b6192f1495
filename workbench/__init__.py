"""Workbench: a person and an AI agent share one plan.

Importing this prints nothing, opens nothing and imports no heavy library; every public name is loaded
on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.budget import Budget
    from workbench.plan import Check, Draft, Estimate, Finding, Plan, PlanDiff, Retry, Step, ref
    from workbench.tools import Happened, Key, Secret, Tool, tool

__version__ = "0.1.0"

_HOMES = {
    "Budget": "workbench.budget",
    "Check": "workbench.plan",
    "Draft": "workbench.plan",
    "Estimate": "workbench.plan",
    "Finding": "workbench.plan",
    "Happened": "workbench.tools",
    "Key": "workbench.tools",
    "Plan": "workbench.plan",
    "PlanDiff": "workbench.plan",
    "Retry": "workbench.plan",
    "Secret": "workbench.tools",
    "Step": "workbench.plan",
    "Tool": "workbench.tools",
    "ref": "workbench.plan",
    "tool": "workbench.tools",
}

__all__ = [
    "Budget",
    "Check",
    "Draft",
    "Estimate",
    "Finding",
    "Happened",
    "Key",
    "Plan",
    "PlanDiff",
    "Retry",
    "Secret",
    "Step",
    "Tool",
    "ref",
    "tool",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        message = f"module 'workbench' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
