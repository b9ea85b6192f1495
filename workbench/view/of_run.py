"""The fold of what happens to a run as a whole: it is made, moves on, and ends."""

from __future__ import annotations

from typing import Any

from workbench import events as e
from workbench.errors import JournalError
from workbench.events import Record
from workbench.states import next_run_state
from workbench.view import anew, authority, watch
from workbench.view.limits import go_on_counting, measure, skip_absence
from workbench.view.parts import Rollback
from workbench.view.run_view import RunView

# Each of these moves a state first, which may be refused, and changes the rest only then.


def created(view: RunView, record: Record, event: e.RunCreated) -> None:
    """Take over what a run was made with."""
    if view.seq:
        raise JournalError(
            f"Run {record.run} is made a second time, by event {record.seq}.",
            "The journal was changed by hand: run `workbench verify`.",
            run=record.run,
        )
    view.goal, view.key, view.agent = event.goal, event.key, event.agent
    view.on_behalf_of, view.limits = event.on_behalf_of, dict(event.limits)
    view.on_failure, view.tools = event.on_failure, event.tools
    view.mode, view.mode_why = event.mode, event.mode_why
    view.priority, view.pace = event.priority, dict(event.pace)
    view.within_s = view.granted_s = event.within_s
    view.seed, view.notify = event.seed, event.notify
    view.replanning, view.done, view.spec = event.replan, event.done, dict(event.spec)
    view.sources, view.schemas = event.sources, event.schemas
    view.run_kind, view.undoes, view.to = event.run_kind, event.undoes, event.to
    view.created = record.at
    view.fork_of, view.fork_at = event.fork_of, event.fork_at
    view.fork_behind = event.fork_behind
    if event.used:
        go_on_counting(view, event.used)
    authority.created(view, record, event)


def paused(view: RunView, record: Record, event: e.RunPaused) -> None:
    """Start nothing new; perhaps for a person to look at a revision."""
    run_state(view, record, event)
    view.held = event.held


def resumed(view: RunView, record: Record, event: e.RunResumed) -> None:
    """Go on, with the time that it was granted anew."""
    was, view.held = view.state, False
    run_state(view, record, event)
    if was == "paused":
        view.verdict = None  # the world may be another one now
    if view.rollbacks and was == "paused":
        anew.renew(view)
    if view.breakers and was == "paused":
        watch.resumed(view)
    if event.within_s is not None:
        view.granted_s = view.active_s + event.within_s


def run_state(view: RunView, record: Record, event: Any) -> None:
    """Move to the next state."""
    view.state = next_run_state(view.state, event.kind)
    measure(view, record.at)
    view.by = getattr(event, "by", view.by)
    view.reason = getattr(event, "reason", "")
    if view.state == "running" and view.started is None:
        view.started = record.at
    if event.kind == "run.paused" and event.by == "engine":
        view.replan = ""


def rollback_begun(view: RunView, record: Record, event: e.RollbackBegun) -> None:
    """Wait for the run that undoes; a run that has ended stays as it is."""
    if not view.final:
        run_state(view, record, event)
    view.rollbacks.append(
        Rollback(
            undo=event.undo,
            to=event.to,
            only=event.only,
            by=event.by,
            reason=event.reason,
            seq=record.seq,
            at=record.at,
        )
    )


def rollback_ended(view: RunView, record: Record, event: e.RollbackEnded) -> None:
    """Take back what was undone; what the run had seen of the world is no longer so."""
    last = view.rollback
    if last is None or last.undo != event.undo:
        raise JournalError(
            f"Event {record.seq} of {record.run} ends a rollback that is not under way.",
            "The journal was changed by hand: run `workbench verify`.",
            run=record.run,
        )
    if not view.final:
        view.state = next_run_state(view.state, event.kind)
        measure(view, record.at)
    changes = {"ended": record.at, "effects": dict(event.effects)}
    view.rollbacks[-1] = last.model_copy(update=changes)
    anew.take_back(view, {step: f"step.{became}" for step, became in event.steps.items()})
    anew.forget_left(view, event.effects)
    view.resources = {}


def run_time_used(view: RunView, _record: Record, event: e.RunTimedOut) -> None:
    """Move to the next state; the pause that follows measures."""
    view.state = next_run_state(view.state, event.kind)


def stopping(view: RunView, record: Record, event: e.RunStopping) -> None:
    """Begin to stop."""
    run_state(view, record, event)
    view.abandoning = event.abandon


def attached(view: RunView, record: Record, event: e.HostAttached) -> None:
    """Note who drives it; the time without a host does not count."""
    view.host = event.host
    skip_absence(view, record.at)


def ended(view: RunView, record: Record, event: Any) -> None:
    """End, and with it what was still to come."""
    by, reason = view.by, view.reason
    run_state(view, record, event)
    view.by, view.reason, view.ended = by, view.reason or reason, record.at
    view.end_seq = record.seq
    for step in list(view.steps.values()):
        if step.state in ("pending", "ready", "asking"):
            view.put_step(step, "run.ended")
    if isinstance(event, e.RunSucceeded):
        view.result, view.verified = event.result, event.verified
    elif isinstance(event, e.RunFailed):
        view.errors = dict(event.errors)
    else:
        view.remains = event.model_dump(mode="json", include={"happened", "in_flight", "not_begun"})


def drifted(view: RunView, _record: Record, event: e.SpecDrifted) -> None:
    """Note which parts of the specification are others now; one that is as it was is none."""
    now = {**view.drifted, **{part: digests[1] for part, digests in event.parts.items()}}
    view.drifted = {part: digest for part, digest in now.items() if view.spec.get(part) != digest}
