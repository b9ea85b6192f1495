"""Tools: callables with a declared effect, their schema, and the registry of a workbench."""

from workbench.tools.effect import EFFECTS, RISKS, Effect, Risk, default_risk
from workbench.tools.guards import Breaker, NotYet, Polling
from workbench.tools.inject import Key, Secret, SecretValue, Seed
from workbench.tools.limit import Limit
from workbench.tools.registry import Registry
from workbench.tools.tool import Happened, Tool, tool
from workbench.tools.undoing import UndoTool

__all__ = [
    "EFFECTS",
    "RISKS",
    "Breaker",
    "Effect",
    "Happened",
    "Key",
    "Limit",
    "NotYet",
    "Polling",
    "Registry",
    "Risk",
    "Secret",
    "SecretValue",
    "Seed",
    "Tool",
    "UndoTool",
    "default_risk",
    "tool",
]
