"""From an intent to its outcome: the tool is called, within its limits of time."""

from __future__ import annotations

from copy import copy

import anyio

from workbench import events as e
from workbench.engine.adherence import Unplanned
from workbench.engine.authority import Authority
from workbench.engine.breakers import Breakers
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import Call
from workbench.engine.dispatch import Dispatch
from workbench.engine.failures import Failures
from workbench.engine.lines import Lines
from workbench.engine.log import Log
from workbench.engine.outcomes import Outcomes
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.polls import Polls
from workbench.engine.talks import Conversation
from workbench.engine.timeouts import SAME_MOMENT_S, TimeLimit, innermost, keep_within
from workbench.executor import NoAnswer, TimedOut
from workbench.points import reach
from workbench.tools.talking import Unanswered, talking
from workbench.tools.tries import Tries, tries_of_call
from workbench.values import Stored
from workbench.values.kinds import is_small


class Execution:
    """Carries out the intents of one drive."""

    def __init__(
        self,
        parts: Parts,
        log: Log,
        outputs: Outputs,
        *,
        authority: Authority,
        breakers: Breakers,
        lines: Lines,
    ) -> None:
        """Use these parts."""
        self._parts, self._log, self._lines = parts, log, lines
        self._dispatch = Dispatch(parts, log, authority=authority, breakers=breakers)
        self.failures = Failures(parts, log, breakers=breakers, lines=lines)
        self._outcomes = Outcomes(parts, log, outputs, breakers, self.failures)
        self.unplanned = Unplanned(parts, log)
        self.polls = Polls(parts, log, outputs, self._outcomes, self.failures)
        self._ends: dict[str, float] = {}
        """When calls in flight reach a time limit of their own, on the monotonic clock."""

    def ends_now(self) -> bool:
        """Whether a call in flight reaches a time limit of its own at this moment."""
        soon = self._parts.clock.monotonic() + SAME_MOMENT_S
        return any(end <= soon for end in self._ends.values())

    async def run(self, call: Call) -> None:
        """Carry out a call whose intent is in the log; effects only when it is on disk."""
        try:
            await self._run(call)
        finally:
            if self._parts.executor.notes:
                self._record_notes(call)

    def _record_notes(self, call: Call) -> None:
        """Say what a call did that it should not do, whatever it came to."""
        notes = self._parts.executor.take_notes(self._log.view.run, call.step.id)
        where = f"step {call.step.id}"
        self._log.add(*(e.FaultRecorded(where=where, error=note) for note in notes))

    async def _run(self, call: Call) -> None:
        if not await self._dispatch.may_begin(call):
            return
        began = self._parts.clock.monotonic()
        attempt = self._log.view.steps[call.step.id].attempt
        limit = None
        if call.timeout_s is not None or call.step.within_s is not None:
            limit = innermost(call, self._log.view, self._parts.clock.now())
        tries_of_call.set(Tries())
        talk = Conversation(self._parts, self._log, call)
        talking.set(talk)
        try:
            output = await self._call(call, limit)
        except TimedOut as error:
            self.failures.time_over(call, attempt, limit, error, self._since(began))
            return
        except NoAnswer as error:
            self.failures.timed_out(call, attempt, error, self._since(began))
            return
        except BaseException as error:
            if is_our_cancellation(error):
                self.failures.interrupted(call, attempt)
                raise
            if isinstance(error, Unanswered):
                talk.put_off(error)
            else:
                self.failures.raised(call, attempt, error, self._since(began))
            return
        finally:
            talk.close()
        reach("after-effect")
        if call.tool.poll is not None:
            await self.polls.submit(call, attempt, output)
            return
        duration = self._since(began)
        plain = call.step.check is None and call.step.repeat is None and not call.mask
        plain = plain and (call.tool.probe is None or call.tool.repeatable)
        if plain and is_small(output):
            self._outcomes.succeed(call, attempt, Stored(value=copy(output)), {}, duration)
            return
        with anyio.CancelScope(shield=True):
            await self._outcomes.record_output(call, attempt, output, duration)

    async def _call(self, call: Call, limit: TimeLimit | None) -> object:
        step, executor = call.step.id, self._parts.executor
        function = self._lines.starting(step, call.tool)
        where = call.tool.runs_in
        if limit is None:
            with self.unplanned.watching(call, function):
                return await executor.run(function, call.kwargs, step=step, where=where)
        self._ends[step] = self._parts.clock.monotonic() + limit.seconds
        try:
            with self.unplanned.watching(call, function):
                return await keep_within(
                    self._parts.clock,
                    limit.seconds,
                    lambda seconds: executor.run(
                        function, call.kwargs, step=step, timeout_s=seconds, where=where
                    ),
                )
        finally:
            del self._ends[step]

    def _since(self, began: float) -> float:
        return round(self._parts.clock.monotonic() - began, 6)
