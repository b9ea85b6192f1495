"""Workbench: a person and an AI agent share one plan.

Importing this prints nothing, opens nothing and imports no heavy library; every public name is
loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench import agents, errors, notify, testing, toolkit
    from workbench.budget import Budget, Cap
    from workbench.capture import Bounds
    from workbench.capture.checkpoint import Checkpoint
    from workbench.credentials import Secrets
    from workbench.engine.hooks import HookRecord, Hooks
    from workbench.grants import (
        Grant,
        Predicate,
        Rule,
        at_least,
        at_most,
        equals,
        matches,
        one_of,
        under,
    )
    from workbench.host import Ended
    from workbench.mcp.connect import mcp
    from workbench.oversight import Fatigue
    from workbench.plan import (
        Check,
        Draft,
        Estimate,
        Finding,
        Forecast,
        Plan,
        PlanDiff,
        Query,
        Repeat,
        Replan,
        Retry,
        Step,
        ref,
    )
    from workbench.planner import AgentLoop, BuiltinPlanner, ModelPlanner
    from workbench.policy import Policy, Rights
    from workbench.policy.files import read_rules
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
    from workbench.variables import Restored
    from workbench.view import RunView
    from workbench.workbench import Workbench

__version__ = "0.1.0"

_HOMES = {
    "AgentLoop": "workbench.planner",
    "agents": "workbench.agents",
    "at_least": "workbench.grants",
    "at_most": "workbench.grants",
    "Bounds": "workbench.capture",
    "Breaker": "workbench.tools",
    "Budget": "workbench.budget",
    "Cap": "workbench.budget",
    "BuiltinPlanner": "workbench.planner",
    "Check": "workbench.plan",
    "Checkpoint": "workbench.capture.checkpoint",
    "Draft": "workbench.plan",
    "Ended": "workbench.host",
    "equals": "workbench.grants",
    "errors": "workbench.errors",
    "Estimate": "workbench.plan",
    "Fatigue": "workbench.oversight",
    "Finding": "workbench.plan",
    "Forecast": "workbench.plan",
    "Grant": "workbench.grants",
    "Happened": "workbench.tools",
    "HookRecord": "workbench.engine.hooks",
    "Hooks": "workbench.engine.hooks",
    "Key": "workbench.tools",
    "Limit": "workbench.tools",
    "matches": "workbench.grants",
    "mcp": "workbench.mcp",
    "ModelPlanner": "workbench.planner",
    "note_tries": "workbench.tools.tries",
    "notify": "workbench.notify",
    "NotYet": "workbench.tools",
    "one_of": "workbench.grants",
    "Plan": "workbench.plan",
    "PlanDiff": "workbench.plan",
    "Policy": "workbench.policy",
    "Polling": "workbench.tools",
    "Predicate": "workbench.grants",
    "Query": "workbench.plan",
    "read_rules": "workbench.policy.files",
    "ref": "workbench.plan",
    "Repeat": "workbench.plan",
    "Replan": "workbench.plan",
    "Request": "workbench.request",
    "Result": "workbench.result",
    "Restored": "workbench.variables",
    "Retry": "workbench.plan",
    "Rights": "workbench.policy",
    "Rule": "workbench.grants",
    "Run": "workbench.run",
    "RunView": "workbench.view",
    "Secret": "workbench.tools",
    "Secrets": "workbench.credentials",
    "Seed": "workbench.tools",
    "Step": "workbench.plan",
    "testing": "workbench.testing",
    "Tool": "workbench.tools",
    "tool": "workbench.tools",
    "toolkit": "workbench.toolkit",
    "under": "workbench.grants",
    "Workbench": "workbench.workbench",
}

__all__ = [
    "AgentLoop",
    "Bounds",
    "Breaker",
    "Budget",
    "BuiltinPlanner",
    "Cap",
    "Check",
    "Checkpoint",
    "Draft",
    "Ended",
    "Estimate",
    "Fatigue",
    "Finding",
    "Forecast",
    "Grant",
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
    "Predicate",
    "Query",
    "Repeat",
    "Replan",
    "Request",
    "Restored",
    "Result",
    "Retry",
    "Rights",
    "Rule",
    "Run",
    "RunView",
    "Secret",
    "Secrets",
    "Seed",
    "Step",
    "Tool",
    "Workbench",
    "agents",
    "at_least",
    "at_most",
    "equals",
    "errors",
    "matches",
    "mcp",
    "note_tries",
    "notify",
    "one_of",
    "read_rules",
    "ref",
    "testing",
    "tool",
    "toolkit",
    "under",
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
