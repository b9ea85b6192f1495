"""One call of a server's tool: from the loop of the engine into that of the server, and back."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import anyio
from anyio.abc import TaskGroup

from workbench.executor.soon import call_soon
from workbench.mcp.errors import ServerGone
from workbench.mcp.looping import Job, Looping
from workbench.models import Model, ModelReply, ModelRequest
from workbench.tools.talking import Asked, Said, Talk

LEAVE_S = 0.5
"""Seconds in which a server is told that its call was cancelled."""


class Line:
    """What a call says while it is made; the server's loop speaks, the engine's loop listens."""

    def __init__(self, looping: Looping, talk: Talk | None) -> None:
        """Listen in the present loop, for `talk`; None: nobody listens to a call by hand."""
        self._looping, self._talk = looping, talk
        self._items: deque[Callable[[TaskGroup], Any]] = deque()
        self._soon, self._heard = call_soon(), anyio.Event()
        self._questions = 0
        self.state = talk.state if talk else ""
        self.answers = dict(talk.answers) if talk else {}
        self.key = talk.key if talk else ""
        self.note = ""
        """What a person should know of questions that come now."""
        self.refused: set[str] = set()
        """Wishes of the server that came to nothing, by its own names for them."""
        self.no_model = ""
        """Why a limit refused it a model; empty: none did."""

    # -- in the server's loop ------------------------------------------------------------------

    def report(self, progress: float | None, text: str) -> None:
        """Say how far it is."""
        if (talk := self._talk) is not None:
            self._say(lambda _: talk.report(progress, text))

    async def ask(self, question: Asked) -> Said:
        """Ask the person and wait."""
        talk = self._talk
        if talk is None:
            return Said(verdict="decline")
        said: Said = await self._pass_on(lambda: talk.ask(question))
        return said

    async def sample(self, model: Model, request: ModelRequest) -> ModelReply:
        """Ask a model, by way of the engine, which knows the limits; without one nobody may.

        Raises:
            Exception: it was refused, or could not be asked.
        """
        talk = self._talk
        if talk is None:
            raise PermissionError("a call by hand has no budget for a model")
        reply: ModelReply = await self._pass_on(lambda: talk.sample(model, request))
        return reply

    async def _pass_on(self, work: Callable[[], Any]) -> Any:
        """Have something done in the engine's loop and wait for what comes of it."""
        done, outcome = anyio.Event(), list[Any]()

        async def there() -> None:
            self._questions += 1
            self._heard.set()
            try:
                outcome.append((True, await work()))
            except Exception as error:  # noqa: BLE001 - it belongs to who has asked
                outcome.append((False, error))
            finally:
                self._questions -= 1
                self._heard.set()
                self._looping.soon(done.set)

        self._say(lambda tasks: tasks.start_soon(there))
        await done.wait()
        fine, value = outcome[0] if outcome else (False, ServerGone("the call is over"))
        if not fine:
            raise value
        return value

    def _say(self, item: Callable[[TaskGroup], Any]) -> None:
        self._items.append(item)
        self._soon(self._wake)

    def _wake(self) -> None:
        self._heard.set()  # the present one: it is made anew for each wait

    # -- in the engine's loop ------------------------------------------------------------------

    async def follow(self, job: Job, timeout_s: float | None) -> Any:
        """Wait for the end of a call; the time in which a person is asked does not count.

        Raises:
            ServerGone: no answer came in time; the server is told, and what it did is not known.
        """
        job.future.add_done_callback(lambda _: self._soon(self._wake))
        try:
            if not await self._in_time(job, math.inf if timeout_s is None else timeout_s):
                raise ServerGone(f"no answer within {timeout_s:g} s")
        finally:
            if not job.future.done():
                job.cancel()
                with anyio.move_on_after(LEAVE_S, shield=True):
                    while not job.future.done():
                        self._heard = anyio.Event()
                        await self._heard.wait()
        if job.future.cancelled():
            raise ServerGone("the server was stopped during the call")
        return job.future.result()

    async def _in_time(self, job: Job, left_s: float) -> bool:
        async with anyio.create_task_group() as tasks:
            while not job.future.done():
                self._heard = anyio.Event()
                while self._items:
                    self._items.popleft()(tasks)
                if job.future.done():
                    break
                began = anyio.current_time()
                patience_s = math.inf if self._questions else left_s
                with anyio.move_on_after(patience_s):
                    await self._heard.wait()
                if patience_s is not math.inf:
                    left_s -= anyio.current_time() - began
                    if left_s <= 0:
                        break
            while self._items:
                self._items.popleft()(tasks)
            tasks.cancel_scope.cancel()
        return job.future.done()


current: ContextVar[Line | None] = ContextVar("workbench_mcp_line", default=None)
"""In the server's loop: the call that this code serves."""
