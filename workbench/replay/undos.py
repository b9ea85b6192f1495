"""Undos of a recording: what was kept for them, and what kept one from being made ready."""

from __future__ import annotations

from workbench import events as e
from workbench.engine.requests import NOT_CALLED
from workbench.events import Event
from workbench.replay.errors import raised_as
from workbench.replay.progress import Progress
from workbench.values import Stored


class RecordedUndos:
    """Says it as it was recorded: a value that is lost, or found since, changes nothing."""

    def __init__(self, progress: Progress) -> None:
        """Follow a replay."""
        self._progress = progress

    def image(self, step: str) -> Stored | None:
        """Give the before-image that the next call of a step kept; None: it kept none."""
        event = self._next(step)
        return event.before if isinstance(event, e.CallIntended) else None

    def look_ready(self, step: str) -> None:
        """Say again why an undo could not be made ready.

        Raises:
            Exception: what kept it then.
        """
        event = self._next(step)
        if isinstance(event, e.RequestOpened) and NOT_CALLED in event.evidence:
            raise raised_as(str(event.evidence[NOT_CALLED]))

    def _next(self, step: str) -> Event | None:
        return next((record.event for _, record in self._progress.to_come(step)), None)
