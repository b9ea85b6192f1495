"""Asking the planner, and turning what it proposes into events; it can do nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import anyio.to_thread

from workbench import commands as c
from workbench import events as e
from workbench.engine import decisions, family, limits, planners, replanning, requests
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import describe
from workbench.engine.catalogue import known_tools, refuse_hidden
from workbench.engine.editing import edit, effects_of, refuse_faults
from workbench.engine.ending import errors_of
from workbench.engine.excerpts import Excerpts
from workbench.engine.foresee import remarked
from workbench.engine.ledger import Ledger
from workbench.engine.log import Log
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.planner_sees import context_of, too_far
from workbench.engine.proposals import are_amounts, as_edits, faults_of, usage_of
from workbench.engine.provenance import flagged
from workbench.errors import LimitReached, WorkbenchError
from workbench.plan import Plan, Remark, apply_edits
from workbench.plan.costs import over_budget
from workbench.plan.remarks import on_catalogue, remarks_on
from workbench.planner import Planner, PlanningContext, Proposal
from workbench.points import reach
from workbench.states import RunState
from workbench.view import RunView, used
from workbench.view.unnamed import named_again

AGAIN = "it tries again what failed, under other names"
MAY_ASK: frozenset[RunState] = frozenset({"queued", "planning", "running"})
"""States in which the planner may be asked."""


class Planning:
    """Asks the planner of one drive."""

    def __init__(self, parts: Parts, log: Log, ledger: Ledger, outputs: Outputs) -> None:
        """Use these parts."""
        self._parts, self._log, self._ledger = parts, log, ledger
        self._excerpts = Excerpts(outputs)

    def wanted(self) -> str | None:
        """Say why the planner should be asked now; None when it should not."""
        view = self._log.view
        if view.plan is not None:
            return replanning.reason(view, self._parts.planner_calls)
        if view.state not in MAY_ASK or view.index.open:
            return None
        return "answer" if view.requests else "goal"

    def holds(self) -> bool:
        """Whether nothing new may begin before the planner was asked."""
        return replanning.holds(self._log.view, self._parts.planner_calls)

    def cut_short(self) -> bool:
        """End a run whose planner may not be asked whether the goal is reached."""
        why = replanning.cut_short(self._log.view)
        if why is not None:
            self._give_up(why)
        return why is not None

    async def ask(self, why: str) -> None:
        """Ask the planner once, when it is its turn, and record what came of it."""
        planner = self._parts.planner
        if planner is None or not self._may_ask():
            self._nobody_to_ask()
            return
        async with planners.turn(self._log.view.run):
            if self._log.view.state in MAY_ASK:
                await self._ask(planner, why)

    async def _ask(self, planner: Planner, why: str) -> None:
        view = self._log.view
        if view.limits and family.is_scattered(view.run):
            await family.refresh(self._parts.journal, view.run)
        reads = getattr(planner, "reads_outputs", False)
        context = self._context(view, why, await self._excerpts.of(view) if reads else {})
        least, fault = await self._least(context)
        if self._stopped_by_limit(least) or await self._stopped_by_cap(least):
            return
        if view.plan is None and view.state != "planning":
            self._log.add(e.RunPlanning(planner=planner.name))
        self._log.add(e.PlannerCalled(planner=planner.name, why=why, context=context.as_json()))
        self._log.submit()
        if self._log.relay is not None:
            await self._log.relay.told("before_model")
        reach("before-planning")
        began = self._parts.clock.monotonic()
        try:
            proposal = await _proposed(planner, context, fault)
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            spent = usage_of(getattr(error, "fields", {}).get("usage"))
            why = f"the planner failed: {describe(error)}"
            self._answered("error", why, Proposal(usage=spent), began)
            if isinstance(error, LimitReached) and self._log.view.state in MAY_ASK:
                self._log.add(*limits.held_up(self._log.view, error))
            elif not self._stopped_by_limit(least):
                self._give_up(why)
            return
        reach("after-planning")
        nonsense = faults_of(proposal)
        if nonsense is not None:
            self._failed(f"the planner failed: it gave {nonsense}", began)
            return
        self._take(proposal, began)
        reach("proposal-taken")

    def _may_ask(self) -> bool:
        if self._parts.planner is None:
            return False
        return replanning.may_ask(self._log.view, self._parts.planner_calls)

    def _stopped_by_limit(self, least: dict[str, float]) -> bool:
        """Pause when a limit forbids to ask; what the planner will take at least counts."""
        view = self._log.view
        if not view.limits or view.state not in MAY_ASK:
            return False
        why = limits.planning(view, least, self._parts.clock.now())
        why = why or family.planning(view.run, least)
        if why is not None:
            self._log.add(limits.pause(why))
        return why is not None

    async def _least(self, context: PlanningContext) -> tuple[dict[str, float], Exception | None]:
        """Say what the planner takes at least, by unit; only where somebody wants to know.

        In a thread, because a table of prices may have to be loaded. Also gives why it cannot say
        it: then it is not asked, and has failed.
        """
        reserve = getattr(self._parts.planner, "reserve", None)
        if reserve is None or not (self._log.view.limits or self._parts.caps):
            return {}, None
        try:
            least = await anyio.to_thread.run_sync(reserve, context)
        except LimitReached:  # which is said when it is asked
            return {}, None
        except Exception as error:  # noqa: BLE001 - whatever its reserve raises
            return {}, error
        if not are_amounts(least):
            return {}, TypeError(f"its reserve gave a {type(least).__name__}, no amounts by unit")
        return dict(least), None

    async def _stopped_by_cap(self, least: dict[str, float]) -> bool:
        """Pause when a cap over all runs, or of one call, forbids to ask."""
        if not self._parts.caps:
            return self._log.error is not None or self._log.view.state not in MAY_ASK
        over = await self._ledger.plan(least)
        if over and self._log.view.state in MAY_ASK:
            hint = "to go on: bench.raise_cap(…), then resume"
            self._log.add(e.RunPaused(by=limits.BY, reason=f"{over[0]}; {hint}"))
        state = self._log.view.state
        return bool(over) or self._log.error is not None or state not in MAY_ASK

    def _nobody_to_ask(self) -> None:
        asked = self._parts.planner is not None
        why = "the planner was asked too often" if asked else "the workbench has no planner"
        if self._log.view.replan:
            reason = f"another plan is wanted ({self._log.view.replan}), and {why}"
            self._log.add(e.RunPaused(by="engine", reason=f"{reason}: edit the plan and resume"))
        else:
            self._give_up(f"there is no plan, and {why}")

    def _take(self, proposal: Proposal, began: float) -> None:
        author = f"planner {self._parts.planner.name}" if self._parts.planner else "planner"
        words = proposal.abandon or proposal.wait or proposal.questions or proposal.keep
        if not words:
            agreed = self._take_plan(proposal, author, began)
        else:
            agreed = True
            self._take_word(proposal, author, began)
        if proposal.decisions and agreed and not self._log.view.final:
            self._log.add(*decisions.made(self._log.view, proposal.decisions, author))

    def _take_word(self, proposal: Proposal, author: str, began: float) -> None:
        """Do what the planner wants instead of a plan: give up, wait, ask, or keep the plan."""
        if proposal.abandon:
            self._answered("abandon", proposal.abandon, proposal, began)
            if self._alive():
                self._log.add(e.RunStopping(by=author, reason=proposal.abandon, abandon=True))
        elif proposal.wait:
            self._answered("wait", proposal.wait, proposal, began)
            if self._log.view.state in ("planning", "running"):
                self._log.add(e.RunPaused(by=author, reason=proposal.wait))
        elif proposal.questions:
            self._answered("questions", proposal.reason, proposal, began)
            now = self._parts.clock.now()
            expires = requests.deadline(now, self._parts.request_expires_s)
            if self._alive():
                self._log.add(*(requests.question(item, expires) for item in proposal.questions))
        else:
            held = replanning.review(self._log.view, author, proposal.keep)
            self._answered("keep", proposal.keep, proposal, began)
            self._log.add(*held)
            if self._log.view.plan is None:
                self._give_up("the planner keeps a plan that does not exist yet")

    def _take_plan(self, proposal: Proposal, author: str, began: float) -> bool:
        """Make a revision of it; says whether it does not go against what was decided."""
        outcome = "plan" if proposal.plan is not None else "edits"
        self._answered(outcome, proposal.reason, proposal, began)
        against = decisions.against(self._log.view, proposal.decisions, author)
        if against is not None and self._log.view.plan is not None:
            self._not_taken(author, against)
            return False
        if against is not None:
            self._give_up(f"the planner's proposal is not sound: {against}")
            return False
        try:
            self._revise(proposal, author)
        except WorkbenchError as error:
            self._give_up(f"the planner's proposal is not sound: {error}")
        return True

    def _revise(self, proposal: Proposal, author: str) -> None:
        view = self._log.view
        if not self._alive():
            return
        if proposal.plan is not None and view.plan is not None:
            plan = named_again(proposal.plan, view.plan.by_id)
            proposal = replace(proposal, plan=plan)
        refuse_hidden(self._parts, proposal.plan, proposal.edits, settled=view.plan)
        if view.plan is None or view.revision is None:
            if proposal.plan is None:
                raise WorkbenchError("it edits a plan that does not exist yet")
            tools = self._parts.tools
            over = over_budget(proposal.plan, tools.tool_map(), view.limits, used=used(view))
            refuse_faults(proposal.plan, tools, over, policy=self._parts.policy)
            refuse_faults(proposal.plan, tools, too_far(view, proposal.plan))
            remarks = remarks_on(proposal.plan, tools, view.limits, done=view.done is not None)
            offered = on_catalogue(len(known_tools(self._parts)))
            remarks = (*offered, *remarks)
            events = first_revision(proposal.plan, view, author, proposal.reason, remarks)
            self._log.add(*flagged(remarked(events, self._parts, view), self._parts, view))
            return
        edits = tuple(proposal.edits)
        if proposal.plan is not None:
            edits = as_edits(view, proposal.plan)
        plan = apply_edits(view.plan, edits)
        futile = replanning.changes_nothing(view, plan)
        times = view.futile + 1
        once_more = replanning.wants_more(view) and replanning.tries_again(view, plan)
        if futile and not (once_more and times < replanning.futile_limit(view)):
            self._futile(proposal, author)
            return
        refuse_faults(plan, self._parts.tools, too_far(view, plan))
        base = view.revision.digest
        command = c.EditPlan(base=base, edits=edits, reason=proposal.reason, by=author)
        parts = self._parts
        events = edit(view, command, parts.tools, parts.clock.now(), parts.policy)
        events += replanning.review(view, author)
        self._log.add(*flagged(remarked(events, parts, view), parts, view))
        if futile:
            again = e.PlanUnchanged(author=author, reason=AGAIN, times=times, taken=True)
            self._log.add(again)

    def _futile(self, proposal: Proposal, author: str) -> None:
        """Leave the plan as it is: that is fine, unless something has to become different."""
        view = self._log.view
        if not replanning.wants_more(view):
            return
        self._not_taken(author, f"it changes nothing real: {proposal.reason or 'no reason'}")

    def _not_taken(self, author: str, why: str) -> None:
        """Leave the plan as it is and ask again, unless that has gone on for too long."""
        times = self._log.view.futile + 1
        self._log.add(e.PlanUnchanged(author=author, reason=why, times=times))
        why = replanning.no_progress(self._log.view) or ""
        if why:
            self._give_up(why)

    def _failed(self, why: str, began: float) -> None:
        self._answered("error", why, Proposal(), began)
        self._give_up(why)

    def _answered(self, outcome: str, text: str, proposal: Proposal, began: float) -> None:
        event = e.PlannerAnswered.model_validate(
            {
                "planner": self._parts.planner.name if self._parts.planner else "",
                "outcome": outcome,
                "text": text,
                "usage": dict(proposal.usage),
                "duration_s": round(self._parts.clock.monotonic() - began, 6),
            }
        )
        self._log.add(event)

    def _give_up(self, why: str) -> None:
        view = self._log.view
        if view.state == "queued":
            self._log.add(e.RunPlanning(planner=""))
        if view.state in ("planning", "running"):
            self._log.add(e.RunFailed(errors={"": why, **errors_of(view)}))
        elif view.state == "paused":
            self._log.add(e.FaultRecorded(where="planner", error=why))

    def _alive(self) -> bool:
        return self._log.view.state in ("planning", "running", "paused", "waiting")

    def _context(self, view: RunView, why: str, excerpts: Mapping[str, str]) -> PlanningContext:
        return context_of(view, why, self._parts, excerpts)


async def _proposed(
    planner: Planner, context: PlanningContext, fault: Exception | None
) -> Proposal:
    """Ask it, unless it has failed before."""
    if fault is not None:
        raise fault
    return await planner.propose(context)


def first_revision(
    plan: Plan,
    view: RunView,
    author: str,
    reason: str,
    remarks: tuple[Remark, ...] = (),
) -> list[e.Event]:
    """Give the events of a run's first revision."""
    revised = e.PlanRevised(
        number=1,
        digest=plan.digest,
        author=author,
        reason=reason,
        plan=plan,
        remarks=remarks,
    )
    return [revised, *effects_of(plan, view, author, reason)]
