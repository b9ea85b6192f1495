"""Asking the planner, and turning what it proposes into events; it can do nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import anyio.to_thread

from workbench import commands as c
from workbench import events as e
from workbench.engine import family, limits, planners, requests
from workbench.engine.bridge import is_our_cancellation
from workbench.engine.call import describe
from workbench.engine.catalogue import concealed, known_tools, refuse_hidden
from workbench.engine.commands import edit, effects_of, refuse_faults
from workbench.engine.ending import errors_of
from workbench.engine.excerpts import Excerpts
from workbench.engine.foresee import remarked
from workbench.engine.ledger import Ledger
from workbench.engine.log import Log
from workbench.engine.outputs import Outputs
from workbench.engine.parts import Parts
from workbench.engine.proposals import as_edits, faults_of, usage_of
from workbench.errors import LimitReached, WorkbenchError
from workbench.plan import Plan, Remark
from workbench.plan.costs import over_budget
from workbench.plan.remarks import on_catalogue, remarks_on
from workbench.planner import Planner, PlanningContext, Proposal, StepReport
from workbench.points import reach
from workbench.states import RunState
from workbench.values.summary import summarize
from workbench.view import RunView, used
from workbench.view.unnamed import UNNAMED, named_again

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
        if view.state not in MAY_ASK or view.index.open:
            return None
        if view.plan is None:
            return "answer" if view.requests else "goal"
        if view.state != "running":
            return None
        return view.replan or self._after_failure()

    def _after_failure(self) -> str | None:
        """Name the failures after which the run's policy is to plan anew."""
        view = self._log.view
        if view.on_failure != "replan" or not (view.count("failed") or view.count("denied")):
            return None
        errors = errors_of(view) if self._may_ask() else {}
        return "; ".join(f"{step}: {error}" for step, error in errors.items()) or None

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
        reads = getattr(planner, "reads_outputs", False)
        context = self._context(view, why, await self._excerpts.of(view) if reads else {})
        least = await self._least(context)
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
            proposal = await planner.propose(context)
        except BaseException as error:
            if is_our_cancellation(error):
                raise
            spent = usage_of(getattr(error, "fields", {}).get("usage"))
            why = f"the planner failed: {describe(error)}"
            self._answered("error", why, Proposal(usage=spent), began)
            if isinstance(error, LimitReached) and self._log.view.state in MAY_ASK:
                self._pause(error)
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
        calls = self._log.view.planner_calls
        return self._parts.planner is not None and calls < self._parts.planner_calls

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

    def _pause(self, error: LimitReached) -> None:
        """Pause where a call of a model was not made, and say what lets it be made."""
        why = str(error.fields["why"])
        if limits.name_of(why) in self._log.view.limits:
            self._log.add(limits.pause(why))
        else:
            self._log.add(e.RunPaused(by=limits.BY, reason=f"{why}; to go on: {error.next_step}"))

    async def _least(self, context: PlanningContext) -> dict[str, float]:
        """Say what the planner takes at least, by unit; only where somebody wants to know.

        In a thread, because a table of prices may have to be loaded.
        """
        reserve = getattr(self._parts.planner, "reserve", None)
        if reserve is None or not (self._log.view.limits or self._parts.caps):
            return {}
        try:
            return usage_of(await anyio.to_thread.run_sync(reserve, context))
        except LimitReached:  # which is said when it is asked
            return {}

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
            outcome = "plan" if proposal.plan is not None else "edits"
            self._answered(outcome, proposal.reason, proposal, began)
            try:
                self._revise(proposal, author)
            except WorkbenchError as error:
                self._give_up(f"the planner's proposal is not sound: {error}")

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
            remarks = remarks_on(proposal.plan, tools, view.limits)
            offered = on_catalogue(len(known_tools(self._parts)))
            remarks = (*offered, *remarks)
            events = first_revision(proposal.plan, view, author, proposal.reason, remarks)
            self._log.add(*remarked(events, self._parts, view))
            return
        edits = tuple(proposal.edits)
        if proposal.plan is not None:
            edits = as_edits(view, proposal.plan)
        if not edits:
            raise WorkbenchError("it changes nothing")
        base = view.revision.digest
        command = c.EditPlan(base=base, edits=edits, reason=proposal.reason, by=author)
        parts = self._parts
        events = edit(view, command, parts.tools, parts.clock.now(), parts.policy)
        self._log.add(*remarked(events, parts, view))

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
        answers, notes = {}, []
        for request in view.requests.values():
            if request.answer is None:
                continue
            if request.opened.about == "question":
                answers[str(request.opened.evidence["question"])] = request.answer.choice or ""
            elif request.answer.reason:
                is_known = self._parts.rights.knows(request.opened.tool)
                title = request.opened.title if is_known else UNNAMED
                notes.append(f"{title}: {request.answer.reason}")
        steps = [
            StepReport(
                id=step.id,
                state=step.state,
                summary=(step.output.summary or summarize(step.output.value))
                if step.output
                else "",
                error=step.error or "",
                excerpt=excerpts.get(step.id, ""),
            )
            for step in view.steps.values()
        ]
        context = PlanningContext(
            goal=view.goal,
            tools=known_tools(self._parts),
            why=why,
            plan=view.plan,
            steps=steps,
            answers=answers,
            notes=notes,
            left={**limits.left(view), **family.left(view.run)} if view.limits else {},
            open=[request.opened.title for request in view.open_requests],
            shortened=dict(view.shortened),
        )
        return concealed(self._parts, context)


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
