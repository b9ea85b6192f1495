"""The captures of one drive: after each step the notebook's variables that have changed.

What a name stands for is noted at once, with the outcome: that takes microseconds. The values are
read in a thread, and written with whatever is written next. Only a call that may change variables
waits, until it is found out which have changed; not until they are written. So the next step does
not change what is captured of this one. What a person changes in place at that very moment may be
captured as it was a moment later.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio
import anyio.to_thread

from workbench import events as e
from workbench.capture import KINDS, Capturer, Look, Variables, variables_at
from workbench.engine.call import Call
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.errors import WorkbenchError
from workbench.events import Record
from workbench.points import reach
from workbench.view import RunView

AFTER = frozenset(
    {
        "call.succeeded",
        "call.failed",
        "call.confirmed",
        "loop.turned",
        "step.given",
        "checkpoint.made",
        "run.resumed",
    }
)
"""Events after which the variables are captured."""
VARIABLE = "variable:"
"""Beginning of the keys of variables, among those that tools say they write."""
PENDING = 32
"""Captures that may wait for their turn; further ones are put together."""
GRACE_S = 2.0
"""Seconds beyond its bound after which a capture is not waited for any more."""
ALONGSIDE = 1024 * 1024
"""Bytes up to which values are written together with their event."""


@dataclass
class _Moment:
    """What names stood for at a place of the journal."""

    of: int
    bound: dict[str, Any]
    since: int = 0
    first: bool = False
    """Whether it is of interest only when nothing was captured before."""


class Captures:
    """Captures the variables of one run, as long as one drive of it lasts."""

    def __init__(self, parts: Parts, log: Log, capturer: Capturer) -> None:
        """Use these parts; `work` does the work."""
        self._parts, self._log, self._capturer = parts, log, capturer
        self._pending: deque[_Moment] = deque()
        self._wake, self._idle = anyio.Event(), anyio.Event()
        self._state: Variables | None = None
        self._busy = self._taking = False
        self._secured = anyio.Event()

    def saw(self, record: Record) -> None:
        """Note the variables when this event is one after which they are captured."""
        if record.kind in AFTER:
            self._note(record.seq)
        elif record.kind == "host.attached":
            self._note(1 if untouched(self._log.view) else record.seq, first=True)

    def _note(self, of: int, *, first: bool = False) -> None:
        bound, last = self._capturer.bindings(), self._pending[-1] if self._pending else None
        if last is not None and last.first <= first and _same(last.bound, bound):
            return  # what is captured for that moment holds for this one, too
        if last is not None and len(self._pending) >= PENDING:
            last.since, last.of, last.bound = last.since or last.of, of, bound
            last.first = False
            return
        self._pending.append(_Moment(of, bound, first=first))
        self._wake.set()

    async def work(self) -> None:
        """Capture what is noted, one moment after the other, until cancelled."""
        self._capturer.use()
        try:
            while True:
                while self._pending:
                    self._busy = self._taking = True
                    await self._capture(self._pending.popleft())
                    self._secure()
                self._busy = False
                idle, self._idle = self._idle, anyio.Event()
                idle.set()
                await self._wake.wait()
                self._wake = anyio.Event()
        finally:
            self._capturer.rest()

    async def secured(self, call: Call) -> None:
        """Before a call that may change variables: wait until they are kept as they are now."""
        if call.tool.repeatable or not may_change(call):
            return
        with anyio.move_on_after(self._capturer.bounds.seconds + GRACE_S):
            while self._pending or self._taking:
                await self._secured.wait()

    async def finish(self, within_s: float | None = None) -> None:
        """Wait until all that is noted is captured, but not longer than a capture may take."""
        bound_s = self._capturer.bounds.seconds + GRACE_S
        with anyio.move_on_after(bound_s if within_s is None else min(bound_s, within_s)):
            while self._pending or self._busy:
                await self._idle.wait()

    async def _capture(self, moment: _Moment) -> None:
        try:
            reach("before-capture")
            state = await self._known()
            if moment.first and state.of:
                return
            look = await self._look(moment.bound)
            event = state.changes(look, moment.of, moment.since)
            if event is None:
                return
            artifacts = await self._stored(moment, event, look)
            state.move(event)
            self._log.add(event, artifacts=artifacts)
            reach("captured")
        except WorkbenchError as error:
            if self._log.error is None:
                self._log.add(e.FaultRecorded(where="capture of variables", error=str(error)))

    async def _known(self) -> Variables:
        """Give what earlier captures of the run have found."""
        if self._state is None:
            read = partial(self._parts.journal.records, self._log.view.run, kinds=KINDS)
            self._state = variables_at(await anyio.to_thread.run_sync(read))
        return self._state

    async def _look(self, bound: dict[str, Any]) -> Look:
        """Look in a thread; one value that takes too long is named, and not waited for."""
        seconds = self._capturer.bounds.seconds
        run = partial(anyio.to_thread.run_sync, abandon_on_cancel=True)
        with anyio.move_on_after(seconds + GRACE_S):
            taken = await run(self._capturer.take, bound)
            self._secure()
            return await run(self._capturer.store, taken)
        return self._capturer.given_up(bound)

    def _secure(self) -> None:
        """Let the calls go on that wait until the variables are kept as they are."""
        self._taking = False
        if not self._pending:
            secured, self._secured = self._secured, anyio.Event()
            secured.set()

    async def _stored(
        self, moment: _Moment, event: e.VariablesCaptured, look: Look
    ) -> dict[str, bytes]:
        """See that all bytes of an event are in the journal, or give them to go with it."""
        needed = {a.digest for captured in event.names.values() for a in captured.artifacts}
        new = {digest: look.contents[digest] for digest in needed if digest in look.contents}
        journal, run = self._parts.journal, anyio.to_thread.run_sync
        missing = await run(journal.missing_artifacts, sorted(needed - new.keys()))
        if missing:
            for name, captured in event.names.items():
                if any(a.digest in missing for a in captured.artifacts):
                    self._capturer.forget(name)
            again = (await self._look(moment.bound)).contents
            new |= {digest: again[digest] for digest in missing if digest in again}
        if sum(map(len, new.values())) <= ALONGSIDE:
            return new
        for digest, content in new.items():
            await run(journal.put_artifact, digest, content)
        return {}


def may_change(call: Call) -> bool:
    """Whether a call may change variables: a tool that says what it writes is believed."""
    if call.tool.writes is None:
        return True
    return any(key.startswith(VARIABLE) for key in call.tool.written_keys(call.values))


def untouched(view: RunView) -> bool:
    """Whether no call of the run was made yet."""
    return not any(step.intent_seq for step in view.steps.values()) and not view.sealed


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the same names stand for the same objects."""
    return len(one) == len(other) and all(
        other.get(name, other) is value for name, value in one.items()
    )
