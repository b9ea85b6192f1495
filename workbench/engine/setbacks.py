"""What follows a failed attempt: another one, the end of the step, or a pause. No I/O."""

from __future__ import annotations

from datetime import datetime

from workbench import events as e
from workbench.engine.call import Call
from workbench.engine.classes import classify
from workbench.engine.retry_after import wait_asked_by
from workbench.engine.timeouts import time_left
from workbench.events import ErrorClass
from workbench.view import RunView

PAUSING: frozenset[ErrorClass] = frozenset({"missing_capability", "budget"})
"""Classes that a person can mend: the run pauses, and the step is tried again when resumed."""
PATIENT_ATTEMPTS = 5
"""Attempts of a call that was surely not done because the other side asked to come back later; a
`Retry` with more attempts allows more."""
RETRIED: frozenset[ErrorClass] = frozenset({"transient", "bad_output"})


def after_failure(
    view: RunView,
    call: Call,
    attempt: int,
    error: BaseException,
    duration: float,
    *,
    happened: bool | None,
    tries: int,
    now: datetime,
) -> list[e.Event]:
    """Give the events of a failed attempt, by the class of its error and the tool's effect."""
    kind = classify(error)
    harmless = call.tool.idempotent and not happened
    if kind in PAUSING and (harmless or happened is False):
        return _put_off(view, call, attempt, error)
    again = kind in RETRIED and harmless and may_retry(view, call)
    if again or (happened is False and _may_wait(view, call, error, now)):
        unsure = happened is not False
        return [retrying(view, call, attempt, error, duration, unsure=unsure, tries=tries, now=now)]
    return [
        e.CallFailed(
            step=call.step.id,
            attempt=attempt,
            error=call.describe(error),
            error_type=type(error).__name__,
            error_class=kind,
            happened=happened,
            duration_s=duration,
            tries=tries,
        )
    ]


def may_retry(view: RunView, call: Call) -> bool:
    """Whether the step has attempts left; those that were cancelled or put off do not count."""
    retry = call.step.retry or call.tool.retry
    return view.steps[call.step.id].failures + 1 < retry.attempts


def _may_wait(view: RunView, call: Call, error: BaseException, now: datetime) -> bool:
    """Whether a call that surely did nothing is made again because it was asked to come later."""
    if view.steps[call.step.id].failures + 1 >= PATIENT_ATTEMPTS:
        return False
    return wait_asked_by(error, now) is not None


def retrying(
    view: RunView,
    call: Call,
    attempt: int,
    error: BaseException,
    duration: float,
    *,
    unsure: bool,
    tries: int,
    now: datetime,
) -> e.CallRetrying:
    """Give the event of an attempt that another one follows."""
    retry = call.step.retry or call.tool.retry
    failures = view.steps[call.step.id].failures
    wait = retry.wait_before(failures + 2, f"{view.run} {call.step.id} {attempt}")
    wait, left = max(wait, wait_asked_by(error, now) or 0.0), time_left(call.step, view, now)
    return e.CallRetrying(
        step=call.step.id,
        attempt=attempt,
        error=call.describe(error),
        error_type=type(error).__name__,
        error_class=classify(error),
        wait_s=wait if left is None else max(0.0, min(wait, left)),
        duration_s=duration,
        unsure=unsure,
        tries=tries,
    )


def pause_for(view: RunView, reason: str) -> list[e.Event]:
    """Pause the run, unless it is at rest or about to end."""
    if view.state not in ("running", "waiting"):
        return []
    return [e.RunPaused(by="engine", reason=reason)]


def not_verified(view: RunView, call: Call, error: BaseException) -> list[e.Event]:
    """Pause where a limit forbids to look at what a call did; a person may take it as it is."""
    step = call.step.id
    reason = (
        f"the output of step {call.step.name} was not verified: {call.describe(error)} To take it: "
        f"draft.set_output({step!r}, run.output({step!r}, last=True)), then resume"
    )
    return pause_for(view, reason)


def failed_at_limit(view: RunView, call: Call, error: BaseException) -> list[e.Event]:
    """Pause where a call that may have done something has failed for a limit."""
    step = call.step.id
    reason = (
        f"step {call.step.name} failed for a limit, and may have done something: "
        f"{call.describe(error)} To make it again: raise the limit, draft.change({step!r}), resume"
    )
    return pause_for(view, reason)


def _put_off(view: RunView, call: Call, attempt: int, error: BaseException) -> list[e.Event]:
    text = call.describe(error)
    reason = f"step {call.step.name} cannot be done here: {text}; mend that, then resume"
    return [
        e.CallCancelled(step=call.step.id, attempt=attempt, why=text),
        *pause_for(view, reason),
    ]
