"""What the person allowed for the rest of a run, within limits. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workbench.engine.call import Call
from workbench.errors import CommandRefused
from workbench.grants import Grant, Subject
from workbench.view import RunView
from workbench.view.asked import grant_of, within_words


def read_limits(tool: str, limits: Mapping[str, Any]) -> Grant:
    """Read the limits of an answer: `calls`, and what each argument must be.

    Raises:
        CommandRefused: they are no limits.
    """
    try:
        return grant_of(tool, limits)
    except (TypeError, ValueError) as error:
        raise CommandRefused(
            f"{dict(limits)!r} are no limits: {error}",
            "Give calls=5, and predicates by argument, such as wb.at_most(500).",
        ) from error


def allowed(view: RunView, call: Call, now: datetime) -> str | None:
    """Say whose answer for the whole run covers a call; None when none does."""
    tool = call.tool.name
    if call.step.ask:
        return None
    if tool in view.allowances:
        return f"answer of {view.allowances[tool]}, for the whole run"
    allowance = view.limited.get(tool)
    if allowance is None:
        return None
    subject = Subject(call.tool, call.shown, step=call.step.id, spend=call.spend, now=now)
    return (
        within_words(allowance) if allowance.grant.lacks(subject, allowance.used) is None else None
    )


def spent(view: RunView, call: Call, allowed_by: str, now: datetime) -> bool:
    """Whether what allowed a call was used up by another one meanwhile."""
    allowance = view.limited.get(call.tool.name)
    if allowance is None or allowed_by != within_words(allowance):
        return False
    return allowed(view, call, now) != allowed_by
