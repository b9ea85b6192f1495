"""The orders of people in a recording: each is given again where its events come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workbench.commands import Command
from workbench.engine import Parts
from workbench.engine.commands import accept, expire
from workbench.errors import WorkbenchError
from workbench.events import Event, Record, RequestAnswered
from workbench.replay.course import Course
from workbench.replay.progress import Progress
from workbench.replay.scenery import is_like
from workbench.tools import Registry
from workbench.view import RunView


@dataclass(frozen=True)
class Found:
    """An order that brings the next recorded event."""

    number: int
    """Its place among those that are left."""
    command: Command
    brings: list[Event]

    def meant_less(self, recorded: Event) -> bool:
        """Whether it was a refusal with `freeze` when that only paused the run, and set no rule."""
        now = self.brings[0]
        if not isinstance(now, RequestAnswered) or not isinstance(recorded, RequestAnswered):
            return False
        return recorded.then == "freeze" and now.rule is not None and recorded.rule is None


class Orders:
    """Those that were not given again yet."""

    def __init__(self, course: Course, progress: Progress, tools: Registry, parts: Parts) -> None:
        """Take the orders of a course.

        Args:
            course: what is played.
            progress: how far the replay has come.
            tools: its tools.
            parts: whose policy and gates decide.
        """
        self._left, self._progress = list(course.orders), progress
        self._tools, self._parts = tools, parts
        self.open = 0
        """Events that the order which was just given is still to bring."""
        self.refusal = ""
        """Why the next one would be refused now."""

    def find(self, record: Record, view: RunView, now: datetime) -> Found | None:
        """Find the order that brings this event."""
        if record.kind == "host.attached":
            return None
        for n, order in enumerate(self._left):
            command = self._readdressed(order, view)
            brings = self._brings(view, command, now)
            if brings:
                fits = is_like(brings[0], record.event)
                return Found(n, command, brings) if fits else None
        return None

    def give(self, number: int, count: int) -> None:
        """Note that the order of this number is given; those before it have brought nothing."""
        del self._left[: number + 1]
        self.open, self.refusal = count, ""

    def saw_event(self) -> None:
        """Note that one more event has come."""
        self.open = max(0, self.open - 1)

    def _readdressed(self, order: Command, view: RunView) -> Command:
        """Put the replay's own request and token into an answer."""
        if order.kind not in ("answer", "arm"):
            return order
        name = self._progress.replayed_id(getattr(order, "request", ""))
        request = view.requests.get(name)
        if request is None:
            return order
        return order.model_copy(update={"request": name, "token": request.opened.token})

    def _brings(self, view: RunView, command: Command, now: datetime) -> list[Event]:
        parts, first = self._parts, expire(view, now)
        if command.kind == "wake":
            return first
        try:
            decided = accept(view, command, self._tools, now, parts.policy, gates=parts.gates)
        except WorkbenchError as error:
            self.refusal = f"the order {command.kind!r} would be refused: {error}"
            return []
        return [*first, *decided]
