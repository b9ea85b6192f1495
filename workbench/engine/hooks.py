"""Hooks: functions of the user that are told what a run does, and cannot harm it.

A hook sees; it decides nothing. What may be called is the policy's business, because a veto that
fails, hangs or is forgotten must not let anything pass.
"""

from __future__ import annotations

import copy
import inspect
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import anyio

from workbench import events as e
from workbench.engine.bridge import apart, is_our_cancellation
from workbench.engine.call import describe
from workbench.engine.log import Log
from workbench.errors import WorkbenchError
from workbench.events import Record
from workbench.states import RUN_FINAL
from workbench.view import RunView

TIMEOUT_S = 5.0
"""Seconds that a hook may take, unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class HookRecord:
    """What a hook is told."""

    hook: str
    """Which one: `before_call`, `ended`, …"""
    run: str
    seq: int
    """Place of the event in the run's journal; with `run` it names it."""
    at: datetime
    kind: str
    """Kind of the event, such as `call.retrying`."""
    state: str
    """State of the run right after it."""
    step: str | None = None
    step_state: str = ""
    """State of the step right after it."""
    tool: str = ""
    """The tool, or the planner."""
    args: Mapping[str, Any] = field(default_factory=dict)
    """Before a call: its arguments as the journal has them, without secrets."""
    text: str = ""
    """The error, the reason, or the name of the checkpoint."""


Hook = Callable[[HookRecord], Any]


@dataclass(frozen=True)
class Hooks:
    """Functions that are told what happens: `Workbench(hooks=[wb.Hooks(ended=print)])`.

    Each gets one `HookRecord`, after the event is in the run's log, in the order of the log. A
    plain function runs in a thread, a coroutine function in the engine's loop. A call waits until
    its `before_call` or `before_model`, and what is told before that, is over; a drive waits at its
    end; nothing else waits for a hook. One that raises
    is noted in the journal as a fault, once; one that takes longer than `timeout_s` seconds is
    noted and not called again by this drive of the run. A hook cannot forbid a call: that is what
    the policy is for.

    Attributes:
        before_model: the planner, or the verifying model, is about to be asked.
        after_model: it answered, or failed.
        before_step: a step is about to begin: its first call, of its first turn.
        before_call: a tool is about to be called; its intent is recorded.
        after_call: an attempt has ended: done, failed, cancelled, in doubt, to be tried again.
        step_ended: a step is finished, whichever way.
        before_pause: the run is about to be paused; while it is told, nothing new begins.
        paused: the run was paused, by whomever.
        before_checkpoint: a place is about to be named.
        checkpoint: somebody named a place.
        ended: the run has ended, and its journal says so on disk.
        timeout_s: seconds that each may take.
    """

    before_model: Hook | None = None
    after_model: Hook | None = None
    before_step: Hook | None = None
    before_call: Hook | None = None
    after_call: Hook | None = None
    step_ended: Hook | None = None
    before_pause: Hook | None = None
    paused: Hook | None = None
    before_checkpoint: Hook | None = None
    checkpoint: Hook | None = None
    ended: Hook | None = None
    timeout_s: float = TIMEOUT_S

    def __post_init__(self) -> None:
        """Refuse what cannot be called.

        Raises:
            WorkbenchError: a hook is no function, or the timeout no time.
        """
        for name in NAMES:
            if getattr(self, name) is not None and not callable(getattr(self, name)):
                raise WorkbenchError(f"The hook {name} is no function.", "Give one, or None.")
        if not self.timeout_s > 0:
            raise WorkbenchError(
                f"{self.timeout_s!r} is no timeout of hooks.", "Give seconds above 0."
            )


NAMES = tuple(item.name for item in fields(Hooks) if item.name != "timeout_s")

_TOLD: dict[str, tuple[str, ...]] = {
    "planner.called": ("before_model",),
    "planner.answered": ("after_model",),
    "verdict.asked": ("before_model",),
    "verdict.given": ("after_model",),
    "call.intended": ("before_step", "before_call"),
    "call.succeeded": ("after_call", "step_ended"),
    "call.failed": ("after_call", "step_ended"),
    "call.retrying": ("after_call",),
    "call.cancelled": ("after_call",),
    "call.doubted": ("after_call",),
    "call.confirmed": ("step_ended",),
    "step.skipped": ("step_ended",),
    "step.given": ("step_ended",),
    "step.denied": ("step_ended",),
    "run.paused": ("paused",),
    "checkpoint.made": ("checkpoint",),
    "checkpoint.amended": ("checkpoint",),
    **{f"run.{state}": ("ended",) for state in RUN_FINAL},
}
"""Kind of event to the hooks that are told of it."""


_COMING: dict[str, str] = {
    "run.paused": "before_pause",
    "checkpoint.made": "before_checkpoint",
    "checkpoint.amended": "before_checkpoint",
}
"""Kind of event to the hook that is told before it is added."""


@dataclass(eq=False)
class _Listener:
    function: Hook
    timeout_s: float
    silent: bool = False
    """It took too long, and is not called any more."""
    faulty: bool = False
    """It was noted."""


