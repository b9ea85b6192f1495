"""One drive before the limits: in which lines its steps stand, and which places they hold."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from workbench.engine.gates import Gate, Limits, Line, Slot
from workbench.plan import Plan
from workbench.tools import Limit, Registry, Tool


class Lines:
    """Stands in line for the steps of one drive; costs nothing where there is no limit."""

    def __init__(
        self,
        limits: Limits,
        tools: Registry,
        run: str,
        pace: Mapping[str, float],
        *,
        priority: int,
        at_most: int,
        room: Callable[[], bool],
        wake: Callable[[], None],
    ) -> None:
        """Prepare.

        Args:
            limits: those of the workbench.
            tools: of the workbench.
            run: the run's id.
            pace: the run's own limit, as fields of `Limit`; empty: none.
            priority: of the run; the higher, the earlier.
            at_most: steps that stand in one line at the same time; so a run with thousands of ready
                steps does not fill the line before one that comes later.
            room: whether the run has a place for one more call.
            wake: looks at the run again.
        """
        self._limits, self.priority, self.room, self.wake = limits, priority, room, wake
        self._at_most, self._tools = at_most, tools
        self._plan: Plan | None = None
        self._limited = self._all_limited = False
        self._kinds = 0
        own = Gate(f"run {run}", Limit.model_validate(pace)) if pace else None
        self._always = tuple(gate for gate in (own, limits.shared) if gate is not None)
        self._lines: dict[tuple[Gate, ...], Line] = {}
        self._granted: dict[str, Slot] = {}
        """Places that were given, and whose steps have not begun."""
        self._slots: dict[str, Slot] = {}

    @property
    def waiting(self) -> bool:
        """Whether some step stands in line, or has just been given a place."""
        if not self._lines:
            return False
        return bool(self._granted) or any(line.queue for line in self._lines.values())

    @property
    def promised(self) -> int:
        """Steps that were given a place and have not begun."""
        return len(self._granted)

    def limited(self, plan: Plan | None) -> bool:
        """Whether any step of this plan falls under a limit."""
        if plan is not self._plan:
            self._plan = plan
            names = {step.tool for step in plan.steps} if plan else set()
            found = {self._gates(self._tools.get(name)) for name in names}
            self._all_limited, self._kinds = () not in found, len(found)
            self._limited = bool(found - {()})
        return self._limited

    @property
    def full(self) -> bool:
        """Whether nothing more can be put into any line, and there is nothing that needs none."""
        return (
            self._all_limited
            and len(self._lines) >= self._kinds
            and all(len(line.queue) >= self._at_most for line in self._lines.values())
        )

    def admit(self, step: str) -> bool:
        """Whether a ready step may begin now; otherwise it stands in line."""
        plan = self._plan
        gates = self._gates(self._tools.get(plan[step].tool) if plan else None)
        if not gates or step in self._granted:
            return True
        line = self._lines.get(gates)
        if line is None:
            line = self._lines[gates] = Line(gates, self)
        if step in line.queue or len(line.queue) >= self._at_most:
            return False
        self._limits.join(line, step)
        return step in self._granted

    def _gates(self, tool: Tool | None) -> tuple[Gate, ...]:
        if tool is None or tool.limit is None:
            return self._always
        return (self._limits.gate(tool.limit.name or tool.name, tool.limit), *self._always)

    def begin(self, step: str) -> None:
        """Take the place that was given: the step begins now."""
        slot = self._granted.pop(step, None)
        if slot is not None:
            self._slots[step] = slot

    @property
    def next_granted(self) -> str | None:
        """A step that has a place and has not begun."""
        return next(iter(self._granted), None)

    def grant(self, step: str, slot: Slot) -> None:
        """Take a place that was waited for."""
        self._granted[step] = slot
        self.wake()

    def refuse(self, step: str) -> None:
        """Give a place back that cannot be used now."""
        self._limits.give_back(self._granted.pop(step))

    def keep(self, ready: Mapping[str, Any]) -> None:
        """Leave the lines with every step that is not ready any more, and see what came free."""
        for line in self._lines.values():
            for step in [step for step in line.queue if step not in ready]:
                self._limits.quit(line, step)
        for step in [step for step in self._granted if step not in ready]:
            self._limits.give_back(self._granted.pop(step))
        self._limits.pump()

    def release(self, step: str) -> None:
        """Give back the place of a call that is over."""
        slot = self._slots.pop(step, None)
        if slot is not None:
            self._limits.give_back(slot)

    def due_in(self) -> float | None:
        """Give the seconds until a step in line may start; None: when a place is given back."""
        waits = self._waits()
        if 0 in waits:
            # Its time has come since the line was last looked at: nothing else would look again.
            self._limits.pump()
            waits = self._waits()
        return min((wait for wait in waits if 0 < wait < float("inf")), default=None)

    def _waits(self) -> list[float]:
        now = self._limits.clock.monotonic()
        lines = [line for line in self._lines.values() if line.queue]
        return [max(gate.free_in(now) for gate in line.gates) for line in lines]

    def close(self, step: str, wait_s: float) -> None:
        """Close the limit of a step's tool for everybody: the other side asked to wait."""
        slot = self._slots.get(step)
        if slot is not None and slot.gates[0] not in self._always:
            self._limits.close(slot.gates[0], wait_s)

    def starting(self, step: str, tool: Tool) -> Callable[..., Any]:
        """Give the function to call, which notes its start when it is truly called."""
        slot = self._slots.get(step)
        if slot is None:
            return tool.function
        if tool.is_async or getattr(tool, "runs_in", "thread") == "process":
            slot.start()
            return tool.function
        return _noting(tool.function, slot)

    def reasons(self) -> dict[str, str]:
        """Say for each step in line what it waits for; from any thread."""
        now = self._limits.clock.monotonic()
        found: dict[str, str] = {}
        for line in list(self._lines.values()):
            full = next((gate for gate in line.gates if gate.free_in(now) > 0), line.gates[0])
            found |= dict.fromkeys(list(line.queue), full.reason(now))
        return found


def _noting(function: Callable[..., Any], slot: Slot) -> Callable[..., Any]:
    @functools.wraps(function)
    def started(**arguments: Any) -> Any:
        slot.start()
        return function(**arguments)

    return started
