"""Telling that a run waits for a person: at least once, and without harm to any run.

A thread of its own looks whenever an inbox changes, and reads a run again only when it has gone on.
What was told is noted in the journal: after a restart only what nobody was told of is told.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from workbench.engine import Parts
from workbench.engine.call import describe
from workbench.errors import WorkbenchError
from workbench.journal import RunRow, marks
from workbench.journal.snapshot import load_view
from workbench.notify import Asking, Hook, hook_of
from workbench.view import RequestView, RunView

LOOK_S = 1.0
"""How often it looks when nothing changes: for hooks that wait, and for what failed."""
TOLD = "told"
RETRY_S = (1.0, 5.0, 30.0, 120.0)
"""Seconds before each further attempt of a hook that failed; the last one counts from then on."""


@dataclass(frozen=True)
class NoticeFault:
    """A hook that could not be told."""

    hook: str
    event_id: str
    attempt: int
    error: str


class Notices:
    """Tells the open requests of the runs that this process drives, or has detached."""

    def __init__(
        self,
        parts: Parts,
        hooks: Iterable[Callable[[Asking], Any]],
        attached: Callable[[str], bool],
        shown: Callable[[RunView], RunView] = lambda view: view,
    ) -> None:
        """Begin to look, unless there is nobody to tell.

        Args:
            parts: of the workbench.
            hooks: who is told.
            attached: whether a run is this process's to tell of.
            shown: gives of a run what may be told.
        """
        self._parts, self._attached, self._shown = parts, attached, shown
        self._hooks = [hook_of(hook) for hook in hooks]
        self.faults: list[NoticeFault] = []
        """What could not be told so far, oldest first."""
        self._told: set[tuple[int, str]] = set()
        self._open: dict[str, tuple[int, list[RequestView]]] = {}
        """The open requests of each run, as of an event."""
        self._failed: dict[tuple[int, str], tuple[int, float]] = {}
        """Attempts, and the earliest time of the next one on the monotonic clock."""
        self._closed = threading.Event()
        if self._hooks:
            threading.Thread(target=self._work, name="workbench-notices", daemon=True).start()

    def close(self) -> None:
        """Tell nobody any more."""
        self._closed.set()

    def _work(self) -> None:
        turned = self._parts.journal.turned
        while not self._closed.is_set():
            seen = turned.count
            with contextlib.suppress(WorkbenchError):  # busy or closed: it is looked at again
                self._look()
            turned.wait(LOOK_S, seen)

    def _look(self) -> None:
        for row in self._parts.journal.runs():
            if row.open_requests and self._attached(row.id):
                for request in self._requests(row):
                    for number, hook in enumerate(self._hooks):
                        self._tell(number, hook, row.id, request)

    def _requests(self, row: RunRow) -> list[RequestView]:
        known = self._open.get(row.id)
        if known is None or known[0] != row.seq:
            view = load_view(self._parts.journal, row.id)
            known = self._open[row.id] = (view.seq, self._shown(view).open_requests)
        return known[1]

    def _was_told(self, name: str) -> bool:
        return name in self._parts.journal.read(partial(marks.names, kind=TOLD))

    def _tell(self, number: int, hook: Hook, run: str, request: RequestView) -> None:
        asking = asking_of(run, request, {tool.name: tool.risk for tool in self._parts.tools})
        mark, now = (number, asking.event_id), self._parts.clock.monotonic()
        attempts, not_before = self._failed.get(mark, (0, 0.0))
        age_s = (self._parts.clock.now() - request.opened_at) / timedelta(seconds=1)
        if mark in self._told or self._closed.is_set() or now < not_before or age_s < hook.after_s:
            return
        name = f"{number} {hook.name} {asking.event_id}"
        if self._was_told(name):
            self._told.add(mark)
            return
        try:
            hook(asking)
        except Exception as error:  # noqa: BLE001 - whatever a hook raises, no run may notice
            self.faults.append(
                NoticeFault(hook.name, asking.event_id, attempts + 1, describe(error))
            )
            pause_s = RETRY_S[min(attempts, len(RETRY_S) - 1)]
            self._failed[mark] = (attempts + 1, now + pause_s)
            return
        self._told.add(mark)
        self._parts.journal.write(partial(marks.put, kind=TOLD, name=name)).result()


def asking_of(run: str, request: RequestView, risks: Mapping[str, str]) -> Asking:
    """Give what is told of a request; its token stays here."""
    opened = request.opened
    return Asking(
        event_id=f"{run}:{request.seq}",
        run=run,
        request=opened.request,
        about=opened.about,
        title=opened.title,
        tool=opened.tool,
        risk=getattr(opened, "risk", "") or risks.get(opened.tool, ""),
        why=opened.why,
        opened=f"{request.opened_at:%Y-%m-%d %H:%M:%S}",
        expires=f"{opened.expires:%Y-%m-%d %H:%M:%S}" if opened.expires else None,
    )
