"""The planner of a replay: it proposes again what was proposed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio

from workbench import events as e
from workbench.errors import WorkbenchError
from workbench.plan import Change, Plan, apply_edits
from workbench.planner import PlanningContext, Proposal, Question
from workbench.replay.errors import raised_as
from workbench.replay.progress import Progress

FAILED = "the planner failed: "


class RecordedPlanner:
    """Gives the recorded proposals, one for each time that the planner was asked."""

    def __init__(self, progress: Progress, take_over: Callable[[int], None]) -> None:
        """Follow a replay; `take_over` takes that many events as they were recorded."""
        self._progress, self._take_over = progress, take_over

    @property
    def name(self) -> str:
        """The name of the planner that was asked."""
        for _, record in self._progress.to_come():
            if isinstance(record.event, (e.RunPlanning, e.PlannerCalled, e.PlannerAnswered)):
                return record.event.planner
        return "recorded"

    async def propose(self, context: PlanningContext) -> Proposal:
        """Give the next recorded proposal.

        Raises:
            Exception: the planner failed then, too.
        """
        found = next(
            (
                (n, record.event)
                for n, record in self._progress.to_come()
                if isinstance(record.event, e.PlannerAnswered)
            ),
            None,
        )
        if found is None:
            await anyio.sleep_forever()  # until a stop, or the end of the process
        assert found is not None  # noqa: S101 - nothing follows the line above
        index, answered = found
        await self._progress.reach(index)
        self._progress.calls += 1
        following = [record.event for _, record in self._progress.to_come()][1:]
        if following and _is_unsound(answered, following[0]):
            self._take_over(2)
            await anyio.sleep_forever()  # until the end: the run has failed
        return self._proposal(context, answered, following)

    def _proposal(
        self, context: PlanningContext, said: e.PlannerAnswered, following: list[e.Event]
    ) -> Proposal:
        text, usage = said.text, said.usage
        match said.outcome:
            case "error":
                raise raised_as(text.removeprefix(FAILED), fields={"usage": dict(usage)})
            case "wait":
                return Proposal(wait=text, usage=usage)
            case "abandon":
                return Proposal(abandon=text, usage=usage)
            case "questions":
                return Proposal(questions=_questions(following), reason=text, usage=usage)
            case "plan" | "edits" if _is_idle(following) and context.plan is not None:
                return _unchanged(context.plan, said)
            case kind if kind not in ("plan", "edits"):
                other: dict[str, Any] = {kind: text, "usage": usage}
                return Proposal(**other)
            case _:
                return _revision(context.plan, said, following)


def _is_idle(following: list[e.Event]) -> bool:
    """Whether the plan was left as it is."""
    for event in following:
        if isinstance(event, e.PlanRevised):
            return False
        if event.kind == "plan.unchanged" or isinstance(event, e.PlannerCalled):
            break
    return True


def _unchanged(plan: Plan, said: e.PlannerAnswered) -> Proposal:
    """Propose what changes nothing; the words of such a proposal do not stand in the journal."""
    if said.outcome == "plan":
        return Proposal(plan=plan, reason=said.text, usage=said.usage)
    last = plan.steps[-1]
    same = Change(step=last.id, changes={"title": last.title})
    return Proposal(edits=(same,), reason=said.text, usage=said.usage)


def _is_unsound(said: e.PlannerAnswered, then: e.Event) -> bool:
    """Whether the proposal was refused; then it does not stand in the journal."""
    return said.outcome in ("plan", "edits") and isinstance(then, (e.RunFailed, e.FaultRecorded))


def _questions(following: list[e.Event]) -> list[Question]:
    found = []
    for event in following:
        if not isinstance(event, e.RequestOpened) or event.about != "question":
            break
        name = str(event.evidence.get("question", ""))
        found.append(Question(name, event.title, event.choices, event.why))
    return found


def _revision(plan: Plan | None, said: e.PlannerAnswered, following: list[e.Event]) -> Proposal:
    revised = next((event for event in following if isinstance(event, e.PlanRevised)), None)
    if revised is None:
        raise WorkbenchError("the recording does not hold what was proposed")
    if revised.plan is not None:
        return Proposal(plan=revised.plan, reason=said.text, usage=said.usage)
    if said.outcome == "plan" and plan is not None:
        return Proposal(plan=apply_edits(plan, revised.edits), reason=said.text, usage=said.usage)
    return Proposal(edits=revised.edits, reason=said.text, usage=said.usage)
