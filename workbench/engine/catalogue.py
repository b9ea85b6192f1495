"""What the planner may know: the tools that both the person and the agent have a right to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from workbench.engine.parts import Parts
from workbench.errors import PlanError
from workbench.plan import Add, Change, Edit, Finding, Plan
from workbench.planner import PlanningContext
from workbench.tools import Tool
from workbench.view.unnamed import UNNAMED, hidden_of, unnamed, without_names


def known_tools(parts: Parts) -> list[Tool]:
    """Give the tools that the planner is told of.

    A tool that person or agent have no right to is not named to it, and neither is one that the
    policy forbids whatever the arguments.
    """
    forbids = getattr(parts.policy, "forbids", None)
    known = (tool for tool in parts.tools if parts.rights.knows(tool.name))
    return [tool for tool in known if forbids is None or not forbids(tool)]


def concealed(parts: Parts, context: PlanningContext) -> PlanningContext:
    """Take out of what the planner is shown what the principal may not know.

    Of steps that call such tools, which a person has planned, it sees id, place and state; what was
    said of one elsewhere, as in why its call was refused, goes as a whole. The goal is left: it is
    in the person's words.
    """
    knows, plan = parts.rights.knows, context.plan
    steps = plan.steps if plan is not None else ()
    silent = {step.id for step in steps if not knows(step.tool)}
    names = {step.tool for step in steps} | {tool.name for tool in parts.tools}
    hidden = hidden_of(names, knows)
    if plan is None or not hidden:
        return context
    why, reports = context.why, []
    for report in context.steps:
        if report.id not in silent:
            error = without_names(report.error, hidden)
            reports.append(replace(report, error=error))
            continue
        why = why.replace(report.error, UNNAMED) if report.error else why
        blank = UNNAMED if report.error else ""
        reports.append(replace(report, summary="", excerpt="", error=blank))
    shown = [unnamed(step) if step.id in silent else step for step in steps]
    return replace(
        context,
        why=without_names(why, hidden),
        plan=plan.model_copy(update={"steps": tuple(shown)}) if silent else plan,
        steps=reports,
        notes=[without_names(note, hidden) for note in context.notes],
        open=[without_names(title, hidden) for title in context.open],
    )


def refuse_hidden(
    parts: Parts, plan: Plan | None, edits: Iterable[Edit], settled: Plan | None = None
) -> None:
    """Refuse a planner's step with a tool that it may not know, as one that does not exist.

    Steps that stand so in the `settled` plan already are the person's matter.

    Raises:
        PlanError: there is such a step; the tools that the planner may know are named.
    """
    known = {tool.name for tool in known_tools(parts)}
    before = settled.by_id if settled is not None else {}
    new = [step for step in plan.steps if before.get(step.id) != step] if plan is not None else []
    steps = [(step.id, step.tool) for step in new]
    for edit in edits:
        if isinstance(edit, Add):
            steps.append((edit.step.id, edit.step.tool))
        elif isinstance(edit, Change) and "tool" in edit.changes:
            steps.append((edit.step, str(edit.changes["tool"])))
    names = ", ".join(sorted(known)) or "none"
    findings = [
        Finding(
            code="unknown_tool",
            step=step,
            path="tool",
            message=f"no tool {tool!r}; known are: {names}",
        )
        for step, tool in steps
        if tool not in known
    ]
    if findings:
        listed = "\n".join(f"  - {finding.step}: {finding.message}" for finding in findings)
        raise PlanError(f"The plan names tools that there are not:\n{listed}")
