"""Where a run is carried out: waited for, in the background, or in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from workbench.errors import WorkbenchError
from workbench.events import Mode
from workbench.plan import Forecast

INLINE_S = 2.0
"""Seconds that a run may be expected to take at most for its start to wait for it."""
BACKGROUND_S = 30 * 60.0
"""Seconds from which on a run should not depend on the process that started it."""
PATIENCE_S = 10.0
"""Seconds that a start waits at most when it chose by itself to wait."""

Asked = Literal["background", "inline", "detached", "auto"]


class Chosen(NamedTuple):
    """A mode, and why it was chosen."""

    mode: Mode
    why: str = ""
    """Empty: the caller said so, or said nothing."""


def choose(asked: Asked, forecast: Forecast | None, obstacle: Callable[[], str]) -> Chosen:
    """Choose a mode by what the run is expected to take.

    Args:
        asked: what the caller wants.
        forecast: of the plan; None while there is none.
        obstacle: says why no other process can carry the run out; empty when one can.

    Raises:
        WorkbenchError: there is no such mode, or it is not possible here.
    """
    if asked == "detached" and (why := obstacle()):
        raise WorkbenchError(
            f"The run cannot be carried out by a process of its own: {why}.",
            "Give Workbench(tools_from=['module:attribute']), or start it with another mode.",
        )
    if asked != "auto":
        if asked not in ("background", "inline", "detached"):
            raise WorkbenchError(
                f"There is no mode {asked!r}.", "Use background, inline, detached or auto."
            )
        return Chosen(asked)
    if forecast is None:
        return Chosen("background", "nobody knows yet how long it takes: there is no plan")
    return _by_duration(forecast, obstacle)


def _by_duration(forecast: Forecast, obstacle: Callable[[], str]) -> Chosen:
    seconds = forecast.duration_s
    expected = f"expected to take {'' if forecast.complete else 'at least '}{_words(seconds)}"
    if seconds > BACKGROUND_S:
        if why := obstacle():
            return Chosen("background", f"{expected}; it would be detached, but {why}")
        return Chosen("detached", expected)
    if not forecast.complete:
        unknown = ", ".join(forecast.unknown[:3]) or "steps that repeat"
        return Chosen("background", f"nobody knows how long it takes: {unknown}")
    return Chosen("inline" if seconds <= INLINE_S else "background", expected)


def _words(seconds: float) -> str:
    for unit, size in (("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} seconds"
