"""Writing a command for whoever drives a run: the door of every surface outside its process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from workbench import freezing
from workbench.clock import Clock
from workbench.commands import ERRANDS, OF_ALL, AnyCommand, Command, RollBack
from workbench.engine.refusals import unpack
from workbench.errors import RunFinished
from workbench.host.guard import guard
from workbench.journal import Journal
from workbench.journal.lease import is_dead
from workbench.journal.snapshot import load_view
from workbench.states import RUN_FINAL

PATIENCE_S = 10.0
"""Seconds to wait for a living host to decide the command."""
BEGUN_S = 10.0
"""Seconds more to wait for what the host has begun."""
GLANCE_S = 0.2
"""Seconds to wait when the host that drove the run last is gone, or was never there."""


def order_of(fields: Mapping[str, Any], surface: str, order: str = "") -> Command:
    """Understand what a page orders; it comes from a person, whatever the page says.

    Args:
        fields: the command as JSON.
        surface: through which door it came.
        order: what the page calls it, so that one that it sends twice is taken once.

    Raises:
        ValidationError: it is no command.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    fixed = {"by": "person", "surface": surface, "order": order}
    return AnyCommand.validate_python({**given, **fixed})


def deliver(journal: Journal, clock: Clock, run: str, command: Command) -> bool:
    """Write a command; True when it was carried out, False when nobody drives the run now.

    What holds every run of the journal needs nobody who drives this one, and so does the freeze of
    a refusal.

    One that was sent before, by its name, is not written again: what became of it is told again.

    Raises:
        NotFound: there is no such run.
        CommandRefused: the holder of the lease refused it, or the run has ended.
    """
    guard(journal, command)
    if isinstance(command, OF_ALL):
        freezing.carry_out(journal, clock.now(), run, command)
        return True
    state = journal.run(run).state
    late = state in RUN_FINAL and not journal.was_ordered(run, command)
    if late and not isinstance(command, (RollBack, *ERRANDS)):
        raise RunFinished(
            f"Run {run} is {state} and does not change any more.", "Start a new run.", run=run
        )
    alone = is_alone(load_view(journal, run).host)
    number = journal.command(run, command, clock.now())
    end = clock.monotonic() + (GLANCE_S if alone else PATIENCE_S)
    while (row := journal.command_row(number)).undecided:
        if clock.monotonic() > end + (BEGUN_S if row.state == "taken" else 0):
            freezing.ahead(journal, clock.now(), run, command)
            return False
        time.sleep(0.02)
    if row.state == "refused":
        raise unpack(row.error)
    return True


def is_alone(host: str) -> bool:
    """Say whether nobody can carry anything out: the last host is gone, or there was none."""
    return not host or is_dead(host)
