"""What a model may answer: its shape, and the checks that turn it into a proposal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.errors import PlanError
from workbench.ids import digest
from workbench.models import ModelReply
from workbench.plan import Add, Change, Edit, Move, Plan, Remove, Skip, Step, apply_edits
from workbench.plan.step import ID_PATTERN
from workbench.planner.port import Decision, PlanningContext, Proposal, Question
from workbench.states import STEP_FINAL, StepState

MENDABLE: frozenset[StepState] = frozenset({"failed", "denied", "undone"})
"""States in which a step is over, and yet may be changed: then it begins anew."""
CHANGEABLE = frozenset({"tool", "args", "after", "title", "why", "ask"})
"""Fields of a step that a model may set. An output would be a fact, a check a rule."""


class Strict(BaseModel):
    """A part of an answer; a field that is not known is a fault."""

    model_config = ConfigDict(extra="forbid")


Shape = TypeVar("Shape", bound=Strict)


class ProposedStep(Strict):
    """A step as a model may write it."""

    id: str = Field(pattern=ID_PATTERN)
    tool: str
    args: dict[str, Any] = Field(default_factory=dict)
    after: list[str] = Field(default_factory=list)
    title: str = ""
    why: str = ""
    ask: bool = False


class ProposedAdd(Strict):
    """Put a new step into the plan."""

    op: Literal["add"]
    step: ProposedStep
    before: str | None = None


ProposedEdit = Annotated[ProposedAdd | Remove | Change | Move | Skip, Field(discriminator="op")]


class ProposedQuestion(Strict):
    """What the model wants to know."""

    text: str = Field(min_length=1)
    choices: dict[str, str] = Field(default_factory=dict)
    why: str = ""


class ProposedDecision(Strict):
    """What the model decided, so that later answers agree with it."""

    subject: str = Field(min_length=1, max_length=200)
    choice: str = Field(min_length=1, max_length=1000)
    why: str = ""


class Answer(Strict):
    """The one JSON object that a model planner asks for."""

    kind: Literal["plan", "edits", "keep", "questions", "wait", "abandon"]
    reason: str = ""
    steps: list[ProposedStep] = Field(default_factory=list)
    edits: list[ProposedEdit] = Field(default_factory=list)
    questions: list[ProposedQuestion] = Field(default_factory=list)
    decisions: list[ProposedDecision] = Field(default_factory=list)


class Unusable(Exception):
    """An answer that cannot be used; `faults` says why, each in one line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def read_answer(reply: ModelReply, context: PlanningContext) -> Proposal:
    """Turn a reply into a proposal, without usage.

    Raises:
        Unusable: it is cut off, no JSON, of another shape, or its plan has faults.
    """
    answer = parse(reply, Answer)
    refuse_contradictions(answer.decisions, context)
    match answer.kind:
        case "edits":
            proposal = _read_edits(answer, context)
        case "plan":
            proposal = _read_plan(answer, context)
        case "keep":
            if context.plan is None:
                raise Unusable(['keep: there is no plan yet; answer with "plan"'])
            proposal = Proposal(keep=_reason(answer.kind, answer.reason), reason=answer.reason)
        case _:
            proposal = read_verb(answer.kind, answer.reason, answer.questions)
    return replace(proposal, decisions=as_decisions(answer.decisions))


def read_verb(kind: str, reason: str, questions: list[ProposedQuestion]) -> Proposal:
    """Read the verbs that every planner has: ask, wait, abandon."""
    if kind == "questions":
        if not questions:
            raise Unusable(['questions: "questions" needs at least one'])
        return Proposal(questions=_questions(questions), reason=reason)
    if kind == "wait":
        return Proposal(wait=_reason(kind, reason), reason=reason)
    return Proposal(abandon=_reason(kind, reason), reason=reason)


def as_decisions(proposed: list[ProposedDecision]) -> tuple[Decision, ...]:
    """Turn decisions into those of a proposal."""
    return tuple(Decision(one.subject, one.choice, one.why) for one in proposed)


def refuse_contradictions(proposed: list[ProposedDecision], context: PlanningContext) -> None:
    """Refuse what goes against a decision of somebody else: it goes back as a fault."""
    faults = [
        f"decisions: {stands.by} decided {stands.choice!r} for {stands.subject!r}; agree with it, "
        "or ask"
        for one in proposed
        for stands in [_standing(one.subject, context.decisions)]
        if stands is not None
        and not stands.by.startswith("planner ")
        and _bare(stands.choice) != _bare(one.choice)
    ]
    if faults:
        raise Unusable(faults)


def _standing(subject: str, decisions: Sequence[Decision]) -> Decision | None:
    return next((d for d in reversed(decisions) if _bare(d.subject) == _bare(subject)), None)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).casefold().strip()


def _reason(kind: str, reason: str) -> str:
    if not reason:
        raise Unusable([f'reason: "{kind}" needs a reason'])
    return reason


