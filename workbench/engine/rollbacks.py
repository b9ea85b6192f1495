"""Taking a run back: another run is made of its effects, and what came of it is noted.

The run that undoes is an ordinary one, so whoever drives it need not know of this one. Its plan is
derived from the journal alone: after a crash the same run is found again, and goes on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import anyio.to_thread

from workbench import events as e
from workbench.engine.beginning import first_lines
from workbench.engine.digests import digests
from workbench.engine.log import Log
from workbench.engine.parts import Parts
from workbench.engine.planning import first_revision
from workbench.errors import NotFound
from workbench.journal.snapshot import load_view
from workbench.plan import Plan
from workbench.plan.graph import downstream
from workbench.points import reach
from workbench.undo import Made, effects_of, report_of, since, undo_plan
from workbench.undo.derive import needs_of
from workbench.undo.effects import UNDONE
from workbench.view import Rollback, RunView, StepView

Back = Literal["undone", "undo_failed"]


class Rollbacks:
    """Carries out the rollback of one drive's run, if one was begun."""

    def __init__(self, parts: Parts, log: Log) -> None:
        """Use these parts."""
        self._parts, self._log = parts, log
        self._looked = ""
        """The run that undoes, if nothing has happened since it was looked at."""

    def due(self) -> bool:
        """Whether there is something to do about a rollback now."""
        rollback = self._log.view.rollback
        return rollback is not None and rollback.undo != self._looked

    def look_again(self) -> None:
        """Take note that something has happened."""
        self._looked = ""

    async def carry(self) -> None:
        """Begin the run that undoes, or take over what came of it."""
        view = self._log.view
        rollback = view.rollback
        if rollback is None:
            return
        self._looked = rollback.undo
        await self._log.flush()
        undo = await anyio.to_thread.run_sync(self._begun, view, rollback)
        reach("rollback-made")
        if undo is not None and not undo.final:
            await anyio.to_thread.run_sync(self._parts.attach, undo.run)
            return
        ended = await anyio.to_thread.run_sync(self._ended, view, rollback, undo)
        self._log.add(*_moot(view, ended), ended)
        reach("rollback-ended")

    def _begun(self, view: RunView, rollback: Rollback) -> RunView | None:
        """Find or make the run that undoes; None when there is nothing to call."""
        try:
            return load_view(self._parts.journal, rollback.undo)
        except NotFound:
            pass
        records = self._parts.journal.records(view.run)
        goal = f"take back {view.run} to event {rollback.to}"
        if rollback.only:
            goal = f"take back event {rollback.only} of {view.run}"
        tools = self._parts.tools.tool_map()
        effects = since(effects_of(records), rollback.to, rollback.only)
        plan = undo_plan(goal, effects, needs_of(records), tools)
        return self._make(view, rollback, plan) if plan.steps else None

    def _make(self, view: RunView, rollback: Rollback, plan: Plan) -> RunView:
        created = e.RunCreated(
            goal=plan.goal,
            key=f"undo {rollback.undo}",
            agent=view.agent,
            on_behalf_of=view.on_behalf_of,
            on_failure="continue",
            environment=view.environment,
            autonomy=view.autonomy,
            rules=view.rules,
            run_kind="undo",
            undoes=view.run,
            to=rollback.to,
            **digests(self._parts.tools),
        )
        why = f"what {view.run} did since event {rollback.to}, the last first"
        if rollback.only:
            why = f"nobody knows what became of event {rollback.only}, and it is to be undone"
        blank = RunView(run=rollback.undo)
        events = [created, *first_revision(plan, blank, "engine", why, ())]
        now = self._parts.clock.now()
        lines, made = first_lines(rollback.undo, events, now)
        journal = self._parts.journal
        journal.create_run(rollback.undo, created.key, created.goal, now, lines)
        return made

    def _ended(self, view: RunView, rollback: Rollback, undo: RunView | None) -> e.RollbackEnded:
        effects = effects_of(self._parts.journal.records(view.run))
        tools = self._parts.tools.tool_map()
        before = (made for made in effects if made.intent < rollback.seq)
        mine = since(before, rollback.to, rollback.only)
        report = report_of(view.run, rollback.to, mine, tools, undo)
        outcomes = {row.intent: row.outcome for row in report.rows}
        return e.RollbackEnded(
            undo=rollback.undo,
            effects=outcomes,
            steps=dict(_taken_back(view, rollback, mine, outcomes)),
        )


def _moot(view: RunView, ended: e.RollbackEnded) -> list[e.Event]:
    """Take back the questions about steps that are undone, or that wait for one again."""
    gone = {step for step, became in ended.steps.items() if became == "undone"}
    needs = view.plan.needs if view.plan is not None else {}
    about = gone | downstream(needs, gone)
    why = "the run was taken back" if not view.rollbacks[-1].only else "the step was taken back"
    return [
        e.RequestVoided(request=request.id, step=request.opened.step, why=why)
        for request in view.open_requests
        if request.opened.step in about
    ]


def _taken_back(
    view: RunView,
    rollback: Rollback,
    effects: Iterable[Made],
    outcomes: dict[int, e.UndoOutcome],
) -> Iterable[tuple[str, Back]]:
    """Say which steps are as if they had not been done, and which effects stand."""
    stands: dict[str, bool] = {}
    for made in effects:
        stands[made.step] = stands.get(made.step, False) or outcomes[made.intent] not in UNDONE
    again = not view.final and rollback.by != "engine"
    for step in view.steps.values():
        if rollback.only and step.id not in stands:
            continue
        if step.shared or (step.outcome_seq <= rollback.to and step.id not in stands):
            continue  # what another run has done, this one has shared from its beginning
        if stands.get(step.id):
            if step.state in ("succeeded", "undo_failed"):
                yield step.id, "undo_failed"
        elif _goes_back(view, step, again=again, undone=step.id in stands):
            yield step.id, "undone"


def _goes_back(view: RunView, step: StepView, *, again: bool, undone: bool) -> bool:
    """Whether a step of which nothing stands any more begins anew when the run goes on."""
    if step.state == "succeeded":
        return view.plan is None or view.plan[step.id].output is None
    if step.state in ("in_doubt", "undo_failed"):
        return undone
    return again and step.state in ("failed", "denied")
