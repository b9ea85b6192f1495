"""Playing runs again: what a workbench and a run offer for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.replay import Course, Replay, course_of, replay_of

if TYPE_CHECKING:
    from workbench.engine import Parts
    from workbench.journal import Journal
    from workbench.run import Run


class BenchReplay:
    """Plays runs again, of its journal or from files."""

    journal: Journal
    _parts: Parts

    def replay(self, run: Run | str | Path, *, patience_s: float = 5.0) -> Replay:
        """Play a run again, with no effect: by the real engine, on what was recorded.

        Nothing is called: no tool, no model, no planner. Their answers, the orders of people, the
        clock and the ends of processes come from the recording, each at its place. Tools that are
        here count with what they declare now, and so does the policy: a change of either that
        changes the course is found, and named with the event. `replay.check()` raises then.

        Args:
            run: a run of this journal, by handle or id, or a file made by `run.export(…)`.
            patience_s: seconds without any event after which the replay counts as stuck.

        Raises:
            NotFound: there is no such run, and no such file.
            JournalTampered: the hash chain of the run is broken.
            RecordingError: the file is none, or was damaged or changed.
        """
        return replay_of(self.course(run), self._parts, patience_s=patience_s)

    def course(self, run: Run | str | Path) -> Course:
        """Give all that a replay needs of a run, by handle, id or file; see `replay`."""
        if isinstance(run, (str, Path)):
            return course_of(self.journal, str(run), self._parts.tools)
        return course_of(self.journal, run.id, self._parts.tools)
