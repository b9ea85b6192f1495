"""A plan: typed steps with their dependencies, as immutable data that both sides edit."""

from workbench.plan.argument import Ref, find_refs, ref
from workbench.plan.criterion import Check, Query
from workbench.plan.diff import PlanDiff
from workbench.plan.draft import Draft
from workbench.plan.edits import (
    Add,
    Change,
    Edit,
    EditList,
    Move,
    Remove,
    SetOutput,
    Skip,
    apply_edits,
)
from workbench.plan.finding import Finding
from workbench.plan.forecast import Forecast, StepForecast
from workbench.plan.plan import Plan
from workbench.plan.remarks import Remark
from workbench.plan.replan import Replan
from workbench.plan.room import Room
from workbench.plan.shape import colours, shape
from workbench.plan.step import Estimate, Repeat, Retry, Step

__all__ = [
    "Add",
    "Change",
    "Check",
    "Draft",
    "Edit",
    "EditList",
    "Estimate",
    "Finding",
    "Forecast",
    "Move",
    "Plan",
    "PlanDiff",
    "Query",
    "Ref",
    "Remark",
    "Remove",
    "Repeat",
    "Replan",
    "Retry",
    "Room",
    "SetOutput",
    "Skip",
    "Step",
    "StepForecast",
    "apply_edits",
    "colours",
    "find_refs",
    "ref",
    "shape",
]
