"""What a command comes to: events, or a refusal. No I/O."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from workbench import commands as c
from workbench import events as e
from workbench.engine import controls, decisions, outsiders
from workbench.engine.amending import amend
from workbench.engine.answers import answer, arm
from workbench.engine.editing import edit, rehearse
from workbench.engine.limits import cap_raised, raise_limit
from workbench.engine.refusing import with_freeze
from workbench.engine.rights import give, revoke, set_autonomy
from workbench.engine.rolling import refuse_meanwhile, roll_back
from workbench.engine.said import comment, refuse
from workbench.errors import CommandRefused, RunFinished
from workbench.gate import Gates
from workbench.policy import Decider
from workbench.tools import Registry
from workbench.view import RunView


def accept(  # noqa: C901, PLR0911, PLR0912 - one line for each command
    view: RunView,
    command: c.Command,
    tools: Registry,
    now: datetime,
    policy: Decider | None = None,
    *,
    gates: Gates = "by_surface",
) -> list[e.Event]:
    """Decide a command; an empty list means that what it asks for is already so.

    Raises:
        RunFinished: the run is in a final state.
        CommandRefused: it cannot be done; nothing changes.
        PlanError: an edit has faults; all are named.
    """
    if isinstance(command, c.Wake):
        return expire(view, now)
    if isinstance(command, c.RollBack):
        return roll_back(view, command)
    if isinstance(command, c.NoteRestored):
        return _restored(view, command)
    if view.final:
        raise finished(view.run, view.state)
    refuse_meanwhile(view, command)
    revise = partial(_revise, view, tools, now, policy)
    match command:
        case c.Pause():
            return _pause(view, command)
        case c.Resume():
            return [_resumed(view, command.by)] if view.state == "paused" else []
        case c.Stop():
            return _stop(view, command.by, command.reason)
        case c.Abandon():
            return _stop(view, command.by, command.reason, abandon=True)
        case c.EditPlan():
            return edit(view, command, tools, now, policy)
        case c.ProposeEdit():
            return outsiders.proposed(view, command, revise)
        case c.Answer():
            answered = answer(view, command, tools, now, gates, revise=revise)
            return with_freeze(view, command, answered)
        case c.Arm():
            return arm(view, command, now)
        case c.Amend():
            events = amend(view, command, now, revise)
            rehearse(view, events, now)
            return events
        case c.RaiseLimit():
            return raise_limit(view, command, now)
        case c.RaiseCap():
            return cap_raised(view, command)
        case c.GiveGrant() | c.RevokeGrant() | c.SetAutonomy():
            return _rights(view, command, tools, now)
        case c.Fork() | c.Restore() | c.Freeze() | c.Lift():
            raise CommandRefused(f"The engine does not {command.kind}; the workbench does.")
        case c.CorrectContext():
            return correct_context(view, command)
        case c.Comment():
            return comment(view, command)
        case c.Refuse():
            return refuse(view, command)
        case c.Decide():
            return decisions.made(view, [command], command.by)
        case c.MakeCheckpoint():
            return [e.CheckpointMade(name=command.name, by=command.by)]


def _revise(
    view: RunView, tools: Registry, now: datetime, policy: Decider | None, order: c.EditPlan
) -> list[e.Event]:
    return edit(view, order, tools, now, policy)


def _rights(
    view: RunView,
    command: c.GiveGrant | c.RevokeGrant | c.SetAutonomy,
    tools: Registry,
    now: datetime,
) -> list[e.Event]:
    if isinstance(command, c.GiveGrant):
        return give(view, command, tools, now)
    return (
        revoke(view, command) if isinstance(command, c.RevokeGrant) else set_autonomy(view, command)
    )


def correct_context(view: RunView, command: c.CorrectContext) -> list[e.Event]:
    """Say what models are shown of a piece from now on.

    Raises:
        CommandRefused: no such piece was shortened.
    """
    known = view.shortened.get(command.piece)
    if known is None:
        named = ", ".join(view.shortened) or "none"
        raise CommandRefused(
            f"Run {view.run} has no shortened piece {command.piece!r}.", f"There are: {named}."
        )
    if known.text == command.text:
        return []
    return [
        e.ContextCorrected(
            piece=command.piece, text=command.text, by=command.by, reason=command.reason
        )
    ]


def _restored(view: RunView, command: c.NoteRestored) -> list[e.Event]:
    """Keep what the variables were until now, and what they are from here on."""
    if command.before is None:
        return [command.restored]
    before = command.before.model_copy(update={"of": view.seq + 1})
    return [before, command.restored]


def finished(run: str, state: str) -> RunFinished:
    """Refuse what comes to a run that has ended."""
    return RunFinished(
        f"Run {run} is {state} and does not change any more.", "Start a new run.", run=run
    )


def _resumed(view: RunView, by: str) -> e.RunResumed:
    """Go on; a run that has used up its time is given the same time again."""
    used_up = view.granted_s is not None and view.active_s >= view.granted_s
    return e.RunResumed(by=by, within_s=view.within_s if used_up else None)


def _pause(view: RunView, command: c.Pause) -> list[e.Event]:
    if view.state == "paused":
        return []
    if view.state == "stopping":
        raise CommandRefused(f"Run {view.run} is stopping.", "It cannot be paused any more.")
    return [e.RunPaused(by=command.by, reason=command.reason)]


def _stop(view: RunView, by: str, reason: str, *, abandon: bool = False) -> list[e.Event]:
    if view.state == "stopping":
        return []
    stopping = e.RunStopping(by=by, reason=reason, abandon=abandon)
    return [*_void_all(view, "the run was stopped"), stopping]


def _void_all(view: RunView, why: str) -> list[e.Event]:
    return [
        e.RequestVoided(request=request.id, step=request.opened.step, why=why)
        for request in view.open_requests
    ]


def expire(view: RunView, now: datetime) -> list[e.Event]:
    """Refuse what was not answered in time, and pause: nobody seems to be there."""
    late = [
        r for r in view.open_requests if r.opened.expires is not None and r.opened.expires <= now
    ]
    events: list[e.Event] = []
    for request in late:
        step = request.opened.step
        events.append(e.RequestExpired(request=request.id, step=step))
        if controls.is_control(request.opened):
            events.append(e.ControlRevealed(request=request.id, refused=False, expired=True))
        if step is not None and view.steps[step].state == "asking":
            reason = "nobody answered in time"
            events.append(e.StepDenied(step=step, by="expiry", reason=reason))
    late = [request for request in late if not controls.is_control(request.opened)]
    if late and view.state in ("running", "waiting", "planning"):
        events.append(e.RunPaused(by="engine", reason="a request expired without an answer"))
    return events
