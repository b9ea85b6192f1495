"""What follows a failed attempt: another one, the end of the step, or a pause. No I/O."""

from __future__ import annotations

from workbench import events as e
from workbench.engine.call import Call
from workbench.engine.classes import classify, retry_after
from workbench.events import ErrorClass
from workbench.view import RunView

PAUSING: frozenset[ErrorClass] = frozenset({"missing_capability", "budget"})
"""Classes that a person can mend: the run pauses, and the step is tried again when resumed."""
RETRIED: frozenset[ErrorClass] = frozenset({"transient", "bad_output"})


def after_failure(
    view: RunView,
    call: Call,
    attempt: int,
    error: BaseException,
    duration: float,
    *,
    happened: bool | None,
) -> list[e.Event]:
    """Give the events of a failed attempt, by the class of its error and the tool's effect."""
    kind = classify(error)
    harmless = call.tool.idempotent and not happened
    if kind in PAUSING and (harmless or happened is False):
        return _put_off(view, call, attempt, error)
    if kind in RETRIED and harmless and may_retry(view, call):
        return [retrying(view, call, attempt, error, duration)]
    return [
        e.CallFailed(
            step=call.step.id,
            attempt=attempt,
            error=call.describe(error),
            error_type=type(error).__name__,
            error_class=kind,
            happened=happened,
            duration_s=duration,
        )
    ]


def may_retry(view: RunView, call: Call) -> bool:
    """Whether the step has attempts left; those that were cancelled or put off do not count."""
    retry = call.step.retry or call.tool.retry
    return view.steps[call.step.id].failures + 1 < retry.attempts


def retrying(
    view: RunView, call: Call, attempt: int, error: BaseException, duration: float
) -> e.CallRetrying:
    """Give the event of an attempt that another one follows."""
    retry = call.step.retry or call.tool.retry
    failures = view.steps[call.step.id].failures
    wait = retry.wait_before(failures + 2, f"{view.run} {call.step.id} {attempt}")
    return e.CallRetrying(
        step=call.step.id,
        attempt=attempt,
        error=call.describe(error),
        error_type=type(error).__name__,
        error_class=classify(error),
        wait_s=max(wait, retry_after(error) or 0.0),
        duration_s=duration,
    )


def pause_for(view: RunView, reason: str) -> list[e.Event]:
    """Pause the run, unless it is at rest or about to end."""
    if view.state not in ("running", "waiting"):
        return []
    return [e.RunPaused(by="engine", reason=reason)]


def _put_off(view: RunView, call: Call, attempt: int, error: BaseException) -> list[e.Event]:
    text = call.describe(error)
    reason = f"step {call.step.name} cannot be done here: {text}; mend that, then resume"
    return [
        e.CallCancelled(step=call.step.id, attempt=attempt, why=text),
        *pause_for(view, reason),
    ]
