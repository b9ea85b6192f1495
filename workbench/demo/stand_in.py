"""Somebody who clicks when nobody is there: the same notebook works by buttons and headless."""

from __future__ import annotations

import os

from workbench.request import Request
from workbench.run import Run
from workbench.testing import ScriptedPerson

SCRIPTED = "WORKBENCH_SCRIPTED"
"""Environment variable: `1` when nobody is there."""

PATIENCE_S = 30.0
"""Seconds that the stand-in waits for a request."""


def is_scripted() -> bool:
    """Say whether this process runs without a person, as under nbval."""
    return os.environ.get(SCRIPTED, "") not in ("", "0")


class StandIn:
    """Presses the buttons of a run in the person's place; does nothing when a person is there.

    Args:
        active: whether to act; None: when `WORKBENCH_SCRIPTED` is set.
    """

    def __init__(self, active: bool | None = None) -> None:  # noqa: FBT001 - it has one meaning
        """Find out whether a person is there."""
        self.active = is_scripted() if active is None else active

    def pause(self, run: Run, before: str) -> None:
        """Press Pause as soon as the run asks about the step `before`."""
        if self.active:
            self._asked(run, before)
            run.pause(reason="I want to look at it first")

    def resume(self, run: Run) -> None:
        """Press Resume."""
        if self.active:
            run.resume()

    def approve(self, run: Run, step: str) -> None:
        """Allow the step once, then wait until the run comes to rest again."""
        if self.active:
            ScriptedPerson(["approve"]).answer(self._asked(run, step))
            run.wait_until("waiting", "paused", timeout_s=PATIENCE_S)

    def wait_for(self, run: Run, step: str) -> None:
        """Wait until the run asks about the step."""
        if self.active:
            self._asked(run, step)

    def _asked(self, run: Run, step: str) -> Request:
        run.wait_until("waiting", timeout_s=PATIENCE_S)
        return next(request for request in run.inbox if request.step == step)
