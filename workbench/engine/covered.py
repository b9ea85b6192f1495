"""Open questions that an answer for the run, or for always, covers as well. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from workbench import commands as c
from workbench import events as e
from workbench.engine.allowances import read_limits
from workbench.engine.authority import judged
from workbench.grants import Grant, Rule, Subject
from workbench.tools import Registry, Tool
from workbench.view import RequestView, RunView


def covered(
    view: RunView,
    request: RequestView,
    command: c.Answer,
    rule: Rule | None,
    *,
    tools: Registry,
    now: datetime,
) -> list[e.RequestVoided]:
    """Take back the other questions that an approval answers, so that their calls are decided anew.

    An approval within a number of calls takes back no more than so many, the oldest first.

    Args:
        view: the run.
        request: the question that is answered.
        command: the answer.
        rule: what an answer for always sets; None: it is none.
        tools: the catalogue.
        now: the time until which a right holds.
    """
    tool = tools.get(request.opened.tool)
    if tool is None or command.verdict != "approve" or command.scope not in ("run", "always"):
        return []
    right = rule or read_limits(tool.name, command.limits or {})
    found = (other for other in _alike(view, request) if _fits(view, other, tool, right, now))
    why = f"the answer of {command.by} to {request.id} covers it"
    most = right.uses if isinstance(right, Grant) else None
    return [
        e.RequestVoided(request=other.id, step=other.opened.step, why=why)
        for other in islice(found, most)
    ]


def _alike(view: RunView, request: RequestView) -> Iterator[RequestView]:
    """Give the other open questions whether this tool may be called, the oldest first."""
    for other in view.open_requests:
        opened = other.opened
        step = view.plan.by_id.get(opened.step or "") if view.plan is not None else None
        if other.id == request.id or opened.tool != request.opened.tool:
            continue
        if opened.about == "permission" and opened.objects is None and step and not step.ask:
            yield other


def _fits(view: RunView, other: RequestView, tool: Tool, by: Rule | Grant, now: datetime) -> bool:
    """Whether a right, or a rule that allows, is about the call of a question."""
    opened, step = other.opened, str(other.opened.step)
    if isinstance(by, Rule):
        if opened.by_rule:
            return False  # which is stronger than one that allows
        try:
            args = judged(tool.bind(opened.args), opened.args)
        except Exception:  # noqa: BLE001 - an argument is no plain value, which no rule can name
            return False
        return by.covers(Subject(tool, args, step, view.environment, dict(opened.spend)))
    subject = Subject(tool, opened.args, step=step, spend=dict(opened.spend), now=now)
    return by.lacks(subject) is None
