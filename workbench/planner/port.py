"""The planner's port: it sees a context and proposes; it cannot execute anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from workbench.plan import Edit, Finding, Plan
from workbench.tools import Tool
from workbench.view import Shown


@dataclass(frozen=True)
class Question:
    """What the planner must know before it can plan."""

    id: str
    text: str
    choices: Mapping[str, str] = field(default_factory=dict)
    """Value to label; empty: any text."""
    why: str = ""
    """The words of the goal that raise it."""


@dataclass(frozen=True)
class StepReport:
    """What the planner may know of a step of the current plan."""

    id: str
    state: str
    summary: str = ""
    """Its output in one line."""
    error: str = ""
    excerpt: str = ""
    """Its output as a model is shown it: whole when it is short, else head, tail and size; of a
    frame schema, statistics and a sample. Empty: the summary serves."""
    faults: Sequence[Mapping[str, str]] = ()
    """Of a step whose arguments did not fit its tool: `path` and `message` of each fault."""


@dataclass(frozen=True)
class Decision:
    """What was decided about something, so that what comes later agrees with it."""

    subject: str
    """What it is about, in a few words, always worded the same."""
    choice: str
    why: str = ""
    by: str = ""
    """Who decided; of a proposal, its planner."""


@dataclass(frozen=True)
class PlanningContext:
    """All that a planner sees; recorded in the journal by `as_json`."""

    goal: str
    tools: Sequence[Tool]
    """The tools that this run may know about."""
    why: str = "goal"
    """What calls for planning: `goal`, `answer`, or the failure in words."""
    plan: Plan | None = None
    """The current revision when it is a re-plan."""
    steps: Sequence[StepReport] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    """Question id to the person's answer."""
    notes: Sequence[str] = ()
    """Reasons of refusals and remarks of the person, as text."""

    decisions: Sequence[Decision] = ()
    """What was decided in this run so far, by persons and planners."""
    horizon: int | None = None
    """Steps that may be planned ahead at a time; None: any number."""
    faults: Callable[[Plan], Sequence[Finding]] | None = field(default=None, repr=False)
    """Finds every fault of a plan, those against rights, rules and limits too; None: only the tools
    are known. What has a fault is never begun."""

    left: Mapping[str, float] = field(default_factory=dict)
    """What may still be used of each unit that has a limit; `tokens` counts both directions."""

    open: Sequence[str] = ()
    """Requests that wait for the person, as text."""
    shortened: Mapping[str, Shown] = field(default_factory=dict)
    """Pieces that a model is shown shortened, by name; see `workbench.context`."""

    def as_json(self) -> dict[str, Any]:
        """Give the recorded form: names of tools instead of their schemas."""
        return {
            "goal": self.goal,
            "tools": [tool.name for tool in self.tools],
            "why": self.why,
            "plan": self.plan.digest if self.plan else None,
            "steps": {report.id: report.state for report in self.steps},
            "answers": dict(self.answers),
            "notes": list(self.notes),
            **({"horizon": self.horizon} if self.horizon is not None else {}),
        }

    def check(self, plan: Plan) -> list[Finding]:
        """Give every fault that the plan has here."""
        return list(self.faults(plan)) if self.faults is not None else plan.check(self.tools)


@dataclass(frozen=True)
class Proposal:
    """What a planner answers: exactly one of plan, edits, keep, questions, wait and abandon."""

    plan: Plan | None = None
    """A first plan, or a whole new one; finished steps are kept by the engine."""
    edits: Sequence[Edit] = ()
    """Edits of the current revision."""
    keep: str = ""
    """Why the plan stays as it is: what is left of it is done, and if nothing is, the goal is."""
    questions: Sequence[Question] = ()
    wait: str = ""
    """What it waits for: the run pauses with this reason, and asks again when it is resumed."""
    abandon: str = ""
    """Why the goal cannot be reached."""
    reason: str = ""
    """Why this plan: shown with the revision."""
    decisions: Sequence[Decision] = ()
    """What it decided with this proposal; kept in the decision log."""
    usage: Mapping[str, float] = field(default_factory=dict)
    """Amounts by unit: tokens_in, tokens_out, usd."""


class Planner(Protocol):
    """Anything that turns a context into a proposal."""

    @property
    def name(self) -> str:
        """A label for people that says what it is: `builtin rules (no language model)`."""
        ...

    # A planner may also have `reserve(context) -> Mapping[str, float]`: what it will take at least,
    # by unit; in a thread. The run then pauses before a limit is crossed, not behind it. One with
    # `reads_outputs = True` is shown an excerpt of each output, which may have to be read back. And
    # it may have `replan: Replan`, the policy of its runs that were given none, and `prompt: str`,
    # the text that it tells its model, which is part of a run's specification.

    async def propose(self, context: PlanningContext) -> Proposal:
        """Propose a plan, edits or questions; called in the engine's own loop.

        Raises:
            ModelError: its model could not be reached or gave no plan.
        """
        ...
