"""The embedded planner: typed rules, no language model; it asks when it is not sure."""

from workbench.planner.builtin.planner import BuiltinPlanner

__all__ = ["BuiltinPlanner"]
