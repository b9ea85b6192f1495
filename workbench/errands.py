"""What an errand comes to: one call of the run's public methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.commands import Command, Fork, Restore
from workbench.errors import CommandRefused

if TYPE_CHECKING:
    from workbench.run import Run


def carry_out(run: Run, command: Command) -> None:
    """Do what the engine of a run cannot: begin another one, or set variables.

    Raises:
        WorkbenchError: it is refused; nothing changed.
    """
    match command:
        case Fork():
            run.fork(
                command.at,
                outputs=command.outputs,
                limits=command.limits,
                key=command.key,
                paused=command.paused,
            )
        case Restore():
            run.restore(command.to, command.names, overwrite=command.overwrite)
        case _:
            raise CommandRefused(f"{command.kind!r} is no errand.")
