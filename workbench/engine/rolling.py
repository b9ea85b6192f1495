"""What an order to go back comes to, and what is refused meanwhile. No I/O."""

from __future__ import annotations

from collections.abc import Iterable

from workbench import commands as c
from workbench import events as e
from workbench.errors import CommandRefused, PlanError
from workbench.ids import new_id
from workbench.plan import Edit, Skip
from workbench.view import RunView


def roll_back(view: RunView, command: c.RollBack) -> list[e.Event]:
    """Begin to go back; a run that is under way is paused first.

    Raises:
        CommandRefused: the place is not in its journal, a rollback is under way, it is stopping, or
            it is itself a rollback.
    """
    if view.run_kind == "undo":
        raise CommandRefused(
            f"Run {view.run} takes back what {view.undoes} did; there is no undo of an undo.",
            f"Go on with run {view.undoes}: what is wanted again is done again.",
        )
    if (rollback := view.rollback) is not None:
        raise CommandRefused(
            f"Run {view.run} is being taken back already, by run {rollback.undo}.",
            "Wait for it, and look at its inbox.",
            undo=rollback.undo,
        )
    if view.state == "stopping":
        raise CommandRefused(f"Run {view.run} is stopping.", "Go back when it has stopped.")
    if command.to > view.seq:
        raise CommandRefused(
            f"Run {view.run} has no event {command.to}; its last one is {view.seq}.",
            "Give a checkpoint of this run: run.checkpoints.",
        )
    pause: list[e.Event] = []
    if not view.final and view.state != "paused":
        pause = [e.RunPaused(by=command.by, reason=command.reason or "going back")]
    begun = e.RollbackBegun(undo=new_id("run"), to=command.to, by=command.by, reason=command.reason)
    return [*pause, begun]


def undo_doubted(view: RunView, step: str, command: c.Answer) -> list[e.Event]:
    """Settle a doubt by taking back the one call that it is about; the run pauses for it.

    Raises:
        CommandRefused: the run is stopping.
    """
    if view.state == "stopping":
        raise CommandRefused(f"Run {view.run} is stopping.", "Go back when it has stopped.")
    intent = view.steps[step].intent_seq
    reason = command.reason or f"{step} was in doubt, and is undone"
    pause: list[e.Event] = []
    if view.state != "paused":
        pause = [e.RunPaused(by=command.by, reason=reason)]
    begun = e.RollbackBegun(
        undo=new_id("run"), to=max(1, intent - 1), only=intent, by=command.by, reason=reason
    )
    return [*pause, begun]


def refuse_meanwhile(view: RunView, command: c.Command) -> None:
    """Refuse what would go on, or change what is being taken back.

    Raises:
        CommandRefused: a rollback is under way.
    """
    rollback = view.rollback
    going_on = (c.Resume, c.EditPlan, c.ProposeEdit, c.Refuse, c.Answer, c.Arm, c.Stop, c.Abandon)
    if rollback is not None and isinstance(command, going_on):
        raise CommandRefused(
            f"Run {view.run} is being taken back by run {rollback.undo}: it cannot "
            f"{command.kind} meanwhile.",
            f"Wait for run {rollback.undo}, answer what it asks, or stop it.",
            undo=rollback.undo,
        )


def refuse_changes(view: RunView, edits: Iterable[Edit]) -> None:
    """Refuse to change what undoes: it was registered with the tool, and nobody makes one up.

    Raises:
        PlanError: an edit does more than to leave an undo out.
    """
    if any(not isinstance(edit, Skip) for edit in edits):
        raise PlanError(
            f"Run {view.run} undoes what {view.undoes} did: its steps cannot be changed.",
            "Leave one out: draft.skip(step). What it would undo then stays.",
        )
