"""Limits that the runs of one workbench share: who may start now, who is next, what frees a place.

Everything here is used from the engine's loop only, save `Slot.start`, which a worker thread calls.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from workbench.clock import Clock
from workbench.tools import Limit

SLACK_S = 0.02
"""Seconds by which a window is longer than stated: a thread may be held up between the moment that
is counted as its start and its first line."""
MOMENT_S = 1e-6
"""Waits shorter than this are none: clocks count microseconds."""
PATIENCE = 16
"""Times that one in line may be passed by others, which use only some of the limits it waits for;
then these are kept for it."""


@dataclass(frozen=True)
class LimitState:
    """How one limit stands now."""

    name: str
    limit: str
    """In words."""
    in_flight: int
    """Calls, or runs, that hold a place."""
    starts: int
    """Starts in the present window, those that are about to come included."""
    waiting: int
    """Steps, or runs, in line."""


class Slot:
    """The place of one call under all limits that it falls under."""

    __slots__ = ("_limits", "at", "gates")

    def __init__(self, limits: Limits, gates: tuple[Gate, ...]) -> None:
        """Take a place; the start is still to come."""
        self._limits, self.gates = limits, gates
        self.at: float | None = None
        """When the function was called, on the monotonic clock."""

    def start(self) -> None:
        """Note that the function is called now; from any thread."""
        self.at = self._limits.clock.monotonic()
        self._limits.started()


class Gate:
    """One limit and what counts against it."""

    def __init__(self, name: str, limit: Limit) -> None:
        """Begin with nothing in flight."""
        self.name, self.limit = name, limit
        self.held = 0
        self.closed_until = -math.inf
        self._starts, self._window_s = limit.window
        self._recent: list[Slot] = []

    def take(self, slot: Slot, now: float) -> None:
        """Count a call."""
        self.held += 1
        if self._starts:
            self._recent = [*self._live(now), slot]

    def give_back(self, slot: Slot) -> None:
        """A call is over; one that never started does not count as a start."""
        self.held -= 1
        if slot.at is None:
            self._recent = [other for other in self._recent if other is not slot]

    def free_in(self, now: float) -> float:
        """Give the seconds until one more may start; `inf`: when a place is given back."""
        if self.limit.in_flight is not None and self.held >= self.limit.in_flight:
            return math.inf
        wait = max(0.0, self.closed_until - now)
        if self._starts and len(live := self._live(now)) >= self._starts:
            times = sorted(slot.at for slot in live if slot.at is not None)
            leaves = len(live) - self._starts
            if leaves >= len(times):
                return math.inf
            wait = max(wait, times[leaves] + self._window_s + SLACK_S - now)
        return wait if wait > MOMENT_S else 0.0

    def starts(self, now: float) -> int:
        """Count the starts in the present window and those that are about to come."""
        return len(self._live(now))

    def _live(self, now: float) -> list[Slot]:
        oldest = now - self._window_s - SLACK_S
        return [slot for slot in self._recent if slot.at is None or slot.at > oldest]

    def reason(self, now: float) -> str:
        """Say why nothing more may start now."""
        if self.closed_until > now:
            return f"{self.name}: asked to wait {self.closed_until - now:.3g} s more"
        return f"{self.name}: at most {self.limit}"


class Waiter(Protocol):
    """Who stands in line: one drive."""

    priority: int
    """The higher, the earlier."""

    def room(self) -> bool:
        """Say whether its run has a place of its own for one more call."""
        ...

    def grant(self, step: str, slot: Slot) -> None:
        """Take what was waited for."""
        ...

    def wake(self) -> None:
        """Look again when the next place may come free."""
        ...


class Line:
    """Steps of one drive that wait for the same gates, first come, first served."""

    def __init__(self, gates: tuple[Gate, ...], waiter: Waiter) -> None:
        """Begin with nobody in it."""
        self.gates, self.waiter = gates, waiter
        self.queue: dict[str, int] = {}
        """Step to its number of arrival."""
        self.passed = 0

    @property
    def rank(self) -> tuple[int, int]:
        """The place of its first one among all lines: the smaller, the earlier."""
        return -self.waiter.priority, next(iter(self.queue.values()))


class Limits:
    """All limits of one workbench."""

    def __init__(self, clock: Clock, shared: Limit | None = None) -> None:
        """Make the limit that all calls of the workbench share, if there is one."""
        self.clock = clock
        self.lines: dict[Line, None] = {}
        """Those in which somebody waits."""
        self.shared = Gate(shared.name or "the workbench", shared) if shared else None
        self.soon: Callable[[Callable[[], None]], None] | None = None
        """Runs something in the engine's loop, from any thread."""
        self._gates: dict[str, Gate] = {}
        self._arrivals = count()

    def gate(self, name: str, limit: Limit) -> Gate:
        """Give the gate of that name, the same for all who ask."""
        found = self._gates.get(name)
        if found is None:
            found = self._gates[name] = Gate(name, limit)
        return found

    def gates(self) -> list[Gate]:
        """Give all gates that were used, the shared one first."""
        return [*([self.shared] if self.shared else []), *self._gates.values()]

    def forget(self, gate: Gate) -> None:
        """Drop a gate that nobody will use again."""
        self._gates.pop(gate.name, None)

    def join(self, line: Line, step: str) -> None:
        """Put a step at the end of its line, and give out what can be given."""
        line.queue[step] = next(self._arrivals)
        self.lines[line] = None
        self.pump()

    def quit(self, line: Line, step: str) -> None:
        """Take a step out of its line."""
        line.queue.pop(step, None)
        if not line.queue:
            line.passed = 0
            self.lines.pop(line, None)

    def give_back(self, slot: Slot) -> None:
        """End the stay of a call, and let the next ones in."""
        for gate in slot.gates:
            gate.give_back(slot)
        self.pump()

    def close(self, gate: Gate, wait_s: float) -> None:
        """Let nobody in for that many seconds: the other side asked for it."""
        gate.closed_until = max(gate.closed_until, self.clock.monotonic() + wait_s)

    def started(self) -> None:
        """Look again: a start that was expected has come; from any thread."""
        if self.lines and self.soon is not None:
            self.soon(self._restart_timers)

    def pump(self) -> None:
        """Give every free place to the first in line who can use it now."""
        while self.lines and self._give_one():
            pass

    def _give_one(self) -> bool:
        now = self.clock.monotonic()
        kept: set[Gate] = set()
        passed: list[Line] = []
        for line in sorted(self.lines, key=lambda one: one.rank):
            if not line.waiter.room() or not kept.isdisjoint(line.gates):
                continue
            if any(gate.free_in(now) > 0 for gate in line.gates):
                passed.append(line)
                if line.passed >= PATIENCE:
                    kept.update(line.gates)
                continue
            for earlier in passed:
                earlier.passed += not set(earlier.gates).isdisjoint(line.gates)
            self._grant(line)
            return True
        return False

    def _grant(self, line: Line) -> None:
        step = next(iter(line.queue))
        line.passed = 0
        self.quit(line, step)
        slot = Slot(self, line.gates)
        for gate in line.gates:
            gate.take(slot, self.clock.monotonic())
        line.waiter.grant(step, slot)

    def _restart_timers(self) -> None:
        for line in self.lines:
            line.waiter.wake()
