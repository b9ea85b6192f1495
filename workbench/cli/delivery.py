"""Writing a command for whoever drives the run, and saying what became of it."""

from __future__ import annotations

import time

from workbench.commands import Command, RollBack
from workbench.engine.refusals import unpack
from workbench.errors import RunFinished
from workbench.host.guard import guard
from workbench.journal.lease import is_dead
from workbench.report import run_line
from workbench.run import Run
from workbench.states import RUN_FINAL
from workbench.workbench import Workbench

PATIENCE_S = 3.0
"""Seconds to wait for a living host to decide the command."""
GLANCE_S = 0.2
"""Seconds to wait when the host that drove the run last is gone, or was never there."""


def deliver(bench: Workbench, run: Run, command: Command) -> bool:
    """Write a command; True when it was carried out, False when nobody drives the run now.

    Raises:
        CommandRefused: the holder of the lease refused it, or the run has ended.
    """
    guard(bench.journal, command)
    state = run.state
    if state in RUN_FINAL and not isinstance(command, RollBack):
        raise RunFinished(
            f"Run {run.id} is {state} and does not change any more.", "Start a new run.", run=run.id
        )
    last = run.view.host
    alone = not last or is_dead(last)
    number = bench.journal.command(run.id, command, bench.clock.now())
    end = bench.clock.monotonic() + (GLANCE_S if alone else PATIENCE_S)
    while (row := bench.journal.command_row(number)).state == "open":
        if bench.clock.monotonic() > end:
            return False
        time.sleep(0.02)
    if row.state == "refused":
        raise unpack(row.error)
    return True


def tell(run: Run, *, carried_out: bool) -> None:
    """Print where the run stands after a command."""
    print(run_line(run.view))
    if not carried_out:
        print(
            "Nobody drives this run now. The command is written; "
            "it will be carried out when the run is opened."
        )
