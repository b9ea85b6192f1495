"""The executor of a replay: it calls no tool, and answers as the world did."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import anyio

from workbench import events as e
from workbench.engine.checks import FAILED
from workbench.engine.completion import BY
from workbench.engine.requests import NOT_CALLED
from workbench.errors import WorkbenchError
from workbench.events import Event
from workbench.executor import LocalExecutor, TimedOut
from workbench.executor.inside import Place
from workbench.plan import Retry
from workbench.replay.errors import no_answer, raised_as
from workbench.replay.progress import Progress
from workbench.replay.verdicts import next_of_result
from workbench.tools import Happened, NotYet, Registry, Tool
from workbench.tools.talking import Unanswered
from workbench.tools.tries import tries_of_call
from workbench.values import Stored
from workbench.view import RunView

OURS = frozenset({"look_at", "encode"})
"""Functions of the engine itself, which look at a value: they are called."""
CANCELLED = ("cancelled", "paused or stopped", "a right or a rule", "other calls of", "submitted")
"""How the reasons begin with which the engine itself ended a call."""
COMPANIONS = ("probe", "preview", "before", "objects", "poll", "cancel")
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


class RecordedExecutor(LocalExecutor):
    """Gives recorded answers in the place of calls; nothing that is not ours is ever called."""

    def __init__(
        self,
        progress: Progress,
        tools: Registry,
        decode: Callable[[Stored], Any],
        view: Callable[[], RunView],
        idle: Callable[[], bool],
    ) -> None:
        """Follow a replay.

        Args:
            progress: how far it has come.
            tools: its tools.
            decode: reads a recorded value.
            view: the run as it stands in the replay.
            idle: whether no order of a person is being carried out at this moment.
        """
        super().__init__()
        self._progress, self._tools, self._decode = progress, tools, decode
        self._view, self._idle = view, idle
        self._answered: set[int] = set()
        """Recorded outcomes whose call was answered."""
        self._begun: set[str] = set()
        """Steps whose calls are being made now."""
        self.on_begin: Callable[[], None] = lambda: None
        """Called when one more is."""

    async def run(
        self,
        function: Callable[..., Any],
        kwargs: Mapping[str, Any],
        *,
        step: str,
        timeout_s: float | None = None,
        where: Place | None = None,
    ) -> Any:
        """Answer as it was recorded.

        Raises:
            Exception: what the call raised then.
            Unexpected: the recording has no such call.
        """
        if getattr(function, "__name__", "") in OURS and not isinstance(function, Tool):
            return await super().run(function, kwargs, step=step, timeout_s=timeout_s, where=where)
        self._progress.calls += 1
        tool = self._tool(step)
        role = self._role(tool, function, step)
        if role != "check":
            while not self._idle():
                await self._progress.change()
        return await getattr(self, f"_{role}")(step, function, kwargs)

    # -- who is called -----------------------------------------------------------------------

    def _tool(self, step: str) -> Tool | None:
        plan = self._view().plan
        return self._tools.get(plan[step].tool) if plan is not None and step in plan else None

    def _role(self, tool: Tool | None, function: Callable[..., Any], step: str) -> str:
        if tool is not None:
            for role in COMPANIONS:
                if getattr(tool, role) is function:
                    return role
            outcome = self._outcome(step)
            fresh = outcome is None or outcome[0] not in self._answered
            if fresh and tool.function in (function, inspect.unwrap(function)):
                return "call"
            if tool.version is function or getattr(function, "__name__", "") == "read_all":
                return "version"
        if any(function is known.function for known in self._tools):
            return "check"
        name = getattr(function, "__qualname__", repr(function))
        raise self._unexpected(step, f"{name} is called")

    def _unexpected(self, step: str, what: str) -> Unexpected:
        why = f"for step {step!r} {what}, and the recording has no answer to that"
        self._progress.diverge(why)
        return Unexpected(why)

    # -- the call itself ---------------------------------------------------------------------

    def _outcome(self, step: str) -> tuple[int, Event] | None:
        """Find what came of the call that is being made; None: its process ended before."""
        host = self._view().host
        for n, record in self._progress.to_come():
            event = record.event
            if isinstance(event, e.HostAttached) and event.host != host:
                return None
            if record.step == step and isinstance(event, ENDS):
                return n, event
        return None

    async def _call(self, step: str, _function: Any, _kwargs: Any) -> Any:
        self._begun.add(step)
        self.on_begin()
        self._progress.nudge()
        try:
            return await self._made(step)
        finally:
            self._begun.discard(step)

    async def _made(self, step: str) -> Any:
        found = self._outcome(step)
        if found is None or (_is_ended_by_us(found[1]) and not _is_off(found[1])):
            await anyio.sleep_forever()  # until a pause, a stop or the end of the process
        assert found is not None  # noqa: S101 - nothing follows the line above
        index, event = found
        ready = next((n for n, r in self._progress.to_come(step) if _is_verdict(r.event)), index)
        while self._progress.at < min(ready, index) or not self.all_begun():
            await self._progress.change()
        self._answered.add(index)
        if (counter := tries_of_call.get()) is not None:
            counter.noted = getattr(event, "tries", 1)
        return self._came_to(step, event)

    def all_begun(self) -> bool:
        """Whether every call that was made then, and has its intent, is being made."""
        view = self._view()
        for step in view.in_flight:
            if step in self._begun or step in view.submitted:
                continue
            found = self._outcome(step)
            if found is not None and not _is_off(found[1]):
                return False
        return True

    def _came_to(self, step: str, event: Event) -> Any:  # noqa: C901 - one case for each outcome
        """Return or raise what the call did."""
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
            case e.CallCancelled() if _is_off(event):
                raise raised_as(event.why, "Off", error_class="missing_capability", happened=False)
            case e.CallCancelled():
                raise raised_as(event.why, error_class="missing_capability", happened=False)
            case _:
                raise self._unexpected(step, f"{event.kind} follows the intent")

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
        view, tool = self._view(), self._tool(step)
        own = view.plan[step].retry if view.plan is not None else None
        return own or (tool.retry if tool is not None else Retry())

    def _declared_wait(self, step: str) -> float:
        view, stands = self._view(), self._view().steps[step]
        seed = f"{view.run} {step} {stands.attempt}"
        return self._retry(step).wait_before(stands.failures + 2, seed)

    def _has_attempts(self, step: str) -> bool:
        """Whether the declaration alone makes another attempt."""
        tool, failures = self._tool(step), self._view().steps[step].failures
        return tool is not None and tool.idempotent and failures + 1 < self._retry(step).attempts

    def _too_late(self, step: str) -> Exception:
        later = [record.event for _, record in self._progress.to_come(step)][1:2]
        text = getattr(later[0], "error", "") or getattr(later[0], "why", "") if later else ""
        return TimedOut(text.removeprefix("TimedOut: "))

    # -- what stands around it ---------------------------------------------------------------

    def _next(self, step: str) -> Event | None:
        return next((record.event for _, record in self._progress.to_come(step)), None)

    async def _check(self, step: str, *_: Any) -> Any:
        """Judge an output as it was judged: by what came of it."""
        event = self._next(step)
        if not step:
            said = next_of_result(self._progress)
            if isinstance(said, e.VerdictGiven) and said.by == BY and not said.ok:
                return self._verdict(said.why)
            return True
        if isinstance(event, (e.LoopTurned, e.LoopExhausted)):
            return self._verdict(event.why)
        if isinstance(event, (e.CallFailed, e.CallRetrying)) and event.error_type == "BadOutput":
            return self._verdict(event.error)
        return True

    def _verdict(self, why: str) -> str:
        if why.startswith(FAILED):
            raise raised_as(why.removeprefix(FAILED))
        return why

    async def _probe(  # noqa: C901, PLR0911 - one case for each thing that was made of it
        self, step: str, *_: Any
    ) -> Any:
        """Say what the probe said: read from what the engine made of it."""
        event, undoing = self._next(step), self._view().run_kind == "undo"
        match event:
            case e.CallSucceeded():
                said = None if event.note else True
                return self._broke(event.note, "not confirmed: the probe failed: ", said)
            case e.CallFailed(error_type="NotConfirmed"):
                return False
            case e.CallDoubted(stuck=True) if undoing:
                return False
            case e.LoopTurned() | e.LoopExhausted():
                return True if event.output is None else Happened(self._decode(event.output))
            case e.ResourceSeen():
                return True
            case e.CallConfirmed(by="probe"):
                plain = event.output == Stored()
                return True if plain else Happened(self._decode(event.output))
            case e.CallRefuted(by="probe"):
                return False
            case e.StepSkipped(by="probe"):
                return True
            case e.RequestOpened(about="doubt") if NOT_CALLED in event.evidence:
                raise raised_as(str(event.evidence[NOT_CALLED]))
            case e.RequestOpened(about="doubt"):
                text = str(event.evidence.get("probe", ""))
                if text.startswith("what it should undo"):
                    return False
                return self._broke(text, "the probe failed: ", _Said(text))
            case _:
                return None

    @staticmethod
    def _broke(text: str, prefix: str, said: Any) -> Any:
        if text.startswith(prefix):
            raise raised_as(text.removeprefix(prefix))
        return said

    async def _preview(self, step: str, *_: Any) -> Any:
        opened = self._asked(step)
        text = opened.preview if opened is not None else None
        return self._broke(text or "", "No preview: ", text)

    async def _objects(self, step: str, *_: Any) -> Any:
        opened = self._asked(step)
        return list(opened.objects or ()) if opened is not None else []

    def _asked(self, step: str) -> e.RequestOpened | None:
        """Find what the person was, or is about to be, shown."""
        event = self._next(step)
        if isinstance(event, e.RequestOpened):
            return event
        request = self._view().requests.get(self._view().steps[step].approved_request)
        return request.opened if request is not None else None

    async def _before(self, step: str, *_: Any) -> Any:
        event = self._next(step)
        if isinstance(event, e.CallIntended) and event.before is not None:
            return self._decode(event.before)
        if isinstance(event, e.CallFailed):
            raise raised_as(event.error, event.error_type, error_class=event.error_class)
        return None

    async def _poll(self, step: str, *_: Any) -> Any:
        found = self._outcome_of_poll(step)
        if found is None:
            await anyio.sleep_forever()
        assert found is not None  # noqa: S101 - nothing follows the line above
        index, event = found
        await self._progress.reach(index)
        if not isinstance(event, e.CallPolled):
            self._answered.add(index)
            return self._came_to(step, event)
        if event.error:
            raise raised_as(event.error, transient=True)
        return NotYet(progress=event.progress, retry_after_s=event.wait_s)

    def _outcome_of_poll(self, step: str) -> tuple[int, Event] | None:
        host = self._view().host
        for n, record in self._progress.to_come():
            event = record.event
            if isinstance(event, e.HostAttached) and event.host != host:
                return None
            if record.step == step and isinstance(event, (*ENDS, e.CallPolled)):
                return None if _is_ended_by_us(event) else (n, event)
        return None

    async def _cancel(self, step: str, *_: Any) -> Any:
        event = self._next(step)
        why = getattr(event, "why", "")
        if isinstance(event, e.CallDoubted) or not why.startswith("cancelled"):
            raise raised_as("Recorded: it could not be cancelled")

    async def _version(
        self, step: str, function: Callable[..., Any], kwargs: Mapping[str, Any]
    ) -> Any:
        if kwargs:
            return self._version_of(step, str(next(iter(kwargs.values()))))
        keys = inspect.getclosurevars(function).nonlocals["keys"]
        return {key: self._version_of(step, key) for key in keys}

    def _version_of(self, step: str, key: str) -> str | None:
        view, event = self._view(), self._next(step)
        if isinstance(event, e.CallFailed) and step not in view.in_flight:
            raise raised_as(event.error, event.error_type, error_class=event.error_class)
        if isinstance(event, e.RequestOpened) and event.about == "conflict":
            now = event.evidence.get("now")
            return now if isinstance(now, str) else None
        find = partial(_sees, key=key)
        if key in view.resources and not (event is not None and find(event)):
            return view.resources[key].version
        seen = next((r.event for _, r in self._progress.to_come() if find(r.event)), None)
        return seen.version if isinstance(seen, e.ResourceSeen) else None


def _is_verdict(event: Event) -> bool:
    """Whether it is what a check has said, which comes before the outcome."""
    return event.kind.startswith("verdict.")


def _is_ended_by_us(event: Event) -> bool:
    return isinstance(event, (e.CallCancelled, e.CallDoubted)) and event.why.startswith(CANCELLED)


def _is_off(event: Event) -> bool:
    """Whether the intent was there, and the call was not made after all."""
    return isinstance(event, e.CallCancelled) and event.why.endswith("call was made")


class _Said:
    """Something that a probe gave and that is neither yes nor no."""

    def __init__(self, text: str) -> None:
        """Read it from what the engine says of it."""
        self._text = text.removeprefix("the probe gave ").partition(", which is neither")[0]

    def __repr__(self) -> str:
        """Show it as it was shown."""
        return self._text


def _sees(event: Event, key: str) -> bool:
    return isinstance(event, e.ResourceSeen) and event.key == key
