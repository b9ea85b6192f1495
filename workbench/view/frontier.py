"""The frontier of a view: what is still to come, without what is over.

A run is resumed from its frontier, so that resuming costs the same after a hundred finished steps
and after ten thousand. What was left out is put back by `complete`, from the fold of all events.
"""

from __future__ import annotations

from collections import Counter

from workbench.plan import Plan
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
    steps = {step: view.steps[step] for step in kept}
    sealed = Counter(view.counts)
    sealed.subtract(stands.state for stands in steps.values())
    by_id = view.plan.by_id
    plan = Plan.model_construct(goal=view.plan.goal, steps=tuple(by_id[step] for step in kept))
    requests = {
        name: request
        for name, request in view.requests.items()
        if request.state == "open" or request.opened.step in kept
    }
    counts = {state: count for state, count in sealed.items() if count}
    changes = {"steps": steps, "plan": plan, "requests": requests, "sealed": counts}
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


def _needed(view: RunView) -> dict[str, None]:
    """Name the steps that are not over, and the finished ones that they look at.

    Only these are gone through, however many are over.
    """
    assert view.plan is not None  # noqa: S101 - the caller has looked
    by_id, kept = view.plan.by_id, dict(view.index.left)
    for step in view.index.left:
        for reference in by_id[step].refs:
            if reference.step in view.steps:
                kept[reference.step] = None
    return kept
