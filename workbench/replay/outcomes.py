"""What came of the calls of a recording, returned or raised again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench import events as e
from workbench.errors import WorkbenchError
from workbench.events import Event
from workbench.executor import TimedOut
from workbench.plan import Retry
from workbench.replay.errors import no_answer, raised_as
from workbench.replay.progress import Progress
from workbench.tools import Registry, Tool
from workbench.tools.talking import Unanswered
from workbench.values import Stored
from workbench.view import RunView

CANCELLED = ("cancelled", "paused or stopped", "a right or a rule", "other calls of", "submitted")
"""How the reasons begin with which the engine itself ended a call."""
ENDS = (
    e.CallAsked,
    e.CallSucceeded,
    e.CallFailed,
    e.CallRetrying,
    e.CallTimedOut,
    e.CallCancelled,
    e.CallDoubted,
    e.CallSubmitted,
    e.StepTimedOut,
    e.LoopTurned,
    e.LoopExhausted,
)
"""What may follow the intent of a call."""


class Unexpected(WorkbenchError):
    """The replay wants an answer that the recording does not have."""


class Outcomes:
    """Finds what a call has come to."""

    def __init__(
        self,
        progress: Progress,
        tools: Registry,
        decode: Callable[[Stored], Any],
        view: Callable[[], RunView],
    ) -> None:
        """Follow a replay; see `RecordedExecutor`."""
        self._progress, self._tools, self._decode, self._view = progress, tools, decode, view

    def tool(self, step: str) -> Tool | None:
        """Give the tool of a step."""
        plan = self._view().plan
        return self._tools.get(plan[step].tool) if plan is not None and step in plan else None

    def of_call(self, step: str) -> tuple[int, Event] | None:
        """Find what came of the call that is being made; None: its process ended before."""
        host = self._view().host
        for n, record in self._progress.to_come():
            event = record.event
            if isinstance(event, e.HostAttached) and event.host != host:
                return None
            if record.step == step and isinstance(event, ENDS):
                return n, event
        return None

    def came_to(self, step: str, event: Event) -> Any:  # noqa: C901 - one case for each outcome
        """Return or raise what the call did.

        Raises:
            Exception: what it raised then.
        """
        match event:
            case e.CallSucceeded() | e.LoopTurned() | e.LoopExhausted():
                return self._decode(event.output or Stored())
            case e.CallAsked():
                raise Unanswered(event.questions, event.state)
            case e.CallSubmitted():
                return self._decode(event.handle)
            case e.CallFailed() if event.output is not None:
                return self._decode(event.output)
            case e.CallFailed():
                raise raised_as(
                    event.error,
                    event.error_type,
                    happened=event.happened,
                    error_class=event.error_class,
                )
            case e.CallRetrying():
                raise self._again(step, event)
            case e.CallTimedOut() | e.StepTimedOut():
                raise self._too_late(step)
            case e.CallDoubted(stuck=True):
                raise raised_as(event.why)
            case e.CallDoubted():
                raise no_answer(event.why)
            case e.CallCancelled() if is_off(event):
                raise raised_as(event.why, "Off", error_class="missing_capability", happened=False)
            case e.CallCancelled():
                raise raised_as(event.why, error_class="missing_capability", happened=False)
            case _:
                raise self.unexpected(step, f"{event.kind} follows the intent")

    def _again(self, step: str, event: e.CallRetrying) -> Exception:
        """Fail an attempt so that another follows, as late as it did."""
        happened = None if event.unsure else False
        made = raised_as(event.error, event.error_type, happened=happened)
        if event.error_class:
            made.error_class = event.error_class  # type: ignore[attr-defined]  # the engine asks for it
        if event.wait_s > self._declared_wait(step) or not self._has_attempts(step):
            made.retry_after = event.wait_s  # type: ignore[attr-defined]  # as above
        return made

    def _retry(self, step: str) -> Retry:
        view, tool = self._view(), self.tool(step)
        own = view.plan[step].retry if view.plan is not None else None
        return own or (tool.retry if tool is not None else Retry())

    def _declared_wait(self, step: str) -> float:
        view, stands = self._view(), self._view().steps[step]
        seed = f"{view.run} {step} {stands.attempt}"
        return self._retry(step).wait_before(stands.failures + 2, seed)

    def _has_attempts(self, step: str) -> bool:
        """Whether the declaration alone makes another attempt."""
        tool, failures = self.tool(step), self._view().steps[step].failures
        return tool is not None and tool.idempotent and failures + 1 < self._retry(step).attempts

    def _too_late(self, step: str) -> Exception:
        later = [record.event for _, record in self._progress.to_come(step)][1:2]
        text = getattr(later[0], "error", "") or getattr(later[0], "why", "") if later else ""
        return TimedOut(text.removeprefix("TimedOut: "))

    def of_poll(self, step: str) -> tuple[int, Event] | None:
        """Find what came of the look at a call that goes on elsewhere; None: it was ended."""
        host = self._view().host
        for n, record in self._progress.to_come():
            event = record.event
            if isinstance(event, e.HostAttached) and event.host != host:
                return None
            if record.step == step and isinstance(event, (*ENDS, e.CallPolled)):
                return None if is_ended_by_us(event) else (n, event)
        return None

    def unexpected(self, step: str, what: str) -> Unexpected:
        """Note that the replay leaves its recording; gives the error to raise."""
        why = f"for step {step!r} {what}, and the recording has no answer to that"
        self._progress.diverge(why)
        return Unexpected(why)


def is_ended_by_us(event: Event) -> bool:
    """Whether the engine itself ended the call: by a pause, a stop, or the end of its process."""
    return isinstance(event, (e.CallCancelled, e.CallDoubted)) and event.why.startswith(CANCELLED)


def is_off(event: Event) -> bool:
    """Whether the intent was there, and the call was not made after all."""
    return isinstance(event, e.CallCancelled) and event.why.endswith("call was made")
