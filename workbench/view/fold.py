"""The fold: one event after another makes the view. No I/O, no clock, no chance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from workbench import events as e
from workbench.errors import JournalError
from workbench.events import Record
from workbench.view import (
    anew,
    asked,
    authority,
    forked,
    judged,
    models,
    of_run,
    planned,
    talk,
    watch,
)
from workbench.view.limits import active_s, count
from workbench.view.parts import Mark, Resource, StepView
from workbench.view.run_view import RunView
from workbench.view.turns import exhausted, turned


def fold(view: RunView, record: Record) -> None:
    """Move `view` on by one record.

    Raises:
        JournalError: the record does not follow the view, its transition is illegal, or it is about
            something that is not there; the view stays as it was.
    """
    if record.seq != view.seq + 1:
        raise JournalError(
            f"Event {record.seq} of {record.run} cannot follow event {view.seq}.",
            "Events are missing: run `workbench verify`.",
            run=record.run,
        )
    try:
        _FOLDS[type(record.event)](view, record, record.event)
    except KeyError as error:
        raise JournalError(
            f"Event {record.seq} of {record.run}, {record.kind!r}, is about {error}, "
            "which is not there.",
            "The workbench made a mistake, or the journal was changed: run `workbench verify`.",
            run=record.run,
        ) from error
    # Not by attributes: pydantic takes a microsecond for each, and this is done at every event.
    place = view.__dict__
    place["seq"], place["at"], place["epoch"] = record.seq, record.at, record.epoch
    if record.event.kind in watch.PROGRESS:
        watch.moved(view, record)


# Each of these moves a state first, which may be refused, and changes the rest only then: an event
# that is refused leaves no trace in the view.


def _intended(view: RunView, record: Record, event: e.CallIntended) -> None:
    step = view.steps[event.step]
    same = step.key == event.key
    view.put_step(
        step,
        event.kind,
        attempt=event.attempt,
        intent_seq=record.seq,
        began_seq=step.began_seq or record.seq,
        began_s=_began_s(view, record, step),
        epoch=record.epoch,
        started=record.at,
        not_before=None,
        key=event.key,
        args_digest=event.args_digest,
        spend=event.spend,
        before=event.before,
        error=None,
        unsure=step.unsure and same,
        handle=None,
        polls=0,
        progress=None,
        told="",
    )
    if step.may_have_happened and not same:
        anew.keep_left(view, step)
    _spend(view, event.spend, +1)
    if view.limited:
        asked.used(view, event)
    if view.limits:
        count(view, event)
    if view.grants:
        authority.taken(view, event)


def _began_s(view: RunView, record: Record, step: StepView) -> float | None:
    limited = view.plan is not None and view.plan.by_id[step.id].within_s is not None
    if not limited or step.began_s is not None:
        return step.began_s
    return active_s(view, record.at)


def _succeeded(view: RunView, record: Record, event: e.CallSucceeded) -> None:
    step = view.steps[event.step]
    view.put_step(
        step,
        event.kind,
        tries=step.tries + event.tries,
        output=event.output,
        verified=event.verified,
        level=event.reached,
        duration_s=event.duration_s,
        **_end(record),
    )
    if view.breakers:
        watch.succeeded(view, step)
    view.submitted.pop(event.step, None)


def _failed(view: RunView, record: Record, event: e.CallFailed) -> None:
    step = view.steps[event.step]
    view.put_step(
        step,
        event.kind,
        error=event.error,
        last_output=event.output or step.last_output,
        error_type=event.error_type,
        faults=event.faults,
        tries=step.tries + (event.tries if step.state == "running" else 0),
        happened=event.happened,
        duration_s=event.duration_s,
        **_end(record),
    )
    if event.happened is False:
        _give_back(view, step.spend)
    watch.failed(view, step, event.error)
    view.submitted.pop(event.step, None)


def _retrying(view: RunView, record: Record, event: e.CallRetrying) -> None:
    step = view.steps[event.step]
    not_before = record.at + timedelta(seconds=event.wait_s)
    view.put_step(
        step,
        event.kind,
        error=event.error,
        not_before=not_before,
        spend={},
        failures=step.failures + 1,
        **talk.UNASKED,
        unsure=step.unsure or event.unsure,
        tries=step.tries + event.tries,
    )
    _give_back(view, step.spend)
    watch.failed(view, step, event.error)
    view.submitted.pop(event.step, None)


def _cancelled(view: RunView, _record: Record, event: e.CallCancelled) -> None:
    step = view.steps[event.step]
    view.put_step(step, event.kind, spend={}, tries=step.tries + 1)
    _spend(view, step.spend, -1)
    view.submitted.pop(event.step, None)


def _doubted(view: RunView, _record: Record, event: e.CallDoubted) -> None:
    step = view.steps[event.step]
    stuck = event.stuck
    changes = {"error": event.why, "tries": step.tries + 1, "stuck": stuck}
    view.put_step(step, event.kind, **changes, **talk.UNASKED)
    watch.failed(view, step, event.why)
    view.submitted.pop(event.step, None)


def _timed_out(view: RunView, _record: Record, event: e.CallTimedOut | e.StepTimedOut) -> None:
    view.put_step(view.steps[event.step], event.kind)


def _confirmed(view: RunView, record: Record, event: e.CallConfirmed) -> None:
    step = view.steps[event.step]
    level = "confirmed" if event.by == "probe" else "accepted"
    changes = {"output": event.output, "error": None, "by": event.by, "level": level}
    view.put_step(step, event.kind, **changes, **_end(record))
    if view.breakers:
        watch.settled(view, step)


def _refuted(view: RunView, _record: Record, event: e.CallRefuted) -> None:
    step = view.steps[event.step]
    # A person who says "redo" gives the step its time again.
    began_s = step.began_s if event.by in ("engine", "probe") else None
    unsure = event.by == "engine"
    view.put_step(
        step, event.kind, error=None, spend={}, began_s=began_s, unsure=unsure, stuck=False
    )
    _give_back(view, step.spend)
    if view.breakers:
        watch.settled(view, step)


def _unplanned(view: RunView, _record: Record, event: e.CallUnplanned) -> None:
    if not event.refused:
        view.unplanned += event.count


def _skipped(view: RunView, record: Record, event: e.StepSkipped) -> None:
    step = view.steps[event.step]
    view.put_step(step, event.kind, by=event.by, **_end(record))
    if step.may_have_happened:
        anew.keep_left(view, step)
    if view.breakers:
        watch.settled(view, step)


def _given(view: RunView, record: Record, event: e.StepGiven) -> None:
    step = view.steps[event.step]
    view.put_step(step, event.kind, output=event.output, by=event.by, **_end(record))


def _denied(view: RunView, record: Record, event: e.StepDenied) -> None:
    step = view.steps[event.step]
    view.put_step(step, event.kind, error=event.reason, by=event.by, **_end(record))
    if event.replan:
        planned.refused(view, record, event)


def _answered(view: RunView, record: Record, event: e.RequestAnswered) -> None:
    opened = view.requests[event.request].opened
    tool = opened.tool
    if event.step is not None and opened.about == "elicitation":
        talk.answered(view, view.steps[event.step], opened, event)
    elif event.step is not None:
        asked.answered_step(view, view.steps[event.step], event)
    if event.verdict == "approve" and event.scope == "run":
        asked.allowed_for_run(view, tool, event)
    if event.verdict == "deny" and event.then == "replan":
        reason = event.reason or "no reason was given"
        why = f"{event.step} was refused: {reason}"
        planned.wanted(view, record, why, review=event.review)
    if opened.about == "conflict" and event.choice == "overwrite":
        # The person has seen this version, so it is no longer somebody else's.
        key, now = opened.evidence.get("key"), opened.evidence.get("now")
        view.resources[str(key)] = Resource(version=now, seq=record.seq)
    _decide(view, record, event.request, "answered", answer=event)


_ABOUT = ("asking", "in_doubt", "running")
"""States of a step about which there may be an open request."""


def _expired(view: RunView, record: Record, event: e.RequestExpired) -> None:
    request = view.requests[event.request]
    if event.step is not None and view.steps[event.step].state in ("in_doubt", "running"):
        view.put_step(view.steps[event.step], event.kind, request=None)
    _decide(view, record, request.id, "expired")


def _voided(view: RunView, record: Record, event: e.RequestVoided) -> None:
    request = view.requests[event.request]
    if event.step is not None and view.steps[event.step].state in _ABOUT:
        view.put_step(view.steps[event.step], event.kind, request=None)
    _decide(view, record, request.id, "voided")


def _seen(view: RunView, record: Record, event: e.ResourceSeen) -> None:
    view.resources[event.key] = Resource(version=event.version, seq=record.seq)


def _checkpoint(view: RunView, record: Record, event: e.CheckpointMade) -> None:
    view.checkpoints.append(Mark(name=event.name, seq=record.seq, at=record.at))


def _raised(view: RunView, _record: Record, event: e.LimitRaised) -> None:
    view.limits = {**view.limits, event.unit: event.to}


def _delivered(view: RunView, _record: Record, event: e.NoticeDelivered) -> None:
    view.delivered = event.event


def _nothing(_view: RunView, _record: Record, _event: Any) -> None:
    """Keep the place only."""


def _end(record: Record) -> dict[str, Any]:
    return {"ended": record.at, "outcome_seq": record.seq, "request": None}


def _decide(view: RunView, record: Record, request: str, state: str, **changes: Any) -> None:
    changes |= {"state": state, "decided_at": record.at}
    view.put_request(view.requests[request].model_copy(update=changes))


def _spend(view: RunView, amounts: dict[str, float], sign: int) -> None:
    for unit, amount in amounts.items():
        view.usage[unit] = view.usage.get(unit, 0) + sign * amount


def _give_back(view: RunView, amounts: dict[str, float]) -> None:
    """Give back what a failed attempt had reserved; the attempt itself still counts as a call."""
    _spend(view, {unit: amount for unit, amount in amounts.items() if unit != "calls"}, -1)


_FOLDS: dict[type[e.Event], Callable[[RunView, Record, Any], None]] = {
    e.RunCreated: of_run.created,
    e.RunPlanning: of_run.run_state,
    e.RunStarted: of_run.run_state,
    e.RunPaused: of_run.paused,
    e.RunResumed: of_run.resumed,
    e.RunTimedOut: of_run.run_time_used,
    e.RunWaiting: of_run.run_state,
    e.RunStopping: of_run.stopping,
    e.RunSucceeded: of_run.ended,
    e.RunFailed: of_run.ended,
    e.RunStopped: of_run.ended,
    e.RunAbandoned: of_run.ended,
    e.PlanRevised: planned.revised,
    e.PlannerCalled: planned.called,
    e.PlannerAnswered: planned.answered,
    e.PlanUnchanged: planned.unchanged,
    e.PlanCommented: planned.commented,
    e.DecisionMade: planned.decided,
    e.VerdictAsked: judged.asked,
    e.VerdictGiven: judged.given,
    e.SpecDrifted: of_run.drifted,
    e.CallIntended: _intended,
    e.CallSucceeded: _succeeded,
    e.CallFailed: _failed,
    e.CallRetrying: _retrying,
    e.CallCancelled: _cancelled,
    e.CallDoubted: _doubted,
    e.CallConfirmed: _confirmed,
    e.CallRefuted: _refuted,
    e.CallUnplanned: _unplanned,
    e.LoopTurned: turned,
    e.LoopExhausted: exhausted,
    e.CallTimedOut: _timed_out,
    e.StepTimedOut: _timed_out,
    e.StepSkipped: _skipped,
    e.StepGiven: _given,
    e.StepDenied: _denied,
    e.RequestOpened: asked.opened,
    e.RequestAnswered: _answered,
    e.RequestArmed: asked.armed,
    e.RequestExpired: _expired,
    e.RequestVoided: _voided,
    e.CheckpointMade: _checkpoint,
    e.HostAttached: of_run.attached,
    e.ResourceSeen: _seen,
    e.FaultRecorded: _nothing,
    e.LimitRaised: _raised,
    e.NoticeDelivered: _delivered,
    e.CallSubmitted: watch.submitted,
    e.CallPolled: watch.polled,
    e.CallReported: talk.reported,
    e.CallAsked: talk.asked,
    e.CallSampled: talk.sampled,
    e.BreakerOpened: watch.opened,
    e.BreakerClosed: watch.closed,
    e.RunStalled: watch.stalled,
    e.ToolsAccepted: watch.accepted,
    e.ControlRevealed: _nothing,
    e.GrantGiven: authority.given,
    e.GrantRevoked: authority.revoked,
    e.AutonomyChanged: authority.changed,
    e.CallRefused: _nothing,
    e.StepShared: forked.shared,
    e.CallLeft: forked.left,
    e.CheckpointAmended: forked.amended,
    e.RollbackBegun: of_run.rollback_begun,
    e.RollbackEnded: of_run.rollback_ended,
    e.VariablesCaptured: _nothing,
    e.VariablesRestored: _nothing,
    e.ModelAsked: models.asked,
    e.ModelWaiting: models.waiting,
    e.ModelStreaming: models.streaming,
    e.ModelAnswered: models.ended,
    e.ModelFailed: models.ended,
    e.ContextCompacted: models.compacted,
    e.ContextCorrected: models.corrected,
}
