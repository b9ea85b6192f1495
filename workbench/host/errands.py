"""Errands: what is ordered of a run and only the workbench that drives it can do.

A fork begins a run, and variables live in this process: the run's engine can do neither. So such an
order waits in the journal beside the commands, and the host that drove the run last takes it.
"""

from __future__ import annotations

import threading
from contextvars import Context
from datetime import datetime, timedelta

from workbench.engine import Parts
from workbench.engine.refusals import pack
from workbench.errors import CommandRefused, NotFound, WorkbenchError
from workbench.journal.lease import is_dead
from workbench.journal.rows import CommandRow
from workbench.journal.snapshot import load_view

FRESH = timedelta(seconds=60)
"""How old an errand may be; a later one would come as a surprise, and is refused."""


class Errands:
    """Takes the errands of the runs that one host takes care of."""

    def __init__(self, parts: Parts, owner: str) -> None:
        """Take none yet."""
        self._parts, self._owner = parts, owner

    def take(self, attached: set[str], now: datetime) -> bool:
        """Begin what waits, each in a thread of its own: it may wait for the run's engine.

        Says whether any is left, because another host has driven its run last.
        """
        if self._parts.errand is None:
            return False
        left = False
        for row in self._parts.journal.errands():
            if row.run not in attached:
                continue
            if not self._is_mine(row.run):
                left = True
                continue
            if not self._parts.journal.take_errand(row.number):
                continue
            if now - row.at > FRESH:
                self._end(row, _stale(row))
                continue
            threading.Thread(
                target=Context().run, args=(self._do, row), name="workbench-errand", daemon=True
            ).start()
        return left

    def _is_mine(self, run: str) -> bool:
        """Say whether this host has driven the run last, or the one that has is gone."""
        try:
            host = load_view(self._parts.journal, run).host
        except NotFound:
            return False
        return host in ("", self._owner) or is_dead(host)

    def _do(self, row: CommandRow) -> None:
        assert self._parts.errand is not None  # noqa: S101 - `take` has looked
        try:
            self._parts.errand(row.run, row.command)
        except WorkbenchError as refusal:
            self._end(row, refusal)
        except Exception as fault:  # noqa: BLE001 - the person must hear that it did not work
            said = f"{type(fault).__name__}: {fault}"
            self._end(row, CommandRefused(f"The order {row.command.kind!r} failed: {said}."))
        else:
            self._end(row, None)

    def _end(self, row: CommandRow, error: WorkbenchError | None) -> None:
        self._parts.journal.end_errand(row.number, pack(error) if error is not None else "")
        self._parts.journal.notify()


def _stale(row: CommandRow) -> CommandRefused:
    return CommandRefused(
        f"Nobody drove run {row.run} when {row.command.kind} was ordered.", "Order it again."
    )
