"""Planners: they propose plans and edits, and cannot execute."""

from workbench.planner.port import Planner, PlanningContext, Proposal, Question, StepReport

__all__ = ["Planner", "PlanningContext", "Proposal", "Question", "StepReport"]
