"""What a run has used of its limits: attempts, repeats and running time are counted here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from workbench.states import RunState

if TYPE_CHECKING:
    from workbench.events import CallIntended
    from workbench.view.parts import RequestView
    from workbench.view.run_view import RunView

ACTIVE: frozenset[RunState] = frozenset({"planning", "running"})
"""States in which a run's time counts."""


def used(view: RunView, now: datetime | None = None) -> dict[str, float]:
    """Give what was spent by unit, and of what is only counted, that which has a limit.

    Args:
        view: the run.
        now: until when its running time counts; None: until its last event.
    """
    counted = {unit: count(view, now) for unit, count in _COUNTS.items() if unit in view.limits}
    return {**view.usage, **counted} if counted else view.usage


def active_s(view: RunView, now: datetime | None = None) -> float:
    """Give the seconds in which the run was planning or running, up to `now` or its last event."""
    until = now or view.at
    if view.active_since is None or until is None:
        return view.active_s
    return view.active_s + max(0.0, (until - view.active_since) / timedelta(seconds=1))


def repeats(view: RunView, tool: str, args_digest: str) -> int:
    """Give how often a tool was begun with these arguments; 0 when nobody counts."""
    return view.repeated.get(f"{tool} {args_digest}", 0)


# -- for `fold` only -------------------------------------------------------------------------


def count(view: RunView, event: CallIntended) -> None:
    """Count an attempt for the limits that are set."""
    if "steps" in view.limits:
        view.begun += 1
    if "repeats" in view.limits:
        name = f"{event.tool} {event.args_digest}"
        view.repeated[name] = view.repeated.get(name, 0) + 1


def go_on_counting(view: RunView, before: dict[str, float]) -> None:
    """Begin a fork with what the run had used that it is made of."""
    view.usage = {unit: amount for unit, amount in before.items() if unit not in _CARRIED}
    view.used_before = dict(view.usage)
    view.begun, view.active_s = int(before.get("steps", 0)), before.get("seconds", 0.0)
    if view.within_s is not None:
        view.granted_s = view.active_s + view.within_s


def carried(view: RunView) -> dict[str, float]:
    """Give what a fork of this run, made where it stands now, goes on counting from."""
    counted = {"steps": view.begun, "seconds": round(active_s(view), 3)}
    return {**view.usage, **{unit: amount for unit, amount in counted.items() if amount}}


def measure(view: RunView, at: datetime) -> None:
    """Begin or end a time of running, when the run's state has just changed."""
    if view.state in ACTIVE:
        if view.active_since is None:
            view.active_since = at
    elif view.active_since is not None:
        view.active_s, view.active_since = active_s(view, at), None


def skip_absence(view: RunView, at: datetime) -> None:
    """Leave the time out in which nobody drove the run; it ended with the last event before."""
    if view.active_since is not None:
        view.active_s, view.active_since = active_s(view), at


def _is_asked(request: RequestView) -> bool:
    """Whether it asks about a call; controls and questions of the planner do not count."""
    return request.opened.step is not None and request.opened.about in ("permission", "budget")


_CARRIED = ("steps", "seconds")
"""What is counted apart from what was spent."""

_COUNTS: dict[str, Callable[[RunView, datetime | None], float]] = {
    "steps": lambda view, _: view.begun,
    "requests": lambda view, _: sum(map(_is_asked, view.requests.values())),
    "repeats": lambda view, _: max(view.repeated.values(), default=0),
    "seconds": lambda view, now: round(active_s(view, now), 3),
    "tokens": lambda view, _: sum(
        view.usage.get(unit, 0) for unit in ("tokens", "tokens_in", "tokens_out")
    ),
}
