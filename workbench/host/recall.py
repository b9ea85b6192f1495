"""What a drive begins with: a view that was kept, a frontier, or the fold of all events."""

from __future__ import annotations

from collections import OrderedDict

import anyio.to_thread

from workbench.journal import Journal, Lease
from workbench.journal.snapshot import load_frontier, load_view
from workbench.view import RunView

KEPT = 32
"""Views of runs at rest that are kept in memory at most."""
MANY = 1000
"""Events that are folded beside the loop and not in it."""


class Recall:
    """Gives the view that a lease begins with; used in the engine's loop only."""

    def __init__(self, journal: Journal) -> None:
        """Remember nothing yet."""
        self._journal = journal
        self._kept: OrderedDict[str, RunView] = OrderedDict()

    def keep(self, view: RunView) -> None:
        """Keep the view of a run that has come to rest, all of it on disk."""
        self._kept[view.run] = view
        self._kept.move_to_end(view.run)
        if view.final or len(self._kept) > KEPT:
            self._kept.pop(view.run if view.final else next(iter(self._kept)))

    async def view(self, lease: Lease) -> RunView:
        """Give the fold up to the lease's event; finished steps may be left out of it.

        Raises:
            JournalError: the events cannot be read.
        """
        kept = self._kept.pop(lease.run, None)
        # The lease was the only right to append: what is as long as then is the same as then.
        if kept is not None and kept.seq == lease.seq:
            return kept
        frontier = load_frontier(self._journal, lease.run)
        if frontier is not None:
            return frontier
        if lease.seq < MANY:
            return load_view(self._journal, lease.run)
        return await anyio.to_thread.run_sync(load_view, self._journal, lease.run)
