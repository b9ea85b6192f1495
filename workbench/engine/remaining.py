"""What a run that has ended left undone, as a plan that goes on from there. No I/O."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.errors import CommandRefused, NotFound
from workbench.plan import Plan, Step
from workbench.tools import Tool
from workbench.view import RunView, StepView

TO_DO_AGAIN = ("policy", "expiry")
"""Who refused a step that is to be tried again; a person's refusal holds."""


def remaining(view: RunView, tools: Mapping[str, Tool]) -> Plan:
    """Give the plan again: what is finished with its output, the rest as it was.

    A call that may have taken place although it isn't finished is asked about before it is made.

    Raises:
        CommandRefused: the run has not ended, so it goes on by itself.
        NotFound: it never had a plan.
    """
    if not view.final:
        raise CommandRefused(
            f"Run {view.run} is {view.state}: what remains is still its own.",
            "Wait for it, resume it, or stop it first.",
        )
    if view.plan is None:
        raise NotFound(f"Run {view.run} ended before it had a plan.", "Start a new run.")
    steps = [_left(step, view.steps[step.id], view, tools) for step in view.plan.steps]
    return Plan(goal=view.plan.goal or view.goal, steps=tuple(steps))


def may_have_happened(stands: StepView, tool: Tool | None) -> bool:
    """Say whether the call of an unfinished step may have changed the world."""
    if tool is not None and tool.repeatable:
        return False
    if stands.state == "failed":
        return stands.happened is not False
    return stands.state in ("in_doubt", "running")


def _left(step: Step, stands: StepView, view: RunView, tools: Mapping[str, Tool]) -> Step:
    if stands.state == "succeeded":
        return step.model_copy(update={"output": stands.output, "skip": False})
    if stands.state == "skipped" or (stands.state == "denied" and stands.by not in TO_DO_AGAIN):
        return step.model_copy(update={"skip": True})
    if may_have_happened(stands, tools.get(step.tool)):
        doubt = f"it may have happened already, in run {view.run}: look before you allow it"
        why = f"{step.why}; {doubt}" if step.why else doubt
        return step.model_copy(update={"ask": True, "why": why})
    return step
