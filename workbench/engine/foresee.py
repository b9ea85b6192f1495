"""What a plan will ask the person, and what it leaves of the caps: said before anything begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from workbench import events as e
from workbench.budget import TOKENS
from workbench.engine import limits
from workbench.engine.parts import Parts
from workbench.engine.verifying import expected
from workbench.journal.ledger import CapState
from workbench.plan import Check, Forecast, Plan, Remark, Room, Step, apply_edits
from workbench.plan.looking import judges
from workbench.plan.remarks import MOST_STEPS
from workbench.plan.room import rooms_of
from workbench.plan.warnings import too_little_left, too_many_requests
from workbench.policy import Ask, CallFacts, authorize
from workbench.tools import Risk
from workbench.view import RunView, used


def foresee(
    plan: Plan,
    parts: Parts,
    facts: Callable[[Step], CallFacts | None],
    states: Iterable[CapState] = (),
    *,
    left: Mapping[str, float] | None = None,
    done: Check | None = None,
    finished: Collection[str] = (),
) -> Forecast:
    """Forecast a plan with its questions, under the policy, the limits and caps as they stand now.

    Args:
        plan: the plan.
        parts: of the workbench.
        facts: gives what is known of the call of a step; None: its tool is not known.
        states: how the caps stand.
        left: what the limits of the run have left, by unit.
        done: the completion criterion.
        finished: ids of steps that are over, and so are not to come.
    """
    judged = (done is not None and bool(done.judge)) or any(map(judges, plan.steps))
    return plan.forecast(
        parts.tools,
        asked=lambda step: asked_as(parts, facts(step)),
        room=[*rooms_of(left or {}), *rooms(states)],
        judged=expected(parts.verifier) if judged else None,
        done=done,
        finished=finished,
    )


def asked_as(parts: Parts, facts: CallFacts | None) -> Risk | None:
    """Give the risk class in which a call will be asked about; None: it will not be."""
    if facts is None:
        return None
    try:
        decision = authorize(facts, parts.policy)
    except Exception:  # noqa: BLE001 - a policy that fails denies, and so asks nobody
        return None
    return facts.tool.risk if isinstance(decision, Ask) else None


def facts_of(
    parts: Parts, agent: str, person: str, environment: str, view: RunView | None = None
) -> Callable[[Step], CallFacts | None]:
    """Give what is known of calls before they are due: their arguments, as the plan has them.

    Args:
        parts: of the workbench.
        agent: who acts.
        person: for whom.
        environment: where.
        view: of the run that they belong to; None: there is none yet.
    """
    own = [] if view is None else [("the run", rule) for rule in view.rules]

    def known(step: Step) -> CallFacts | None:
        tool = parts.tools.get(step.tool)
        if tool is None:
            return None
        spend = tool.planned_spend(step.args) or {}
        return CallFacts(
            "",
            agent,
            person,
            step,
            tool,
            dict(step.args),
            environment=environment,
            spend=spend,
            now=parts.clock.now(),
            autonomy="risk" if view is None else view.autonomy,
            rights=parts.rights,
            grants=None if view is None else view.grants,
            closed=view is not None and view.closed,
            rules=[*own, *parts.standing.rules],
            attended=parts.attended,
        )

    return known


def rooms(states: Iterable[CapState]) -> list[Room]:
    """Say what each cap has left; one of each run is as large as it is."""
    return [
        Room(
            name=state.cap.name,
            units=TOKENS if state.cap.unit == "tokens" else (state.cap.unit,),
            left=state.left,
            per_call=state.cap.per == "call",
        )
        for state in states
    ]


def remarked(events: list[e.Event], parts: Parts, view: RunView) -> list[e.Event]:
    """Say of each new revision whether it takes more than the limits of the run have left.

    Args:
        events: what is about to be written.
        parts: of the workbench.
        view: the run as it is before them.
    """
    if not view.limits:
        return events
    return [_with_remarks(one, parts, view) if _is_revision(one) else one for one in events]


def _is_revision(event: e.Event) -> bool:
    return isinstance(event, e.PlanRevised)


def _with_remarks(event: e.Event, parts: Parts, view: RunView) -> e.Event:
    assert isinstance(event, e.PlanRevised)  # noqa: S101 - the caller has looked
    plan = event.plan or apply_edits(view.plan or Plan(), event.edits)
    if len(plan.steps) > MOST_STEPS and "requests" not in view.limits:
        return event
    facts = facts_of(parts, view.agent, view.on_behalf_of, view.environment, view)
    over = {step for step in plan.by_id if not _is_to_come(view, step)}
    left = limits.left(view)
    found = foresee(plan, parts, facts, left=left, done=view.done, finished=over)
    # One that is being asked about counts as asked already.
    to_come = Counter(row.request for row in found.steps if row.request and _begins(view, row.step))
    said = too_many_requests(to_come, view.limits, int(used(view).get("requests", 0)))
    said += too_little_left(found.room)
    remarks = [Remark(code=one.code, text=one.message) for one in said]
    return event.model_copy(update={"remarks": (*remarks, *event.remarks)}) if remarks else event


def _is_to_come(view: RunView, step: str) -> bool:
    """Whether a step is still to be called; the call of one that is being made counts already."""
    return step not in view.steps or view.steps[step].state in ("pending", "ready", "asking")


def _begins(view: RunView, step: str) -> bool:
    return step not in view.steps or view.steps[step].state != "asking"
