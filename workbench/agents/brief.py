"""What a sub-agent is told: the goal as it was set, decisions, and what its step builds on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from workbench import events as e
from workbench.events import Record
from workbench.plan import Plan
from workbench.values import Stored
from workbench.values.summary import summarize
from workbench.view import RunView

WHOLE = 12
"""Steps that are told one by one; of more, those that the agent's own step needs come first."""
VALUE_LENGTH = 2000
"""Characters of an output that are told; of a longer one its summary."""


class Decision(BaseModel):
    """Something that was settled, by whom, and where."""

    model_config = ConfigDict(frozen=True)

    what: str
    by: str = ""
    step: str = ""


class Told(BaseModel):
    """One step of the run above."""

    model_config = ConfigDict(frozen=True)

    step: str
    tool: str
    state: str
    output: Any = None
    error: str = ""


class Brief(BaseModel):
    """The part of a run's trace that a sub-agent needs; it stands in the journal as it was told."""

    model_config = ConfigDict(frozen=True)

    goal: str
    """Of the run above, word for word: what is demanded there holds here."""
    constraints: tuple[str, ...] = ()
    """Limits, rules, and refusals of a person with their reasons."""
    decisions: tuple[Decision, ...] = ()
    trace: tuple[Told, ...] = ()
    left_out: tuple[str, ...] = ()
    """Steps that are not in the trace: it is a compression of it."""

    def __str__(self) -> str:
        """Put it into words, for a model."""
        lines = [f"Goal of the whole: {self.goal}"]
        lines += [f"Constraint: {text}" for text in self.constraints]
        lines += [f"Decided by {d.by or 'the run'}: {d.what}" for d in self.decisions]
        for told in self.trace:
            what = told.error or ("" if told.output is None else f" -> {told.output}")
            lines.append(f"Step {told.step} ({told.tool}) {told.state}{what}")
        if self.left_out:
            lines.append(f"Left out: {', '.join(self.left_out)}")
        return "\n".join(lines)


def brief_of(view: RunView, records: Iterable[Record], step: str) -> Brief:
    """Make the brief of an agent that works for a step of a run."""
    events = [record.event for record in records]
    chosen, left_out = _chosen(view, step)
    return Brief(
        goal=view.goal,
        constraints=tuple(_constraints(view, events)),
        decisions=tuple(_decisions(view, events)),
        trace=tuple(_told(view, name) for name in chosen),
        left_out=tuple(left_out),
    )


def _chosen(view: RunView, step: str) -> tuple[list[str], list[str]]:
    """Choose the steps that are told: all of a few, else those it needs, and the last ones."""
    plan = view.plan
    if plan is None:
        return [], []
    begun = [s.id for s in plan.steps if s.id != step and view.steps[s.id].state != "pending"]
    if len(begun) <= WHOLE:
        return begun, []
    direct = set(plan[step].needs)
    before = _upstream(plan, direct)
    ranked = sorted(begun, key=lambda n: (n in direct, n in before, view.steps[n].outcome_seq))
    keep = set(ranked[-max(WHOLE, len(direct)) :])
    return [n for n in begun if n in keep], [n for n in begun if n not in keep]


def _upstream(plan: Plan, steps: Iterable[str]) -> set[str]:
    """Name all that these steps build on."""
    found, todo = set[str](), list(steps)
    while todo:
        more = [earlier for earlier in plan[todo.pop()].needs if earlier not in found]
        found.update(more)
        todo += more
    return found


def _constraints(view: RunView, events: Iterable[e.Event]) -> Iterable[str]:
    for unit, most in view.limits.items():
        yield f"at most {most:g} {unit} for all of it"
    for rule in view.rules:
        yield str(rule)
    for event in events:
        if isinstance(event, e.RequestAnswered) and event.verdict == "deny" and event.reason:
            yield f"refused by {event.by}: {event.reason}"


def _decisions(view: RunView, events: Iterable[e.Event]) -> Iterable[Decision]:
    asked: dict[str, str] = {}
    for event in events:
        match event:
            case e.RequestOpened():
                asked[event.request] = event.title
            case e.PlanRevised() if event.reason and event.number > 1:
                yield Decision(what=f"the plan was revised: {event.reason}", by=event.author)
            case e.RequestAnswered():
                said = event.choice or event.verdict
                why = f" ({event.reason})" if event.reason else ""
                what = f"{asked.get(event.request, event.request)}: {said}{why}"
                yield Decision(what=what, by=event.by, step=event.step or "")
            case e.StepGiven():
                yield Decision(what="its output was given", by=event.by, step=event.step)
    for step in view.steps.values():
        yield from _of_agents(step.id, step.output)


def _of_agents(step: str, output: Stored | None) -> Iterable[Decision]:
    """Take over what an earlier agent has decided."""
    value = output.value if output is not None else None
    if isinstance(value, Mapping) and "decisions" in value and "answer" in value:
        for what in value["decisions"]:
            yield Decision(what=str(what), by="agent", step=step)


def _told(view: RunView, name: str) -> Told:
    stands = view.steps[name]
    tool = view.plan[name].tool if view.plan is not None else ""
    output = _short(stands.output) if stands.output is not None else None
    return Told(step=name, tool=tool, state=stands.state, output=output, error=stands.error or "")


def _short(stored: Stored) -> Any:
    if stored.artifact is not None:
        return stored.summary
    if len(str(stored.value)) > VALUE_LENGTH:
        return stored.summary or summarize(stored.value)
    return stored.value


class Report(BaseModel):
    """What a sub-agent gives back: its answer, and what it has decided on the way."""

    answer: Any
    decisions: list[str] = Field(default_factory=list)
    calls: list[dict[str, str]] = Field(default_factory=list)
    """Each call with the run that made it; there it can be looked at and taken back."""
    spent: dict[str, float] = Field(default_factory=dict)
    turns: int = 1
