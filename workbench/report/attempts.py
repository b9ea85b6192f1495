"""Pairs intents with outcomes: from the journal to attempts, intervals of waiting, and authors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from workbench import events as e
from workbench.events import Level, Record
from workbench.plan import Plan, apply_edits
from workbench.tools import Effect
from workbench.values import Stored


@dataclass(frozen=True)
class Attempt:
    """One attempt of a step, or (`attempt` 0) the end of a step without a call."""

    seq: int
    """Place of its intent, or of the event that finished the step without a call."""
    step: str
    attempt: int
    state: str
    """One of `words.ATTEMPT_SIGNS`."""
    started: datetime
    ended: datetime | None = None
    """None while it is in flight; settling a doubt later does not move it."""
    duration_s: float | None = None
    """None while it is in flight, and when nobody knows how long it took."""
    tool: str | None = None
    effect: Effect | None = None
    args: Stored | None = None
    args_digest: str = ""
    key: str = ""
    allowed_by: str = ""
    spend: dict[str, float] = field(default_factory=dict)
    """By unit: what was reserved and not given back."""
    output: Stored | None = None
    error: str | None = None
    verified: bool | None = None
    level: Level | None = None
    """Of one that succeeded: how sure it is that it did its work."""
    by: str = ""
    """Who settled, skipped, gave or refused it; empty for an ordinary call."""
    planned: bool = True
    """False: a call that the plan does not have, made during the call of the step."""
    turn: int = 1
    """Of a step that repeats, from 1."""
    tries: int = 0
    """Requests that it sent; 0 while it is in flight, and where no call was made."""
    wait_s: float = 0.0
    """Seconds that the next attempt had to wait after this one failed."""
    again: bool = False
    """Whether an attempt before it, under the same key, may have had its effect."""


def attempts_of(records: Iterable[Record]) -> list[Attempt]:
    """Give all attempts in the order of the journal."""
    found: list[Attempt] = []
    last: dict[str, int] = {}
    """Step to the place of its last attempt in `found`."""
    unsure: set[str] = set()
    """Keys under which an attempt may have had its effect."""
    for record in records:
        event = record.event
        step = record.step
        if step is None:
            continue
        if isinstance(event, e.CallIntended):
            last[step] = len(found)
            found.append(replace(_begun(record, event), again=event.key in unsure))
        elif isinstance(event, e.CallUnplanned):
            found.append(_unplanned(record, event))
        elif step in last and (changes := _changes(record, event, found[last[step]])):
            found[last[step]] = replace(found[last[step]], **changes)
            if _may_have_happened(event):
                unsure.add(found[last[step]].key)
        elif (row := _without_call(record, event)) is not None:
            found.append(row)
    return found


def _may_have_happened(event: e.Event) -> bool:
    """Whether another attempt follows although this one may have had its effect."""
    doubted = isinstance(event, e.CallRefuted) and event.by == "engine"
    return doubted or (isinstance(event, e.CallRetrying) and event.unsure)


def given_back(event: e.Event, spend: dict[str, float]) -> dict[str, float]:
    """Say what of an attempt's reservation an event gives back; the same rule as in the fold."""
    if isinstance(event, (e.CallCancelled, e.CallAsked)):
        return dict(spend)
    failed_before = isinstance(event, e.CallFailed) and event.happened is False
    if failed_before or isinstance(event, (e.CallRetrying, e.CallRefuted)):
        return {unit: amount for unit, amount in spend.items() if unit != "calls"}
    return {}


def _begun(record: Record, event: e.CallIntended) -> Attempt:
    return Attempt(
        seq=record.seq,
        step=event.step,
        attempt=event.attempt,
        turn=event.turn,
        state="running",
        started=record.at,
        tool=event.tool,
        effect=event.effect,
        args=event.args,
        args_digest=event.args_digest,
        key=event.key,
        allowed_by=event.allowed_by,
        spend=dict(event.spend),
    )


_ENDS: dict[type[e.Event], str] = {
    e.CallSucceeded: "succeeded",
    e.CallFailed: "failed",
    e.CallRetrying: "retrying",
    e.CallCancelled: "cancelled",
    e.CallAsked: "asked",
    e.CallDoubted: "in_doubt",
    e.CallConfirmed: "succeeded",
    e.CallRefuted: "refuted",
    e.LoopTurned: "turned",
    e.LoopExhausted: "exhausted",
}


