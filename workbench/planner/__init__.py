"""Planners: they propose plans and edits, and cannot execute."""

from workbench.planner.builtin import BuiltinPlanner
from workbench.planner.model_planner import ModelPlanner
from workbench.planner.port import Planner, PlanningContext, Proposal, Question, StepReport

__all__ = [
    "BuiltinPlanner",
    "ModelPlanner",
    "Planner",
    "PlanningContext",
    "Proposal",
    "Question",
    "StepReport",
]
