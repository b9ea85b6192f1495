"""Time limits of a call and of a step: which is the innermost, and a scope that keeps it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import anyio

from workbench import events as e
from workbench.clock import Clock, SystemClock
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import Call
from workbench.executor import TimedOut
from workbench.plan import Step
from workbench.view import RunView
from workbench.view.limits import active_s

SAME_MOMENT_S = 0.05
"""Two limits that end within that time end at the same moment: then the inner one is named."""


@dataclass(frozen=True)
class TimeLimit:
    """What ends one attempt."""

    of: Literal["call", "step"]
    seconds: float
    """Until it ends the attempt."""
    limit_s: float
    """As it was declared."""


def innermost(call: Call, view: RunView, now: datetime) -> TimeLimit | None:
    """Say which limit ends an attempt that starts now, and when; None when none does."""
    left, within_s, timeout_s = time_left(call.step, view, now), call.step.within_s, call.timeout_s
    if timeout_s is not None and (left is None or timeout_s <= left + SAME_MOMENT_S):
        return TimeLimit("call", timeout_s, timeout_s)
    if left is not None and within_s is not None:
        return TimeLimit("step", left, within_s)
    return None


def time_left(step: Step, view: RunView, now: datetime) -> float | None:
    """Give the seconds that a step still has for all its attempts; None when it has no limit."""
    if step.within_s is None:
        return None
    began_s = view.steps[step.id].began_s
    return step.within_s - (0.0 if began_s is None else active_s(view, now) - began_s)


def used_up(step: Step, view: RunView, now: datetime) -> bool:
    """Whether a step has no time left for another attempt."""
    if step.within_s is None or view.steps[step.id].began_s is None:
        return False
    left = time_left(step, view, now)
    return left is not None and left <= 1e-6  # noqa: PLR2004 - times are kept to the microsecond


def run_time_left(view: RunView, now: datetime, *, at_work: bool, inner: bool) -> float | None:
    """Give the seconds until a run has used up its time; None when there is nothing to end then.

    Args:
        view: the run.
        now: the present time.
        at_work: whether calls are being made, or the planner is asked.
        inner: whether a call in flight reaches a limit of its own now, which then goes first.
    """
    if view.granted_s is None or view.active_since is None:
        return None
    left = view.granted_s - active_s(view, now)
    if left > 0:
        return left
    ready, plan = view.index.ready, view.plan
    if inner or not (at_work or ready):
        return None
    if plan is not None and any(used_up(plan[step], view, now) for step in ready):
        return None
    return 0.0


def time_used_up(view: RunView, now: datetime) -> list[e.Event]:
    """Give the events that pause a run which has used up its time."""
    limit_s = view.within_s or 0.0
    reason = f"its time of {limit_s:g} s is used up: to grant it again, resume"
    return [
        e.RunTimedOut(limit_s=limit_s, took_s=round(active_s(view, now), 6)),
        e.RunPaused(by="engine", reason=reason),
    ]


async def keep_within(
    clock: Clock, seconds: float | None, run: Callable[[float | None], Awaitable[Any]]
) -> Any:
    """Await `run(timeout_s)`, which ends it after that many seconds; of a clock that is set, too.

    Raises:
        TimedOut: the time is over.
    """
    if seconds is None or isinstance(clock, SystemClock):
        return await run(seconds)
    over, value, raised = False, None, None
    end = clock.monotonic() + seconds

    async def watch() -> None:
        nonlocal over
        await clock.sleep(max(0.0, end - clock.monotonic()))
        over = True
        race.cancel_scope.cancel()

    async with anyio.create_task_group() as race:
        race.start_soon(watch)
        try:
            value = await run(seconds)
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            raised = error
        race.cancel_scope.cancel()
    if raised is not None:
        raise raised
    if over:
        raise TimedOut(f"no answer within {seconds:g} s")
    return value
