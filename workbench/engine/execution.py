"""From an intent to its outcome: execute, check the output, record what became of it."""

from __future__ import annotations

import inspect
from copy import copy

import anyio

from workbench import events as e
from workbench.engine import family
from workbench.engine.adherence import Unplanned
from workbench.engine.authority import Authority
from workbench.engine.breakers import Breakers
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import Call
from workbench.engine.checks import FAILED, check_output, not_good_enough
from workbench.engine.classes import BadOutput
from workbench.engine.confirming import NotConfirmed, ask_world
from workbench.engine.hooks import Relay
from workbench.engine.lines import Lines
from workbench.engine.log import Log
from workbench.engine.loops import end_of_turn
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.polls import Polls
from workbench.engine.retry_after import wait_asked_by
from workbench.engine.setbacks import after_failure, may_retry, not_verified, retrying
from workbench.engine.size import is_plain
from workbench.engine.talks import Conversation
from workbench.engine.timeouts import SAME_MOMENT_S, TimeLimit, innermost, keep_within
from workbench.errors import LeaseLost, LimitReached, ValueNotStorable
from workbench.executor import NoAnswer, TimedOut
from workbench.plan import Step
from workbench.points import reach
from workbench.tools import Tool
from workbench.tools.talking import Unanswered, talking
from workbench.tools.tries import Tries, tries_of_call
from workbench.values import Stored
from workbench.values.kinds import is_small

