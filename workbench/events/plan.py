"""Events of the plan and the planner."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_serializer

from workbench.events.base import Author, Event
from workbench.plan import Edit, Plan, Remark


class PlanRevised(Event):
    """A revision was accepted: the first as a whole plan, later ones as edits of the one before."""

    kind: Literal["plan.revised"] = "plan.revised"
    number: int
    """1 for the first revision."""
    digest: str
    """Names the resulting plan."""
    base: str | None = None
    """Digest of the revision that was edited; None for the first."""
    author: Author
    reason: str = ""
    plan: Plan | None = None
    edits: tuple[Edit, ...] = ()
    remarks: tuple[Remark, ...] = ()
    """What a person should know before it goes on; told with the revision."""

    @field_serializer("edits")
    def _with_tags(self, edits: tuple[Edit, ...]) -> list[dict[str, Any]]:
        """Keep the tag of each edit although it is a default."""
        return [{"op": i.op, **i.model_dump(mode="json", exclude_defaults=True)} for i in edits]


class PlannerCalled(Event):
    """The planner was asked; what it saw is recorded."""

    kind: Literal["planner.called"] = "planner.called"
    planner: str
    why: str
    """`goal`, `answer`, or the failure that asks for another plan."""
    context: dict[str, Any] = Field(default_factory=dict)


class PlannerAnswered(Event):
    """The planner proposed a plan, asked questions, or gave up."""

    kind: Literal["planner.answered"] = "planner.answered"
    planner: str
    outcome: Literal["plan", "edits", "keep", "questions", "wait", "abandon", "error"]
    text: str = ""
    usage: dict[str, float] = Field(default_factory=dict)
    """Amounts by unit: tokens, usd."""
    duration_s: float = 0.0


class PlanUnchanged(Event):
    """The planner's proposal changes nothing real, or what was decided."""

    kind: Literal["plan.unchanged"] = "plan.unchanged"
    author: Author
    reason: str = ""
    """In which way."""
    times: int = 1
    """Such proposals in a row, this one included."""
    taken: bool = False
    """Whether it was taken over, as one more try of what failed."""


class PlanCommented(Event):
    """A person said something about the plan, or a step of it, for the planner to see."""

    kind: Literal["plan.commented"] = "plan.commented"
    by: Author
    text: str
    step: str | None = None
    """The step that it is about; None: the whole."""
    replan: bool = True
    """Whether the planner is asked again because of it."""
    review: bool = False
    """Whether the run is held once the planner has answered, to be looked at."""
