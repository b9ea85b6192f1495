"""What a drive begins with: a view that was kept, a frontier, or the fold of all events."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

import anyio.to_thread

from workbench.errors import WorkbenchError
from workbench.journal import Journal, Lease
from workbench.journal.snapshot import load_frontier, load_view
from workbench.view import RunView

KEPT = 32
"""Views of runs that are kept in memory at most."""
MANY = 1000
"""Events that are folded beside the loop and not in it."""


class Recall:
    """Keeps the views of runs at rest, and gives the one that a lease begins with."""

    def __init__(self, journal: Journal) -> None:
        """Remember nothing yet."""
        self._journal = journal
        self._kept: OrderedDict[str, RunView] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, view: RunView) -> None:
        """Keep the view of a run that has just begun or come to rest, all of it on disk."""
        with self._lock:
            self._kept[view.run] = view
            self._kept.move_to_end(view.run)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    async def foresee(
        self, run: str, coming: Future[Lease | None], prepare: Callable[[RunView], None]
    ) -> None:
        """Read the frontier of a run while the lease that is `coming` is on the way to the disk.

        Not before: two threads that want to run take turns of 5 ms, and the disk can be waited for
        meanwhile. `prepare` is called with the frontier in the same thread; what goes wrong there
        comes again when it is needed.
        """
        with self._lock:
            known = run in self._kept
        if not known:
            await anyio.to_thread.run_sync(self._foresee, coming, prepare)

    def _foresee(self, coming: Future[Lease | None], prepare: Callable[[RunView], None]) -> None:
        """Read it against the chain as it ends with the lease; `view` looks whether it still is."""
        lease = coming.result()
        if lease is None:
            return
        with contextlib.suppress(WorkbenchError):
            frontier = load_frontier(self._journal, lease.run, head=lease.head)
            if frontier is not None:
                self.keep(frontier)
                prepare(frontier)

    def final(self, run: str) -> RunView | None:
        """Give a copy of the view of a run that has ended here, if it is still kept."""
        with self._lock:
            kept = self._kept.get(run)
            ended = kept is not None and kept.final and not kept.sealed
            return kept.snapshot() if kept is not None and ended else None

    async def view(self, lease: Lease) -> RunView:
        """Give the fold up to the lease's event; finished steps may be left out of it.

        What is read for it is checked against the chain, which ends with the lease's event.

        Raises:
            JournalTampered: an event that is read was changed by hand; it is named.
            JournalError: the events cannot be read.
        """
        with self._lock:
            kept = self._kept.pop(lease.run, None)
        # The lease was the only right to append: what is as long as then is the same as then.
        if kept is not None and kept.seq == lease.seq:
            return kept
        frontier = load_frontier(self._journal, lease.run, head=lease.head)
        if frontier is not None:
            return frontier
        if lease.seq < MANY:
            return load_view(self._journal, lease.run, head=lease.head)
        load = partial(load_view, self._journal, lease.run, head=lease.head)
        return await anyio.to_thread.run_sync(load)
