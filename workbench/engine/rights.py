"""What a command about rights comes to: events, or a refusal. No I/O."""

from __future__ import annotations

from datetime import datetime

from workbench import commands as c
from workbench import events as e
from workbench.engine.covered import granted
from workbench.errors import CommandRefused
from workbench.tools import Registry
from workbench.view import RunView


def give(view: RunView, command: c.GiveGrant, tools: Registry, now: datetime) -> list[e.Event]:
    """Give the run a right; calls that it covers are not asked about any more, open ones too.

    Raises:
        CommandRefused: there is a right of that id, or it names no tool that there is.
    """
    if command.grant in (view.grants or {}):
        raise CommandRefused(
            f"Run {view.run} has a grant {command.grant!r} already.", "Give another id."
        )
    if not any(command.right.names(tool.name) for tool in tools):
        raise CommandRefused(
            f"The grant for {', '.join(command.right.tools)} names no tool.",
            f"Known tools are: {', '.join(sorted(tool.name for tool in tools)) or 'none'}.",
        )
    given = e.GrantGiven(
        grant=command.grant, right=command.right, by=command.by, surface=command.surface
    )
    moot = granted(view, command, tools, now)
    resumed = [e.RunResumed(by=command.by)] if moot and view.state == "waiting" else []
    return [given, *moot, *resumed]


def revoke(view: RunView, command: c.RevokeGrant) -> list[e.Event]:
    """Take a right away: the next call that needs it is refused, and the run pauses.

    Raises:
        CommandRefused: the run has no such right.
    """
    held = (view.grants or {}).get(command.grant)
    if held is None:
        named = ", ".join(view.grants or {}) or "none"
        raise CommandRefused(f"Run {view.run} has no grant {command.grant!r}.", f"It has: {named}.")
    if held.revoked:
        return []
    return [e.GrantRevoked(grant=command.grant, by=command.by, reason=command.reason)]


def set_autonomy(view: RunView, command: c.SetAutonomy) -> list[e.Event]:
    """Change how much the run does without asking; questions that are open stay open."""
    if command.to == view.autonomy:
        return []
    return [e.AutonomyChanged(to=command.to, before=view.autonomy, by=command.by)]
