"""Open requests: the order in which they are shown, and the fold of their first step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench import events as e
from workbench.events import Record
from workbench.gate import rank
from workbench.grants import Grant
from workbench.view.parts import Allowance, RequestView, StepView
from workbench.view.run_view import RunView


def by_class_and_age(requests: Iterable[RequestView]) -> list[RequestView]:
    """Give requests as a person should see them: the gravest class first, then the oldest."""
    return sorted(requests, key=lambda one: (rank(one.risk), one.opened_at, one.seq))


def armed(view: RunView, record: Record, event: e.RequestArmed) -> None:
    """Note when the first of two steps was taken."""
    request = view.requests[event.request]
    view.put_request(request.model_copy(update={"armed_at": record.at}))


def opened(view: RunView, record: Record, event: e.RequestOpened) -> None:
    """Ask: an approval that is asked for again is none any more."""
    if event.step is not None:
        again: dict[str, Any] = {}
        if _is_again(event):
            again = {"approved_digest": "", "approved_request": ""}
        if view.run_kind == "undo" and event.about == "doubt":
            again["parked"] = True
        view.put_step(view.steps[event.step], event.kind, request=event.request, **again)
    view.put_request(RequestView(opened=event, opened_at=record.at, seq=record.seq))


def answered_step(view: RunView, step: StepView, event: e.RequestAnswered) -> None:
    """Bind an approval to its step; arguments that were edited before stay as they are."""
    if event.verdict == "approve":
        edited = {**(step.approved_args or {}), **(event.args or {})}
        view.put_step(
            step,
            event.kind,
            request=None,
            approved_digest=event.args_digest,
            approved_args=edited or event.args,
            approved_by=event.by,
            approved_request=event.request,
            approved_turns=event.scope == "step",
        )
    elif step.state == "in_doubt" or (step.state == "asking" and event.verdict == "choose"):
        view.put_step(step, event.kind, request=None)


def allowed_for_run(view: RunView, tool: str, event: e.RequestAnswered) -> None:
    """Remember a tool that needs no further answer in this run, or none within limits."""
    if event.limits is None:
        view.allowances[tool] = event.by
    else:
        view.limited[tool] = Allowance(grant=grant_of(tool, event.limits), by=event.by)


def grant_of(tool: str, limits: Mapping[str, Any]) -> Grant:
    """Make a right of limits: so many `calls`, and what each argument must be.

    Raises:
        ValueError: they are no limits.
    """
    where = {name: demand for name, demand in limits.items() if name != "calls"}
    return Grant(tools=(tool,), where=where, uses=limits.get("calls"))


def within_words(allowance: Allowance) -> str:
    """Say in `allowed_by` that an answer with limits has allowed a call."""
    return f"answer of {allowance.by}, for the run within limits: {allowance.grant}"


def used(view: RunView, event: e.CallIntended) -> None:
    """Count a call against the answer that has allowed it."""
    allowance = view.limited.get(event.tool)
    if allowance is not None and event.allowed_by == within_words(allowance):
        changed = allowance.model_copy(update={"used": allowance.used + 1})
        view.limited[event.tool] = changed


def _is_again(event: e.RequestOpened) -> bool:
    return event.about == "permission"
