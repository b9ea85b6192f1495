"""The executor of a replay: it calls no tool, and answers as the world did."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import anyio

from workbench import events as e
from workbench.events import Event
from workbench.executor import LocalExecutor
from workbench.executor.inside import Place
from workbench.replay.around import Around
from workbench.replay.errors import raised_as
from workbench.replay.outcomes import Outcomes, is_ended_by_us, is_off
from workbench.replay.progress import Progress
from workbench.tools import NotYet, Registry, Tool
from workbench.tools.tries import tries_of_call
from workbench.values import Stored
from workbench.view import RunView

OURS = frozenset({"look_at", "encode"})
"""Functions of the engine itself, which look at a value: they are called."""
COMPANIONS = ("probe", "preview", "before", "objects", "poll", "cancel")


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
        self._progress, self._tools = progress, tools
        self._view, self._idle = view, idle
        self._outcomes = Outcomes(progress, tools, decode, view)
        self._around = Around(progress, decode, view)
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
        tool = self._outcomes.tool(step)
        role = self._role(tool, function, step)
        if role != "check":
            while not self._idle():
                await self._progress.change()
        if role == "call":
            return await self._call(step)
        if role == "poll":
            return await self._poll(step)
        return await getattr(self._around, role)(step, function, kwargs)

    # -- who is called -----------------------------------------------------------------------

    def _role(self, tool: Tool | None, function: Callable[..., Any], step: str) -> str:
        if tool is not None:
            for role in COMPANIONS:
                if getattr(tool, role) is function:
                    return role
            outcome = self._outcomes.of_call(step)
            fresh = outcome is None or outcome[0] not in self._answered
            if fresh and tool.function in (function, inspect.unwrap(function)):
                return "call"
            if tool.version is function or getattr(function, "__name__", "") == "read_all":
                return "version"
        if any(function is known.function for known in self._tools):
            return "check"
        name = getattr(function, "__qualname__", repr(function))
        raise self._outcomes.unexpected(step, f"{name} is called")

    # -- the call itself ---------------------------------------------------------------------

    async def _call(self, step: str) -> Any:
        self._begun.add(step)
        self.on_begin()
        self._progress.nudge()
        try:
            return await self._made(step)
        finally:
            self._begun.discard(step)

    async def _made(self, step: str) -> Any:
        found = self._outcomes.of_call(step)
        if found is None or (is_ended_by_us(found[1]) and not is_off(found[1])):
            await anyio.sleep_forever()  # until a pause, a stop or the end of the process
        assert found is not None  # noqa: S101 - nothing follows the line above
        index, event = found
        ready = next((n for n, r in self._progress.to_come(step) if _is_verdict(r.event)), index)
        while self._progress.at < min(ready, index) or not self.all_begun():
            await self._progress.change()
        self._answered.add(index)
        if (counter := tries_of_call.get()) is not None:
            counter.noted = getattr(event, "tries", 1)
        return self._outcomes.came_to(step, event)

    def all_begun(self) -> bool:
        """Whether every call that was made then, and has its intent, is being made."""
        view = self._view()
        for step in view.in_flight:
            if step in self._begun or step in view.submitted:
                continue
            found = self._outcomes.of_call(step)
            if found is not None and not is_off(found[1]):
                return False
        return True

    async def _poll(self, step: str) -> Any:
        found = self._outcomes.of_poll(step)
        if found is None:
            await anyio.sleep_forever()
        assert found is not None  # noqa: S101 - nothing follows the line above
        index, event = found
        await self._progress.reach(index)
        if not isinstance(event, e.CallPolled):
            self._answered.add(index)
            return self._outcomes.came_to(step, event)
        if event.error:
            raise raised_as(event.error, transient=True)
        return NotYet(progress=event.progress, retry_after_s=event.wait_s)


def _is_verdict(event: Event) -> bool:
    """Whether it is what a check has said, which comes before the outcome."""
    return event.kind.startswith("verdict.")
