"""Fan-outs of which so many must succeed: what a failure costs, and who is not needed any more.

All of it is a fold of the plan and of the states of its steps. No I/O.
"""

from __future__ import annotations

from collections.abc import Iterable

from workbench import events as e
from workbench.plan.graph import order
from workbench.view import RunView

OPEN = frozenset({"pending", "ready", "asking", "running", "in_doubt"})


def doomed(view: RunView, lost: Iterable[str]) -> set[str]:
    """Give the steps that can never run when those of `lost` do not succeed.

    A step with a quorum is doomed only when too few of those that it waits for can still succeed.
    """
    gone = set(lost)
    if view.plan is None or not gone:
        return set()
    quorums, steps = view.quorums, view.steps
    found: set[str] = set()
    for step in order(view.plan.needs):
        if steps[step].state not in ("pending", "ready", "asking") or step in gone:
            continue
        needs = [n for n in view.plan.needs[step] if n in steps]
        if step in quorums:
            able = sum(
                steps[n].state == "succeeded"
                or (steps[n].state in OPEN and n not in gone and n not in found)
                for n in needs
            )
            if able < quorums[step]:
                found.add(step)
        elif any(n in gone or n in found for n in needs):
            found.add(step)
    return found


def excused(view: RunView, lost: Iterable[str]) -> set[str]:
    """Give those of the failed steps whose failure nobody will miss.

    So is a failure when everything that waited for it, directly or not, leads to a step that has
    its quorum, or can still have it.
    """
    lost = list(lost)
    never = doomed(view, lost)
    known: dict[str, bool] = {}

    def absorbed(step: str) -> bool:
        if step not in known:
            known[step] = False
            later = view.needed_by(step)
            known[step] = bool(later) and all(
                (one in view.quorums and one not in never)
                or (one in never and one not in view.quorums and absorbed(one))
                or view.steps[one].state == "skipped"
                for one in later
            )
        return known[step]

    return {step for step in lost if absorbed(step)}


def unreachable(view: RunView) -> dict[str, str]:
    """Say for each step whose quorum can never be had any more, why."""
    lost = [s.id for s in view.steps.values() if s.state in ("failed", "denied", "stopped")]
    never = doomed(view, lost)
    for step, least in view.quorums.items():
        if view.plan is None or view.steps[step].state != "pending" or step in never:
            continue
        needs = [view.steps[n].state for n in view.plan.needs[step] if n in view.steps]
        if sum(state == "succeeded" or state in OPEN for state in needs) < least:
            never.add(step)
    found = {}
    for step, least in view.quorums.items():
        if step in never and view.steps[step].state == "pending" and view.plan is not None:
            every = view.plan.needs[step]
            done = sum(view.steps[n].state == "succeeded" for n in every if n in view.steps)
            found[step] = (
                f"needs {least} of {len(every)} steps to succeed; {done} did, "
                "and too few can still do so"
            )
    return found


def spare(view: RunView) -> list[str]:
    """Give the steps, the last ones first, that only serve steps which have their quorum."""
    plan = view.plan
    met = {step for step in view.quorums if view.missing(step) <= 0}
    if plan is None or not any(
        view.steps[n].state in OPEN for step in met for n in plan[step].needs
    ):
        return []
    found: dict[str, None] = {}
    todo = [n for step in met for n in plan[step].needs]
    while todo:
        step = todo.pop()
        if step in found or step not in view.steps or view.steps[step].state not in OPEN:
            continue
        if all(
            later in met or later in found or view.steps[later].final
            for later in view.needed_by(step)
        ):
            found[step] = None
            todo.extend(plan[step].needs)
    return list(found)


def let_go(view: RunView, step_id: str) -> list[e.Event]:
    """Give the events that skip a step which has not begun and is not needed any more."""
    step = view.steps[step_id]
    if step.state not in ("pending", "ready", "asking"):
        return []
    why = "enough of the others succeeded"
    events: list[e.Event] = []
    if step.state == "asking" and step.request is not None:
        events.append(e.RequestVoided(request=step.request, step=step_id, why=why))
    return [*events, e.StepSkipped(step=step_id, by="engine", reason=why)]
