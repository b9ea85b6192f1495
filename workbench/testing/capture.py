"""Events of a run, for assertions."""

from __future__ import annotations

from workbench.events import Event
from workbench.run import Run


def capture_events(run: Run, *kinds: str) -> list[Event]:
    """Give the run's events so far, or only those of some kinds such as `call.intended`."""
    return [record.event for record in run.events() if not kinds or record.kind in kinds]
