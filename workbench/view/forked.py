"""The fold of a fork's beginning, and of what a person changes in a checkpoint."""

from __future__ import annotations

from workbench import events as e
from workbench.events import Record
from workbench.view.parts import Left, Mark
from workbench.view.run_view import RunView


def shared(view: RunView, record: Record, event: e.StepShared) -> None:
    """Finish a step that another run has done."""
    step = view.steps[event.step]
    view.put_step(
        step,
        event.kind,
        output=event.output,
        ended=record.at,
        outcome_seq=record.seq,
        key=event.key,
        args_digest=event.args_digest,
        spend=event.spend,
        verified=event.verified,
        by=event.by,
        shared_with=event.run,
        shared_seq=event.seq,
        shared_effect=event.effect,
    )
    if event.args_digest and "repeats" in view.limits:
        name = f"{event.tool} {event.args_digest}"
        view.repeated[name] = view.repeated.get(name, 0) + 1


def left(view: RunView, record: Record, event: e.CallLeft) -> None:
    """Remember a call that this run may be about to repeat."""
    call = Left(
        step=event.step,
        tool=event.tool,
        args_digest=event.args_digest,
        at=record.at,
        error=event.why,
        run=event.run,
        output=event.output,
    )
    view.left.append(call)


def amended(view: RunView, record: Record, event: e.CheckpointAmended) -> None:
    """Put new outputs in place of the old ones, and mark the place."""
    steps = {step: view.steps[step] for step in event.outputs}
    for step, output in event.outputs.items():
        stands = steps[step]
        changes = {"output": output, "by": event.by, "verified": None}
        view.steps[step] = stands.moved(changes, stands.state)
    view.checkpoints.append(Mark(name=event.name, seq=record.seq, at=record.at))
