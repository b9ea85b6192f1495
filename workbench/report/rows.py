"""The rows of the widget's protocol as plain dicts, as `wire.py` describes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from workbench.events import CallIntended, Record, RequestOpened
from workbench.gate import GATES
from workbench.plan import Plan, Ref, Step
from workbench.report.ahead import remarks_ahead
from workbench.report.doors import effect_of, is_one_way
from workbench.report.event_text import event_words
from workbench.report.explanation import explain
from workbench.report.foretold import CONTROLS, foretell
from workbench.report.fork_text import fork_words
from workbench.report.request_text import (
    argument_texts,
    cost_words,
    evidence_text,
    is_call,
    objects_words,
    refusal_words,
    reversibility_words,
    verb_words,
    why_words,
)
from workbench.report.text import done_count, run_error, run_line
from workbench.report.values import pretty, sendable, showable, stored_text
from workbench.report.words import plain_text
from workbench.tools import Tool
from workbench.view import RequestView, RunView, used

Row = dict[str, Any]

DETAIL_LIMIT = 20_000
"""Characters of a trace row's detail."""

TRACE_STATES: dict[str, str] = {
    "run.created": "queued",
    "run.planning": "planning",
    "run.started": "running",
    "run.paused": "paused",
    "run.resumed": "running",
    "run.waiting": "waiting",
    "run.timed_out": "fault",
    "run.stopping": "stopping",
    "run.succeeded": "succeeded",
    "run.failed": "failed",
    "run.stopped": "stopped",
    "run.abandoned": "abandoned",
    "plan.revised": "succeeded",
    "planner.called": "planning",
    "planner.answered": "succeeded",
    "plan.unchanged": "denied",
    "plan.commented": "answered",
    "verdict.asked": "checked",
    "verdict.given": "checked",
    "decision.made": "answered",
    "spec.drifted": "fault",
    "call.intended": "running",
    "call.succeeded": "succeeded",
    "call.failed": "failed",
    "call.retrying": "retrying",
    "call.cancelled": "cancelled",
    "call.doubted": "in_doubt",
    "call.confirmed": "succeeded",
    "call.refuted": "ready",
    "call.unplanned": "unplanned",
    "loop.turned": "turned",
    "loop.exhausted": "exhausted",
    "call.timed_out": "fault",
    "step.timed_out": "fault",
    "step.skipped": "skipped",
    "step.given": "succeeded",
    "step.denied": "denied",
    "request.opened": "asking",
    "request.answered": "answered",
    "request.armed": "asking",
    "request.expired": "expired",
    "request.voided": "voided",
    "limit.raised": "answered",
    "notice.delivered": "answered",
    "checkpoint.made": "checkpoint",
    "checkpoint.amended": "checkpoint",
    "step.shared": "succeeded",
    "call.left": "seen",
    "host.attached": "attached",
    "fault.recorded": "fault",
    "resource.seen": "seen",
    "call.submitted": "running",
    "call.polled": "running",
    "call.reported": "running",
    "call.asked": "asking",
    "call.sampled": "running",
    "breaker.opened": "paused",
    "breaker.closed": "running",
    "run.stalled": "waiting",
    "tools.accepted": "answered",
    "grant.given": "answered",
    "grant.revoked": "answered",
    "autonomy.changed": "answered",
    "call.refused": "denied",
    "control.revealed": "answered",
    "rollback.begun": "undone",
    "rollback.ended": "undone",
    "variables.captured": "checkpoint",
    "variables.restored": "checkpoint",
    "model.asked": "planning",
    "model.waiting": "retrying",
    "model.streaming": "running",
    "model.answered": "succeeded",
    "model.failed": "failed",
    "context.compacted": "seen",
    "context.corrected": "answered",
}
"""Event kind to the state that its row shows: one of a step or a run, or a word of its own."""


