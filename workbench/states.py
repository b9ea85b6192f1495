"""Every transition of runs and steps, in three tables.

The tables map (state, event kind) to the next state. A pair that is missing is an illegal
transition and raises; a final state has no row, so it is never left: only a rollback, which has a
table of its own, turns a finished step into another one. The diagrams in the docs are drawn from
these tables (`scripts/draw_states.py`).
"""

from __future__ import annotations

from typing import Literal

from workbench.errors import JournalError

RunState = Literal[
    "queued",
    "planning",
    "running",
    "paused",
    "waiting",
    "stopping",
    "succeeded",
    "failed",
    "stopped",
    "abandoned",
]

StepState = Literal[
    "pending",
    "ready",
    "asking",
    "running",
    "in_doubt",
    "succeeded",
    "failed",
    "skipped",
    "denied",
    "stopped",
    "undone",
    "undo_failed",
]

RUN_FINAL: frozenset[RunState] = frozenset({"succeeded", "failed", "stopped", "abandoned"})
STEP_FINAL: frozenset[StepState] = frozenset(
    {"succeeded", "failed", "skipped", "denied", "stopped", "undone", "undo_failed"}
)

NEEDS_MET = "needs.met"
"""Not an event of its own: the last step that this one waited for is done."""
NEEDS_CHANGED = "needs.changed"
"""Not an event of its own: an edit gave the step something more to wait for."""
UNDONE = "step.undone"
"""Not an event of its own: a rollback has taken the step back."""
UNDO_FAILED = "step.undo_failed"
"""Not an event of its own: a rollback could not take the step back, or nobody knows."""
RENEWED = "step.renewed"
"""Not an event of its own: the run goes on behind a rollback, and the step begins anew."""

RUN: dict[tuple[RunState, str], RunState] = {
    ("queued", "run.planning"): "planning",
    ("queued", "run.started"): "running",
    ("queued", "run.paused"): "paused",
    ("planning", "run.started"): "running",
    ("planning", "run.paused"): "paused",
    ("planning", "run.waiting"): "waiting",
    ("planning", "run.failed"): "failed",
    ("running", "run.planning"): "planning",
    ("running", "run.paused"): "paused",
    ("running", "run.waiting"): "waiting",
    ("running", "rollback.begun"): "waiting",
    ("paused", "rollback.begun"): "paused",
    ("paused", "rollback.ended"): "paused",
    ("waiting", "rollback.ended"): "running",
    ("running", "run.succeeded"): "succeeded",
    ("running", "run.failed"): "failed",
    ("planning", "run.timed_out"): "planning",
    ("running", "run.timed_out"): "running",
    ("paused", "run.resumed"): "running",
    ("waiting", "run.resumed"): "running",
    ("waiting", "run.paused"): "paused",
    ("queued", "run.stopping"): "stopping",
    ("planning", "run.stopping"): "stopping",
    ("running", "run.stopping"): "stopping",
    ("paused", "run.stopping"): "stopping",
    ("waiting", "run.stopping"): "stopping",
    ("stopping", "run.stopped"): "stopped",
    ("stopping", "run.abandoned"): "abandoned",
}

STEP: dict[tuple[StepState, str], StepState] = {
    ("pending", NEEDS_MET): "ready",
    ("ready", NEEDS_CHANGED): "pending",
    ("asking", NEEDS_CHANGED): "pending",
    ("ready", "request.opened"): "asking",
    ("asking", "request.answered"): "ready",
    ("asking", "request.voided"): "ready",
    ("asking", "step.denied"): "denied",
    ("ready", "step.denied"): "denied",
    ("pending", "step.denied"): "denied",
    ("ready", "call.intended"): "running",
    ("ready", "call.failed"): "failed",
    ("ready", "step.timed_out"): "ready",
    ("running", "step.timed_out"): "running",
    ("running", "call.timed_out"): "running",
    ("running", "call.succeeded"): "succeeded",
    ("running", "call.failed"): "failed",
    ("running", "call.retrying"): "ready",
    ("running", "call.submitted"): "running",
    ("running", "call.polled"): "running",
    ("running", "call.reported"): "running",
    ("running", "call.sampled"): "running",
    ("running", "call.asked"): "ready",
    ("running", "request.opened"): "running",
    ("running", "request.answered"): "running",
    ("running", "request.expired"): "running",
    ("running", "request.voided"): "running",
    ("running", "call.cancelled"): "ready",
    ("running", "call.doubted"): "in_doubt",
    ("running", "loop.turned"): "ready",
    ("running", "loop.exhausted"): "failed",
    ("ready", "loop.exhausted"): "failed",
    ("in_doubt", "loop.turned"): "ready",
    ("in_doubt", "loop.exhausted"): "failed",
    ("in_doubt", "request.opened"): "in_doubt",
    ("in_doubt", "request.answered"): "in_doubt",
    ("in_doubt", "request.expired"): "in_doubt",
    ("in_doubt", "request.voided"): "in_doubt",
    ("in_doubt", "call.confirmed"): "succeeded",
    ("in_doubt", "call.refuted"): "ready",
    ("in_doubt", "step.skipped"): "skipped",
    ("pending", "step.skipped"): "skipped",
    ("ready", "step.skipped"): "skipped",
    ("asking", "step.skipped"): "skipped",
    ("pending", "step.given"): "succeeded",
    ("ready", "step.given"): "succeeded",
    ("asking", "step.given"): "succeeded",
    ("pending", "step.shared"): "succeeded",
    ("ready", "step.shared"): "succeeded",
    ("pending", "run.ended"): "stopped",
    ("ready", "run.ended"): "stopped",
    ("asking", "run.ended"): "stopped",
}

BACK: dict[tuple[StepState, str], StepState] = {
    ("succeeded", UNDONE): "undone",
    ("failed", UNDONE): "undone",
    ("denied", UNDONE): "undone",
    ("in_doubt", UNDONE): "undone",
    ("undo_failed", UNDONE): "undone",
    ("succeeded", UNDO_FAILED): "undo_failed",
    ("undo_failed", UNDO_FAILED): "undo_failed",
    ("undone", RENEWED): "pending",
}
"""What only a rollback does, to steps that are finished otherwise."""


def next_run_state(state: RunState, event: str) -> RunState:
    """Give the state that follows.

    Raises:
        JournalError: the transition is not in the table.
    """
    try:
        return RUN[state, event]
    except KeyError:
        raise _illegal("run", state, event) from None


def next_step_state(state: StepState, event: str) -> StepState:
    """Give the state that follows.

    Raises:
        JournalError: the transition is not in the table.
    """
    following = STEP.get((state, event)) or BACK.get((state, event))
    if following is None:
        raise _illegal("step", state, event)
    return following


def _illegal(what: str, state: str, event: str) -> JournalError:
    return JournalError(
        f"The event {event!r} cannot come to a {what} that is {state!r}.",
        "The workbench made a mistake, or the journal was changed: run `workbench verify`.",
        state=state,
        event=event,
    )
