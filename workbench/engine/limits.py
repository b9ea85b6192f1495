"""Hard limits: what a next call would cross, and how the person raises one. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from workbench import commands as c
from workbench import events as e
from workbench.budget import crossed
from workbench.engine.call import Call
from workbench.errors import CommandRefused, LimitReached
from workbench.view import RunView, active_s, repeats, used

CROSSES = "crosses"
"""What the evidence of a question calls the limits and caps that it is about, by name."""
TO_GO_ON = "; to go on: "
BY = "budget"
"""Who pauses a run at a limit."""


def over(view: RunView, call: Call) -> list[str]:
    """Say which limits this call would cross, unless the person allowed exactly that."""
    found = [
        text
        for text in crossed(view.limits, used(view), call.spend)
        if not approved(view, call.step.id, call.digest, name_of(text))
    ]
    limit = view.limits.get("repeats")
    if limit is not None:
        times = repeats(view, call.tool.name, call.digest)
        last = view.steps[call.step.id].intent_seq
        allowed = approved(view, call.step.id, call.digest, "repeats", since=last)
        if times + 1 > limit and not allowed:
            found.append(
                f"repeats: {call.tool.name} was called {times} times with these arguments, once "
                f"more would cross the limit of {limit:g}"
            )
    return found


def exhausted(view: RunView, now: datetime) -> str | None:
    """Say which limit of the whole run forbids any further call; None when none does."""
    found = crossed(view.limits, {"steps": view.begun}, {"steps": 1})
    return next(iter([*found, *_out_of_time(view, now)]), None)


def pause_if_exhausted(view: RunView, now: datetime) -> list[e.Event]:
    """Pause a run that has something to call and may not; when no call is being made."""
    if view.state != "running" or not view.index.ready:
        return []
    why = exhausted(view, now)
    return [] if why is None else [pause(why)]


def planning(view: RunView, reserve: Mapping[str, float], now: datetime) -> str | None:
    """Say which limit forbids to ask the planner, who takes at least `reserve`; None: none does."""
    spent = used(view)
    found = crossed(view.limits, spent, reserve)
    for unit in ("usd", "tokens", "tokens_in", "tokens_out"):
        limit = view.limits.get(unit)
        if limit is not None and spent.get(unit, 0) >= limit:
            found.append(f"{unit}: {spent.get(unit, 0):g} used, the limit is {limit:g}")
    return next(iter([*found, *_out_of_time(view, now)]), None)


def pause(why: str) -> e.RunPaused:
    """Make the event that pauses a run at a limit."""
    unit = why.partition(":")[0]
    return e.RunPaused(by=BY, reason=f"{why}{TO_GO_ON}run.raise_limit({unit!r}, …), then resume")


def held_up(view: RunView, error: LimitReached) -> list[e.Event]:
    """Pause a run where a call of a model was not made, and say what lets it be made."""
    if view.state not in ("queued", "planning", "running"):
        return []
    why = str(error.fields["why"])
    if name_of(why) in view.limits:
        return [pause(why)]
    return [e.RunPaused(by=BY, reason=f"{why}{TO_GO_ON}{error.next_step}")]


def left(view: RunView) -> dict[str, float]:
    """Give what may still be used, by unit."""
    spent = used(view)
    return {unit: max(0.0, limit - spent.get(unit, 0)) for unit, limit in view.limits.items()}


def raise_limit(view: RunView, command: c.RaiseLimit, now: datetime) -> list[e.Event]:
    """Change a limit; questions about limits are moot then, and asked again where still needed.

    Raises:
        CommandRefused: the run has no such limit, or more than that was used already.
    """
    unit, before = command.unit, view.limits.get(command.unit)
    if before is None:
        named = ", ".join(view.limits) or "none"
        raise CommandRefused(
            f"Run {view.run} has no limit of {unit!r}.", f"It has limits of: {named}."
        )
    spent = used(view, now).get(unit, 0)
    if command.to < spent:
        raise CommandRefused(
            f"Run {view.run} has used {spent:g} {unit} already, so {command.to:g} is no limit.",
            f"Give at least {spent:g}; to end it: run.stop().",
        )
    if command.to == before:
        return []
    events: list[e.Event] = [e.LimitRaised(unit=unit, to=command.to, before=before, by=command.by)]
    moot = [request for request in view.open_requests if request.opened.about == "budget"]
    events += [
        e.RequestVoided(request=r.id, step=r.opened.step, why=f"the limit of {unit} was changed")
        for r in moot
    ]
    if moot and view.state == "waiting":
        events.append(e.RunResumed(by=command.by))
    return events


def _out_of_time(view: RunView, now: datetime) -> list[str]:
    limit = view.limits.get("seconds")
    if limit is None or (spent := active_s(view, now)) < limit:
        return []
    return [f"seconds: {spent:.3g} used, the limit is {limit:g}"]


def name_of(text: str) -> str:
    """Name the limit or cap that a sentence is about: its unit, or the cap's name."""
    return text.partition(":")[0]


def approved(
    view: RunView, step: str, args_digest: str, name: str, *, since: int | None = None
) -> bool:
    """Whether the person approved these arguments although they cross the limit of that name.

    The approval must be younger than event `since`; None: than the last turn of the step.
    """
    stands = view.steps.get(step)
    after = since if since is not None else stands.turned_seq if stands is not None else 0
    return any(
        request.seq > after
        and request.opened.about == "budget"
        and request.opened.step == step
        and request.answer is not None
        and request.answer.verdict == "approve"
        and request.answer.args_digest == args_digest
        and name in request.opened.evidence.get(CROSSES, (name,))
        for request in view.requests.values()
    )


def cap_raised(view: RunView, command: c.RaiseCap) -> list[e.Event]:
    """Void the questions about a cap that was set anew; they are asked again where still needed."""
    why = f"{command.by} set the cap of {command.cap} to {command.to:g}"
    asked = [request for request in view.open_requests if request.opened.about == "budget"]
    moot = [r for r in asked if command.cap in r.opened.evidence.get(CROSSES, ())]
    events: list[e.Event] = [
        e.RequestVoided(request=r.id, step=r.opened.step, why=why) for r in moot
    ]
    if moot and view.state == "waiting":
        events.append(e.RunResumed(by=command.by))
    return events
