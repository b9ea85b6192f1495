"""What an edit of the plan comes to: a revision and what follows from it, or a refusal. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from workbench import commands as c
from workbench import events as e
from workbench.budget import Budget
from workbench.engine import outsiders
from workbench.engine.rolling import refuse_changes
from workbench.errors import CommandRefused, JournalError, PlanError, StaleRevision
from workbench.events import Record
from workbench.plan import Add, Finding, Plan, apply_edits
from workbench.plan.costs import over_budget, still_needed
from workbench.plan.draft import refuse_fixed
from workbench.plan.edits import touched
from workbench.plan.forbidden import forbidden
from workbench.plan.remarks import remarks_on
from workbench.policy import Decider
from workbench.tools import Registry
from workbench.view import RunView, fold, used


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
    rehearse(view, events, now)
    return events


def rehearse(view: RunView, events: list[e.Event], now: datetime) -> None:
    """Fold the events onto a copy, so that an edit is made whole or not at all.

    Raises:
        CommandRefused: they cannot be folded.
    """
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
