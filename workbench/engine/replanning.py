"""When the planner is asked again: the run's policy, a person's word, a failure. No I/O."""

from __future__ import annotations

from collections import Counter

from workbench import events as e
from workbench.engine.ending import errors_of, exhausted
from workbench.plan import Plan, colours, shape
from workbench.view import RunView

FUTILE = 2
"""Proposals in a row that change nothing real, where the run has no policy of its own."""
UNDONE_YET = ("pending", "ready", "asking", "running", "in_doubt")


def may_ask(view: RunView, at_most: int) -> bool:
    """Whether the planner may be asked once more.

    Args:
        view: the run.
        at_most: times in all, where the run has no policy.
    """
    if view.replanning is not None and view.plan is not None:
        return view.replans < view.replanning.at_most
    return view.planner_calls < at_most


def reason(view: RunView, at_most: int) -> str | None:
    """Say why the planner should be asked again now; None when it should not.

    What a person wants comes first, and is wanted although the maximum is reached: then the run
    says so.
    """
    if view.plan is None or view.state != "running" or _asks(view):
        return None
    if view.replan:
        return view.replan
    if view.index.open or not may_ask(view, at_most):
        return None
    return _observation(view) or _failure(view)


def holds(view: RunView, at_most: int) -> bool:
    """Whether nothing new begins before the planner was asked.

    After a failure the independent branches go on first.
    """
    if not (view.replan or view.observed) or view.state != "running" or _asks(view):
        return False
    if view.replan:
        return True
    due = not view.index.open and may_ask(view, at_most)
    return due and _observation(view) is not None


def cut_short(view: RunView) -> str | None:
    """Say why the plan is not known to be whole although nothing is left of it."""
    policy = view.replanning
    if policy is None or policy.when != "next" or not view.observed or _left(view):
        return None
    if view.replans < policy.at_most:
        return None
    return f"the goal is not known to be reached: {exhausted(view)}"


def futile_limit(view: RunView) -> int:
    """Give how many proposals in a row may change nothing real."""
    return view.replanning.futile if view.replanning is not None else FUTILE


def no_progress(view: RunView) -> str | None:
    """Say that the planner turns in circles; None when it does not, or not yet."""
    limit = futile_limit(view)
    if view.futile < limit:
        return None
    times = "a proposal" if limit == 1 else f"{limit} proposals in a row"
    return f"no progress: {times} changed nothing real; the last: {view.replan}"


def changes_nothing(view: RunView, plan: Plan) -> bool:
    """Whether a new plan does the same as the current one, whatever its steps are called.

    A step that failed, and stays as it is or is skipped, does nothing more: so its double in the
    new plan is the same again.
    """
    assert view.plan is not None  # noqa: S101 - the first plan always changes something
    if shape(plan) == shape(view.plan):
        return True
    broken = {step.id for step in view.steps.values() if step.state in ("failed", "denied")}
    dead = {n for n in broken & plan.by_id.keys() if plan[n].skip or plan[n] == view.plan[n]}
    before, after = colours(view.plan), colours(plan)
    alive = Counter(colour for name, colour in before.items() if name not in broken)
    to_be = Counter(colour for name, colour in after.items() if name not in dead)
    again = {before[name] for name in broken if name in before}
    return not alive - to_be and bool(to_be - alive) and (to_be - alive).keys() <= again


def tries_again(view: RunView, plan: Plan) -> bool:
    """Whether a plan that does the same as the current one would make calls anew."""
    before = view.plan.by_id if view.plan is not None else {}
    return any(before.get(step.id) != step and not step.skip for step in plan.steps)


def wants_more(view: RunView) -> bool:
    """Whether there is a reason to plan again that a proposal to change nothing leaves open."""
    return bool(view.replan) or _failure(view) is not None


def _asks(view: RunView) -> bool:
    """Whether a question of the planner is open: its answer comes first."""
    if not view.index.open:
        return False
    return any(request.opened.about == "question" for request in view.open_requests)


def _observation(view: RunView) -> str | None:
    policy = view.replanning
    if policy is None or not view.observed:
        return None
    due = {
        "failure": False,
        "each": True,
        "every": view.observed >= policy.n,
        "next": not _left(view),
    }[policy.when]
    return f"{_ended(view)} ended" if due else None


def _failure(view: RunView) -> str | None:
    """Name the failures after which the run's policy is to plan anew."""
    if view.on_failure != "replan":
        return None
    if view.count("failed") + view.count("denied") <= view.kept:
        return None
    return "; ".join(f"{step}: {error}" for step, error in errors_of(view).items()) or None


def _left(view: RunView) -> int:
    counts = view.counts
    return sum(counts.get(state, 0) for state in UNDONE_YET)


def _ended(view: RunView) -> str:
    return "a step has" if view.observed == 1 else f"{view.observed} steps have"


def review(view: RunView, author: str, kept: str = "") -> list[e.Event]:
    """Hold a run whose planner has answered what a person wants to look at first.

    Call it before what was answered is folded: that settles the wish.

    Args:
        view: the run.
        author: who has answered.
        kept: why it leaves the plan as it is; empty: it revises it.
    """
    meant = view.review and view.wanted_seq <= view.asked_seq
    if not meant or view.state == "paused":
        return []
    if kept:
        return [e.RunPaused(by=author, reason=f"the plan stays as it is: {kept}")]
    return [e.RunPaused(by=author, reason="look at the plan first, then resume", held=True)]