class Relay:
    """Tells the hooks of one drive what was added to its log, one after the other."""

    def __init__(self, hooks: Sequence[Hooks], log: Log) -> None:
        """Listen to a log from here on; `work` does the telling."""
        self._log = log
        self._listeners = {
            name: [
                _Listener(function, item.timeout_s)
                for item in hooks
                if (function := getattr(item, name)) is not None
            ]
            for name in NAMES
        }
        self._queue: deque[HookRecord] = deque()
        self._announced: set[str] = set()
        """Hooks that were told before the event that is now to come."""
        self._queued = self._told = 0
        self._news, self._moved = anyio.Event(), anyio.Event()

    def saw(self, record: Record) -> None:
        """Note an event that was just added; cheap where nobody wants to know."""
        for name in _TOLD.get(record.kind, ()):
            if self._listeners[name] and _concerns(name, record, self._log.view):
                self._queue.append(_record(name, record, self._log.view))
                self._queued += 1
                self._news.set()

    def coming(self, event: e.Event) -> None:
        """Note an event that is about to be added."""
        name = _COMING.get(event.kind)
        if name is None or name in self._announced:
            self._announced.discard(name or "")
            return
        self._announce(name, event)

    async def announced(self, event: e.Event) -> None:
        """Tell the hooks of an event that somebody has ordered, and wait until they were told."""
        name = _COMING.get(event.kind)
        if name is None or all(listener.silent for listener in self._listeners[name]):
            return
        self._announce(name, event)
        self._announced.add(name)
        await self.caught_up()

    def _announce(self, name: str, event: e.Event) -> None:
        if self._listeners[name]:
            view = self._log.view
            at = self._log.now()
            record = Record(view.run, view.seq + 1, at, view.epoch, event, "")
            self._queue.append(_record(name, record, view))
            self._queued += 1
            self._news.set()

    async def work(self) -> None:
        """Tell the hooks, as long as the drive lasts."""
        while True:
            while self._queue:
                await self._tell(self._queue.popleft())
                self._told += 1
                self._moved.set()
                self._moved = anyio.Event()
            self._news = anyio.Event()
            await self._news.wait()

    async def caught_up(self) -> None:
        """Wait until everything that was added so far has been told."""
        target = self._queued
        while self._told < target:
            await self._moved.wait()

    def over(self) -> None:
        """Forget what was told before an event that did not come to be."""
        self._announced.clear()

    async def told(self, *names: str) -> None:
        """Wait until the hooks of these names, if there are any, know what was added so far."""
        if any(not listener.silent for name in names for listener in self._listeners[name]):
            await self.caught_up()

    async def _tell(self, record: HookRecord) -> None:
        if record.hook == "ended":
            try:
                await self._log.flush()
            except WorkbenchError:
                return
        for listener in self._listeners[record.hook]:
            if not listener.silent:
                await self._call(listener, record)

    async def _call(self, listener: _Listener, record: HookRecord) -> None:
        try:
            with anyio.move_on_after(listener.timeout_s) as scope:
                if inspect.iscoroutinefunction(listener.function):
                    await listener.function(record)
                else:
                    answer = await apart(listener.function, record)
                    if inspect.isawaitable(answer):
                        await answer
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            self._note(listener, record.hook, describe(error))
            return
        if scope.cancelled_caught:
            listener.silent = True
            why = f"no answer within {listener.timeout_s:g} s; it is not called again for now"
            self._note(listener, record.hook, why)

    def _note(self, listener: _Listener, name: str, error: str) -> None:
        if listener.faulty or self._log.error is not None:
            return
        listener.faulty = True
        title = getattr(listener.function, "__name__", type(listener.function).__name__)
        self._log.add(e.FaultRecorded(where=f"hook {name} ({title})", error=error))


def _concerns(name: str, record: Record, view: RunView) -> bool:
    """Whether an event is what the hook is for.

    Nothing is told after a call that was never begun, nor of a verdict that no model gave; and a
    step begins once.
    """
    event = record.event
    if name == "after_call" and isinstance(event, e.CallFailed):
        return event.attempt == view.steps[event.step].attempt
    if name == "before_step" and isinstance(event, e.CallIntended):
        return event.attempt == 1 and event.turn == 1
    if isinstance(event, e.VerdictGiven):
        return bool(event.usage)
    return True


def _record(name: str, record: Record, view: RunView) -> HookRecord:
    event, step = record.event, record.step
    planned = view.plan.by_id.get(step) if view.plan is not None and step is not None else None
    tool = getattr(event, "tool", "") or getattr(event, "planner", "")
    words = (getattr(event, word, "") for word in ("error", "reason", "why", "text", "name"))
    return HookRecord(
        hook=name,
        run=record.run,
        seq=record.seq,
        at=record.at,
        kind=record.kind,
        state=view.state,
        step=step,
        step_state=view.steps[step].state if step in view.steps else "",
        tool=tool or (planned.tool if planned else ""),
        args=_args(event) if isinstance(event, e.CallIntended) else {},
        text=next((str(word) for word in words if word), ""),
    )


def _args(event: e.CallIntended) -> dict[str, Any]:
    """Copy the arguments, so that no hook can change what the journal will say."""
    if event.args.artifact is not None:
        return {"$artifact": event.args.artifact.digest, "summary": event.args.summary}
    return dict(copy.deepcopy(event.args.value or {}))
