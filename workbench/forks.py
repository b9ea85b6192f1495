"""Where forks are made: a run is read up to a place, and another one begins with what it shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench import events as e
from workbench.engine import Parts
from workbench.engine.above import below
from workbench.engine.digests import digests
from workbench.engine.editing import refuse_faults
from workbench.engine.forking import Past, calls_left, first_events, past_of, shares
from workbench.engine.inherited import for_a_call, inherited, rights_given
from workbench.engine.outdone import effects_behind, remark_on_later, steps_behind
from workbench.engine.specification import specify
from workbench.engine.typed import output_fault
from workbench.errors import CommandRefused, NotFound, PlanError
from workbench.executor import calling_step
from workbench.given import asks
from workbench.handover import Handover
from workbench.host.guard import person_only
from workbench.host.mode import PATIENCE_S, Asked, choose
from workbench.host.thread import portal
from workbench.ids import new_id
from workbench.plan import Plan, Remark
from workbench.plan.costs import over_budget
from workbench.plan.remarks import remarks_on
from workbench.report.fork_preview import ForkPreview
from workbench.undo import foreseen
from workbench.values import Stored, encode
from workbench.view import RunView

if TYPE_CHECKING:
    from workbench.run import Run

Begin = Callable[[str, list[e.Event], Plan | None, float | None, str], "Run"]
"""Writes the first events of a run, and begins it."""


@dataclass(frozen=True)
class Wish:
    """What is wanted of a fork, beside its place; see `Run.fork`."""

    plan: Plan | None = None
    outputs: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)
    key: str | None = None
    paused: bool = False
    mode: Asked = "background"


@dataclass(frozen=True)
class Forks:
    """Makes the forks of one workbench."""

    parts: Parts
    handover: Handover
    backend: str
    whose: tuple[str, str]
    """The agent, and the person that it acts for."""
    tells_ends: Callable[[], bool]
    begin: Begin

    def make(self, run: str, at: int | None, wish: Wish) -> Run:
        """Fork a run at a place of its journal; None: as it stands now.

        Raises:
            NotFound: there is no such place, or no such step.
            PlanError: the plan has faults, or an output does not fit; all are listed.
            CommandRefused: a limit is below what was used by then.
        """
        self.parts.journal.refuse_writing()
        if calling_step() is None:
            person_only(self.parts.journal, "fork a run")
        past = self._past(run, at)
        _refuse_undoing(past.view)
        outputs = self._checked(past, wish)
        fields = inherited(past.view, past.now, wish.limits)
        if wish.plan is not None:
            self._refuse_faults(past, wish.plan, outputs, fields)
        plan = wish.plan or past.view.plan
        policy, done = past.view.replanning, past.view.done
        tools, ahead = self.parts.tools, wish.mode == "auto"
        chosen = choose(
            wish.mode,
            plan.forecast(tools, done=done) if plan is not None and ahead else None,
            lambda: self.handover.obstacle(plan, asks(past.view.on_failure, past.view.replanning)),
        )
        spec = specify(self.parts, fields["limits"], policy, done)
        created = e.RunCreated(
            replan=policy,
            done=done,
            spec=spec.digests,
            spec_text=spec.text,
            key=wish.key,
            agent=self.whose[0],
            on_behalf_of=self.whose[1],
            mode=chosen.mode,
            mode_why=chosen.why,
            notify=self.tells_ends(),
            fork_behind=steps_behind(past),
            **fields,
            **self._known_tools(past.view),
        )
        run_id = new_id("run")
        if calling_step() is not None:
            created = below(run_id, for_a_call(created))
        events = self._events(created, past, outputs, wish)
        return self.begin(run_id, events, plan, PATIENCE_S if wish.mode == "auto" else None, run)

    def preview(self, run: str, at: int | None, wish: Wish) -> ForkPreview:
        """Say what a fork would share, do anew, and leave in the world; nothing is made.

        Raises:
            NotFound: there is no such place.
            CommandRefused: it cannot be forked there.
        """
        past = self._past(run, at)
        _refuse_undoing(past.view)
        plan = wish.plan or past.view.plan or Plan()
        how = shares(past, plan, {name: Stored() for name in wish.outputs})
        done = {*how.shared, *how.given, *how.skipped}
        place, tools = past.view.seq, self.parts.tools.tool_map()
        left = calls_left(past.view, past.made, how.shared)
        return ForkPreview(
            run=run,
            at=place,
            shared=tuple(how.shared),
            given=tuple(how.given),
            skipped=tuple(how.skipped),
            anew=tuple(name for name in plan.by_id if name not in done),
            asked=tuple(dict.fromkeys(x.step for x in left if isinstance(x, e.CallLeft))),
            stays=foreseen(run, place, effects_behind(past), tools),
        )

    def _events(
        self,
        created: e.RunCreated,
        past: Past,
        outputs: Mapping[str, Stored],
        wish: Wish,
    ) -> list[e.Event]:
        """Give the first events; what only a person gives is not in a fork that a call makes."""
        remarks = self._remarks(past, wish.plan, created.limits)
        events = first_events(past, created, wish.plan, outputs, remarks)
        if calling_step() is None:
            events[1:1] = rights_given(past.view, past.now)
        if wish.paused:
            words = f"forked from {created.fork_of}, to be edited first"
            events.append(e.RunPaused(by="person", reason=words))
        return events

    def _remarks(
        self, past: Past, plan: Plan | None, limits: Mapping[str, float]
    ) -> tuple[Remark, ...]:
        """Say what a person should know before the fork goes on."""
        of_plan = remarks_on(plan, self.parts.tools, limits) if plan is not None else ()
        return (*remark_on_later(past), *of_plan)

    def _known_tools(self, past: RunView) -> dict[str, Any]:
        """Say which tools the fork knows: those that are here, of the others what the run knew."""
        before = {"tools": past.tools, "sources": past.sources, "schemas": past.schemas}
        return {name: {**before[name], **now} for name, now in digests(self.parts.tools).items()}

    def _past(self, run: str, at: int | None) -> Past:
        """Read a run up to a place; what was written with the run itself belongs to its start.

        Raises:
            NotFound: the run has no such place.
        """
        self.parts.journal.run(run)
        records = self.parts.journal.records(run)
        last = len(records)
        seq = last if at is None else at
        if not 1 <= seq <= last:
            raise NotFound(f"Run {run} has no event {seq}.", f"It has events 1 to {last}.")
        if seq == 1:
            seq = max((record.seq for record in records if record.epoch == 0), default=1)
        return past_of(run, records, seq)

    def _checked(self, past: Past, wish: Wish) -> dict[str, Stored]:
        """Store outputs that fit their steps.

        Raises:
            NotFound: the plan has no such step.
            PlanError: some do not fit; all are listed.
            CommandRefused: the code of a call gives them.
        """
        if not wish.outputs:
            return {}
        if (step := calling_step()) is not None:
            raise CommandRefused(
                f"The call of step {step!r} tried to give outputs to a fork.",
                "Only a person corrects the past, never a tool.",
            )
        plan, faults = wish.plan or past.view.plan or Plan(), []
        for name, value in wish.outputs.items():
            fault = portal(self.backend).call(output_fault, plan[name], value, self.parts)
            faults += [f"{name}: {fault}"] if fault is not None else []
        if faults:
            raise PlanError(f"The outputs do not fit: {'; '.join(faults)}.", "Nothing was made.")
        return {name: self._stored(value) for name, value in wish.outputs.items()}

    def _stored(self, value: Any) -> Stored:
        stored, content = encode(value)
        if content is not None and stored.artifact is not None:
            self.parts.journal.put_artifact(stored.artifact.digest, content)
        return stored

    def _refuse_faults(
        self, past: Past, plan: Plan, outputs: Mapping[str, Stored], fields: Mapping[str, Any]
    ) -> None:
        """Refuse a plan with faults, as at a start; what is shared takes nothing more.

        Raises:
            PlanError: it has some; all are listed.
        """
        tools, how = self.parts.tools, shares(past, plan, outputs)
        done = {*how.shared, *how.given, *how.skipped}
        over = over_budget(plan, tools.tool_map(), fields["limits"], used=fields["used"], done=done)
        refuse_faults(plan, tools, over, policy=self.parts.policy)


def _refuse_undoing(past: RunView) -> None:
    """Refuse to fork what is no way to a goal, or in the middle of being taken back.

    Raises:
        CommandRefused: the run undoes another one, or is being undone at that place.
    """
    if past.run_kind == "undo":
        raise CommandRefused(
            f"Run {past.run} takes back what run {past.undoes} did, and is not forked.",
            "Fork that run.",
        )
    if (rollback := past.rollback) is not None:
        raise CommandRefused(
            f"Run {past.run} is being taken back to event {rollback.to} at that place.",
            f"Wait for run {rollback.undo}, or fork at an earlier place.",
        )
