"""Which effect a step has, as far as is known here, and which steps cannot be taken back."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.states import StepState
from workbench.tools import Effect, Risk, Tool
from workbench.view import RunView

_NEVER: frozenset[StepState] = frozenset({"skipped", "denied", "stopped"})


def effect_of(tools: Mapping[str, Tool], name: str) -> tuple[Effect, Risk]:
    """Give effect and risk of a tool; one that is not known here counts as irreversible."""
    tool = tools.get(name)
    return (tool.effect, tool.risk) if tool is not None else ("irreversible", "irreversible")


def is_one_way(view: RunView, step_id: str, tools: Mapping[str, Tool]) -> bool:
    """Say whether the step's call, made or still to come, cannot be undone."""
    if view.plan is None or step_id not in view.plan.by_id:
        return False
    step = view.steps[step_id]
    given = step.state == "succeeded" and step.attempt == 0
    if step.state in _NEVER or given or (step.state == "failed" and step.happened is False):
        return False
    return effect_of(tools, view.plan.by_id[step_id].tool)[0] == "irreversible"
