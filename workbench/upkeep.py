"""What a workbench tells about its journal, and how that is kept small."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from workbench.report import Measured, measure_tools, sizes_frame

if TYPE_CHECKING:
    import pandas as pd

    from workbench.clock import Clock
    from workbench.journal import Journal
    from workbench.journal.retention import Pruned


class BenchUpkeep:
    """Sizes, retention and what was measured, of a workbench."""

    journal: Journal
    clock: Clock

    def sizes(self) -> pd.DataFrame:
        """List what each run takes in the journal, in bytes, newest first; reads every event."""
        return sizes_frame(self.journal.sizes().runs)

    def prune(
        self,
        older_than: timedelta,
        *,
        keep: int = 0,
        orphans: bool = False,
        vacuum: bool = False,
    ) -> Pruned:
        """Remove finished runs as a whole, and the artifacts that nothing refers to any more.

        What was removed is written down in the journal: `bench.journal.pruned()`.

        Args:
            older_than: how long ago a run must have ended.
            keep: so many of the finished runs stay whatever their age, the newest ones.
            orphans: remove artifacts that no run ever referred to, too.
            vacuum: give the room back to the disk; rewrites the whole file.

        Raises:
            JournalError: the journal cannot be written.
        """
        now = self.clock.now()
        done = self.journal.prune(now, older_than=older_than, keep=keep, orphans=orphans)
        if vacuum:
            self.journal.vacuum()
        return done

    def gc(
        self, older_than: timedelta | None = None, *, keep: int = 0, vacuum: bool = False
    ) -> Pruned:
        """Remove the artifacts that nothing refers to, and finished runs only when asked.

        What a run or a checkpoint refers to stays, and so does all that an undo needs that is not
        over; `kept` of the result names the runs that were refused, with the reason, and `before`
        and `after` say what the journal held. While a run is driven (`late`), no artifact
        goes.

        Args:
            older_than: how long ago a run must have ended to go, too; None: no run goes.
            keep: so many of the finished runs stay whatever their age, the newest ones.
            vacuum: give the room back to the disk; rewrites the whole file.

        Raises:
            JournalError: the journal cannot be written.
        """
        now = self.clock.now()
        done = self.journal.prune(now, older_than=older_than, keep=keep, orphans=True)
        if vacuum:
            self.journal.vacuum()
        return done

    def measured(self, runs: int = 50) -> dict[str, Measured]:
        """Give what calls of each tool took in the newest runs: latency, failures, mean spend."""
        newest = self.journal.runs()[:runs]
        return measure_tools(self.journal.records(row.id) for row in newest)
