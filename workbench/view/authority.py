"""What a run was given and how much it does by itself: the folds of rights."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from workbench import events as e
from workbench.events import Record
from workbench.grants import Grant

if TYPE_CHECKING:
    from workbench.view.run_view import RunView

BY_GRANT = "grant "
"""How `allowed_by` of a call begins that a grant allowed; its id follows."""


class Held(BaseModel):
    """A right of a run, and what became of it."""

    model_config = ConfigDict(frozen=True)

    grant: Grant
    by: str = ""
    at: datetime | None = None
    used: int = 0
    """Calls that it has given."""
    steps: tuple[str, ...] = ()
    """Steps that have taken it."""
    revoked: str = ""
    """Who revoked it, and why; empty: it holds."""


def created(view: RunView, record: Record, event: e.RunCreated) -> None:
    """Take over what the run was given at its start."""
    view.environment, view.autonomy = event.environment, event.autonomy
    view.rules = event.rules
    view.closed = event.grants is not None
    if event.grants is not None:
        view.grants = {
            name: Held(grant=grant, by="start", at=record.at)
            for name, grant in event.grants.items()
        }


def given(view: RunView, record: Record, event: e.GrantGiven) -> None:
    """Add a right."""
    held = Held(grant=event.right, by=event.by, at=record.at)
    view.grants = {**(view.grants or {}), event.grant: held}
    view.authority_seq = record.seq


def revoked(view: RunView, record: Record, event: e.GrantRevoked) -> None:
    """Take a right away."""
    grants = dict(view.grants or {})
    if event.grant in grants:
        words = f"by {event.by}{f': {event.reason}' if event.reason else ''}"
        grants[event.grant] = grants[event.grant].model_copy(update={"revoked": words})
    view.grants, view.authority_seq = grants, record.seq


def changed(view: RunView, record: Record, event: e.AutonomyChanged) -> None:
    """Change how much the run does without asking."""
    view.autonomy, view.authority_seq = event.to, record.seq


def taken(view: RunView, event: e.CallIntended) -> None:
    """Count a call that a grant allowed."""
    name = event.allowed_by.removeprefix(BY_GRANT)
    held = (view.grants or {}).get(name) if name != event.allowed_by else None
    if held is not None and view.grants is not None:
        steps = held.steps if event.step in held.steps else (*held.steps, event.step)
        change = {"used": held.used + 1, "steps": steps}
        view.grants = {**view.grants, name: held.model_copy(update=change)}


def live(view: RunView) -> dict[str, Held]:
    """Give the rights that are in use at this moment: those of calls that are being made."""
    states = ("running", "in_doubt")
    return {
        name: held
        for name, held in (view.grants or {}).items()
        if any(view.steps[step].state in states for step in held.steps if step in view.steps)
    }
