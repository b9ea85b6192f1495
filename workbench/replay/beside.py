"""Which events of a recording are not brought about again, but taken over as they were recorded."""

from __future__ import annotations

from workbench import events as e
from workbench.events import Event
from workbench.replay.outcomes import ENDS
from workbench.replay.progress import BESIDE, Progress
from workbench.view import RunView


def is_beside(event: Event, progress: Progress, view: RunView) -> bool:  # noqa: PLR0911 - a kind a line
    """Whether the world, the notebook, a planner or chance has said it, and not the engine.

    Args:
        event: the one that comes next.
        progress: how far the replay has come.
        view: the run as it stands there.
    """
    if event.kind in BESIDE:
        return True
    if isinstance(event, (e.VerdictAsked, e.VerdictGiven)) and event.step is not None:
        return _was_dropped(event.step, progress)
    if event.kind == "decision.made":  # a person's comes with the order for it
        return str(getattr(event, "by", "")).startswith("planner")
    if isinstance(event, e.RunPaused):
        return isinstance(progress.records[progress.at - 1].event, e.CallUnplanned)
    if isinstance(event, e.RunWaiting):
        return any(request.opened.about == "drift" for request in view.open_requests)
    if isinstance(event, e.RequestVoided):
        asked = view.requests.get(event.request)
        return asked is not None and _is_others(asked.opened, view)
    if isinstance(event, e.RequestOpened):
        return _is_others(event, view) or (event.about == "permission" and event.step is None)
    return False


def _is_others(asked: e.RequestOpened, view: RunView) -> bool:
    """Whether the other side of a call has asked during it, or before any; nobody does now."""
    if asked.about != "elicitation" or asked.step is None:
        return asked.about == "drift"
    step = view.steps[asked.step]
    put_off = step.asked.questions if step.asked is not None else {}
    return step.state in ("running", "in_doubt") or asked.evidence.get("key", "") not in put_off


def _was_dropped(step: str, progress: Progress) -> bool:
    """Whether the output that was looked at then was dropped, and so is not there now."""
    for _, record in progress.to_come(step):
        if isinstance(record.event, ENDS):
            return isinstance(record.event, (e.CallCancelled, e.CallDoubted))
    return False
