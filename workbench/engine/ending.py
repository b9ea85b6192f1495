"""How a run ends when nothing is left to do: the next event, or None. No I/O."""

from __future__ import annotations

from workbench import events as e
from workbench.engine import controls, outsiders
from workbench.engine.answers import skip_dependents
from workbench.engine.quorum import excused, unreachable
from workbench.ids import new_id
from workbench.values import Stored
from workbench.view import RunView

START = 1
"""Place of a run's first event: before anything was done."""


def failing(view: RunView) -> bool:
    """Whether a failure forbids that anything new starts."""
    if view.on_failure not in ("stop", "undo") or not (
        view.count("failed") or view.count("denied")
    ):
        return False
    return bool(errors_of(view))


def errors_of(view: RunView) -> dict[str, str]:
    """Give the error of each step that failed, or that the policy denied, and that matters.

    Of a fan-out with a quorum a failure matters only when the quorum cannot be had any more.
    """
    errors = {
        step.id: step.error or step.state
        for step in view.steps.values()
        if step.state == "failed" or (step.state == "denied" and step.by == "policy")
    }
    if view.quorums:
        fine = excused(view, errors)
        errors = {step: error for step, error in errors.items() if step not in fine}
        return errors or unreachable(view)
    return errors


def exhausted(view: RunView) -> str:
    """Say that the planner was asked as often as the run's policy allows; empty: it was not."""
    policy = view.replanning
    if policy is None or view.replans < policy.at_most:
        return ""
    times = "once" if policy.at_most == 1 else f"{policy.at_most} times"
    return f"the planner was asked again {times}, the most that the run's policy allows"


def ending(view: RunView, held: int = 0) -> list[e.Event]:  # noqa: PLR0911 - one line for each ending
    """Give the events that bring a running run to rest, when no call is being made.

    An empty list means that something is still to be done.

    Args:
        view: the run.
        held: ready steps whose turn comes only after a step that cannot go on now.
    """
    counts = view.counts
    errors = errors_of(view)
    if counts.get("in_doubt"):
        return [e.RunWaiting()]
    taken_back = any(not rollback.only for rollback in view.rollbacks)
    if errors and view.on_failure == "undo" and not taken_back:
        why = "; ".join(f"{step or 'the run'}: {error}" for step, error in errors.items())
        begun = e.RollbackBegun(undo=new_id("run"), to=START, by="engine", reason=why)
        return [*_void_all(view), begun]
    if errors and view.on_failure in ("stop", "undo"):
        return [*_void_all(view), e.RunFailed(errors=errors)]
    if counts.get("ready", 0) > held:
        return []
    if view.open_requests:
        return outsiders.left(view) or controls.left(view) or [e.RunWaiting()]
    if errors and view.on_failure == "pause":
        steps = ", ".join(errors)
        return [e.RunPaused(by="engine", reason=f"{steps} failed: edit the plan and resume")]
    if errors:
        limit = exhausted(view) if view.on_failure == "replan" else ""
        return [e.RunFailed(errors={"": limit, **errors} if limit else errors)]
    orphans = _orphans(view) if view.run_kind == "work" else []
    if orphans:
        return orphans
    return [e.RunSucceeded(result=result_of(view))]


def _void_all(view: RunView) -> list[e.Event]:
    return [
        e.RequestVoided(request=request.id, step=request.opened.step, why="the run failed")
        for request in view.open_requests
    ]


def _orphans(view: RunView) -> list[e.Event]:
    denied = [step.id for step in view.steps.values() if step.state == "denied"]
    for step in denied:
        if skipped := skip_dependents(view, step, f"needs {step}, which was refused"):
            return skipped
    return []


def result_of(view: RunView) -> Stored:
    """Give the run's result: the output of its last step, or of each of its last steps by id.

    Of several, live values stay out: `last_outputs` has them all.
    """
    last = last_outputs(view)
    if len(last) == 1:
        return next(iter(last.values()))
    plain = {step: output.value for step, output in last.items() if output.artifact is None}
    return Stored(value=plain, summary=f"outputs of {len(last)} steps") if last else Stored()


def last_outputs(view: RunView) -> dict[str, Stored]:
    """Give the outputs of the steps that no other step waits for, by id."""
    if view.plan is None:
        return {}
    needed = {earlier for before in view.plan.needs.values() for earlier in before}
    found = {step.id: view.steps[step.id].output for step in view.plan.steps}
    return {step: out for step, out in found.items() if out is not None and step not in needed}


def remains(view: RunView, in_flight: dict[str, str], *, abandon: bool) -> e.Event:
    """Give the event that ends a stopping run: what happened, was in flight, will not happen."""
    doubt = {s.id: "in doubt" for s in view.steps.values() if s.state == "in_doubt"}
    flying = {**doubt, **in_flight}
    rest = [step for step in view.steps.values() if step.id not in flying]
    happened = tuple(step.id for step in rest if step.final)
    not_begun = tuple(step.id for step in rest if not step.final)
    if abandon:
        return e.RunAbandoned(
            happened=happened, in_flight=flying, not_begun=not_begun, reason=view.reason
        )
    return e.RunStopped(happened=happened, in_flight=flying, not_begun=not_begun)