def header_row(
    view: RunView,
    *,
    now: datetime | None = None,
    tools: Mapping[str, Tool] = MappingProxyType({}),
) -> Row:
    """Give the line that says it all.

    Args:
        view: the run.
        tools: by name, to say what a pause or a stop would do to the calls in flight.
        now: the time up to which `elapsed_s` counts while the run has not ended; default: the
            last event.
    """
    revision = view.revision
    begun, end = view.started or view.created, view.ended or now or view.at
    row = {
        "run": view.run,
        "goal": view.goal,
        "state": view.state,
        "text": run_line(view),
        "by": view.by or None,
        "reason": view.reason,
        "fork": fork_words(view),
        "done": done_count(view),
        "total": len(view.steps),
        "in_flight": len(view.in_flight),
        "open_requests": len(view.open_requests),
        "revision": revision.number if revision else 0,
        "digest": revision.digest if revision else "",
        "seq": view.seq,
        "elapsed_s": round(max(0.0, (end - begun).total_seconds()), 3) if begun and end else 0.0,
        "usage": {unit: round(amount, 6) for unit, amount in used(view, now).items()},
        "limits": dict(view.limits),
        "error": run_error(view),
        "at": iso(now or view.at) or "",
        "result": stored_text(view.result) or None,
        "controls": _controls(view, tools),
        "held": view.held and view.state == "paused",
    }
    return plain_row(row)


def _controls(view: RunView, tools: Mapping[str, Tool]) -> Row:
    found = foretell(view, tools)
    return {name: str(found[name]) if name in found else None for name in CONTROLS}


def step_row(
    view: RunView,
    step_id: str,
    tools: Mapping[str, Tool],
    authors: Mapping[str, str] = MappingProxyType({}),
) -> Row:
    """Give one step of the current plan.

    Args:
        view: the run.
        step_id: a step of its current plan.
        tools: by name; one that is missing counts as irreversible.
        authors: from `authors_of`; without it a step's author is named only where all revisions
            have the same.
    """
    plan = view.plan or Plan()
    step, state = plan[step_id], view.steps[step_id]
    effect, risk = effect_of(tools, step.tool)
    known = {revision.author for revision in view.revisions}
    row = {
        "id": step.id,
        "order": _order(plan)[step_id],
        "title": step.title,
        "tool": step.tool,
        "effect": effect,
        "risk": risk,
        "state": state.state,
        "needs": list(step.needs),
        "why": step.why,
        "args": argument_json(step.args),
        "attempt": state.attempt,
        "estimate_s": _estimate_s(step, tools),
        "started": iso(state.started),
        "duration_s": seconds(state.duration_s),
        "summary": stored_text(state.output) if state.state != "undone" else "",
        "error": state.error if state.state != "undone" else None,
        "author": authors.get(step_id) or (known.pop() if len(known) == 1 else ""),
        "one_way": is_one_way(view, step_id, tools),
    }
    return plain_row(row)


def _estimate_s(step: Step, tools: Mapping[str, Tool]) -> float | None:
    """Give the seconds that a step is expected to take: its own estimate before its tool's."""
    tool = tools.get(step.tool)
    estimates = (step.estimate, tool.estimate if tool else None)
    return next((one.seconds for one in estimates if one and one.seconds is not None), None)


def trace_row(record: Record, view: RunView, tools: Mapping[str, Tool]) -> Row:
    """Give one line of the journal; the step's title stands beside it and is not repeated."""
    event = record.event
    step = view.plan.by_id.get(record.step) if view.plan and record.step is not None else None
    name: str | None = getattr(event, "tool", None) or (step.tool if step else None)
    effect = event.effect if isinstance(event, CallIntended) else None
    if effect is None and name is not None:
        effect = effect_of(tools, name)[0]
    body = event.model_dump(mode="json", exclude_defaults=True, exclude={"kind"})
    if isinstance(event, RequestOpened):
        del body["token"]  # a detail may be saved with the notebook
    row = {
        "seq": record.seq,
        "at": iso(record.at),
        "step": record.step,
        "kind": record.kind,
        "text": event_words(event),
        "tool": name,
        "effect": effect,
        "state": TRACE_STATES[record.kind],
        "duration_s": seconds(getattr(event, "duration_s", None)),
        "detail": pretty(
            {"seq": record.seq, "kind": record.kind, **body, "hash": record.hash}, DETAIL_LIMIT
        ),
    }
    return plain_row(row)


