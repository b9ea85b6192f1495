"""Which step of one drive starts next, and when the clock brings something to do."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from workbench.engine import limits
from workbench.engine.breakers import Breakers
from workbench.engine.ending import failing
from workbench.engine.lines import Lines
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.engine.planning import Planning
from workbench.engine.turns import Turns
from workbench.engine.versions import Versions


class Schedule:
    """Chooses among the ready steps; driven by readiness, so that no step waits for a sibling."""

    def __init__(
        self,
        parts: Parts,
        log: Log,
        lines: Lines,
        breakers: Breakers,
        *,
        turns: Turns,
        versions: Versions,
        planning: Planning,
        active: Collection[str],
    ) -> None:
        """Use these parts; `active` are the steps that are being worked on, at any time."""
        self._parts, self._log, self._lines, self._breakers = parts, log, lines, breakers
        self._turns, self._versions, self._active = turns, versions, active
        self._planning = planning

    def is_full(self, promised: int = 0) -> bool:
        """Whether as many calls are being made as may be; work outside is none of them."""
        calls = len(self._active) - len(self._log.view.submitted)
        return calls + promised >= self._parts.in_flight

    def next_due(self) -> str | None:
        """Choose the step to start now; None when there is none, or something else comes first."""
        view = self._log.view
        if not self._may_begin() or self._versions.wanted():
            return None
        if view.limits and limits.exhausted(view, self._parts.clock.now()) is not None:
            return None
        if self._lines.limited(view.plan):
            return self._next_admitted()
        blocked = self._turns.blocked(view)
        for step_id in view.index.ready:
            if step_id not in self._active and step_id not in blocked and self._is_due(step_id):
                return step_id
        return None

    def _may_begin(self) -> bool:
        """Whether anything new may begin now; nothing does on a plan that is to be replaced."""
        view = self._log.view
        if self.is_full() or view.state != "running" or failing(view):
            return False
        return self._planning.wanted() is None

    def _next_admitted(self) -> str | None:
        """Choose a step that has a place under the limits it falls under."""
        step_id = self._lines.next_granted
        if step_id is not None:
            if self._is_due(step_id):
                return step_id
            self._lines.refuse(step_id)
        blocked = self._turns.blocked(self._log.view)
        for step_id in self._log.view.index.ready:
            if step_id not in blocked and self._is_due(step_id) and self._lines.admit(step_id):
                return step_id
            if self._lines.full:
                break
        return None

    def _is_due(self, step_id: str) -> bool:
        view = self._log.view
        if step_id in self._active or not self._turns.may_start(view, step_id):
            return False
        if view.breakers and self._breakers.holds(step_id, self._active):
            return False
        not_before = view.steps[step_id].not_before
        return not_before is None or not_before <= self._parts.clock.now()

    def held(self) -> bool:
        """Whether something is ready that may only start later: a retry, or a step in line."""
        view = self._log.view
        if self._lines.waiting:
            return True
        return not failing(view) and any(
            self._not_before(step) is not None for step in view.index.ready
        )

    def due_at(self, time_left: float | None, *, planning: bool) -> datetime | None:
        """Give the time when the clock brings something to do; None: only an event does.

        Args:
            time_left: seconds until the run has used up its time; None: it does not.
            planning: whether the planner is being asked.
        """
        retry = None if planning else self._next_retry()
        waits = (self._lines.due_in(), time_left)
        seconds = min((wait for wait in waits if wait is not None), default=None)
        if seconds is None:
            return retry
        at = self._parts.clock.now() + timedelta(seconds=seconds)
        return at if retry is None else min(at, retry)

    def _next_retry(self) -> datetime | None:
        view = self._log.view
        if not self._may_begin():
            return None
        due = [self._not_before(step) for step in view.index.ready if step not in self._active]
        return min((at for at in due if at is not None), default=None)

    def _not_before(self, step_id: str) -> datetime | None:
        """Give the time before which a ready step cannot start; None when no time will do."""
        not_before = self._log.view.steps[step_id].not_before
        if not self._turns.may_start(self._log.view, step_id):
            return None
        if not self._log.view.breakers:
            return not_before
        if self._breakers.holds(step_id, self._active) is True:
            return None
        # Its time may have come since the step was last looked at: then it is due at once.
        cool = self._breakers.cool_until(step_id)
        return max((at for at in (not_before, cool) if at is not None), default=None)
