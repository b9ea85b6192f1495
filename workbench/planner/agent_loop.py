"""The agent loop: a planner that proposes one step, sees what came of it, and proposes the next.

It executes nothing. Each step becomes part of the plan by an edit, is decided about like any other,
and can be edited, refused or commented on by the person before it is made.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.models import Model, ModelReply
from workbench.plan import Add, Edit, Plan, Replan, Skip, apply_edits
from workbench.plan.graph import downstream
from workbench.planner.answer import (
    MENDABLE,
    ProposedDecision,
    ProposedQuestion,
    ProposedStep,
    Strict,
    Unusable,
    as_decisions,
    as_step,
    parse,
    read_verb,
    refuse_contradictions,
    refuse_faults,
)
from workbench.planner.model_planner import REPAIRS, ModelPlanner
from workbench.planner.port import PlanningContext, Proposal
from workbench.planner.prompts import LOOP_RULES
from workbench.states import STEP_FINAL

STEPS = 30
"""Steps that the loop proposes at most, unless it is told otherwise."""


class NextAnswer(Strict):
    """The one JSON object that the loop asks for."""

    kind: Literal["step", "done", "questions", "wait", "abandon"]
    reason: str = ""
    step: ProposedStep | None = None
    questions: list[ProposedQuestion] = Field(default_factory=list)
    decisions: list[ProposedDecision] = Field(default_factory=list)


class AgentLoop(ModelPlanner):
    """Asks `model` for the next step after each observation: a plan that grows by edits.

    The person and the policy stand between two steps, as with any plan. A step that failed is
    skipped when another one follows; the journal keeps it.

    Args:
        model: any `workbench.models.Model`.
        steps: how often it is asked in one run.
        repairs: how often the faults of an answer are sent back.
        max_output: tokens that one answer may have.
    """

    prompt = LOOP_RULES
    answer = NextAnswer

    def __init__(
        self, model: Model, *, steps: int = STEPS, repairs: int = REPAIRS, max_output: int = 2048
    ) -> None:
        """Hold the model."""
        super().__init__(model, repairs=repairs, max_output=max_output)
        self.replan = Replan(when="next", n=1, at_most=steps)
        """The policy of its runs, where they are given none."""

    @property
    def name(self) -> str:
        """A label that says which model it is, and how it is asked."""
        return f"step by step, model {self.model.label}"

    def read(self, reply: ModelReply, context: PlanningContext) -> Proposal:
        """Turn a reply into a proposal; see `ModelPlanner.read`."""
        answer = parse(reply, NextAnswer)
        refuse_contradictions(answer.decisions, context)
        decisions = as_decisions(answer.decisions)
        if answer.kind == "step":
            plan, edits = _grow(answer, context)
            return Proposal(plan=plan, edits=edits, reason=answer.reason, decisions=decisions)
        if answer.kind == "done":
            if context.plan is None:
                raise Unusable(['done: nothing was done yet; answer with "step"'])
            if not answer.reason:
                raise Unusable(['reason: "done" needs a reason'])
            return Proposal(keep=answer.reason, reason=answer.reason, decisions=decisions)
        verb = read_verb(answer.kind, answer.reason, answer.questions)
        return Proposal(
            questions=verb.questions,
            wait=verb.wait,
            abandon=verb.abandon,
            reason=verb.reason,
            decisions=decisions,
        )


def _lost(plan: Plan, context: PlanningContext) -> set[str]:
    """Give what failed, and the steps to come that would use its output."""
    states = {report.id: report.state for report in context.steps}
    broken = {name for name, state in states.items() if state in MENDABLE}
    uses = {step.id: [reference.step for reference in step.refs] for step in plan.steps}
    behind = {name for name in downstream(uses, broken) if states.get(name) not in STEP_FINAL}
    return broken | behind


def _grow(answer: NextAnswer, context: PlanningContext) -> tuple[Plan | None, tuple[Edit, ...]]:
    """Give the first plan, or the edits that leave out what failed and add the next step."""
    if answer.step is None:
        raise Unusable(['step: "step" needs one'])
    step = as_step(answer.step)
    if context.plan is None:
        plan = Plan(goal=context.goal, steps=(step,))
        refuse_faults(plan, context)
        return plan, ()
    if step.id in context.plan:
        raise Unusable([f"step.id: there is a step {step.id!r} already; give it another id"])
    broken = _lost(context.plan, context)
    done = [report.id for report in context.steps if report.state == "succeeded"]
    if not step.needs and done:
        # The order in which it was proposed is part of what the plan says.
        step = step.model_copy(update={"after": (done[-1],)})
    edits: list[Edit] = [Skip(step=name) for name in sorted(broken)]
    edits.append(Add(step=step))
    refuse_faults(apply_edits(context.plan, edits), context)
    return None, tuple(edits)
