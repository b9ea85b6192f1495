"""The first events of a fork: what it shares with a run up to a place, what begins anew. No I/O.

The original is only looked at. Each finished step is shared with its output; what was open, failed,
refused, in doubt or being made at that place begins anew, and so does what a change concerns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from workbench import events as e
from workbench.engine.pasts import Made, made_in
from workbench.events import Record
from workbench.plan import Plan, Remark, Step
from workbench.tools.effect import REPEATABLE
from workbench.values import Stored
from workbench.view import RunView, StepView, fold

KEPT = ("succeeded", "undo_failed")
"""States of a step whose output a fork shares."""


@dataclass(frozen=True)
class Past:
    """A run up to a place of its journal."""

    view: RunView
    """The run as it stood there."""
    records: list[Record]
    """Its events up to there."""
    now: RunView
    """The run as it stands now."""
    later: list[Record]
    """Its events behind that place."""

    @property
    def made(self) -> dict[str, list[Made]]:
        """The calls of each step up to there; those that were undone since are none any more."""
        since = (record for record in self.later if isinstance(record.event, e.RollbackEnded))
        return made_in([*self.records, *since])

    @property
    def undone(self) -> set[str]:
        """Steps that were done there, and some effect of which was undone since."""
        stood = {step: len(calls) for step, calls in made_in(self.records).items()}
        return {step for step, calls in self.made.items() if len(calls) < stood[step]}


@dataclass
class Shares:
    """What becomes of each step of a fork's plan; a step that is in none of these begins anew."""

    shared: list[str] = field(default_factory=list)
    """In the order in which they were finished."""
    given: dict[str, Stored] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def past_of(run: str, records: list[Record], seq: int) -> Past:
    """Fold a run up to a place, and on to its last event."""
    view = RunView(run=run)
    for record in records[:seq]:
        fold(view, record)
    past = view.snapshot()
    for record in records[seq:]:
        fold(view, record)
    return Past(past, records[:seq], view, records[seq:])


def shares(original: Past, plan: Plan, outputs: Mapping[str, Stored]) -> Shares:
    """Say which finished steps a fork shares, and which begin anew.

    One begins anew when its call would be another one, when its effect was undone since, or when it
    uses the output of one that does, or of one whose output is corrected.

    Args:
        original: the run, up to the place of the fork.
        plan: of the fork.
        outputs: that are corrected, by step.
    """
    past, undone = original.view, original.undone
    found, before = Shares(), past.plan.by_id if past.plan else {}
    changed, skipped = set(outputs), set[str]()
    for name in plan.order():
        step, stands = plan[name], past.steps.get(name)
        finished = stands is not None and stands.state in KEPT
        same = name in before and _same_call(before[name], step) and name not in undone
        uses_changed = any(ref.step in changed for ref in step.refs)
        if name in outputs:
            found.given[name] = outputs[name]
        elif finished and same and not uses_changed:
            found.shared.append(name)
        elif step.output is not None:
            found.given[name] = step.output
        elif step.skip or (stands is not None and same and _stays_out(step, stands, skipped)):
            found.skipped.append(name)
            skipped.add(name)
        if finished and name not in found.shared:
            changed.add(name)
    found.shared.sort(key=lambda name: past.steps[name].outcome_seq)
    return found


def first_events(
    past: Past,
    created: e.RunCreated,
    plan: Plan | None,
    outputs: Mapping[str, Stored],
    remarks: tuple[Remark, ...] = (),
) -> list[e.Event]:
    """Give the events that a fork begins with, from its first on.

    Args:
        past: the run, up to the place.
        created: the first event.
        plan: another plan than the one that it had there; None: the same.
        outputs: that are corrected, by step.
        remarks: on that other plan.
    """
    events: list[e.Event] = [created, *revisions(past, plan, remarks)]
    now = plan or past.view.plan
    made = past.made
    if now is None:
        return [*events, *calls_left(past.view, made, ())]
    how = shares(past, now, outputs)
    events += [_shared(past.view, now[name], made) for name in how.shared]
    events += [e.StepGiven(step=s, by="person", output=output) for s, output in how.given.items()]
    events += [
        e.StepSkipped(step=s, by=_by(past.view, s), reason=f"as in {past.view.run}")
        for s in how.skipped
    ]
    return [*events, *calls_left(past.view, made, how.shared)]


def revisions(past: Past, plan: Plan | None, remarks: tuple[Remark, ...]) -> list[e.Event]:
    """Give the revisions that the run had, with their authors, and the one that `plan` makes."""
    found: list[e.Event] = [r.event for r in past.records if isinstance(r.event, e.PlanRevised)]
    current = past.view.revision
    if plan is None or (current is not None and plan.digest == current.digest):
        if found and isinstance(last := found[-1], e.PlanRevised):
            found[-1] = last.model_copy(update={"remarks": (*last.remarks, *remarks)})
        return found
    revised = e.PlanRevised(
        number=current.number + 1 if current is not None else 1,
        digest=plan.digest,
        base=current.digest if current is not None else None,
        author="person",
        reason=f"the plan of the fork of {past.view.run}",
        plan=plan,
        remarks=remarks,
    )
    return [*found, revised]


def _same_call(before: Step, after: Step) -> bool:
    """Whether a step calls the same: what is only shown, waited or limited does not count."""
    names = ("tool", "args", "check", "repeat", "quorum", "skip", "output")
    return before == after or all(
        before.model_dump(include={name}) == after.model_dump(include={name}) for name in names
    )


def _stays_out(step: Step, stands: StepView, skipped: set[str]) -> bool:
    """Whether a skipped step stays skipped: by a person's word, or for lack of what it uses."""
    if stands.state != "skipped":
        return False
    return stands.by != "engine" or any(ref.step in skipped for ref in step.refs)


def _by(past: RunView, step: str) -> str:
    stands = past.steps.get(step)
    return stands.by if stands is not None and stands.state == "skipped" else "person"


def _shared(past: RunView, step: Step, made: Mapping[str, list[Made]]) -> e.StepShared:
    stands = past.steps[step.id]
    call = next((call for call in made.get(step.id, [])[-1:] if call.done), None)
    return e.StepShared(
        step=step.id,
        run=stands.shared_with or past.run,
        seq=stands.shared_seq or stands.outcome_seq,
        output=stands.output or Stored(),
        tool=call.tool if call is not None else "",
        effect=call.effect if call is not None else None,
        args_digest=call.args_digest if call is not None else "",
        key=stands.key,
        spend=stands.spend,
        verified=stands.verified,
        by=stands.by,
    )


def calls_left(
    past: RunView, made: Mapping[str, list[Made]], shared: Iterable[str]
) -> list[e.Event]:
    """Name the calls that changed the world, or may have, and belong to no step that is shared."""
    kept = set(shared)
    events: list[e.Event] = [
        e.CallLeft(
            step=left.step,
            run=left.run or past.run,
            tool=left.tool,
            args_digest=left.args_digest,
            why=left.error if left.run else "failed, and may have happened all the same",
            output=left.output,
        )
        for left in past.left
    ]
    told = {(event.tool, event.args_digest) for event in events if isinstance(event, e.CallLeft)}
    for step, calls in made.items():
        for call in calls:
            what = call.tool, call.args_digest
            if (step in kept and call.done) or call.effect in REPEATABLE or what in told:
                continue
            told.add(what)
            events.append(
                e.CallLeft(
                    step=step,
                    run=call.run or past.run,
                    tool=call.tool,
                    args_digest=call.args_digest,
                    why=call.words,
                    output=call.output,
                )
            )
    return events
