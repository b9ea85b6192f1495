"""From an intent to its outcome: execute, check the output, record what became of it."""

from __future__ import annotations

import inspect

import anyio
import anyio.to_thread

from workbench import events as e
from workbench.engine.adherence import Unplanned
from workbench.engine.breakers import Breakers
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import Call
from workbench.engine.checks import check_output
from workbench.engine.classes import BadOutput
from workbench.engine.hooks import Relay
from workbench.engine.log import Log
from workbench.engine.loops import end_of_turn, not_good_enough
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.polls import Polls
from workbench.engine.setbacks import after_failure, may_retry, retrying
from workbench.errors import LeaseLost, ValueNotStorable
from workbench.executor import TimedOut
from workbench.points import reach
from workbench.values import Stored
from workbench.values.kinds import is_small, kind_of


class Execution:
    """Carries out the intents of one drive."""

    def __init__(self, parts: Parts, log: Log, outputs: Outputs, breakers: Breakers) -> None:
        """Use these parts."""
        self._parts, self._log, self._outputs = parts, log, outputs
        self._breakers = breakers
        self.unplanned = Unplanned(parts, log)
        self.polls = Polls(parts, log, outputs, self)

    async def run(self, call: Call) -> None:
        """Carry out a call whose intent is in the log; effects only when it is on disk."""
        if self._log.relay is not None and not await self._announced(call, self._log.relay):
            return
        if not call.tool.repeatable and not await self._on_disk(call):
            return
        began = self._parts.clock.monotonic()
        attempt = self._log.view.steps[call.step.id].attempt
        try:
            with self.unplanned.watching(call):
                output = await self._parts.executor.run(
                    call.tool.function, call.kwargs, step=call.step.id, timeout_s=call.timeout_s
                )
        except TimedOut as error:
            self.timed_out(call, attempt, error, self._since(began))
            return
        except BaseException as error:
            if is_our_cancellation(error):
                self._interrupted(call, attempt)
                raise
            self.raised(call, attempt, error, self._since(began))
            return
        reach("after-effect")
        if call.tool.poll is not None:
            await self.polls.submit(call, attempt, output)
            return
        duration = self._since(began)
        if call.step.check is None and call.step.repeat is None and is_small(output):
            await self.record_output(call, attempt, output, duration)
            return
        with anyio.CancelScope(shield=True):
            await self.record_output(call, attempt, output, duration)

    async def _on_disk(self, call: Call) -> bool:
        """Wait until the intent is on disk; False when the call is off by then."""
        reach("before-intent-on-disk")
        try:
            await self._log.flush(alone=self._parts.active == 1)
        except LeaseLost:
            return False
        reach("after-intent-on-disk")
        return self._still_wanted(call)

    async def _announced(self, call: Call, relay: Relay) -> bool:
        """Let the hooks see what is about to be called; False when the call is off by then."""
        try:
            await relay.told("before_call")
        except BaseException as error:
            if is_our_cancellation(error):
                attempt = self._log.view.steps[call.step.id].attempt
                why = "cancelled before the call was made"
                self._log.add(e.CallCancelled(step=call.step.id, attempt=attempt, why=why))
            raise
        return self._still_wanted(call)

    def _still_wanted(self, call: Call) -> bool:
        why = "paused or stopped before the call was made"
        if self._log.view.state in ("running", "waiting"):
            if not self._breakers.shut(call.tool.name):
                return True
            why = f"other calls of {call.tool.name} failed before it was made"
        attempt = self._log.view.steps[call.step.id].attempt
        self._log.add(e.CallCancelled(step=call.step.id, attempt=attempt, why=why))
        return False

    async def record_output(
        self, call: Call, attempt: int, output: object, duration: float
    ) -> None:
        """Check what a call has returned, and record what became of it."""
        step, fault = call.step, None
        happened = not call.tool.repeatable
        try:
            stored, artifacts = await self._encode(output)
        except Exception as error:  # noqa: BLE001 - a value may raise anything when it is looked at
            if not isinstance(error, ValueNotStorable):
                error = ValueNotStorable(f"The output cannot be stored: {call.describe(error)}")
            self._retry_or_fail(call, attempt, error, duration, happened=happened)
            return
        if step.check is not None:
            fault = await self._check(call, output)
        if fault is not None:
            returned = (stored, artifacts)
            self._retry_or_fail(
                call, attempt, BadOutput(fault), duration, happened=happened, returned=returned
            )
            return
        if step.repeat is not None and not await self._good_enough(
            call, attempt, output, (stored, artifacts), duration
        ):
            return
        verified = True if step.check is not None or step.repeat is not None else None
        self._log.add(
            e.CallSucceeded(
                step=step.id, attempt=attempt, output=stored, duration_s=duration, verified=verified
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
            why = await not_good_enough(call.step, output, self._parts)
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            fault = BadOutput(f"the check failed: {call.describe(error)}")
            happened = not call.tool.repeatable
            self._retry_or_fail(call, attempt, fault, duration, happened=happened)
            return False
        if why is not None:
            stands = self._log.view.steps[call.step.id]
            stored, artifacts = encoded
            ended = end_of_turn(call.step, stands, why, output=stored, duration_s=duration)
            self._log.add(ended, artifacts=artifacts)
            if self._log.view.breakers:
                self._breakers.succeeded(call)
            reach("after-turn")
        return why is None

    async def _encode(self, output: object) -> tuple[Stored, dict[str, bytes]]:
        if inspect.isgenerator(output):
            raise ValueNotStorable(
                "A value of type generator cannot be stored: it is not made yet.",
                "Return a list of what it yields.",
            )
        if kind_of(output) is None:
            return self._outputs.encode(output)
        return await anyio.to_thread.run_sync(self._outputs.encode, output)

    async def _check(self, call: Call, output: object) -> str | None:
        assert call.step.check is not None  # noqa: S101 - the caller has looked
        try:
            return await check_output(
                call.step.check, output, call.step.id, self._parts.tools, self._parts.executor
            )
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            return f"the check failed: {call.describe(error)}"

    # -- what is not a success ---------------------------------------------------------------

    def raised(self, call: Call, attempt: int, error: BaseException, duration: float) -> None:
        """Believe a tool that says whether its effect happened; a lost answer is a doubt."""
        said = getattr(error, "happened", None)
        happened = said if isinstance(said, bool) else None
        if call.tool.repeatable:
            happened = False
        if happened is None and isinstance(error, TimeoutError):
            self.timed_out(call, attempt, error, duration)
        else:
            self._retry_or_fail(call, attempt, error, duration, happened=happened)

    def timed_out(self, call: Call, attempt: int, error: BaseException, duration: float) -> None:
        """Record that no answer came: by the tool's effect a failure, another try, or a doubt."""
        if call.tool.repeatable:
            self._retry_or_fail(call, attempt, error, duration, happened=False)
        elif call.tool.idempotent and may_retry(self._log.view, call):
            self._log.add(retrying(self._log.view, call, attempt, error, duration))
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
            why = "cancelled by a pause or a stop"
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
        view, output = self._log.view, None
        events = after_failure(view, call, attempt, error, duration, happened=happened)
        if returned is not None and isinstance(events[-1], e.CallFailed):
            output = returned[1]
            events[-1] = events[-1].model_copy(update={"output": returned[0]})
        self._log.add(*events, artifacts=output)
        self._breakers.failed(call)

    def _since(self, began: float) -> float:
        return round(self._parts.clock.monotonic() - began, 6)
