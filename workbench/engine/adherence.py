"""Calls that are made and that the plan does not have: noticed, flagged, or refused."""

from __future__ import annotations

import inspect
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextvars import Token
from types import TracebackType
from typing import Any

from workbench import events as e
from workbench.engine.bridge import call_soon
from workbench.engine.call import Call
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.errors import UnplannedCall
from workbench.ids import digest
from workbench.tools import Effect, Tool
from workbench.tools.calling import Watch, calling
from workbench.values.codec import to_json


class Unplanned:
    """Takes note of the unplanned calls of one drive; made in the engine's loop."""

    def __init__(self, parts: Parts, log: Log) -> None:
        """Use these parts."""
        self._parts, self._log = parts, log
        self._soon, self._thread = call_soon(), threading.get_ident()
        self._noted: deque[e.CallUnplanned] = deque()
        self._lock = threading.Lock()
        self.closed = False
        """Whether the drive has ended: nothing more can be written then."""

    def watching(self, call: Call, function: Callable[..., Any]) -> CallWatch:
        """Give the context in which a call is made, by this function."""
        return CallWatch(call, function, self)

    def note(
        self, watch: CallWatch, tool: str, effect: Effect, args_digest: Callable[[], str]
    ) -> None:
        """Take note of a call, from any thread.

        Raises:
            UnplannedCall: such calls are refused.
        """
        refused = self._parts.on_unplanned == "refuse"
        if not refused and effect in ("pure", "read"):
            with self._lock:
                seen = watch.repeated.get((tool, effect), -1) + 1
                watch.repeated[tool, effect] = seen
            if seen:
                return
        event = e.CallUnplanned(
            step=watch.step, tool=tool, effect=effect, args_digest=args_digest(), refused=refused
        )
        self._noted.append(event)
        if threading.get_ident() == self._thread:
            self.write()
        else:
            self._soon(self.write)
        if refused:
            raise UnplannedCall(
                f"The call of step {watch.step!r} tried to call {tool!r}, which the plan does not "
                "have there; nothing was done.",
                "Make it a step of the plan, or allow it: Workbench(on_unplanned='flag').",
                step=watch.step,
                tool=tool,
            )

    def left(self, watch: CallWatch) -> None:
        """Write what was noted during a call that has ended."""
        for (tool, effect), more in watch.repeated.items():
            if more:
                self._noted.append(
                    e.CallUnplanned(step=watch.step, tool=tool, effect=effect, count=more)
                )
        watch.repeated.clear()
        self.write()

    def write(self) -> None:
        """Append what was noted to the log; in the engine's loop."""
        while self._noted and not self.closed:
            event = self._noted.popleft()
            self._log.add(event)
            if self._parts.on_unplanned == "pause" and self._log.view.state in (
                "running",
                "waiting",
            ):
                reason = f"step {event.step} called {event.tool}, which is not in the plan"
                self._log.add(e.RunPaused(by="engine", reason=reason))

    def name_of(self, function: Callable[..., Any]) -> tuple[str, Effect]:
        """Name a function: as the tool that it is, or as itself, of which anything is possible."""
        for tool in self._parts.tools:
            if tool.function is function:
                return tool.name, tool.effect
        return str(getattr(function, "__name__", None) or type(function).__name__), "irreversible"


class CallWatch(Watch):
    """The context of one call: whatever else is called in it is noted."""

    __slots__ = ("_token", "_unplanned", "function", "repeated", "step", "tool")

    def __init__(self, call: Call, function: Callable[..., Any], unplanned: Unplanned) -> None:
        """Watch this call."""
        self.tool, self.function, self.step = call.tool, function, call.step.id
        self.repeated: dict[tuple[str, Effect], int] = {}
        """Calls of pure and read tools behind the first of each."""
        self._unplanned = unplanned
        self._token: Token[Watch | None]

    def __enter__(self) -> None:
        """Begin to watch."""
        self._token = calling.set(self)

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Write what was noted."""
        calling.reset(self._token)
        if self.repeated or self._unplanned._noted:  # noqa: SLF001 - cheap look at the other half
            self._unplanned.left(self)

    def called(self, tool: Tool, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Take note that another tool is about to be called."""
        self._unplanned.note(
            self, tool.name, tool.effect, lambda: _digest(tool.function, args, kwargs, tool)
        )

    def swapped(self, function: Callable[..., Any], kwargs: Mapping[str, Any]) -> None:
        """Take note that another function is about to be executed."""
        name, effect = self._unplanned.name_of(function)
        self._unplanned.note(self, name, effect, lambda: _digest(function, (), kwargs, None))


def _digest(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    tool: Tool | None,
) -> str:
    """Name the arguments as a plan's would be; empty when they cannot be written down."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs).arguments
        hidden = {*tool.signature.keys, *tool.signature.secrets} if tool is not None else set()
        return digest(to_json({name: v for name, v in bound.items() if name not in hidden}))
    except Exception:  # noqa: BLE001 - a value may raise anything when it is looked at
        return ""
