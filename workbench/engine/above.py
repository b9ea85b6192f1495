"""A run that a call starts has no more rights than the run of the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from workbench.engine import family, limits
from workbench.errors import CommandRefused
from workbench.events import RunCreated
from workbench.executor import calling_step
from workbench.grants import Grant
from workbench.ids import new_id
from workbench.policy import Allow, CallFacts, Decision, Deny
from workbench.view import RunView

STRICTNESS = ("irreversible", "risk", "ask", "read_only")


@dataclass(frozen=True)
class Ceiling:
    """What a run says to the calls of the runs that its own calls start."""

    view: Callable[[], RunView]
    """The run as it stands now."""
    decide: Callable[[CallFacts, str], Decision]
    """Decides about a call of such a run, as if the step of this name made it."""


driving: ContextVar[Ceiling | None] = ContextVar("workbench_driving", default=None)
"""Of the run whose drive, or whose call, this code runs in."""

_ABOVE: dict[str, tuple[Ceiling, str]] = {}
"""By run: what it may not go beyond, and the step that has started it."""


def below(run: str, created: RunCreated) -> RunCreated:
    """Close what a call wants to start to what its own run may do; otherwise change nothing.

    Raises:
        CommandRefused: it wants to give rights itself, or nothing is known of the run above.
    """
    if created.mode != "detached":
        family.BORN.add(run)
    if (step := calling_step()) is None:
        return created
    if (ceiling := driving.get()) is None:
        raise CommandRefused(
            f"The call of step {step!r} tried to start a run from a thread or process of its own.",
            "Start it from the function of the tool itself, without runs_in='process'.",
        )
    if created.grants or any(rule.verdict == "allow" for rule in created.rules):
        raise CommandRefused(
            f"The call of step {step!r} tried to start a run with rights of its own.",
            "Only a person gives rights; without them it has those of the run above.",
        )
    view = ceiling.view()
    _ABOVE[run] = (ceiling, step)
    with family.ALONE:
        allowed = _within(view, created.limits)
        family.adopt(run, view.run, allowed, apart=created.mode == "detached")
    return created.model_copy(
        update={
            "parent": view.run,
            "environment": view.environment,
            "rules": (*view.rules, *created.rules),
            "autonomy": max(view.autonomy, created.autonomy, key=STRICTNESS.index),
            "grants": _handed_down(view, step, closed=view.closed or created.grants is not None),
            "limits": allowed,
        }
    )


def taken_up(run: str) -> None:
    """Put a run that an earlier attempt of this call has begun below the call again."""
    ceiling, step = driving.get(), calling_step()
    if ceiling is not None and step is not None:
        _ABOVE[run] = (ceiling, step)


def held_back(facts: CallFacts, decision: Decision) -> Decision:
    """Give the stricter of a decision and what the run above says, if there is one."""
    if (above := _ABOVE.get(facts.run)) is None or isinstance(decision, Deny):
        return decision
    ceiling, step = above
    says = ceiling.decide(facts, step)
    return says if isinstance(decision, Allow) or isinstance(says, Deny) else decision


def _within(view: RunView, more: Mapping[str, float]) -> dict[str, float]:
    """Close limits to what is left of those above; what was spent is spent by all of them."""
    left = {**limits.left(view), **family.left(view.run)}
    return {**more, **{unit: min(more.get(unit, has), has) for unit, has in left.items()}}


def _handed_down(view: RunView, step: str, *, closed: bool) -> dict[str, Grant] | None:
    """Give the rights that hold for the step; those with a number of uses stay with their run."""
    if not closed:
        return None
    held = [one.grant for one in (view.grants or {}).values() if not one.revoked]
    return {
        new_id("grant"): grant.model_copy(update={"step": ""})
        for grant in held
        if grant.uses is None and grant.step in ("", step)
    }
