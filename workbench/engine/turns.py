"""Who may write a resource now: one call at a time, and declared merges in the order of the plan.

Nothing waits in here. A step whose turn it is not is simply not started, and looked at again when
a call has ended; so it holds no place among the calls in flight.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from itertools import pairwise

from workbench.plan import Plan
from workbench.plan.graph import line
from workbench.plan.writers import writers
from workbench.states import StepState
from workbench.tools import Registry
from workbench.view import RunView

_OPEN: tuple[StepState, ...] = ("pending", "ready", "asking", "running", "in_doubt")
_DEAD: tuple[StepState, ...] = ("failed", "denied", "stopped")


class Turns:
    """The turns of one drive."""

    def __init__(self, tools: Registry) -> None:
        """Look whether any tool says what it writes; else all of this costs nothing."""
        self.used = any(tool.writes is not None for tool in tools)
        self._tools = tools
        self._plan: Plan | None = None
        self.writers: dict[str, list[str]] = {}
        """Key to the steps that write it, as far as the plan tells."""
        self._queues: dict[str, deque[str]] = {}
        self._queued: dict[str, list[str]] = {}
        self._taken: dict[str, str] = {}
        self._behind: dict[str, str] = {}
        self._blocked: dict[str, str] = {}
        self._stuck: set[str] = set()

    def follow(self, view: RunView) -> None:
        """Take over the current revision of the plan."""
        plan = view.plan
        if plan is self._plan or plan is None:
            return
        self._plan, self._queues, self._queued = plan, {}, {}
        self._blocked, self._stuck = {}, set()
        known = self._tools.tool_map()
        self.writers = writers(plan, known)
        merged = {name for name, tool in known.items() if tool.merge is not None}
        ordered = {
            key: [step for step in steps if plan[step].tool in merged]
            for key, steps in self.writers.items()
        }
        ordered = {key: steps for key, steps in ordered.items() if len(steps) > 1}
        place = _places(plan, ordered.values()) if ordered else {}
        for key, steps in ordered.items():
            self._queues[key] = deque(sorted(steps, key=place.__getitem__))
            for step in steps:
                self._queued.setdefault(step, []).append(key)

    def may_start(self, view: RunView, step: str) -> bool:
        """Say whether it is the step's turn, as far as is known before its call is prepared."""
        if not self.used:
            return True
        self.follow(view)
        ahead = self._behind.get(step)
        if ahead is not None:
            if ahead in self._taken.values():
                return False
            del self._behind[step]
        for key in self._queued.get(step, ()):
            if self._first(view, key) != step:
                self._blocked[step] = key
                self._stuck.add(key)
                return False
        self._blocked.pop(step, None)
        return True

    def blocked(self, view: RunView) -> Mapping[str, str]:
        """Give the steps that need not be looked at: another one is before them, by its key."""
        if self._blocked:
            self.follow(view)
            for key in self._stuck:
                first = self._first(view, key)
                if first is not None and self._blocked.get(first) == key:
                    del self._blocked[first]
        return self._blocked

    def held(self, view: RunView) -> int:
        """Count the ready steps whose turn it is not."""
        if not self.used:
            return 0
        return sum(not self.may_start(view, step) for step in view.index.ready)

    def take(self, step: str, keys: Iterable[str]) -> bool:
        """Take the keys for a call; False when another call is writing one of them."""
        wanted = list(keys)
        for key in wanted:
            holder = self._taken.get(key, step)
            if holder != step:
                self._behind[step] = holder
                return False
        self._taken.update(dict.fromkeys(wanted, step))
        return True

    def give_back(self, step: str) -> None:
        """Give back what a call has taken."""
        for key in [key for key, holder in self._taken.items() if holder == step]:
            del self._taken[key]

    def _first(self, view: RunView, key: str) -> str | None:
        """Give the first in the line that is not done yet and still can be."""
        queue = self._queues[key]
        while queue:
            known = view.steps.get(queue[0])
            if known is not None and known.state in _OPEN and not _is_lost(view, known.id):
                return queue[0]
            queue.popleft()
        return None


def _places(plan: Plan, ordered: Iterable[list[str]]) -> dict[str, int]:
    """Give each step its place in one line for all keys, so that no two wait for each other.

    Writers stand as the plan lists them; where that contradicts what waits for what, as they would
    be reached.
    """
    needs = {step: list(before) for step, before in plan.needs.items()}
    for steps in ordered:
        for earlier, later in pairwise(steps):
            needs[later].append(earlier)
    return {step: at for at, step in enumerate(line(needs) or line(plan.needs))}


def _is_lost(view: RunView, step: str) -> bool:
    """Say whether a step can never begin, because one that it waits for is not going to be done."""
    if view.plan is None or not any(view.count(state) for state in _DEAD):
        return False
    todo, looked = [step], {step}
    while todo:
        for earlier in view.plan.needs[todo.pop()]:
            known = view.steps.get(earlier)
            if known is not None and known.state in _DEAD:
                return True
            if known is not None and known.state in _OPEN and earlier not in looked:
                looked.add(earlier)
                todo.append(earlier)
    return False
