"""Planners: they propose plans and edits, and cannot execute."""

from workbench.planner.agent_loop import AgentLoop
from workbench.planner.builtin import BuiltinPlanner
from workbench.planner.model_planner import ModelPlanner
from workbench.planner.port import (
    Decision,
    Planner,
    PlanningContext,
    Proposal,
    Question,
    StepReport,
)

__all__ = [
    "AgentLoop",
    "BuiltinPlanner",
    "Decision",
    "ModelPlanner",
    "Planner",
    "PlanningContext",
    "Proposal",
    "Question",
    "StepReport",
]
