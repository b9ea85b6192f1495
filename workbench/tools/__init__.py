"""Tools: callables with a declared effect, their schema, and the registry of a workbench."""

from workbench.tools.effect import EFFECTS, RISKS, Effect, Risk, default_risk
from workbench.tools.inject import Key, Secret, SecretValue, Seed
from workbench.tools.registry import Registry
from workbench.tools.tool import Happened, Tool, tool

__all__ = [
    "EFFECTS",
    "RISKS",
    "Effect",
    "Happened",
    "Key",
    "Registry",
    "Risk",
    "Secret",
    "SecretValue",
    "Seed",
    "Tool",
    "default_risk",
    "tool",
]
