"""Noticing that things go on and nothing comes forward."""

from __future__ import annotations

from datetime import datetime, timedelta

from workbench import events as e
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.view import RunView, StepView

NAMED = 3
"""Steps that a stall names at most."""


class Stall:
    """Watches one drive: sleeps until so much time has passed without progress."""

    def __init__(self, parts: Parts, log: Log) -> None:
        """Use these parts; the time before now does not count: nobody drove the run."""
        self._parts, self._log = parts, log
        self._began = parts.clock.now()

    async def watch(self) -> None:
        """Record each stall once; runs beside the drive until it is cancelled."""
        stall_s, clock = self._parts.stall_s, self._parts.clock
        if stall_s is None:
            return
        while True:
            view = self._log.view
            since = max(view.moved or self._began, self._began)
            left = stall_s - (clock.now() - since) / timedelta(seconds=1)
            if left <= 0:
                self._look(since)
                left = stall_s
            await clock.sleep(left)

    def _look(self, since: datetime) -> None:
        view = self._log.view
        if view.stalled or view.state not in ("planning", "running") or self._log.error:
            return
        now = self._parts.clock.now()
        # One attempt long ago, and a long wait for the next, is rest and no activity.
        why = goes_on(view, since + (now - since) / 2, now)
        if why:
            self._log.add(e.RunStalled(why=why, since=since))


def goes_on(view: RunView, since: datetime, now: datetime) -> str:
    """Name what is being done or was tried `since`; empty: nothing."""
    if view.state == "planning":
        return f"the planner makes a plan, asked {_times(view.planner_calls)}"
    busy = [step for step in view.steps.values() if _is_busy(step, since)]
    busy.sort(key=lambda step: -step.attempt)
    names = [_words(view, step, now) for step in busy[:NAMED]]
    more = len(busy) - len(names)
    return "; ".join([*names, *([f"and {more} more"] if more else [])])


def _is_busy(step: StepView, since: datetime) -> bool:
    if step.state == "running":
        return True
    return step.started is not None and step.started > since


def _words(view: RunView, step: StepView, now: datetime) -> str:
    if step.id in view.submitted:
        return f"step {step.id} goes on outside, asked {_times(step.polls)}"
    if step.attempt > 1:
        last = f", the last: {step.error}" if step.error else ""
        return f"step {step.id}: {step.attempt} attempts{last}"
    if step.state == "running" and step.started is not None:
        seconds = (now - step.started) / timedelta(seconds=1)
        return f"step {step.id} has been running for {seconds:.0f} s"
    return f"step {step.id}: {step.error}" if step.error else f"step {step.id}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
