"""Orders that come from a call by a process which wears no sign of it: its ancestry shows."""

from __future__ import annotations

import os

import psutil

from workbench.commands import Command
from workbench.engine.from_calls import refuse_from_call
from workbench.errors import CommandRefused
from workbench.executor import calling_step
from workbench.host.sockets import Address, holds, plain, socket_between
from workbench.journal import Journal
from workbench.journal.lease import machine
from workbench.journal.snapshot import load_view


def guard(journal: Journal, command: Command) -> None:
    """Refuse an order that only a person gives, from a call, its threads and its processes.

    Raises:
        CommandRefused: this code belongs to a call, or to a process below one that makes a call.
    """
    refuse_from_call(command, calling_step() or _calling_above(journal))


def guard_caller(journal: Journal, command: Command, theirs: Address, ours: Address) -> None:
    """Refuse an order that reached this process from one that drives a run now, or is below it.

    That it makes a call need not be in the journal yet: what only reads is noted late. Only those
    processes are looked at: to find whose a connection is among all takes a tenth of a second.
    Where Linux names the socket, they are asked for that one alone.

    Args:
        journal: whose runs may be driven there.
        command: what is ordered.
        theirs: the other end of the connection that it came by.
        ours: this end of it.

    Raises:
        CommandRefused: a run of the journal is driven there.
    """
    socket = socket_between(theirs, ours)
    for run, process in _driven_here(journal).items():
        if any(_has(one, socket, theirs, ours) for one in _at_and_below(int(process))):
            calling = load_view(journal, run).in_flight
            refuse_from_call(command, calling[0] if calling else run)


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


_FREE: set[tuple[int, str]] = set()
"""Processes and journals: no call that is in flight there can have started the process, because
there was a moment in its life at which none was. Processes, because this one may fork."""


def _calling_above(journal: Journal) -> str | None:
    """Name a call that is being made in a process above this one: it may have started this one."""
    here = os.getpid(), journal.name
    if here in _FREE:
        return None
    calling = _looked_for(journal)
    if calling is None:
        _FREE.add(here)
    return calling


def _looked_for(journal: Journal) -> str | None:
    driven = _driven_here(journal)
    if not set(driven.values()) - {str(os.getpid())}:
        return None
    above = _above(os.getpid())
    for run, pid in driven.items():
        if pid in above and (calling := load_view(journal, run).in_flight):
            return calling[0]
    return None


def _driven_here(journal: Journal) -> dict[str, str]:
    places = {run: owner.split(" ") for run, owner in journal.driven().items()}
    return {run: place[1] for run, place in places.items() if place[0] == machine()}


def _at_and_below(process: int) -> list[psutil.Process]:
    try:
        top = psutil.Process(process)
        return [one for one in (top, *top.children(recursive=True)) if one.pid != os.getpid()]
    except psutil.Error:
        return []


def _has(process: psutil.Process, socket: str | None, theirs: Address, ours: Address) -> bool:
    if socket is not None:
        return holds(process.pid, socket)
    try:
        ends = [(plain(one.laddr), plain(one.raddr)) for one in process.net_connections("tcp")]
    except (OSError, psutil.Error):
        return False
    return (plain(theirs), plain(ours)) in ends


def _above(process: int) -> set[str]:
    try:
        return {str(one.pid) for one in psutil.Process(process).parents()}
    except psutil.Error:
        return set()
