"""Planning again after a failure: the rules do not pretend to know better, they ask.

To keep the plan as it is means: nothing more to change, let the run go on and end.
"""

from __future__ import annotations

from workbench.plan import Edit, Plan, Skip
from workbench.plan.graph import downstream
from workbench.planner.builtin.ask import SKIP, Dialogue
from workbench.planner.port import PlanningContext, Proposal
from workbench.states import STEP_FINAL

_BROKEN = frozenset({"failed", "denied", "stopped"})
_KEEP = "keep"


def plan_again(context: PlanningContext, plan: Plan) -> Proposal:
    """Ask what to do about the steps that failed, or do what the person answered."""
    dialogue = Dialogue(context.answers)
    broken = {r.id: r for r in context.steps if r.state in _BROKEN and r.id in plan}
    states = {report.id: report.state for report in context.steps}
    lost = [
        step
        for step in plan.order()
        if step in downstream(plan.needs, broken)
        and states.get(step, "pending") not in STEP_FINAL
        and not plan[step].skip
    ]
    reasons = [f"{r.id} ({r.state}{': ' + r.error if r.error else ''})" for r in broken.values()]
    happened = "; ".join(reasons) or context.why
    subject = ", ".join(sorted(broken)) or context.why
    if not broken:
        text = f"These rules cannot plan anew from “{happened}”. Go on with the plan as it is?"
        choices = {_KEEP: "Go on with the plan as it is"}
    else:
        also = f" and what depends on it ({', '.join(lost)})" if lost else ""
        text = f"These rules know no other way to do {happened}. Go on without it{also}?"
        choices = {SKIP: f"Leave out {', '.join(broken)}{also}"}
    answer = dialogue.ask("again", subject, text, why=context.why, choices=choices)
    if dialogue.stopped:
        return Proposal(abandon=f"The person chose to stop: {happened}.")
    if answer is None:
        return Proposal(questions=tuple(dialogue.questions.values()), reason=happened)
    reason = f"On the person's word: {choices[answer]}."
    if answer == SKIP and lost:
        edits: tuple[Edit, ...] = tuple(Skip(step=step) for step in lost)
        return Proposal(edits=edits, reason=reason)
    return Proposal(keep=reason, reason=reason)