def parse(reply: ModelReply, kind: type[Shape]) -> Shape:
    """Read a reply as an answer of that shape.

    Raises:
        Unusable: it is cut off, no JSON, or of another shape.
    """
    if reply.finish == "length":
        raise Unusable(["the answer was cut off: make it shorter"])
    value = reply.structured
    if value is None:
        text = re.sub(r"^\s*```(?:json)?\s*|\s*```\s*$", "", reply.text)
        try:
            value = json.loads(text)
        except ValueError as error:
            raise Unusable([f"not JSON: {error}"]) from error
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc'])) or 'answer'}: {e['msg']}" for e in error.errors()]
        raise Unusable(faults) from error


def as_step(proposed: ProposedStep) -> Step:
    """Turn a proposed step into one of a plan."""
    try:
        return Step.model_validate(proposed.model_dump())
    except ValidationError as error:
        faults = [
            f"{proposed.id}.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()
        ]
        raise Unusable(faults) from error


def _questions(asked: list[ProposedQuestion]) -> tuple[Question, ...]:
    """Name each question by its content, so that the same one has the same id again."""
    return tuple(
        Question(id=f"q-{digest(q.model_dump())[:10]}", text=q.text, choices=q.choices, why=q.why)
        for q in asked
    )


def _read_edits(answer: Answer, context: PlanningContext) -> Proposal:
    if context.plan is None:
        raise Unusable(['edits: there is no plan to edit yet; answer with "plan"'])
    if not answer.edits:
        raise Unusable(['edits: "edits" needs at least one'])
    fixed = _finished(context)
    faults: list[str] = []
    edits: list[Edit] = []
    for number, proposed in enumerate(answer.edits):
        if isinstance(proposed, ProposedAdd):
            edits.append(Add(step=as_step(proposed.step), before=proposed.before))
            continue
        faults += [f"edits.{number}: {fault}" for fault in _forbidden(proposed, fixed)]
        edits.append(proposed)
    if faults:
        raise Unusable(faults)
    try:
        plan = apply_edits(context.plan, edits)
    except PlanError as error:
        raise Unusable([str(error)]) from error
    refuse_faults(plan, context)
    return Proposal(edits=tuple(edits), reason=answer.reason)


def _forbidden(edit: Remove | Change | Move | Skip, fixed: dict[str, str]) -> Iterator[str]:
    if edit.step in fixed:
        yield f"step {edit.step!r} is {fixed[edit.step]} and cannot be edited"
    if isinstance(edit, Change):
        for name in sorted(set(edit.changes) - CHANGEABLE):
            yield f"{name!r} of a step cannot be changed by a model"


def _finished(context: PlanningContext) -> dict[str, str]:
    """Give the steps that stay as they are, with their state."""
    held = (STEP_FINAL - MENDABLE) | {"running", "in_doubt"}
    return {report.id: report.state for report in context.steps if report.state in held}


def _read_plan(answer: Answer, context: PlanningContext) -> Proposal:
    """Read a whole plan; when there is one already, as the edits that lead to it."""
    steps = tuple(as_step(step) for step in answer.steps)
    if context.plan is None:
        plan = Plan(goal=context.goal, steps=steps)
        refuse_faults(plan, context)
        return Proposal(plan=plan, reason=answer.reason)
    edits = tuple(_edits_to(steps, context.plan, _finished(context)))
    if not edits:
        raise Unusable(["the plan is the current one: change something, ask, or abandon"])
    refuse_faults(apply_edits(context.plan, edits), context)
    return Proposal(edits=edits, reason=answer.reason)


def _edits_to(steps: tuple[Step, ...], current: Plan, fixed: dict[str, str]) -> Iterator[Edit]:
    """Say how to get from the current plan to these steps; finished ones stay where they are."""
    wanted = {step.id: step for step in steps}
    for step in current.steps:
        if step.id not in wanted and step.id not in fixed:
            yield Remove(step=step.id)
    for step in wanted.values():
        before = current.by_id.get(step.id)
        if before is None:
            yield Add(step=step)
        elif step.id in fixed:
            if (step.tool, step.args) != (before.tool, before.args):
                raise Unusable([f"step {step.id!r} is {fixed[step.id]}: give a new step a new id"])
        else:
            changes = _changes(before, step)
            if changes:
                yield Change(step=step.id, changes=changes)


def _changes(before: Step, step: Step) -> dict[str, Any]:
    changes = {
        name: getattr(step, name)
        for name in sorted(CHANGEABLE - {"args"})
        if getattr(step, name) != getattr(before, name)
    }
    if step.args != before.args:
        # Arguments are merged by name, so one that should go has to be named.
        changes["args"] = {**dict.fromkeys(before.args), **step.args}
    return changes


def refuse_faults(plan: Plan, context: PlanningContext) -> None:
    """Refuse a plan that would not be begun.

    Raises:
        Unusable: it has faults, or does without a question that a person wants.
    """
    faults = [str(finding) for finding in context.check(plan)]
    before = context.plan.by_id if context.plan else {}
    faults += [
        f"{step.id}.ask: a person is to be asked before it, and that cannot be taken away"
        for step in plan.steps
        if step.id in before and before[step.id].ask and not step.ask
    ]
    if faults:
        raise Unusable(faults)
