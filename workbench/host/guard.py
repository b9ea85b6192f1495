"""What only a person may order: refused from a tool's call, its threads and its processes."""

from __future__ import annotations

import os

import psutil

from workbench.commands import Answer, Command, EditPlan, GiveGrant, RaiseLimit, Resume, SetAutonomy
from workbench.errors import CommandRefused
from workbench.executor import inside_call
from workbench.journal import Journal
from workbench.journal.lease import machine
from workbench.journal.snapshot import load_view

PERSONAL = (Answer, RaiseLimit, GiveGrant, SetAutonomy, EditPlan, Resume)
"""Orders that could give a call more than it has; what only narrows is open to a tool."""


def refuse_from_call(journal: Journal, run: str, command: Command) -> None:
    """Refuse an order that only a person gives.

    Raises:
        CommandRefused: this code runs in a call, in a thread that a call has started, or in a
            process below one that is making a call.
    """
    if not isinstance(command, PERSONAL):
        return
    step = inside_call.get() or _calling_above(journal)
    if step is None:
        return
    wanted, rule = _words(command, run)
    raise CommandRefused(f"The call of step {step!r} tried to {wanted}.", rule)


def _calling_above(journal: Journal) -> str | None:
    """Name a call that is being made in a process above this one: it may have started this one."""
    owners = [row for row in journal.runs() if row.owner]
    mine = {str(os.getpid())}
    driven = {
        row.id: row.owner.split(" ")[1] for row in owners if row.owner.split()[0] == machine()
    }
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


def _words(command: Command, run: str) -> tuple[str, str]:
    match command:
        case Answer():
            return f"answer request {command.request}", "Only a person answers, never a tool."
        case RaiseLimit():
            what = f"raise the limit of {command.unit}"
            return what, "Only a person raises a limit, never a tool."
        case GiveGrant():
            return f"give run {run} a right", "Only a person gives rights, never a tool."
        case SetAutonomy():
            return f"change what run {run} asks about", "Only a person changes that, never a tool."
        case EditPlan():
            what = f"edit the plan of run {run}"
            return what, "Return what is to be done: the planner or a person edits."
    return f"resume run {run}", "Only a person resumes, never a tool."
