"""Playing runs again, and taking them elsewhere: what a workbench and a run offer for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.replay import SUFFIX, Course, Replay, course_of, read_file, replay_of, write_file
from workbench.replay.as_test import write_test
from workbench.replay.harness import decided_as_recorded
from workbench.report.reliability import Tally, reliability_figure, reliability_frame, tally

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from workbench.engine import Parts
    from workbench.journal import Journal
    from workbench.plan import Plan
    from workbench.report.offline import OfflineFigure
    from workbench.run import Run
    from workbench.workbench import Workbench


class BenchReplay:
    """Plays runs again, of its journal or from files, and says how reliable they were."""

    journal: Journal
    _parts: Parts

    def replay(
        self, run: Run | str | Path, *, head: str | None = None, patience_s: float = 5.0
    ) -> Replay:
        """Play a run again, with no effect: by the real engine, on what was recorded.

        Nothing is called: no tool, no model, no planner. Their answers, the orders of people, the
        clock and the ends of processes come from the recording, each at its place. Tools that are
        here count with what they declare now, and so does the policy: a change of either that
        changes the course is found, and named with the event. `replay.check()` raises then. For a
        file of which neither a tool nor a rule is here, its own tools, policy and rights count.

        Args:
            run: a run of this journal, by handle or id, or a file made by `run.export(…)`.
            head: of a file: the hash that its chain must end with, known from elsewhere.
            patience_s: seconds without any event after which the replay counts as stuck.

        Raises:
            NotFound: there is no such run, and no such file.
            JournalTampered: the hash chain of the run is broken.
            RecordingError: the file is none, or was damaged or changed.
        """
        course = self._course(run, head)
        away = isinstance(run, (str, Path)) and str(run).endswith(SUFFIX)
        parts = decided_as_recorded(self._parts, course) if away else self._parts
        return replay_of(course, parts, patience_s=patience_s)

    def _course(self, run: Run | str | Path, head: str | None) -> Course:
        if isinstance(run, Path) or (isinstance(run, str) and run.endswith(SUFFIX)):
            return read_file(Path(run), head=head)
        name = run if isinstance(run, str) else run.id
        return course_of(self.journal, name, self._parts.tools)

    def reliability(self, plan: Plan, runs: int = 200) -> pd.DataFrame:
        """Say how reliable a plan is by the newest runs here; see `report.RELIABILITY_COLUMNS`."""
        return reliability_frame(plan, self._tally(runs))

    def reliability_figure(self, plan: Plan, runs: int = 200) -> OfflineFigure:
        """Draw how reliable a plan is, and where one check pays most."""
        return reliability_figure(plan, self._tally(runs))

    def _tally(self, runs: int) -> dict[str, Tally]:
        newest = self.journal.runs()[:runs]
        return tally(self.journal.records(row.id) for row in newest)


class RunReplay:
    """What a run offers to be played again elsewhere."""

    id: str
    bench: Workbench

    def export(self, path: str | Path | None = None) -> Path:
        """Write the run into one file, with all values, orders and declarations of its tools.

        It holds what the journal holds: outputs, arguments and answers, and never a secret's text.
        `bench.replay(file)` plays it again on any machine, with or without the tools.

        Args:
            path: the file; default: the id of the run in this folder, with `.wbrun`.

        Raises:
            JournalTampered: the hash chain of the run is broken.
        """
        target = Path(path) if path is not None else Path(f"{self.id}{SUFFIX}")
        course = course_of(self.bench.journal, self.id, self.bench.tools)
        return write_file(target, course, self.bench.journal)

    def as_test(
        self,
        path: str | Path,
        *,
        tools_from: Iterable[str] = (),
        policy_from: str = "",
        name: str = "",
        overwrite: bool = False,
    ) -> Path:
        """Make a regression test of the run: a pytest file, and its recording in a folder beside.

        The test replays the run with no effect and fails when its course is another one. It is
        tried at once, so a test that could not pass is not made.

        Args:
            path: the test file, such as `tests/test_orders.py`.
            tools_from: where the tools can be imported, as `module:attribute`; then a change of
                what they declare is found. Without it the recorded declarations count, and the
                test is about the engine, the plan and the policy.
            policy_from: where the run's policy can be imported; then a change of it is found, too.
                Without it the recorded one counts, unless there is `tools_from`: then the default.
            name: of the test function; default: made of the goal.
            overwrite: replace a file that is there.

        Raises:
            WorkbenchError: the file is there already, or the path is none of a Python file.
            ReplayDiverged: the replay leaves the recording; the event is named.
        """
        course = course_of(self.bench.journal, self.id, self.bench.tools)
        return write_test(
            Path(path),
            course,
            lambda recording: write_file(recording, course, self.bench.journal),
            tools_from=tuple(tools_from),
            policy_from=policy_from,
            name=name,
            overwrite=overwrite,
        )
