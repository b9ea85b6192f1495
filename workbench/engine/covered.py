"""Open questions that a new right covers: an answer for more than one call, or a grant. No I/O."""

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
    others = (one for one in _askable(view, tool.name) if one.id != request.id)
    found = (one for one in others if _fits(view, one, tool, right, now))
    why = f"the answer of {command.by} to {request.id} covers it"
    return _void(found, why, right.uses if isinstance(right, Grant) else None)


def granted(
    view: RunView, command: c.GiveGrant, tools: Registry, now: datetime
) -> list[e.RequestVoided]:
    """Take back the questions that a right answers; not those that a rule or their step wants."""
    right = command.right
    if view.rollback is not None:
        return []  # it waits for the run that undoes, whatever is allowed
    found = (
        one
        for tool in tools
        if right.names(tool.name)
        for one in _askable(view, tool.name)
        if not one.opened.by_rule and _fits(view, one, tool, right, now)
    )
    return _void(found, f"the grant {command.grant} of {command.by} covers it", right.uses)


def _void(found: Iterator[RequestView], why: str, most: int | None) -> list[e.RequestVoided]:
    return [
        e.RequestVoided(request=one.id, step=one.opened.step, why=why)
        for one in islice(found, most)
    ]


def _askable(view: RunView, tool: str) -> Iterator[RequestView]:
    """Give the open questions whether a tool may be called, the oldest first."""
    for one in view.open_requests:
        opened = one.opened
        step = view.plan.by_id.get(opened.step or "") if view.plan is not None else None
        may = opened.about == "permission" and opened.tool == tool and opened.objects is None
        if may and step is not None and not step.ask:
            yield one


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
    subject = Subject(tool, opened.args, step, view.environment, dict(opened.spend), now)
    return by.lacks(subject) is None
