"""What a fork takes over from the run that it is made of, beside its steps. No I/O.

Rights, rules and autonomy are those of the place. A right that was revoked since is not given back,
and of a right with a number of uses only those are left that nobody has used since.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench import events as e
from workbench.budget import is_amount
from workbench.errors import CommandRefused, WorkbenchError
from workbench.grants import Grant
from workbench.view import RunView, carried, used


def inherited(past: RunView, now: RunView, limits: Mapping[str, float] | None) -> dict[str, Any]:
    """Give fields of the first event of a fork.

    Args:
        past: the run at the place of the fork.
        now: the run as it stands now.
        limits: that are set anew, by unit.

    Raises:
        CommandRefused: the run had no such limit, or had used more by then.
        WorkbenchError: a limit is not a number of at least 0.
    """
    return {
        "goal": past.goal,
        "on_failure": past.on_failure,
        "priority": past.priority,
        "pace": dict(past.pace),
        "within_s": past.within_s,
        "seed": past.seed,
        "environment": past.environment,
        "autonomy": past.autonomy,
        "rules": past.rules,
        "grants": _held(past, now) if past.closed else None,
        "limits": _limits(past, limits or {}),
        "used": carried(past),
        "fork_of": past.run,
        "fork_at": past.seq,
    }


def rights_given(past: RunView, now: RunView) -> list[e.Event]:
    """Give the rights of a run that was not given its rights at the start, as events."""
    if past.closed:
        return []
    by = {name: held.by for name, held in (past.grants or {}).items()}
    return [
        e.GrantGiven(grant=name, right=right, by=by[name], surface="fork")
        for name, right in _held(past, now).items()
    ]


def for_a_call(created: e.RunCreated) -> e.RunCreated:
    """Take out what only a person gives, when the call of a step makes the fork.

    What is left of the limits stays the limit; see `above.below` for the rest.
    """
    left = {u: max(0.0, most - created.used.get(u, 0)) for u, most in created.limits.items()}
    return created.model_copy(
        update={
            "grants": None if created.grants is None else {},
            "rules": tuple(rule for rule in created.rules if rule.verdict != "allow"),
            "limits": left,
            "used": {},
        }
    )


def _held(past: RunView, now: RunView) -> dict[str, Grant]:
    found = {}
    for name, held in (past.grants or {}).items():
        latest = (now.grants or {}).get(name, held)
        if held.revoked or latest.revoked:
            continue
        uses = held.grant.uses
        if uses is not None and (uses := uses - latest.used) < 1:
            continue
        found[name] = held.grant.model_copy(update={"uses": uses})
    return found


def _limits(past: RunView, anew: Mapping[str, float]) -> dict[str, float]:
    for unit, most in anew.items():
        if not is_amount(most):
            raise WorkbenchError(f"{most!r} is no limit of {unit}.", "Give a number of at least 0.")
        if unit not in past.limits:
            named = ", ".join(past.limits) or "none"
            raise CommandRefused(
                f"Run {past.run} had no limit of {unit!r}.", f"It had limits of: {named}."
            )
        if most < (spent := used(past).get(unit, 0)):
            raise CommandRefused(
                f"Run {past.run} had used {spent:g} {unit} by then, so {most:g} is no limit.",
                f"Give at least {spent:g}.",
            )
    return {**past.limits, **anew}