def request_row(request: RequestView, view: RunView, tools: Mapping[str, Tool]) -> Row:
    """Give all that a person must know before answering, with the token that the answer carries."""
    opened = request.opened
    question = opened.about == "question" or not opened.tool
    asked = opened.about == "elicitation"
    effect, risk = effect_of(tools, opened.tool)
    row = {
        "id": request.id,
        "token": opened.token,
        "step": opened.step,
        "kind": opened.about,
        "title": opened.title,
        "tool": opened.tool,
        "effect": None if question or asked else opened.effect or effect,
        "risk": "read" if question else opened.risk or risk,
        "schema": opened.evidence.get("answers") if asked else None,
        "reversibility": reversibility_words(request, tools),
        "arguments": [list(pair) for pair in argument_texts(request)],
        "args": None if question else opened.args,
        "cost": cost_words(request),
        "why": why_words(request, view),
        "preview": opened.preview,
        "evidence": evidence_text(request) or None,
        "if_refused": refusal_words(request, view),
        "verb": verb_words(request),
        "choices": [
            {"value": value, "label": plain_text(label)} for value, label in opened.choices.items()
        ],
        "opened": iso(request.opened_at),
        "expires": iso(opened.expires),
        "gate": request.gate.model_dump(mode="json") if is_call(request) else _FREE,
        "armed": iso(request.armed_at),
        "objects": list(opened.objects or ()),
        "count": objects_words(request, 0) if is_call(request) else "",
    }
    return plain_row(row)


def settled_row(request: RequestView) -> Row:
    """Say how a request came to be open no more, for a page that still shows it."""
    answer = request.answer
    row = {
        "id": request.id,
        "title": request.opened.title,
        "how": request.state,
        "by": answer.by if answer else "",
        "surface": answer.surface if answer else "",
        "verdict": answer.verdict if answer else "",
        "at": iso(request.decided_at) or "",
    }
    return plain_row(row)


def remark_rows(view: RunView) -> list[Row]:
    """Give what a person should know of the steps to come, or of a failure.

    The plan itself marks the first door.
    """
    if (why := explain(view)) is not None:
        return [plain_row({"step": None, "text": line}) for line in why.lines()]
    shown = (one for one in remarks_ahead(view) if one.code != "point_of_no_return")
    return [plain_row({"step": one.step, "text": one.text}) for one in shown]


def tool_row(tool: Tool) -> Row:
    """Give what the forms need to know of a tool."""
    row = {
        "name": tool.name,
        "description": tool.description,
        "effect": tool.effect,
        "risk": tool.risk,
        "schema": tool.signature.args_schema,
        "on_pause": tool.on_pause,
    }
    return plain_row(row)


def plain_row(row: Row) -> Row:
    """Make a row safe to send and to show; what may come back from the page stays as it is."""
    return {
        name: sendable(value) if name in _COMES_BACK else showable(value)
        for name, value in row.items()
    }


_FREE = GATES["shared"].model_dump(mode="json")
"""What is answered by a choice has no gate of its own."""

_COMES_BACK = frozenset({"args", "schema", "choices", "token", "id"})


def argument_json(value: Any) -> Any:
    """Give arguments as JSON, with each reference as `{"$ref": id, "path": […]}`."""
    if isinstance(value, Ref):
        return {"$ref": value.step, "path": list(value.path)}
    if isinstance(value, dict):
        return {name: argument_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [argument_json(item) for item in value]
    return value


def iso(at: datetime | None) -> str | None:
    """Give a time as ISO text in UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds") if at else None


def seconds(duration: float | None) -> float | None:
    """Round a duration to the millisecond."""
    return None if duration is None else round(duration, 3)


@lru_cache(maxsize=4)
def _order(plan: Plan) -> dict[str, int]:
    return {step.id: number for number, step in enumerate(plan.steps)}
