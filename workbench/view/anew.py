"""Steps that change or begin anew: with a revision of the plan, a rollback, and what follows it.

For `fold` only.
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.events import UndoOutcome
from workbench.plan import Plan, Step
from workbench.states import NEEDS_CHANGED, NEEDS_MET, RENEWED, UNDONE, next_step_state
from workbench.view.parts import UNAPPROVED, Left, StepView
from workbench.view.run_view import RunView


def put_plan(view: RunView, plan: Plan) -> None:
    """Take over a revision: keep what is known of its steps, begin the new ones."""
    view.retired += [old for old in view.steps if old not in plan.by_id]
    _keep_those_left(view, plan)
    author = view.revisions[-1].author if view.revisions else ""
    blank = StepView(id="", author=author)
    view.steps = {step.id: _stands(view, step, blank) for step in plan.steps}
    view.plan = plan
    view.reindex()
    for step in list(view.steps.values()):
        unmet = view.index.unmet[step.id]
        if unmet <= 0 and step.state == "pending":
            view.put_step(step, NEEDS_MET)
        elif unmet > 0 and step.state in ("ready", "asking"):
            view.put_step(step, NEEDS_CHANGED)


def _stands(view: RunView, step: Step, blank: StepView) -> StepView:
    """Say where a step of a new revision stands: an approval never covers a changed one."""
    known, author = view.steps.get(step.id), blank.author
    if known is None or view.plan is None:
        return blank.moved({"id": step.id}, "pending")
    if view.plan.by_id[step.id] == step:
        return known
    if known.state in ("failed", "denied", "undone"):
        # The changed step is another one under the same id: it begins anew.
        return renewed(known, author)
    changes = {**UNAPPROVED, "asked": None, "said": {}, "author": author}
    if _is_another_call(view.plan.by_id[step.id], step):
        changes["unsure"] = False
    return known.model_copy(update=changes)


def take_back(view: RunView, became: Mapping[str, str]) -> None:
    """Take back steps, each by an event; those that waited for them wait again."""
    for name, event in became.items():
        step = view.steps[name]
        changes = {"request": None} if event == UNDONE else {}
        view.steps[name] = step.moved(changes, next_step_state(step.state, event))
    view.reindex()
    for step in list(view.steps.values()):
        if step.state in ("ready", "asking") and view.index.unmet[step.id] > 0:
            view.put_step(step, NEEDS_CHANGED)


def renew(view: RunView) -> None:
    """Let the steps that were undone begin anew."""
    undone = [step for step in view.steps.values() if step.state == "undone"]
    for step in undone:
        state = next_step_state(step.state, RENEWED)
        view.steps[step.id] = renewed(step, step.author).moved({}, state)
    if undone:
        view.reindex()
    for step in undone:
        if view.index.unmet[step.id] <= 0:
            view.put_step(view.steps[step.id], NEEDS_MET)


def _keep_those_left(view: RunView, plan: Plan) -> None:
    """Remember calls that may have happened, when their steps go or change."""
    if view.plan is None:
        return
    before, after = view.plan.by_id, plan.by_id
    for step in view.steps.values():
        if not step.may_have_happened or (now := after.get(step.id)) == before[step.id]:
            continue
        if now is None or step.state == "failed" or _is_another_call(before[step.id], now):
            keep_left(view, step)


def keep_left(view: RunView, step: StepView) -> None:
    """Remember the last call of a step, which may have happened, beyond the step itself."""
    tool = view.plan.by_id[step.id].tool if view.plan else ""
    call = (step.id, tool, step.args_digest, "")
    if call not in ((one.step, one.tool, one.args_digest, one.run) for one in view.left):
        view.left.append(
            Left(
                step=step.id,
                tool=tool,
                args_digest=step.args_digest,
                at=step.ended or step.started,
                error=step.error or "",
                intent=step.intent_seq,
            )
        )


def forget_left(view: RunView, effects: Mapping[int, UndoOutcome]) -> None:
    """Forget those calls that may have happened, and that a rollback has undone."""
    gone = {intent for intent, outcome in effects.items() if outcome.startswith("undone")}
    view.left = [one for one in view.left if one.intent not in gone]


def _is_another_call(before: Step, now: Step) -> bool:
    return (before.tool, before.args) != (now.tool, now.args)


def renewed(step: StepView, author: str) -> StepView:
    """Give the step as it begins anew: attempts and turns count on, so its key is a new one."""
    turns = step.turns_before + step.turn + (step.state == "undone")
    return StepView(id=step.id, attempt=step.attempt, turns_before=turns, author=author)
