"""The frontier of a view: what is still to come, without what is over.

A run is resumed from its frontier, so that resuming costs the same after a hundred finished steps
and after ten thousand. What was left out is put back by `complete`, from the fold of all events.
"""

from __future__ import annotations

from collections import Counter

from workbench.plan import Plan, Step
from workbench.view.index import SATISFIED
from workbench.view.run_view import RunView


def seal(view: RunView) -> RunView:
    """Give a view that leaves out the finished steps and decided requests which nothing needs.

    Failed and denied steps stay, and so do outputs that an open step refers to. A plan with a
    quorum stays whole.
    """
    assert view.plan is not None  # noqa: S101 - there are no steps without a plan
    if view.quorums:  # what a failure costs is read from the ends of a whole fan-out
        return view
    kept = _needed(view)
    steps = {step: stands for step, stands in view.steps.items() if step in kept}
    sealed = Counter(view.sealed)
    sealed.update(stands.state for step, stands in view.steps.items() if step not in kept)
    plan = Plan.model_construct(
        goal=view.plan.goal, steps=tuple(step for step in view.plan.steps if step.id in kept)
    )
    requests = {
        name: request
        for name, request in view.requests.items()
        if request.state == "open" or request.opened.step in kept
    }
    changes = {"steps": steps, "plan": plan, "requests": requests, "sealed": dict(sealed)}
    part = view.model_copy(update=changes)
    part.reindex()
    return part


def complete(view: RunView, whole: RunView) -> None:
    """Put back what was left out; `whole` is the fold of all events, up to any place since."""
    if view.sealed:
        steps, requests = view.steps, view.requests
        view.steps = {name: steps.get(name, stands) for name, stands in whole.steps.items()}
        view.requests = {**whole.requests, **requests}
        view.plan, view.sealed = whole.plan, {}
        view.reindex()


def _needed(view: RunView) -> set[str]:
    """Name the steps that are not over, and the finished ones that they look at."""
    assert view.plan is not None  # noqa: S101 - the caller has looked
    kept = {name for name, stands in view.steps.items() if stands.state not in SATISFIED}
    for step in view.plan.steps:
        if step.id in kept:
            kept.update(name for name in _looked_at(step) if name in view.steps)
    return kept


def _looked_at(step: Step) -> set[str]:
    return {reference.step for reference in step.refs}
