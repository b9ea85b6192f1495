"""Breakers: a tool whose calls keep failing is not called for a while, or before a person acts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from workbench import events as e
from workbench.engine.call import Call
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.view import BreakerView


class Breakers:
    """Opens, asks and closes the breakers of one run; what they are is in its view."""

    def __init__(self, parts: Parts, log: Log) -> None:
        """Use these parts."""
        self._parts, self._log = parts, log

    def holds(self, step_id: str, active: Collection[str]) -> datetime | bool:
        """Say whether a breaker holds a step's call; `active` are the steps being worked on.

        False: it may start. A time: not before then. True: not before something else happens.
        """
        view = self._log.view
        if not view.breakers or view.plan is None or step_id not in view.plan:
            return False
        plan = view.plan.by_id
        tool = plan[step_id].tool
        known = view.breakers.get(tool)
        if known is None or known.state == "closed":
            return False
        if self._is_shut(known):
            return known.until or True
        others = (other for other in active if other != step_id and other in plan)
        return any(plan[other].tool == tool for other in others)

    def cool_until(self, step_id: str) -> datetime | None:
        """Give the time until which a step's tool cools down, past ones too; None: it does not."""
        plan = self._log.view.plan
        known = self._log.view.breakers.get(plan.by_id[step_id].tool) if plan else None
        return known.until if known is not None and known.state == "open" else None

    def shut(self, tool: str) -> bool:
        """Whether no call of the tool may be made now."""
        known = self._log.view.breakers.get(tool)
        return known is not None and self._is_shut(known)

    def failed(self, call: Call) -> None:
        """Open the tool's breaker when the attempt that has just failed is one too many."""
        view, breaker = self._log.view, call.tool.breaker
        known = view.breakers.get(call.tool.name)
        if breaker is None or known is None or self._is_shut(known):
            return
        until = None
        if call.tool.repeatable:
            if not known.opened and known.failures < breaker.failures:
                return
            wait = breaker.cool_for(known.opened)
            until = self._parts.clock.now() + timedelta(seconds=wait)
        elif view.steps[call.step.id].state not in ("failed", "in_doubt"):
            return
        opened = e.BreakerOpened(
            tool=call.tool.name, failures=known.failures, until=until, why=known.error
        )
        self._log.add(opened)

    def succeeded(self, call: Call) -> None:
        """Close the tool's breaker when the call that came through was its trial."""
        known = self._log.view.breakers.get(call.tool.name)
        if known is not None and known.state != "closed" and not self._is_shut(known):
            self._log.add(e.BreakerClosed(tool=call.tool.name, by="engine"))

    def stuck(self) -> list[e.Event]:
        """Give the events when nothing can go on because of breakers; no call is being made."""
        view = self._log.view
        ready = view.ready
        if not view.breakers or not ready:
            return []
        if not all(self.holds(step, ()) is True for step in ready):
            return []
        if view.open_requests:
            return [e.RunWaiting()]
        return [e.RunPaused(by="engine", reason=f"{self._why()}: resume to let one call try")]

    def _why(self) -> str:
        held = (
            f"no further call of {tool} starts after it failed ({known.error})"
            for tool, known in self._log.view.breakers.items()
            if known.state == "open"
        )
        return "; ".join(held)

    def _is_shut(self, known: BreakerView) -> bool:
        if known.state != "open":
            return False
        return known.until is None or known.until > self._parts.clock.now()
