"""The last word before a tool is called: its intent is on disk, and it is still wanted."""

from __future__ import annotations

from workbench import events as e
from workbench.engine import family
from workbench.engine.authority import Authority
from workbench.engine.breakers import Breakers
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import Call
from workbench.engine.hooks import Relay
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.errors import LeaseLost
from workbench.points import reach


class Dispatch:
    """Lets the intended calls of one drive begin, or calls them off."""

    def __init__(self, parts: Parts, log: Log, *, authority: Authority, breakers: Breakers) -> None:
        """Use these parts."""
        self._parts, self._log, self._authority, self._breakers = parts, log, authority, breakers

    async def may_begin(self, call: Call) -> bool:
        """Tell the hooks, and wait until the intent is on disk; False: the call is off."""
        relay = self._log.relay
        announced = relay is None or await self._announced(call, relay)
        return announced and (self._needs_no_word(call) or await self._on_disk(call))

    async def _announced(self, call: Call, relay: Relay) -> bool:
        """Let the hooks see what is about to be called; False when the call is off by then."""
        try:
            await relay.told("before_step", "before_call")
        except BaseException as error:
            self._call_off(call, error)
            raise
        return self._still_wanted(call)

    def _needs_no_word(self, call: Call) -> bool:
        """Whether it may begin before its intent is on disk: it takes nothing that others want."""
        view = self._log.view
        return call.tool.repeatable and not (view.limits and family.is_scattered(view.run))

    async def _on_disk(self, call: Call) -> bool:
        """Wait until the intent is on disk; False when the call is off by then."""
        try:
            return await self._written(call)
        except BaseException as error:
            self._call_off(call, error)
            raise

    async def _written(self, call: Call) -> bool:
        reach("before-intent-on-disk")
        try:
            await self._log.flush(alone=self._parts.active == 1)
        except LeaseLost:
            return False
        reach("after-intent-on-disk")
        try:
            await self._log.hold()
        except LeaseLost:
            return False
        await self._authority.refresh()
        return self._still_wanted(call) and await self._is_alone_enough(call)

    async def _is_alone_enough(self, call: Call) -> bool:
        """Whether no other process has spent meanwhile what the call shares with runs there."""
        view = self._log.view
        if not view.limits or not family.is_scattered(view.run):
            return True
        await family.refresh(self._parts.journal, view.run)
        if not self._still_wanted(call):
            return False
        if found := family.over(view, call, begun=True):
            self._off(call, f"another process was faster: {found[0]}")
        return not found

    def _still_wanted(self, call: Call) -> bool:
        why = "paused or stopped before the call was made"
        if self._log.view.state in ("running", "waiting"):
            if not self._breakers.shut(call.tool.name):
                if self._authority.still(call, begun=True):
                    return True
                why = "a right or a rule has changed before the call was made"
            else:
                why = f"other calls of {call.tool.name} failed before it was made"
        self._off(call, why)
        return False

    def _call_off(self, call: Call, error: BaseException) -> None:
        """Say of a call that was cancelled in time that it was not made."""
        step = self._log.view.steps[call.step.id]
        if is_our_cancellation(error) and step.state == "running" and self._log.error is None:
            self._off(call, "cancelled before the call was made")

    def _off(self, call: Call, why: str) -> None:
        attempt = self._log.view.steps[call.step.id].attempt
        self._log.add(e.CallCancelled(step=call.step.id, attempt=attempt, why=why))
