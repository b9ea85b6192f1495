"""The audit: who decided and did what, for whom, at what cost, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from workbench import events as e
from workbench.events import Record
from workbench.report.attempts import given_back
from workbench.report.call_audit import actor_of
from workbench.report.columns import TEXT, TIME, make_frame, step_names
from workbench.view import RunView

if TYPE_CHECKING:
    import pandas as pd

AUDIT_COLUMNS: dict[str, str] = {
    "seq": "int64",  # place in the journal, without gaps
    "at": TIME,
    "run": TEXT,
    "agent": TEXT,
    "on_behalf_of": TEXT,
    "environment": TEXT,
    "actor": TEXT,  # whose act it was: agent, person or engine
    "by": TEXT,  # the same by name: the agent, a person, planner, policy, probe …
    "event": TEXT,  # kind of the event
    "step": TEXT,
    "tool": TEXT,
    "args_digest": TEXT,  # of the exact arguments
    "decision": TEXT,  # allow ask approve deny choose void pause resume stop abandon revise skip …
    "decided_by": TEXT,  # rule, grant or answer for a call; otherwise who
    "surface": TEXT,  # where the person answered
    "scope": TEXT,  # how far an approval reaches
    "reason": TEXT,
    "spend": TEXT,  # JSON, amounts by unit; negative: given back
    "outcome": TEXT,  # succeeded failed retrying cancelled in_doubt confirmed refuted …
    "hash": TEXT,  # of the journal's chain; the last one names the whole history
}
"""Columns of `audit_frame` and their dtypes: one row for each event. Rows with a `decision` are
decisions, rows with an `outcome` say what came of something."""


def audit_frame(records: Iterable[Record], view: RunView) -> pd.DataFrame:
    """Give every decision and action of a run; columns as in `AUDIT_COLUMNS`.

    The amounts in `spend` add up to the run's usage; of a fork to its own, since what was used
    before stands in the audit of the run that used it.
    """
    read = list(records)
    _, tools = step_names(read, view)
    intents: dict[str, e.CallIntended] = {}
    rows = []
    for record in read:
        if isinstance(record.event, e.CallIntended):
            intents[record.event.step] = record.event
        rows.append(_row(record, view, tools, intents))
        if record.kind in _SETTLED and record.step is not None:
            intents.pop(record.step, None)
    return make_frame(rows, AUDIT_COLUMNS)


def _row(
    record: Record, view: RunView, tools: dict[str, str], intents: dict[str, e.CallIntended]
) -> dict[str, Any]:
    event, step = record.event, record.step
    about_a_call = step is not None and record.kind.startswith(_ABOUT_A_CALL)
    intent = intents.get(step or "") if about_a_call else None
    decision, decided_by = _decision(event)
    spend, by = _spend(event, intent), _by(event, view)
    scope = (
        event.scope if isinstance(event, e.RequestAnswered) and event.verdict == "approve" else None
    )
    return {
        "seq": record.seq,
        "at": record.at,
        "run": record.run,
        "agent": view.agent,
        "on_behalf_of": view.on_behalf_of,
        "environment": getattr(view, "environment", ""),
        "actor": actor_of(by, view.agent),
        "by": by,
        "event": record.kind,
        "step": step,
        "tool": getattr(event, "tool", None) or (tools.get(step) if step is not None else None),
        "args_digest": getattr(event, "args_digest", None)
        or (intent.args_digest if intent else None),
        "decision": decision,
        "decided_by": decided_by,
        "surface": getattr(event, "surface", None) or None,
        "scope": scope,
        "reason": _reason(event),
        "spend": json.dumps(spend, sort_keys=True) if spend else None,
        "outcome": _outcome(event) or getattr(event, "outcome", None),
        "hash": record.hash,
    }


_BY_THE_AGENT = (e.CallIntended, e.CallSucceeded, e.CallFailed, e.CallUnplanned, e.Turned)


def _by(event: e.Event, view: RunView) -> str:
    if isinstance(event, _BY_THE_AGENT):
        return view.agent
    if isinstance(event, e.RunCreated):
        return event.on_behalf_of or "person"
    if isinstance(event, (e.PlannerAnswered, e.PlannerCalled)):
        return f"planner {event.planner}"
    author = getattr(event, "by", None) or getattr(event, "author", None)
    return str(author or "engine")


_Decide = Callable[[Any], tuple[str, str]]

_DECISIONS: dict[type[e.Event], _Decide] = {
    e.RunCreated: lambda v: ("start", v.on_behalf_of or "person"),
    e.RunPaused: lambda v: ("pause", v.by),
    e.RunResumed: lambda v: ("resume", v.by),
    e.RunStopping: lambda v: ("abandon" if v.abandon else "stop", v.by),
    e.PlanRevised: lambda v: ("revise", v.author),
    e.PlanUnchanged: lambda v: ("keep", v.author),
    e.PlanCommented: lambda v: ("comment", v.by),
    e.DecisionMade: lambda v: (f"{v.subject}: {v.choice}", v.by),
    e.VerdictGiven: lambda v: ("accept" if v.ok else "reject", v.by),
    e.CallIntended: lambda v: ("allow", v.allowed_by or "policy"),
    e.CallConfirmed: lambda v: ("happened", v.by),
    e.CallRefuted: lambda v: ("run again", v.by),
    e.StepSkipped: lambda v: ("skip", v.by),
    e.StepGiven: lambda v: ("give", v.by),
    e.StepDenied: lambda v: ("deny", v.by),
    e.RequestOpened: lambda _: ("ask", "engine"),
    e.RequestAnswered: lambda v: (v.verdict, v.by),
    e.RequestArmed: lambda v: ("arm", v.by),
    e.RequestExpired: lambda _: ("deny", "expiry"),
    e.RequestVoided: lambda _: ("void", "engine"),
    e.LimitRaised: lambda v: ("raise", v.by),
    e.CheckpointMade: lambda v: ("checkpoint", v.by),
    e.CheckpointAmended: lambda v: ("amend", v.by),
    e.StepShared: lambda v: ("share", v.by or "engine"),
    e.VariablesRestored: lambda v: ("restore", v.by),
}

_OUTCOMES: dict[str, str] = {
    "call.succeeded": "succeeded",
    "call.failed": "failed",
    "call.retrying": "retrying",
    "call.cancelled": "cancelled",
    "call.doubted": "in_doubt",
    "call.confirmed": "confirmed",
    "call.refuted": "refuted",
    "call.unplanned": "unplanned",
    "loop.turned": "turned",
    "loop.exhausted": "exhausted",
    "step.skipped": "skipped",
    "step.given": "given",
    "step.shared": "shared",
    "step.denied": "denied",
    "run.succeeded": "succeeded",
    "run.failed": "failed",
    "run.stopped": "stopped",
    "run.abandoned": "abandoned",
    "fault.recorded": "fault",
}

_ABOUT_A_CALL = ("call.", "loop.")
_SETTLED = frozenset(k for k in _OUTCOMES if k.startswith(_ABOUT_A_CALL)) - {
    "call.doubted",
    "call.unplanned",
}
"""After these an attempt has nothing more to give back."""


def _decision(event: e.Event) -> tuple[str | None, str | None]:
    decide = _DECISIONS.get(type(event))
    return decide(event) if decide is not None else (None, None)


def _outcome(event: e.Event) -> str | None:
    if isinstance(event, e.CallUnplanned) and event.refused:
        return "refused"
    return _OUTCOMES.get(event.kind)


def _reason(event: e.Event) -> str | None:
    if isinstance(event, e.RunFailed):
        return (
            "; ".join(f"{s}: {error}" if s else error for s, error in event.errors.items()) or None
        )
    for name in ("reason", "why", "error", "text", "choice"):
        value = getattr(event, name, None)
        if value:
            return str(value)
    return None


def _spend(event: e.Event, intent: e.CallIntended | None) -> dict[str, float]:
    if isinstance(event, e.CallIntended):
        return dict(event.spend)
    if isinstance(event, (e.PlannerAnswered, e.VerdictGiven)):
        return dict(event.usage)
    back = given_back(event, intent.spend) if intent is not None else {}
    return {unit: -amount for unit, amount in back.items() if amount}
