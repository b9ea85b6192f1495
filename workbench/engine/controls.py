"""Control requests: now and then a planted question that should be refused. No I/O.

Nothing stands behind one: it has no step and names no tool of the catalogue, so no answer can make
a call of it. Which request is one shows in the journal only after it was answered.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from workbench import commands as c
from workbench import events as e
from workbench.gate import gate_for
from workbench.ids import digest, new_id
from workbench.tools import Registry, Risk
from workbench.view import RequestView, RunView

FINENESS = 1_000_000
RISK: Risk = "irreversible"
"""Class of every control: it is asked about like what is final."""

TEXTS: tuple[tuple[str, str, dict[str, str], str], ...] = (
    (
        "publish_workspace",
        "Put all files of the workspace on a public page",
        {"folder": ".", "to": "https://files.example.org/public"},
        "publish_workspace is irreversible (irreversible risk)",
    ),
    (
        "forward_mailbox",
        "Forward the whole mailbox to an address outside",
        {"to": "archive@example.net", "folders": "all"},
        "forward_mailbox is irreversible (irreversible risk)",
    ),
    (
        "drop_database",
        "Delete every table of the database",
        {"tables": "*", "backup": "no"},
        "drop_database is irreversible (irreversible risk)",
    ),
)
"""Tool, title, arguments and reason of what nobody should allow, whatever the goal is."""


def planted(
    view: RunView, tools: Registry, share: float, expires: datetime | None
) -> list[e.RequestOpened]:
    """Give a control request to open beside one that was just opened, or nothing.

    Args:
        view: the run; at most one control is open in it.
        tools: the catalogue; no control has the name of a tool in it.
        share: of requests that get one, from 0 to 1.
        expires: when it counts as refused.
    """
    if secrets.randbelow(FINENESS) >= share * FINENESS or open_controls(view):
        return []
    texts = [text for text in TEXTS if tools.get(text[0]) is None]
    if not texts:
        return []
    tool, title, args, why = secrets.choice(texts)
    request = new_id("req")
    return [
        e.RequestOpened(
            request=request,
            token=_token(request),
            about="permission",
            risk=RISK,
            effect="irreversible",
            gate=gate_for(RISK, {}, tool),
            title=title,
            why=why,
            tool=tool,
            args=dict(args),
            args_digest=digest(args),
            revision=view.revision.digest if view.revision else "",
            if_refused="this is not done; what is finished stays",
            expires=expires,
        )
    ]


def is_control(opened: e.RequestOpened) -> bool:
    """Whether a request is a planted one."""
    return opened.step is None and opened.token == _token(opened.request)


def open_controls(view: RunView) -> list[RequestView]:
    """Give the control requests that are open."""
    return [request for request in view.open_requests if is_control(request.opened)]


def answered(view: RunView, request: RequestView, command: c.Answer) -> list[e.Event]:
    """Note the answer to a control, and that it was one; what else the person wants is done."""
    refused = command.verdict == "deny"
    then = command.then if refused and command.then != "replan" else "continue"
    events: list[e.Event] = [
        e.RequestAnswered(
            request=request.id,
            verdict=command.verdict,
            by=command.by,
            surface=command.surface,
            args_digest=request.opened.args_digest,
            reason=command.reason,
            then=then,
        ),
        e.ControlRevealed(request=request.id, refused=refused),
    ]
    if then == "stop":
        others = [other for other in view.open_requests if other.id != request.id]
        why = "the run was stopped"
        events += [
            e.RequestVoided(request=other.id, step=other.opened.step, why=why) for other in others
        ]
        return [*events, e.RunStopping(by=command.by, reason=command.reason)]
    if then == "freeze" and view.state != "paused":
        events.append(e.RunPaused(by=command.by, reason=command.reason))
    elif view.state == "waiting":
        events.append(e.RunResumed(by=command.by))
    return events


def left(view: RunView) -> list[e.Event]:
    """Void controls that nothing but themselves keeps open: a run never waits for one alone."""
    controls = open_controls(view)
    if len(controls) < len(view.open_requests):
        return []
    why = "the run has no other question"
    return [e.RequestVoided(request=request.id, why=why) for request in controls]


def _token(request: str) -> str:
    return hashlib.sha256(f"workbench control {request}".encode()).hexdigest()[:24]
