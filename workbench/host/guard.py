"""Orders that come from a call by a process which wears no sign of it: its ancestry shows."""

from __future__ import annotations

import os

import psutil

from workbench.commands import Command
from workbench.engine.commands import refuse_from_call
from workbench.errors import CommandRefused
from workbench.executor import calling_step
from workbench.journal import Journal
from workbench.journal.lease import machine
from workbench.journal.snapshot import load_view


def guard(journal: Journal, command: Command) -> None:
    """Refuse an order that only a person gives, from a call, its threads and its processes.

    Raises:
        CommandRefused: this code belongs to a call, or to a process below one that makes a call.
    """
    refuse_from_call(command, calling_step() or _calling_above(journal))


def person_only(journal: Journal, what: str) -> None:
    """Refuse what changes the rules of every run, from a call, its threads and its processes.

    Args:
        journal: whose runs may be making a call above this process.
        what: what is tried, as in "tried to change the rules".

    Raises:
        CommandRefused: it comes from a call.
    """
    if (step := calling_step() or _calling_above(journal)) is not None:
        raise CommandRefused(
            f"The call of step {step!r} tried to {what}.", "Only a person does, never a tool."
        )


def _calling_above(journal: Journal) -> str | None:
    """Name a call that is being made in a process above this one: it may have started this one."""
    mine = {str(os.getpid())}
    places = {run: owner.split(" ") for run, owner in journal.driven().items()}
    driven = {run: place[1] for run, place in places.items() if place[0] == machine()}
    if not set(driven.values()) - mine:
        return None
    try:
        above = {str(process.pid) for process in psutil.Process().parents()}
    except psutil.Error:
        return None
    for run, pid in driven.items():
        if pid in above and (calling := load_view(journal, run).in_flight):
            return calling[0]
    return None
