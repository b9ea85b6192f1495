"""Workbench: a person and an AI agent share one plan.

Importing this prints nothing, opens nothing and imports no heavy library; every public name is
loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench import errors, testing, toolkit
    from workbench.budget import Budget, Cap
    from workbench.engine.hooks import HookRecord, Hooks
    from workbench.host import Ended
    from workbench.plan import (
        Check,
        Draft,
        Estimate,
        Finding,
        Forecast,
        Plan,
        PlanDiff,
        Repeat,
        Retry,
        Step,
        ref,
    )
    from workbench.planner import BuiltinPlanner, ModelPlanner
    from workbench.policy import Policy
    from workbench.request import Request
    from workbench.result import Result
    from workbench.run import Run
    from workbench.tools import (
        Breaker,
        Happened,
        Key,
        Limit,
        NotYet,
        Polling,
        Secret,
        Seed,
        Tool,
        tool,
    )
    from workbench.tools.tries import note_tries
    from workbench.view import RunView
    from workbench.workbench import Workbench

__version__ = "0.1.0"

_HOMES = {
    "BuiltinPlanner": "workbench.planner",
    "Breaker": "workbench.tools",
    "Budget": "workbench.budget",
    "Cap": "workbench.budget",
    "Check": "workbench.plan",
    "Draft": "workbench.plan",
    "Ended": "workbench.host",
    "Estimate": "workbench.plan",
    "Finding": "workbench.plan",
    "Forecast": "workbench.plan",
    "Happened": "workbench.tools",
    "HookRecord": "workbench.engine.hooks",
    "Hooks": "workbench.engine.hooks",
    "Key": "workbench.tools",
    "Limit": "workbench.tools",
    "ModelPlanner": "workbench.planner",
    "NotYet": "workbench.tools",
    "Plan": "workbench.plan",
    "PlanDiff": "workbench.plan",
    "Policy": "workbench.policy",
    "Polling": "workbench.tools",
    "Repeat": "workbench.plan",
    "Request": "workbench.request",
    "Result": "workbench.result",
    "Retry": "workbench.plan",
    "Run": "workbench.run",
    "RunView": "workbench.view",
    "Secret": "workbench.tools",
    "Seed": "workbench.tools",
    "Step": "workbench.plan",
    "Tool": "workbench.tools",
    "Workbench": "workbench.workbench",
    "errors": "workbench.errors",
    "note_tries": "workbench.tools.tries",
    "ref": "workbench.plan",
    "testing": "workbench.testing",
    "tool": "workbench.tools",
    "toolkit": "workbench.toolkit",
}

__all__ = [
    "Breaker",
    "Budget",
    "BuiltinPlanner",
    "Cap",
    "Check",
    "Draft",
    "Ended",
    "Estimate",
    "Finding",
    "Forecast",
    "Happened",
    "HookRecord",
    "Hooks",
    "Key",
    "Limit",
    "ModelPlanner",
    "NotYet",
    "Plan",
    "PlanDiff",
    "Policy",
    "Polling",
    "Repeat",
    "Request",
    "Result",
    "Retry",
    "Run",
    "RunView",
    "Secret",
    "Seed",
    "Step",
    "Tool",
    "Workbench",
    "errors",
    "note_tries",
    "ref",
    "testing",
    "tool",
    "toolkit",
]


if not TYPE_CHECKING:  # so that type checkers refuse a name that does not exist

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            message = f"module 'workbench' has no attribute {name!r}"
            raise AttributeError(message)
        module = importlib.import_module(home)
        value = module if home == f"workbench.{name}" else getattr(module, name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def load_ipython_extension(shell: Any) -> None:
    """Register the magics: `%load_ext workbench`."""
    importlib.import_module("workbench.magics").register(shell)
