"""What the code of a call may not order: only a person does. No I/O."""

from __future__ import annotations

from typing import Any

from workbench import commands as c
from workbench.errors import CommandRefused

REFUSED: tuple[tuple[Any, str, str], ...] = (
    (
        (c.Answer, c.Arm),
        "answer request {command.request}",
        "Only a person answers, never a tool.",
    ),
    (
        c.RaiseLimit,
        "raise the limit of {command.unit}",
        "Only a person raises a limit, never a tool.",
    ),
    (
        (c.GiveGrant, c.SetAutonomy),
        "change what its run may do",
        "Only a person gives rights, never a tool.",
    ),
    (c.OF_ALL, "change the rules of every run", "Only a person does, never a tool."),
    (
        c.CorrectContext,
        "change what models are shown of its run",
        "Only a person corrects the context, never a tool.",
    ),
    (
        (c.Comment, c.Refuse, c.Decide),
        "{command.kind} on its plan",
        "Only a person does; a tool returns what it has to say.",
    ),
    (
        c.NoteRestored,
        "restore variables of its run",
        "Only a person goes back to a checkpoint, never a tool.",
    ),
    (
        (c.EditPlan, c.ProposeEdit, c.Resume, c.Amend, c.RollBack, *c.ERRANDS),
        "{command.kind} its run",
        "Only a person does, or the planner; a tool may pause and stop it.",
    ),
)
"""Kinds of commands, what a call that gives one has tried, and what is to be done instead."""


def refuse_from_call(command: c.Command, step: str | None) -> None:
    """Refuse what only a person may order, when the code of a call orders it.

    Args:
        command: what is ordered.
        step: the step whose call orders it, its threads and processes included; None: no call.

    Raises:
        CommandRefused: only a person gives such an order.
    """
    if step is None:
        return
    for kinds, what, cure in REFUSED:
        if isinstance(command, kinds):
            tried = what.format(command=command)
            raise CommandRefused(f"The call of step {step!r} tried to {tried}.", cure)
