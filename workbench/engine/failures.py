"""What becomes of a call that was no success: a failure, another try, or a doubt."""

from __future__ import annotations

from workbench import events as e
from workbench.engine.breakers import Breakers
from workbench.engine.call import Call
from workbench.engine.lines import Lines
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.engine.retry_after import wait_asked_by
from workbench.engine.setbacks import (
    after_failure,
    failed_at_limit,
    may_retry,
    not_verified,
    retrying,
)
from workbench.engine.timeouts import TimeLimit
from workbench.errors import LimitReached
from workbench.executor import TimedOut
from workbench.plan import Step
from workbench.points import reach
from workbench.tools import Tool
from workbench.tools.tries import count_of_tries
from workbench.values import Stored


class Failures:
    """Records what went wrong with the calls of one drive."""

    def __init__(self, parts: Parts, log: Log, *, breakers: Breakers, lines: Lines) -> None:
        """Use these parts."""
        self._parts, self._log, self._breakers, self._lines = parts, log, breakers, lines

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
            self.retry_or_fail(call, attempt, error, duration, happened=happened)

    def time_over(
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
            self.retry_or_fail(call, attempt, error, duration, happened=False)
        elif call.tool.idempotent and may_retry(self._log.view, call):
            again = retrying(
                self._log.view,
                call,
                attempt,
                error,
                duration,
                unsure=True,
                tries=count_of_tries(),
                now=self._parts.clock.now(),
            )
            self._log.add(again)
        else:
            self._log.add(
                e.CallDoubted(step=call.step.id, attempt=attempt, why=call.describe(error))
            )
            self._breakers.failed(call)

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

    def interrupted(self, call: Call, attempt: int) -> None:
        """Record that our own cancellation has ended a call."""
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

    def retry_or_fail(
        self,
        call: Call,
        attempt: int,
        error: BaseException,
        duration: float,
        *,
        happened: bool | None,
        returned: tuple[Stored, dict[str, bytes]] | None = None,
    ) -> None:
        """Record an error, or an output that is none: another try where one is left.

        Args:
            call: the call.
            attempt: its number.
            error: what went wrong.
            duration: seconds that it took.
            happened: whether its effect happened; None: nobody knows.
            returned: the output that is not accepted, and its artifacts.
        """
        view, now, artifacts = self._log.view, self._parts.clock.now(), None
        events = after_failure(
            view, call, attempt, error, duration, happened=happened, tries=count_of_tries(), now=now
        )
        if call.step.undoes is not None and isinstance(events[-1], e.CallFailed):
            why = events[-1].error
            events[-1] = e.CallDoubted(step=call.step.id, attempt=attempt, why=why, stuck=True)
        if returned is not None and isinstance(events[-1], e.CallFailed):
            artifacts = returned[1]
            events[-1] = events[-1].model_copy(update={"output": returned[0]})
        if isinstance(error, LimitReached) and isinstance(events[-1], e.CallFailed):
            events += not_verified(view, call, error)
        elif getattr(events[-1], "error_class", "") == "budget" and isinstance(
            events[-1], e.CallFailed
        ):
            events += failed_at_limit(view, call, error)
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
                tries=count_of_tries(),
            )
        )
