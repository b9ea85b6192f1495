"""Edits that somebody outside proposes: they wait for a person, nothing waits for them. No I/O."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable

from workbench import commands as c
from workbench import events as e
from workbench.engine import controls
from workbench.errors import CommandRefused
from workbench.ids import new_id
from workbench.plan import EditList, SetOutput, apply_edits
from workbench.view import RequestView, RunView

OPEN = 3
"""Proposals that may wait in one run."""
SHOWN = 3500
"""Characters of edits, as they are shown: what a person cannot see whole they cannot accept."""
CHOICES = {"accept": "Change the plan so", "leave": "Leave the plan as it is"}
Edit = Callable[[c.EditPlan], list[e.Event]]
"""What an edit of the plan comes to; raises when it cannot be made."""


def proposed(view: RunView, command: c.ProposeEdit, edit: Edit) -> list[e.Event]:
    """Ask the person whether the plan is to be changed as somebody outside proposes.

    Raises:
        CommandRefused: it gives outputs, is too large, or too many wait already.
        StaleRevision: it is not based on the current revision; both are named.
        PlanError: the edited plan has faults; all are named.
    """
    if any(isinstance(one, SetOutput) for one in command.edits):
        raise CommandRefused("A proposal cannot give outputs.", "Propose a step that makes them.")
    if len(_open(view)) >= OPEN:
        raise CommandRefused(
            f"{OPEN} proposals wait in run {view.run} already.", "Wait until they were looked at."
        )
    edits = EditList.dump_python(list(command.edits), mode="json", exclude_defaults=True)
    edits = [{"op": one.op, **raw} for one, raw in zip(command.edits, edits, strict=True)]
    if len(json.dumps(edits, indent=2, ensure_ascii=False)) > SHOWN:
        raise CommandRefused(
            f"The proposal takes more than {SHOWN} characters.", "Propose less at a time."
        )
    edit(_order(command.base, command.edits, command.by, command.reason))
    assert view.plan is not None  # noqa: S101 - the edit above would have been refused
    change = str(view.plan.diff(apply_edits(view.plan, command.edits)))
    return [
        e.RequestOpened(
            request=new_id("req"),
            token=secrets.token_urlsafe(18),
            about="proposal",
            title=f"{command.by} proposes to change the plan",
            why=f"it says: {command.reason}" if command.reason else "it gives no reason",
            revision=command.base,
            risk="local",
            evidence={"by": command.by, "changes": change, "edits": edits},
            choices=dict(CHOICES),
            if_refused="the plan stays as it is; the run goes on meanwhile",
        )
    ]


def answered(view: RunView, request: RequestView, command: c.Answer, edit: Edit) -> list[e.Event]:
    """Change the plan as it was proposed, by its author, or leave it.

    Raises:
        StaleRevision: the plan was changed since.
        PlanError: the edited plan has faults by now.
    """
    opened = request.opened
    answer = e.RequestAnswered(
        request=request.id,
        verdict=command.verdict,
        by=command.by,
        surface=command.surface,
        choice=command.choice,
        reason=command.reason,
        then=command.then,
    )
    if command.choice == "accept":
        edits = EditList.validate_python(opened.evidence["edits"])
        order = _order(opened.revision, edits, str(opened.evidence["by"]), opened.why)
        made = edit(order)
        return [answer, *(one for one in made if not _voids(one, request.id))]
    if command.then == "stop":
        others = [one for one in view.open_requests if one.id != request.id]
        why = "the run was stopped"
        moot = [e.RequestVoided(request=r.id, step=r.opened.step, why=why) for r in others]
        return [answer, *moot, e.RunStopping(by=command.by, reason=command.reason or "stopped")]
    return [answer, e.RunResumed(by=command.by)] if view.state == "waiting" else [answer]


def outdated(view: RunView) -> list[e.Event]:
    """Take back what was proposed for the plan as it was."""
    return _void(_open(view), "the plan was changed meanwhile")


def left(view: RunView) -> list[e.Event]:
    """Take back proposals that nothing but themselves keeps open: no run waits for them alone."""
    mine = _open(view)
    others = [one for one in view.open_requests if one not in mine]
    alone = all(controls.is_control(other.opened) for other in others)
    return _void(mine, "the run came to its end") if alone else []


def _open(view: RunView) -> list[RequestView]:
    return [one for one in view.open_requests if one.opened.about == "proposal"]


def _void(requests: Iterable[RequestView], why: str) -> list[e.Event]:
    return [e.RequestVoided(request=one.id, why=why) for one in requests]


def _voids(event: e.Event, request: str) -> bool:
    return isinstance(event, e.RequestVoided) and event.request == request


def _order(base: str, edits: Iterable[object], by: str, reason: str) -> c.EditPlan:
    return c.EditPlan.model_validate(
        {"base": base, "edits": tuple(edits), "by": by, "reason": reason}
    )
