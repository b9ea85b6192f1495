"""What a planner is shown of a run, and how its plans are checked before it hands them in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType

from workbench.engine import family, limits
from workbench.engine.catalogue import concealed, known_tools
from workbench.engine.editing import over_budget_now
from workbench.engine.parts import Parts
from workbench.plan import Finding, Plan
from workbench.plan.costs import over_budget
from workbench.plan.forbidden import forbidden
from workbench.planner import Decision, PlanningContext, StepReport
from workbench.tools import Tool
from workbench.values.summary import summarize
from workbench.view import RequestView, RunView, used
from workbench.view.unnamed import UNNAMED


def context_of(
    view: RunView, why: str, parts: Parts, excerpts: Mapping[str, str] = MappingProxyType({})
) -> PlanningContext:
    """Collect what the planner is shown; `excerpts` of the outputs, by step."""
    known = known_tools(parts)
    context = PlanningContext(
        goal=view.goal,
        tools=known,
        why=why,
        plan=view.plan,
        steps=_reports(view, excerpts),
        answers=_answers(view),
        notes=_notes(view, parts),
        decisions=[
            Decision(subject=d.subject, choice=d.choice, why=d.why, by=d.by) for d in view.decisions
        ],
        horizon=_horizon(view),
        faults=partial(faults, view, known, parts),
        left={**limits.left(view), **family.left(view.run)} if view.limits else {},
        open=[request.opened.title for request in view.open_requests],
        shortened=dict(view.shortened),
    )
    return concealed(parts, context)


def faults(view: RunView, known: list[Tool], parts: Parts, plan: Plan) -> list[Finding]:
    """Find every fault for which a planner's plan would not be begun."""
    before = view.plan.by_id if view.plan is not None else {}
    tools = parts.tools.tool_map()
    # A step that stands so already may use what the planner is not told of.
    visible = {tool.name: tool for tool in known}
    visible |= {step.tool: tools[step.tool] for step in before.values() if step.tool in tools}
    found = plan.check(list(visible.values()))
    found += forbidden(plan, tools, parts.policy, settled=before)
    if view.plan is not None:
        found += over_budget_now(view, plan, parts.tools)
    elif view.limits:
        found += over_budget(plan, tools, view.limits, used=used(view))
    return [*found, *too_far(view, plan)]


def too_far(view: RunView, plan: Plan) -> list[Finding]:
    """Find out whether a planner adds more steps at a time than the run's policy has it."""
    horizon = _horizon(view)
    if horizon is None:
        return []
    # What stands there already may be of a person, who plans as far ahead as they like.
    before = view.plan.by_id if view.plan is not None else {}
    to_come = [step.id for step in plan.steps if step.id not in before and not step.skip]
    if len(to_come) <= horizon:
        return []
    steps = "one step" if horizon == 1 else f"{horizon} steps"
    message = f"{len(to_come)} steps are planned ahead, and only {steps} at a time may be"
    return [Finding(code="too_far_ahead", step=to_come[horizon], message=message)]


def _horizon(view: RunView) -> int | None:
    policy = view.replanning
    return policy.n if policy is not None and policy.when == "next" else None


def _reports(view: RunView, excerpts: Mapping[str, str]) -> list[StepReport]:
    return [
        StepReport(
            id=step.id,
            state=step.state,
            summary=(step.output.summary or summarize(step.output.value)) if step.output else "",
            error=step.error or "",
            faults=step.faults,
            excerpt=excerpts.get(step.id, ""),
        )
        for step in view.steps.values()
    ]


def _answers(view: RunView) -> dict[str, str]:
    return {
        str(request.opened.evidence["question"]): request.answer.choice or ""
        for request in view.requests.values()
        if request.answer is not None and request.opened.about == "question"
    }


def _notes(view: RunView, parts: Parts) -> list[str]:
    """Give refusals and comments, in the order in which they were said."""
    said = [
        (request.decided_at, f"{_title(request, parts)}: {request.answer.reason}")
        for request in view.requests.values()
        if request.answer is not None
        and request.opened.about != "question"
        and request.answer.reason
    ]
    for note in view.notes:
        about = f"on step {note.step}: " if note.step else ""
        said.append((note.at, f"{note.by} said {about}{note.text}"))
    return [text for _, text in sorted(said, key=_time)]


def _title(request: RequestView, parts: Parts) -> str:
    return request.opened.title if parts.rights.knows(request.opened.tool) else UNNAMED


def _time(said: tuple[datetime | None, str]) -> datetime:
    return said[0] or datetime.min.replace(tzinfo=UTC)