STORING_S = 120.0
"""Seconds that it may take to look at what a tool returned; its methods are the tool's code."""


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
        self._parts, self._log, self._outputs, self._lines = parts, log, outputs, lines
        self._authority, self._breakers = authority, breakers
        self.unplanned = Unplanned(parts, log)
        self.polls = Polls(parts, log, outputs, self)
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
        relay = self._log.relay
        announced = relay is None or await self._announced(call, relay)
        if not announced or not (self._needs_no_word(call) or await self._on_disk(call)):
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
            self._time_over(call, attempt, limit, error, self._since(began))
            return
        except NoAnswer as error:
            self.timed_out(call, attempt, error, self._since(began))
            return
        except BaseException as error:
            if is_our_cancellation(error):
                self._interrupted(call, attempt)
                raise
            if isinstance(error, Unanswered):
                talk.put_off(error)
            else:
                self.raised(call, attempt, error, self._since(began))
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
            self._succeed(call, attempt, Stored(value=copy(output)), {}, duration)
            return
        with anyio.CancelScope(shield=True):
            await self.record_output(call, attempt, output, duration)

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

    def time_used_up(self, step: Step, tool: Tool) -> None:
        """Fail a step that has no time left for another attempt."""
        stands = self._log.view.steps[step.id]
        limit_s = step.within_s or 0.0
        self._log.add(e.StepTimedOut(step=step.id, limit_s=limit_s, attempts=stands.attempt))
        last = f"; the last attempt: {stands.error}" if stands.error else ""
        self._log.add(
            e.CallFailed(
                step=step.id,
                attempt=stands.attempt,
                error=f"its time of {limit_s:g} s for all attempts is used up{last}",
                error_type=TimedOut.__name__,
                happened=False if tool.repeatable else None,
            )
        )

    def _needs_no_word(self, call: Call) -> bool:
        """Whether it may begin before its intent is on disk: it takes nothing that others want."""
        view = self._log.view
        return call.tool.repeatable and not (view.limits and family.is_scattered(view.run))

    async def _on_disk(self, call: Call) -> bool:
        """Wait until the intent is on disk; False when the call is off by then."""
        try:
            return await self._written(call)
        except BaseException as error:
            self._call_off(call, error)
            raise

    async def _written(self, call: Call) -> bool:
        reach("before-intent-on-disk")
        try:
            await self._log.flush(alone=self._parts.active == 1)
        except LeaseLost:
            return False
        reach("after-intent-on-disk")
        try:
            await self._log.hold()
        except LeaseLost:
            return False
        await self._authority.refresh()
        return self._still_wanted(call) and await self._is_alone_enough(call)

    async def _is_alone_enough(self, call: Call) -> bool:
        """Whether no other process has spent meanwhile what the call shares with runs there."""
        view = self._log.view
        if not view.limits or not family.is_scattered(view.run):
            return True
        await family.refresh(self._parts.journal, view.run)
        if not self._still_wanted(call):
            return False
        if found := family.over(view, call, begun=True):
            self._off(call, f"another process was faster: {found[0]}")
        return not found

    async def _announced(self, call: Call, relay: Relay) -> bool:
        """Let the hooks see what is about to be called; False when the call is off by then."""
        try:
            await relay.told("before_step", "before_call")
        except BaseException as error:
            self._call_off(call, error)
            raise
        return self._still_wanted(call)

    def _call_off(self, call: Call, error: BaseException) -> None:
        """Say of a call that was cancelled in time that it was not made."""
        step = self._log.view.steps[call.step.id]
        if is_our_cancellation(error) and step.state == "running" and self._log.error is None:
            self._off(call, "cancelled before the call was made")

    def _still_wanted(self, call: Call) -> bool:
        why = "paused or stopped before the call was made"
        if self._log.view.state in ("running", "waiting"):
            if not self._breakers.shut(call.tool.name):
                if self._authority.still(call, begun=True):
                    return True
                why = "a right or a rule has changed before the call was made"
            else:
                why = f"other calls of {call.tool.name} failed before it was made"
        self._off(call, why)
        return False

    def _off(self, call: Call, why: str) -> None:
        attempt = self._log.view.steps[call.step.id].attempt
        self._log.add(e.CallCancelled(step=call.step.id, attempt=attempt, why=why))

    async def record_output(
        self, call: Call, attempt: int, output: object, duration: float
    ) -> None:
        """Check what a call has returned, and record what became of it."""
        step, fault = call.step, None
        happened = not call.tool.repeatable
        try:
            stored, artifacts = await self._encode(call, output)
        except BaseException as raised:  # noqa: BLE001 - a value may raise anything when looked at
            error = raised
            if not isinstance(error, ValueNotStorable):
                error = ValueNotStorable(f"The output cannot be stored: {call.describe(error)}")
            self._retry_or_fail(call, attempt, error, duration, happened=happened)
            return
        if step.check is not None:
            fault = await self._check(call, output)
        if fault is not None:
            returned = (stored, artifacts)
            self._retry_or_fail(
                call, attempt, fault, duration, happened=happened, returned=returned
            )
            return
        if step.repeat is not None and not await self._good_enough(
            call, attempt, output, (stored, artifacts), duration
        ):
            return
        there, note = await ask_world(call, output, self._log, self._outputs, self._parts)
        if there is False:
            self._unconfirmed(call, attempt, note, (stored, artifacts), duration)
            return
        confirmed = there is True
        self._succeed(call, attempt, stored, artifacts, duration, confirmed=confirmed, note=note)

    def _unconfirmed(
        self,
        call: Call,
        attempt: int,
        why: str,
        returned: tuple[Stored, dict[str, bytes]],
        duration: float,
    ) -> None:
        """Believe the world: a step that is not there has failed, an undo that is not is stuck."""
        step, (output, artifacts) = call.step.id, returned
        if call.step.undoes is not None:
            self._log.add(e.CallDoubted(step=step, attempt=attempt, why=why, stuck=True))
        else:
            failed = e.CallFailed(
                step=step,
                attempt=attempt,
                error=f"{call.tool.name}: {why}",
                error_type=NotConfirmed.__name__,
                error_class="bad_output",
                happened=False,
                duration_s=duration,
                output=output,
                tries=_tries(),
            )
            self._log.add(failed, artifacts=artifacts)
        self._breakers.failed(call)

    def _succeed(
        self,
        call: Call,
        attempt: int,
        output: Stored,
        artifacts: dict[str, bytes],
        duration: float,
        *,
        confirmed: bool = False,
        note: str = "",
    ) -> None:
        checked = call.step.check is not None or call.step.repeat is not None
        self._log.add(
            e.CallSucceeded(
                step=call.step.id,
                attempt=attempt,
                output=output,
                duration_s=duration,
                verified=True if checked else None,
                level="confirmed" if confirmed else "performed" if checked else "accepted",
                note=note,
                tries=_tries(),
            ),
            artifacts=artifacts,
        )
        if self._log.view.breakers:
            self._breakers.succeeded(call)
        reach("after-outcome")

    async def _good_enough(
        self,
        call: Call,
        attempt: int,
        output: object,
        encoded: tuple[Stored, dict[str, bytes]],
        duration: float,
    ) -> bool:
        """Say whether the loop is over; otherwise end the turn."""
        try:
            why = await not_good_enough(call.step, output, self._parts, self._log)
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            fault = _check_failed(call, error)
            happened = not call.tool.repeatable
            self._retry_or_fail(call, attempt, fault, duration, happened=happened)
            return False
        if why is not None:
            stands = self._log.view.steps[call.step.id]
            stored, artifacts = encoded
            ended = end_of_turn(
                call.step, stands, why, output=stored, duration_s=duration, tries=_tries()
            )
            self._log.add(ended, artifacts=artifacts)
            if self._log.view.breakers:
                self._breakers.succeeded(call)
            reach("after-turn")
        return why is None

    async def _encode(self, call: Call, output: object) -> tuple[Stored, dict[str, bytes]]:
        if inspect.isgenerator(output):
            raise ValueNotStorable(
                "A value of type generator cannot be stored: it is not made yet.",
                "Return a list of what it yields.",
            )
        if is_plain(output):
            return call.mask.stored(*self._outputs.encode(output))
        encoded: tuple[Stored, dict[str, bytes]] = await self._parts.executor.run(
            self._outputs.encode, {"value": output}, step=call.step.id, timeout_s=STORING_S
        )
        return call.mask.stored(*encoded) if call.mask else encoded

    async def _check(self, call: Call, output: object) -> Exception | None:
        assert call.step.check is not None  # noqa: S101 - the caller has looked
        try:
            fault = await check_output(
                call.step.check,
                output,
                call.step.id,
                self._parts,
                view=self._log.view,
                tell=self._log.add,
            )
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            return _check_failed(call, error)
        return None if fault is None else BadOutput(fault)

    # -- what is not a success ---------------------------------------------------------------

    def raised(self, call: Call, attempt: int, error: BaseException, duration: float) -> None:
        """Believe a tool that says whether its effect happened; a lost answer is a doubt."""
        said = getattr(error, "happened", None)
        happened = said if isinstance(said, bool) else None
        if call.tool.repeatable:
            happened = False
        if (asked_s := wait_asked_by(error, self._parts.clock.now())) is not None:
            self._lines.close(call.step.id, asked_s)
        if happened is None and isinstance(error, TimeoutError):
            self.timed_out(call, attempt, error, duration)
        else:
            self._retry_or_fail(call, attempt, error, duration, happened=happened)

    def _time_over(
        self,
        call: Call,
        attempt: int,
        limit: TimeLimit | None,
        error: BaseException,
        duration: float,
    ) -> None:
        """Name the limit that ended the attempt; then say what became of the call."""
        step = call.step.id
        if limit is None or limit.of == "call":
            limit_s = limit.limit_s if limit else duration
            of = "step" if call.step.timeout_s else "tool"
            self._log.add(e.CallTimedOut(step=step, attempt=attempt, limit_s=limit_s, of=of))
            self.timed_out(call, attempt, error, duration)
            return
        self.step_time_over(call, attempt, duration)

    def step_time_over(self, call: Call, attempt: int, duration: float) -> None:
        """End an attempt because its step has no time left: a failure, or a doubt."""
        step, limit_s = call.step.id, call.step.within_s or 0.0
        self._log.add(e.StepTimedOut(step=step, limit_s=limit_s, attempts=attempt))
        over = TimedOut(f"its time of {limit_s:g} s for all attempts is used up")
        if call.tool.repeatable:
            self._fail(call, attempt, over, duration)
        else:
            self._log.add(e.CallDoubted(step=step, attempt=attempt, why=call.describe(over)))

    def timed_out(self, call: Call, attempt: int, error: BaseException, duration: float) -> None:
        """Record that no answer came: by the tool's effect a failure, another try, or a doubt."""
        if call.tool.repeatable:
            self._retry_or_fail(call, attempt, error, duration, happened=False)
        elif call.tool.idempotent and may_retry(self._log.view, call):
            again = retrying(
                self._log.view,
                call,
                attempt,
                error,
                duration,
                unsure=True,
                tries=_tries(),
                now=self._parts.clock.now(),
            )
            self._log.add(again)
        else:
            self._log.add(
                e.CallDoubted(step=call.step.id, attempt=attempt, why=call.describe(error))
            )
            self._breakers.failed(call)

    def _interrupted(self, call: Call, attempt: int) -> None:
        step = call.step.id
        if self._log.view.steps[step].state != "running":
            return
        if call.tool.repeatable:
            ordered = self._log.view.state != "running"
            why = "cancelled by a pause or a stop" if ordered else "cancelled: no longer needed"
            self._log.add(e.CallCancelled(step=step, attempt=attempt, why=why))
        else:
            why = "cancelled while it was being done"
            self._log.add(e.CallDoubted(step=step, attempt=attempt, why=why))

    def _retry_or_fail(
        self,
        call: Call,
        attempt: int,
        error: BaseException,
        duration: float,
        *,
        happened: bool | None,
        returned: tuple[Stored, dict[str, bytes]] | None = None,
    ) -> None:
        view, now, artifacts = self._log.view, self._parts.clock.now(), None
        events = after_failure(
            view, call, attempt, error, duration, happened=happened, tries=_tries(), now=now
        )
        if call.step.undoes is not None and isinstance(events[-1], e.CallFailed):
            why = events[-1].error
            events[-1] = e.CallDoubted(step=call.step.id, attempt=attempt, why=why, stuck=True)
        if returned is not None and isinstance(events[-1], e.CallFailed):
            artifacts = returned[1]
            events[-1] = events[-1].model_copy(update={"output": returned[0]})
        if isinstance(error, LimitReached) and isinstance(events[-1], e.CallFailed):
            events += not_verified(view, call, error)
        self._log.add(*events, artifacts=artifacts)
        self._breakers.failed(call)
        if isinstance(events[0], e.CallRetrying):
            reach("after-retrying")

    def _fail(self, call: Call, attempt: int, error: BaseException, duration: float) -> None:
        self._log.add(
            e.CallFailed(
                step=call.step.id,
                attempt=attempt,
                error=call.describe(error),
                error_type=type(error).__name__,
                error_class="transient",
                happened=False,
                duration_s=duration,
                tries=_tries(),
            )
        )

    def _since(self, began: float) -> float:
        return round(self._parts.clock.monotonic() - began, 6)


def _check_failed(call: Call, error: BaseException) -> Exception:
    """Say that nobody could look at an output; a limit that forbids it stays what it is."""
    if isinstance(error, LimitReached):
        return error
    return BadOutput(f"{FAILED}{call.describe(error)}")


def _tries() -> int:
    counter = tries_of_call.get()
    return counter.count if counter is not None else 1
