"""What a command comes to: events, or a refusal. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from workbench import commands as c
from workbench import events as e
from workbench.budget import Budget
from workbench.engine import controls, decisions, outsiders
from workbench.engine.amending import amend
from workbench.engine.answers import answer, arm
from workbench.engine.limits import cap_raised, raise_limit
from workbench.engine.refusing import with_freeze
from workbench.engine.rights import give, revoke, set_autonomy
from workbench.engine.rolling import refuse_changes, refuse_meanwhile, roll_back
from workbench.engine.said import comment, refuse
from workbench.errors import (
    CommandRefused,
    JournalError,
    PlanError,
    RunFinished,
    StaleRevision,
)
from workbench.events import Record
from workbench.gate import Gates
from workbench.plan import Add, Finding, Plan, apply_edits
from workbench.plan.costs import over_budget, still_needed
from workbench.plan.draft import refuse_fixed
from workbench.plan.edits import touched
from workbench.plan.forbidden import forbidden
from workbench.plan.remarks import remarks_on
from workbench.policy import Decider
from workbench.tools import Registry
from workbench.view import RunView, fold, used


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
            _rehearse(view, events, now)
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


def edit(
    view: RunView,
    command: c.EditPlan,
    tools: Registry,
    now: datetime,
    policy: Decider | None = None,
) -> list[e.Event]:
    """Make a revision of edits, and the events that follow from it: all of them, or none.

    Raises:
        StaleRevision: it is not based on the current revision; both are named.
        PlanError: a step is finished or being done, or the edited plan has faults.
    """
    current = view.revision
    if view.plan is None or current is None:
        raise CommandRefused(f"Run {view.run} has no plan yet.", "Wait until it has one.")
    if view.state == "stopping":
        raise CommandRefused(f"Run {view.run} is stopping.", "Its plan cannot be edited any more.")
    if command.base != current.digest:
        raise StaleRevision(
            f"The edit was made on revision {command.base[:12]}, but the current one is "
            f"{current.digest[:12]} (number {current.number}, by {current.author}).",
            "Look at the current plan and edit again.",
            base=command.base,
            current=current.digest,
        )
    if view.run_kind == "undo":
        refuse_changes(view, command.edits)
    fixed = view.fixed()
    for change in command.edits:
        refuse_fixed(touched(change), fixed)
        _refuse_reuse(view, change)
    plan = apply_edits(view.plan, command.edits)
    more = [
        *over_budget_now(view, plan, tools),
        # What was there before is denied when it is due; an edit of the rest is none the worse.
        *forbidden(plan, tools.tool_map(), policy, settled=view.plan.by_id),
    ]
    if view.run_kind != "undo":  # its steps were derived, and can only be left out
        refuse_faults(plan, tools, more)
    revised = e.PlanRevised(
        number=current.number + 1,
        digest=plan.digest,
        base=current.digest,
        author=command.by,
        reason=command.reason,
        edits=command.edits,
        remarks=remarks_on(
            plan, tools, view.limits, done=None if view.run_kind == "undo" else bool(view.done)
        ),
    )
    events = [
        *_void_changed(view, plan),
        revised,
        *effects_of(plan, view, command.by, command.reason),
    ]
    if view.state == "waiting":
        events.append(e.RunResumed(by=command.by))
    _rehearse(view, events, now)
    return events


def _rehearse(view: RunView, events: list[e.Event], now: datetime) -> None:
    """Fold the events onto a copy, so that an edit is made whole or not at all."""
    copy = view.snapshot()
    try:
        for event in events:
            fold(copy, Record(view.run, copy.seq + 1, now, view.epoch, event, ""))
    except JournalError as error:
        raise CommandRefused(
            f"The edit cannot be made: {error.what}", "Nothing was changed; make another one."
        ) from error


def over_budget_now(view: RunView, plan: Plan, tools: Registry) -> list[Finding]:
    """Hold what was used already, and what is still to come, against the limits of the run."""
    if not view.limits:
        return []
    assert view.plan is not None  # noqa: S101 - an edit has one to begin with
    known, old = tools.tool_map(), view.plan
    to_come = ("pending", "ready", "asking")
    done = {step.id for step in view.steps.values() if step.state not in to_come}
    before = still_needed(old, known, view.limits, done)
    # A failed step that was changed begins anew.
    done = {step for step in done if step in plan and plan[step] == old[step]}
    return over_budget(plan, known, view.limits, used=used(view), done=done, before=before)


def refuse_faults(
    plan: Plan,
    tools: Registry,
    more: Iterable[Finding] = (),
    budget: Budget | None = None,
    policy: Decider | None = None,
) -> None:
    """Refuse a plan with faults.

    Args:
        plan: the plan.
        tools: what it may use.
        more: faults that were found elsewhere.
        budget: limits that it must keep from the start.
        policy: what it may call.

    Raises:
        PlanError: it has some; all are listed.
    """
    findings = [*plan.check(tools, budget, policy), *more]
    if findings:
        listed = "\n".join(f"  - {finding}" for finding in findings)
        raise PlanError(
            f"The plan has {len(findings)} fault{'s' if len(findings) > 1 else ''}:\n{listed}\n",
            "Nothing was called; correct them and try again.",
            findings=findings,
        )


def _refuse_reuse(view: RunView, change: object) -> None:
    if isinstance(change, Add) and change.step.id in view.retired:
        raise PlanError(
            f"A step {change.step.id!r} was in this plan before.",
            "Give the new step another id, so that the trace stays readable.",
            step=change.step.id,
        )


def _void_changed(view: RunView, plan: Plan) -> list[e.Event]:
    """A question about a step that was edited is moot: the changed step asks again."""
    voided = outsiders.outdated(view)
    for request in view.open_requests:
        step = request.opened.step
        if step is None or view.plan is None or view.steps[step].state != "asking":
            continue
        if step not in plan.by_id or plan.by_id[step] != view.plan.by_id[step]:
            why = "its step was edited"
            voided.append(e.RequestVoided(request=request.id, step=step, why=why))
    return voided


def effects_of(plan: Plan, view: RunView, by: str, reason: str) -> list[e.Event]:
    """Skip the steps that a revision skips, and take the outputs that it gives, at once."""
    events: list[e.Event] = []
    for step in plan.steps:
        if not step.skip and step.output is None:
            continue
        known = view.steps.get(step.id)
        unchanged = view.plan is not None and view.plan.by_id.get(step.id) == step
        if known is not None and known.final and unchanged:
            continue
        if step.output is not None:
            events.append(e.StepGiven(step=step.id, by=by, output=step.output))
        else:
            events.append(e.StepSkipped(step=step.id, by=by, reason=reason))
    return events


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
