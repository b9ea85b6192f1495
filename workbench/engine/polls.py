"""Work that a tool has started outside: it is asked about until it is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import anyio

from workbench import events as e
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import Call
from workbench.engine.classes import classify, known_transient
from workbench.engine.ending import failing
from workbench.engine.failures import Failures
from workbench.engine.log import Log
from workbench.engine.outcomes import Outcomes
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.setbacks import PAUSING, pause_for
from workbench.engine.timeouts import time_left, used_up
from workbench.errors import LeaseLost, ValueNotStorable
from workbench.points import reach
from workbench.tools import NotYet

LAST_S = 5.0
"""Seconds that the last question about work may take, when the time of its step is over."""


class PollLimit(Exception):
    """The work outside was asked about as often, or for as long, as declared; it is not done."""


class Polls:
    """Follows the work outside of one drive. A follower sleeps without a thread.

    Attributes:
        left: how the work of a step was left behind by a stop, for the report.
        place_free: called when work goes on outside, so that its place may be taken.
    """

    def __init__(
        self, parts: Parts, log: Log, outputs: Outputs, outcomes: Outcomes, failures: Failures
    ) -> None:
        """Use these parts."""
        self._parts, self._log, self._outputs = parts, log, outputs
        self._outcomes, self._failures = outcomes, failures
        self.left: dict[str, str] = {}
        self.place_free: Callable[[], None] | None = None

    async def submit(self, call: Call, attempt: int, handle: object) -> None:
        """Put the handle on disk, then follow the work that it names."""
        with anyio.CancelScope(shield=True):
            try:
                stored, artifacts = self._outputs.encode(handle)
                call.mask.refuse(stored, artifacts)
            except Exception as error:  # noqa: BLE001 - a value may raise anything when it is looked at
                fault = ValueNotStorable(f"The handle cannot be stored: {call.describe(error)}")
                fault.happened = None if call.tool.repeatable else True  # type: ignore[attr-defined]
                self._failures.raised(call, attempt, fault, self._duration(call))
                return
            submitted = e.CallSubmitted(
                step=call.step.id,
                attempt=attempt,
                handle=stored,
                wait_s=self._first_gap(call, attempt),
            )
            self._log.add(submitted, artifacts=artifacts)
            try:
                await self._log.flush()
            except LeaseLost:
                return
            reach("submitted")
        if self.place_free is not None:
            self.place_free()
        await self.follow(call)

    async def follow(self, call: Call) -> None:
        """Ask about the work until it is done; a pause ends this, and it can be begun again."""
        if self._log.view.state == "stopping":
            await self.abandon(call)
            return
        try:
            while not await self._asked(call):
                pass
        except BaseException as error:
            if is_our_cancellation(error):
                view = self._log.view
                if view.state == "stopping" or failing(view):
                    await self.abandon(call)
            raise

    async def abandon(self, call: Call) -> None:
        """Leave the work: cancel it where the tool can, or say that it goes on."""
        with anyio.CancelScope(shield=True):
            step = self._log.view.steps[call.step.id]
            if step.state != "running":
                return
            cancelled = await self._cancel(call)
            name = step.handle.value if step.handle else None
            words = "cancelled outside" if cancelled else "submitted, still running outside"
            why = self.left[call.step.id] = f"{words}: {name}"
            if cancelled or call.tool.repeatable:
                self._log.add(e.CallCancelled(step=step.id, attempt=step.attempt, why=why))
            else:
                self._log.add(e.CallDoubted(step=step.id, attempt=step.attempt, why=why))

    async def _asked(self, call: Call) -> bool:
        """Wait until the next poll is due and make it; True when there is nothing more to ask."""
        clock, poll = self._parts.clock, call.tool.poll
        step = self._log.view.steps[call.step.id]
        if step.not_before is not None and self._log.view.state == "running":
            wait = (step.not_before - clock.now()) / timedelta(seconds=1)
            if wait > 0:
                await clock.sleep(wait)
        view = self._log.view
        step = view.steps[call.step.id]
        if view.state != "running" or step.state != "running" or poll is None:
            return True
        try:
            kwargs = call.tool.companion_args(poll, self._available(call))
            answer = await self._parts.executor.run(
                poll, kwargs, step=step.id, timeout_s=self._poll_s(call)
            )
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            return self._unanswered(call, step.attempt, error)
        if isinstance(answer, NotYet):
            return self._not_yet(call, step.attempt, answer, "")
        reach("after-effect")
        with anyio.CancelScope(shield=True):
            duration = self._duration(call)
            await self._outcomes.record_output(call, step.attempt, answer, duration)
        return True

    def _unanswered(self, call: Call, attempt: int, error: BaseException) -> bool:
        text = call.describe(error)
        if known_transient(error):
            return self._not_yet(call, attempt, NotYet(), text)
        if classify(error) in PAUSING:
            reason = f"step {call.step.name} cannot be asked about here: {text}"
            self._log.add(*pause_for(self._log.view, reason))
        else:
            self._failures.raised(call, attempt, error, self._duration(call))
        return True

    def _not_yet(self, call: Call, attempt: int, answer: NotYet, error: str) -> bool:
        """Note that it goes on; True when it was asked about often or long enough."""
        view, polling, now = self._log.view, call.tool.polling, self._parts.clock.now()
        step = view.steps[call.step.id]
        polls = step.polls + 1
        wait = polling.gap(polls + 1, self._seed(call, attempt))
        if answer.retry_after_s is not None:
            wait = max(0.0, answer.retry_after_s)
        since = (now - view.submitted.get(step.id, now)) / timedelta(seconds=1)
        if polling.timeout_s is not None:
            wait = min(wait, max(0.0, polling.timeout_s - since))
        left = time_left(call.step, view, now)
        if left is not None:
            wait = min(wait, max(0.0, left))
        polled = e.CallPolled(
            step=step.id,
            attempt=attempt,
            polls=polls,
            wait_s=wait,
            progress=answer.progress,
            error=error,
        )
        self._log.add(polled)
        if left is not None and used_up(call.step, view, now):
            self._failures.step_time_over(call, attempt, self._duration(call))
            return True
        too_long = polling.timeout_s is not None and since >= polling.timeout_s
        if polls < polling.attempts and not too_long:
            return False
        limit = f"not done after {polls} polls in {since:g} s"
        self._failures.timed_out(call, attempt, PollLimit(limit), self._duration(call))
        return True

    def _first_gap(self, call: Call, attempt: int) -> float:
        gap = call.tool.polling.gap(1, self._seed(call, attempt))
        left = time_left(call.step, self._log.view, self._parts.clock.now())
        return gap if left is None else min(gap, max(0.0, left))

    def _poll_s(self, call: Call) -> float | None:
        """Give the seconds that one question may take; the last one is always asked."""
        left = time_left(call.step, self._log.view, self._parts.clock.now())
        if left is None:
            return call.timeout_s
        last = max(left, LAST_S)
        return last if call.timeout_s is None else min(last, call.timeout_s)

    async def _cancel(self, call: Call) -> bool:
        tool = call.tool
        if tool.cancel is None:
            return False
        try:
            kwargs = tool.companion_args(tool.cancel, self._available(call))
            await self._parts.executor.run(
                tool.cancel, kwargs, step=call.step.id, timeout_s=self._parts.stop_grace_s
            )
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            fault = f"the work outside could not be cancelled: {call.describe(error)}"
            self._log.add(e.FaultRecorded(where=f"step {call.step.id}", error=fault))
            return False
        return True

    def _available(self, call: Call) -> dict[str, object]:
        handle = self._log.view.steps[call.step.id].handle
        value = self._outputs.decode(handle) if handle else None
        return {"key": call.key, **call.kwargs, "handle": value}

    def _duration(self, call: Call) -> float:
        started = self._log.view.steps[call.step.id].started
        if started is None:
            return 0.0
        return max(0.0, (self._parts.clock.now() - started) / timedelta(seconds=1))

    def _seed(self, call: Call, attempt: int) -> str:
        return f"{self._log.view.run} {call.step.id} {attempt}"
