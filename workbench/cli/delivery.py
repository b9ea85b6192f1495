"""Delivering a command from a terminal, and saying what became of it."""

from __future__ import annotations

from workbench import delivery
from workbench.commands import Command
from workbench.report import run_line
from workbench.run import Run
from workbench.workbench import Workbench


def deliver(bench: Workbench, run: Run, command: Command) -> bool:
    """Write a command; True when it was carried out, False when nobody drives the run now.

    Raises:
        CommandRefused: the holder of the lease refused it, or the run has ended.
    """
    return delivery.deliver(bench.journal, bench.clock, run.id, command)


def tell(run: Run, *, carried_out: bool) -> None:
    """Print where the run stands after a command."""
    print(run_line(run.view))
    if not carried_out:
        print(
            "Nobody drives this run now. The command is written; "
            "it will be carried out when the run is opened."
        )
