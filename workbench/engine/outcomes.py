"""What becomes of a call that has returned: its output is stored, checked, and confirmed."""

from __future__ import annotations

import inspect

from workbench import events as e
from workbench.engine.breakers import Breakers
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import Call
from workbench.engine.checks import FAILED, check_output, not_good_enough
from workbench.engine.classes import BadOutput
from workbench.engine.confirming import NotConfirmed, ask_world
from workbench.engine.failures import Failures
from workbench.engine.log import Log
from workbench.engine.loops import end_of_turn
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.size import is_plain
from workbench.errors import LimitReached, ValueNotStorable
from workbench.points import reach
from workbench.tools.tries import count_of_tries
from workbench.values import Stored

STORING_S = 120.0
"""Seconds that it may take to look at what a tool returned; its methods are the tool's code."""


class Outcomes:
    """Records what the calls of one drive have returned."""

    def __init__(
        self, parts: Parts, log: Log, outputs: Outputs, breakers: Breakers, failures: Failures
    ) -> None:
        """Use these parts."""
        self._parts, self._log, self._outputs = parts, log, outputs
        self._breakers, self._failures = breakers, failures

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
            self._failures.retry_or_fail(call, attempt, error, duration, happened=happened)
            return
        if step.check is not None:
            fault = await self._check(call, output)
        if fault is not None:
            returned = (stored, artifacts)
            self._failures.retry_or_fail(
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
        self.succeed(call, attempt, stored, artifacts, duration, confirmed=confirmed, note=note)

    def succeed(
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
        """Record a success and how far it is known: accepted, performed, or confirmed."""
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
                tries=count_of_tries(),
            ),
            artifacts=artifacts,
        )
        if self._log.view.breakers:
            self._breakers.succeeded(call)
        reach("after-outcome")

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
                tries=count_of_tries(),
            )
            self._log.add(failed, artifacts=artifacts)
        self._breakers.failed(call)

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
            self._failures.retry_or_fail(call, attempt, fault, duration, happened=happened)
            return False
        if why is not None:
            stands = self._log.view.steps[call.step.id]
            stored, artifacts = encoded
            ended = end_of_turn(
                call.step, stands, why, output=stored, duration_s=duration, tries=count_of_tries()
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


def _check_failed(call: Call, error: BaseException) -> Exception:
    """Say that nobody could look at an output; a limit that forbids it stays what it is."""
    if isinstance(error, LimitReached):
        return error
    return BadOutput(f"{FAILED}{call.describe(error)}")