def _changes(record: Record, event: e.Event, attempt: Attempt) -> dict[str, Any]:
    """Give what an outcome changes of its attempt; nothing when the event is none of it."""
    state = _ENDS.get(type(event))
    open_for = (e.CallConfirmed, e.CallRefuted, e.Turned) if attempt.state == "in_doubt" else None
    if state is None or not (
        attempt.state == "running" or (open_for and isinstance(event, open_for))
    ):
        return {}
    back = given_back(event, attempt.spend)
    changes: dict[str, Any] = {
        "state": state,
        "ended": attempt.ended or record.at,
        "spend": {u: a - back.get(u, 0) for u, a in attempt.spend.items() if a - back.get(u, 0)},
        "duration_s": getattr(event, "duration_s", None),
        "by": getattr(event, "by", ""),
        "tries": attempt.tries or getattr(event, "tries", 1),
    }
    match event:
        case e.CallSucceeded():
            changes |= {"output": event.output, "verified": event.verified, "level": event.reached}
        case e.CallConfirmed():
            level = "confirmed" if event.by == "probe" else "accepted"
            changes |= {"output": event.output, "error": None, "level": level}
        case e.CallFailed():
            changes |= {"error": event.error, "output": event.output}
            changes |= {"verified": False} if event.output is not None else {}
        case e.CallRetrying():
            changes |= {"error": event.error, "wait_s": event.wait_s}
        case e.Turned():
            changes |= {"output": event.output, "error": event.why, "verified": False}
        case e.CallCancelled() | e.CallDoubted() | e.CallRefuted():
            changes |= {"error": event.why or None}
        case _:
            pass
    return changes


def _unplanned(record: Record, event: e.CallUnplanned) -> Attempt:
    times = f", {event.count} times" if event.count > 1 else ""
    return Attempt(
        seq=record.seq,
        step=event.step,
        attempt=0,
        planned=False,
        state="refused" if event.refused else "unplanned",
        started=record.at,
        ended=record.at,
        tool=event.tool,
        effect=event.effect,
        args_digest=event.args_digest,
        error=f"called during step {event.step}{times}; the plan does not have it",
    )


def _without_call(record: Record, event: e.Event) -> Attempt | None:
    """Give the row of a step that ended without a call."""
    at = record.at
    row = Attempt(seq=record.seq, step=record.step or "", attempt=0, state="", started=at, ended=at)
    match event:
        case e.StepSkipped():
            return replace(row, state="skipped", by=event.by, error=event.reason or None)
        case e.StepGiven():
            return replace(row, state="given", by=event.by, output=event.output)
        case e.StepDenied():
            return replace(row, state="denied", by=event.by, error=event.reason)
        case e.CallFailed():
            return replace(row, state="failed", error=event.error)
        case e.LoopExhausted():
            return replace(row, state="exhausted", error=event.error)
        case _:
            return _shared(row, event) if isinstance(event, e.StepShared) else None


def _shared(row: Attempt, event: e.StepShared) -> Attempt:
    """Give the row of a step that another run has done."""
    return replace(
        row,
        state="shared",
        by=event.run,
        tool=event.tool,
        effect=event.effect,
        args_digest=event.args_digest,
        output=event.output,
        verified=event.verified,
    )


@dataclass(frozen=True)
class Wait:
    """A time in which the run, or one step, waited for the person."""

    step: str | None
    title: str
    started: datetime
    ended: datetime | None
    """None: it waits still."""
    pause: bool = False
    """A pause of the whole run; otherwise a request."""


def waits_of(records: Iterable[Record]) -> list[Wait]:
    """Give all requests and pauses as intervals, in the order in which they began."""
    found: dict[str, Wait] = {}
    paused: str | None = None
    for record in records:
        match record.event:
            case e.RequestOpened() as event:
                found[event.request] = Wait(event.step, event.title, record.at, None)
            case e.RequestAnswered() | e.RequestExpired() | e.RequestVoided() as event:
                if event.request in found:
                    found[event.request] = replace(found[event.request], ended=record.at)
            case e.RunPaused() as event:
                paused = f"pause {record.seq}"
                found[paused] = Wait(None, event.reason, record.at, None, pause=True)
            case e.RunResumed() | e.RunStopping() if paused is not None:
                found[paused], paused = replace(found[paused], ended=record.at), None
            case _:
                pass
    return list(found.values())


def authors_of(records: Iterable[Record]) -> dict[str, str]:
    """Say for each step, retired ones included, who put it into the plan or changed it last."""
    authors: dict[str, str] = {}
    plan = Plan()
    for record in records:
        event = record.event
        if isinstance(event, e.PlanRevised):
            after = event.plan if event.plan is not None else apply_edits(plan, event.edits)
            before = plan.by_id
            changed = (step.id for step in after.steps if before.get(step.id) != step)
            authors.update(dict.fromkeys(changed, event.author))
            plan = after
    return authors
