"""Waiting for a run: in a loop or blocking, always with a heartbeat that an interrupt can end."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import anyio

from workbench.errors import CommandRefused, RunFailed, RunStopped, WaitTimeout, WorkbenchError
from workbench.executor import in_engine_loop, inside_call, inside_run
from workbench.report.words import one_line, sentence
from workbench.result import failures_of
from workbench.states import RUN_FINAL

if TYPE_CHECKING:
    from workbench.run import Run

ON_FROM_HERE = "What was done is kept; to go on: bench.start(plan=run.remaining_plan())."
HEARTBEAT_S = 0.2
"""Longest sleep of a wait: an interrupt of the kernel is noticed at its end."""


def block_until_over(run: Run, timeout_s: float | None) -> Any:
    """Block until the run has ended and give its result; see `Run.wait`."""
    refuse_inside(run)
    clock, journal = run.bench.clock, run.bench.journal
    end = None if timeout_s is None else clock.monotonic() + timeout_s
    try:
        while True:
            seen = journal.turned.count
            if is_over(run):
                break
            left = HEARTBEAT_S if end is None else min(HEARTBEAT_S, end - clock.monotonic())
            if left <= 0:
                raise _too_long(run, timeout_s)
            journal.turned.wait(left, seen)
    except KeyboardInterrupt:
        _pause_interrupted(run)
        raise
    return outcome(run)


def block_until_state(run: Run, states: Sequence[str], timeout_s: float | None) -> str:
    """Block until the run is in one of these states, or has ended; see `Run.wait_until`."""
    refuse_inside(run)
    clock, journal = run.bench.clock, run.bench.journal
    end = math.inf if timeout_s is None else clock.monotonic() + timeout_s
    while True:
        seen = journal.turned.count
        if (state := run.state) in states:
            return state
        if is_over(run):
            return run.state  # it may have ended since it was asked for its state
        if clock.monotonic() >= end:
            raise _too_long(run, timeout_s)
        journal.turned.wait(HEARTBEAT_S, seen)


def block_until_rest(run: Run, patience_s: float | None) -> None:
    """Block until the run has ended, or needs a person; at most for so long.

    Interrupting the kernel ends the wait and pauses the run.
    """
    with contextlib.suppress(WaitTimeout):
        try:
            block_until_state(
                run, ("waiting", "paused"), math.inf if patience_s is None else patience_s
            )
        except KeyboardInterrupt:
            _pause_interrupted(run)
            raise


async def finished(run: Run) -> Any:
    """Wait for the end without blocking the loop, on asyncio and on trio."""
    refuse_inside(run, blocking=False)
    pause_s = 0.005
    try:
        while not is_over(run):
            await anyio.sleep(pause_s)
            pause_s = min(HEARTBEAT_S / 2, pause_s * 1.5)
    except (KeyboardInterrupt, anyio.get_cancelled_exc_class()):
        _pause_interrupted(run)
        raise
    return outcome(run)


def refuse_inside(run: Run, *, blocking: bool = True) -> None:
    """Refuse a wait inside a call that would never end: for the call's own run, or in the loop."""
    step = inside_call.get()
    if step is None:
        return
    if inside_run.get() == run.id:
        raise CommandRefused(
            f"The call of step {step!r} waits for its own run, which waits for the call.",
            "Return, and let a later step use what the run has made.",
        )
    if blocking and in_engine_loop():
        raise CommandRefused(
            f"The call of step {step!r} would block the engine while it waits for run {run.id}.",
            "Use `await run` in an async tool.",
        )


def refuse_inside_call(run: str) -> None:
    """Refuse what only a person may do: a call does not take runs back."""
    step = inside_call.get()
    if step is not None:
        raise CommandRefused(
            f"The call of step {step!r} tried to take run {run} back.",
            "Only a person does; what a tool has done is undone by its undo.",
        )


def is_over(run: Run) -> bool:
    """Say whether the run has ended; raises what broke its drive off."""
    if run.bench.host.driving(run.id):
        return False
    if run.state in RUN_FINAL:
        return True
    error = run.bench.host.error(run.id)
    if error is not None:
        raise error
    return False


def outcome(run: Run) -> Any:
    """Give the result of a run that has ended, or raise why it has none."""
    view = run.view
    if view.state == "succeeded":
        return run.result
    if view.state == "failed":
        named = "; ".join(f"{step or 'the run'}: {error}" for step, error in view.errors.items())
        parts = tuple(failures_of(view))
        what = sentence(f"Run {run.id} failed: {named}")
        raise RunFailed(what, run=run.id, errors=view.errors, exceptions=parts)
    why = f": {view.reason}" if view.reason else ""
    raise RunStopped(sentence(f"Run {run.id} was {view.state}{why}"), ON_FROM_HERE)


def _pause_interrupted(run: Run) -> None:
    """Pause; a run that has just ended, or that nobody drives, doesn't hide the interrupt."""
    with contextlib.suppress(WorkbenchError):
        run.pause(reason="interrupted")


def _too_long(run: Run, timeout_s: float | None) -> WaitTimeout:
    view = run.view
    why = f" ({one_line(view.reason)})" if view.state == "paused" and view.reason else ""
    return WaitTimeout(
        f"Run {run.id} is still {view.state}{why} after {timeout_s:g} s.",
        _GOES_ON_WHEN.get(view.state, "It goes on; wait again, or look at its inbox."),
    )


_GOES_ON_WHEN = {
    "paused": "It begins nothing until run.resume().",
    "waiting": "It waits for your answer: run.inbox.",
}
