"""Questions to the person: what each kind of prompt says. No I/O."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from workbench.engine.evidence import Evidence
from workbench.engine.shown import Shown
from workbench.events import RequestKind, RequestOpened
from workbench.gate import GATES, gate_for
from workbench.ids import new_id
from workbench.plan import Step
from workbench.planner import Question
from workbench.tools import Tool
from workbench.tools.talking import Asked, host_of
from workbench.view import RunView

CONFLICT_CHOICES = {
    "overwrite": "Overwrite it",
    "skip": "Leave it as it is and skip this step",
}
DOUBT_CHOICES = {
    "done": "It happened: go on",
    "redo": "Do it again",
    "skip": "Skip this step",
}
SAME_KEY = "Do it again, with the same key: what happened is not done twice"
UNDO = "Undo it: its undo is called, and the run pauses; the step begins anew when it is resumed"

VISIT = "nothing here opens the address: look at its host, go there yourself, confirm when done"


def permission(
    view: RunView,
    step: Step,
    tool: Tool,
    args: dict[str, Any],
    *,
    args_digest: str,
    why: str,
    about: RequestKind,
    shown: Shown,
    spend: dict[str, float],
    expires: datetime | None,
) -> RequestOpened:
    """Ask whether a call may be made."""
    return RequestOpened(
        risk=tool.risk,
        effect=tool.effect,
        gate=gate_for(tool.risk, spend, tool.name, shown.objects),
        **shown.fields(),
        request=new_id("req"),
        token=secrets.token_urlsafe(18),
        about=about,
        step=step.id,
        title=step.title or tool.summary or tool.name.replace("_", " "),
        why="; ".join(part for part in (why, step.why) if part),
        tool=tool.name,
        args=args,
        args_digest=args_digest,
        revision=view.revision.digest if view.revision else "",
        spend=spend,
        if_refused=_if_refused(view, step),
        expires=expires,
    )


def as_irreversible(asked: RequestOpened) -> RequestOpened:
    """Ask about a call as about one that cannot be undone, whatever its tool declares."""
    gate = gate_for("irreversible", asked.spend, asked.tool, asked.objects)
    final = {"effect": "irreversible", "risk": "irreversible", "gate": gate}
    return asked.model_copy(update=final)


def doubt(
    view: RunView, step: Step, tool: Tool | None, known: Evidence, expires: datetime | None
) -> RequestOpened:
    """Ask what became of a call that nobody knows the outcome of."""
    stands = view.steps[step.id]
    choices = dict(DOUBT_CHOICES)
    if tool is not None and tool.idempotent:
        choices["redo"] = SAME_KEY
    if known.undoable:
        choices = {"done": choices["done"], "redo": choices["redo"], "undo": UNDO, **choices}
    effect = tool.effect if tool else "irreversible"
    return RequestOpened(
        risk=tool.risk if tool else None,
        effect=effect,
        request=new_id("req"),
        token=secrets.token_urlsafe(18),
        about="doubt",
        step=step.id,
        title=f"Did it happen? {step.name}",
        why=f"{stands.error}. The tool {step.tool} is {effect} and cannot tell by itself.",
        tool=step.tool,
        args=dict(known.args),
        args_digest=stands.args_digest,
        revision=view.revision.digest if view.revision else "",
        evidence={"attempt": stands.attempt, "key": stands.key, **known.facts},
        choices=choices,
        if_refused="the step is skipped and nothing is done again",
        expires=expires,
    )


UNDO_CHOICES = {
    "done": "It is undone: I have seen to it",
    "redo": "Try the undo again",
    "skip": "Leave it: the effect stays",
}


NOT_CALLED = "not called"
"""What the evidence calls the reason of an undo that could not be made ready."""


def stuck_undo(
    view: RunView,
    step: Step,
    tool: Tool | None,
    known: Evidence,
    expires: datetime | None,
    *,
    why: str = "",
) -> RequestOpened:
    """Ask what to do about an undo that failed, or of which nobody knows what became.

    `why` is given for one that was not called at all.
    """
    error = why or view.steps[step.id].error or ""
    asked = doubt(view, step, tool, known, expires)
    return asked.model_copy(
        update={
            "title": f"Not undone: {step.name}",
            "why": f"{error.rstrip('.')}. The other undos go on.",
            "evidence": {NOT_CALLED: why} if why else asked.evidence,
            "choices": dict(UNDO_CHOICES),
            "if_refused": "the effect stays, and the report says so",
        }
    )


DUPLICATE_CHOICES = {
    "use": "Already done: use its result",
    "again": "Do it once more, on purpose",
    "skip": "Skip this step",
}


def duplicate(
    view: RunView,
    step: Step,
    tool: Tool,
    args: dict[str, Any],
    *,
    args_digest: str,
    evidence: dict[str, Any],
    expires: datetime | None,
) -> RequestOpened:
    """Ask whether an action that the planner wants a second time is to be done again."""
    return RequestOpened(
        risk=tool.risk,
        effect=tool.effect,
        request=new_id("req"),
        token=secrets.token_urlsafe(18),
        about="duplicate",
        step=step.id,
        title=f"Already done? {step.name}",
        why=f"step {evidence['step']} called {tool.name} with exactly these arguments, "
        f"and {evidence['it']}",
        tool=tool.name,
        args=args,
        args_digest=args_digest,
        revision=view.revision.digest if view.revision else "",
        evidence=evidence,
        choices=dict(DUPLICATE_CHOICES),
        if_refused=_if_refused(view, step),
        expires=expires,
    )


def drift(view: RunView, evidence: dict[str, Any], expires: datetime | None) -> RequestOpened:
    """Ask whether to go on with tools that are not what the run knew."""
    names = sorted({str(text).partition(":")[0] for name, text in evidence.items() if name != "…"})
    return RequestOpened(
        request=new_id("req"),
        token=secrets.token_urlsafe(18),
        about="drift",
        title=f"Tools have changed: {', '.join(names)}",
        why="steps that are left would be done by other code than the run was started with",
        revision=view.revision.digest if view.revision else "",
        evidence=evidence,
        choices={"use": "Go on with the changed tools", "stop": "Stop the run"},
        if_refused="the run is stopped; what is finished stays",
        expires=expires,
    )


def conflict(
    view: RunView,
    step: Step,
    args: dict[str, Any],
    *,
    args_digest: str,
    evidence: dict[str, Any],
    expires: datetime | None,
) -> RequestOpened:
    """Ask what to do with something that somebody else changed since the run saw it.

    Args:
        view: the run.
        step: the step that would overwrite it.
        args: the arguments of the call, as JSON.
        args_digest: their digest.
        evidence: `key`, `seen` and `now`: what it is, and its two versions.
        expires: when the question counts as refused.
    """
    return RequestOpened(
        request=new_id("req"),
        token=secrets.token_urlsafe(18),
        about="conflict",
        step=step.id,
        title=f"Changed meanwhile: {evidence['key']}",
        why=f"{step.name} would overwrite what somebody else changed since this run saw it last.",
        tool=step.tool,
        args=args,
        args_digest=args_digest,
        revision=view.revision.digest if view.revision else "",
        evidence=evidence,
        choices=dict(CONFLICT_CHOICES),
        if_refused=_if_refused(view, step),
        expires=expires,
    )


def question(item: Question, expires: datetime | None) -> RequestOpened:
    """Ask what the planner must know."""
    return RequestOpened(
        request=new_id("req"),
        token=secrets.token_urlsafe(18),
        about="question",
        title=item.text,
        why=item.why,
        evidence={"question": item.id},
        choices=dict(item.choices),
        if_refused="the run is stopped; nothing was done",
        expires=expires,
    )


def elicitation(
    view: RunView, step: Step, key: str, asked: Asked, expires: datetime | None
) -> RequestOpened:
    """Ask on behalf of the other side of a call; its words are evidence, and the title is ours.

    Args:
        view: the run.
        step: the step whose call it is about.
        key: names the question among those of one call.
        asked: the question.
        expires: when nobody will have answered.
    """
    fields = (asked.answers or {}).get("properties", {})
    host = host_of(asked.url) if asked.url else ""
    evidence = {
        "asks": asked.text,
        "key": key,
        "answers": asked.answers,
        "host": host,
        "url": asked.url,
    }
    wants = f"wants you to visit {host} for" if host else "asks you something during"
    why = VISIT if host else "what you answer is sent to it"
    return RequestOpened(
        request=new_id("req"),
        token=secrets.token_urlsafe(18),
        about="elicitation",
        step=step.id,
        title=f"{asked.by} {wants} {step.name}",
        why="; ".join(filter(None, (why, asked.note))),
        tool=step.tool,
        args={name: field["default"] for name, field in fields.items() if "default" in field},
        revision=view.revision.digest if view.revision else "",
        risk="local",
        gate=GATES["local"],
        evidence={name: value for name, value in evidence.items() if value},
        if_refused=f"{asked.by} is told that you decline; what it does then is its own affair",
        expires=expires,
    )


def errand(view: RunView, step: Step, asked: Asked, expires: datetime | None) -> RequestOpened:
    """Ask for what must be done before a call can be made; nothing was called, nothing is sent."""
    asks = elicitation(view, step, "", asked, expires)
    return asks.model_copy(update={"if_refused": _if_refused(view, step)})


def deadline(now: datetime, expires_s: float | None) -> datetime | None:
    """Give the time when a request opened now expires."""
    return None if expires_s is None else now + timedelta(seconds=expires_s)


def _if_refused(view: RunView, step: Step) -> str:
    if view.plan is None:
        return "nothing is done"
    later = [s.name for s in view.plan.steps if step.id in s.needs]
    if not later:
        return "this step is not done; what is finished stays"
    return f"this step and what needs it ({', '.join(later)}) are not done; what is finished stays"
