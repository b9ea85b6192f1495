"""What the code of a call may not order: only a person does. No I/O."""

from __future__ import annotations

from workbench import commands as c
from workbench.errors import CommandRefused


def refuse_from_call(command: c.Command, step: str | None) -> None:
    """Refuse what only a person may order, when the code of a call orders it.

    Args:
        command: what is ordered.
        step: the step whose call orders it, its threads and processes included; None: no call.

    Raises:
        CommandRefused: it is an answer, or a change of a limit.
    """
    if step is None:
        return
    if isinstance(command, (c.Answer, c.Arm)):
        raise CommandRefused(
            f"The call of step {step!r} tried to answer request {command.request}.",
            "Only a person answers, never a tool.",
        )
    if isinstance(command, c.RaiseLimit):
        raise CommandRefused(
            f"The call of step {step!r} tried to raise the limit of {command.unit}.",
            "Only a person raises a limit, never a tool.",
        )
    if isinstance(command, (c.GiveGrant, c.SetAutonomy)):
        raise CommandRefused(
            f"The call of step {step!r} tried to change what its run may do.",
            "Only a person gives rights, never a tool.",
        )
    if isinstance(command, c.OF_ALL):
        raise CommandRefused(
            f"The call of step {step!r} tried to change the rules of every run.",
            "Only a person does, never a tool.",
        )
    if isinstance(command, c.CorrectContext):
        raise CommandRefused(
            f"The call of step {step!r} tried to change what models are shown of its run.",
            "Only a person corrects the context, never a tool.",
        )
    if isinstance(command, (c.Comment, c.Refuse, c.Decide)):
        raise CommandRefused(
            f"The call of step {step!r} tried to {command.kind} on its plan.",
            "Only a person does; a tool returns what it has to say.",
        )
    if isinstance(command, c.NoteRestored):
        raise CommandRefused(
            f"The call of step {step!r} tried to restore variables of its run.",
            "Only a person goes back to a checkpoint, never a tool.",
        )
    if isinstance(command, (c.EditPlan, c.ProposeEdit, c.Resume, c.Amend, c.RollBack, *c.ERRANDS)):
        raise CommandRefused(
            f"The call of step {step!r} tried to {command.kind} its run.",
            "Only a person does, or the planner; a tool may pause and stop it.",
        )
