"""The embedded planner: rules over typed ports, no language model."""

from __future__ import annotations

from pathlib import Path

import anyio.to_thread

from workbench.planner.builtin.ask import Dialogue
from workbench.planner.builtin.compose import as_plan, make_steps, read_goal
from workbench.planner.builtin.replan import plan_again
from workbench.planner.builtin.sheet import Sheet
from workbench.planner.builtin.workspace import Listing, list_workspace
from workbench.planner.port import PlanningContext, Proposal


class BuiltinPlanner:
    """Plans by rules: words of the goal call for tools, types chain them, values fill arguments.

    It uses every word that the person said, or asks about it; each step says which words are
    behind it. What it cannot plan, it says. Questions have stable ids; it plans on with their
    answers.

    Args:
        workspace: the folder that the tools work in. Its files, and the headers of its tables, are
            looked at; paths in the plan are relative to it. None: nothing is looked at, and every
            file and column is taken to exist if the goal names it clearly.
    """

    name = "builtin rules (no language model)"

    def __init__(self, workspace: Path | str | None = None) -> None:
        """Remember the folder; it is read at each call."""
        self.workspace = None if workspace is None else Path(workspace)

    async def propose(self, context: PlanningContext) -> Proposal:
        """Propose a plan, or ask; see `Planner.propose`."""
        if context.plan is not None:
            return plan_again(context, context.plan)
        listing = Listing()
        if self.workspace is not None:
            listing = await anyio.to_thread.run_sync(list_workspace, self.workspace)
        return propose(context, listing)


def propose(context: PlanningContext, listing: Listing) -> Proposal:
    """Plan for a goal, given what lies in the workspace; reads nothing itself."""
    dialogue = Dialogue(context.answers)
    sheet = read_goal(context.goal, context.tools, listing, dialogue)
    if not sheet.clauses and not dialogue.questions and not dialogue.stopped:
        return Proposal(abandon=_nothing_matches(sheet))
    if not dialogue.questions:
        # Only once it is clear which tools are meant: else one doubt would raise many questions.
        make_steps(sheet)
    if dialogue.stopped:
        return Proposal(abandon=f"The person chose to stop at the question: {dialogue.stopped}")
    if dialogue.questions:
        return Proposal(questions=tuple(dialogue.questions.values()), reason=_REASON)
    plan = as_plan(sheet)
    faults = plan.check(context.tools)
    if faults:
        found = "; ".join(map(str, faults))
        return Proposal(abandon=f"These rules cannot make a sound plan of this goal: {found}.")
    remarks = f" Chosen by the rules: {', '.join(sheet.remarks)}." if sheet.remarks else ""
    return Proposal(plan=plan, reason=_REASON + remarks)


_REASON = "Rules matched the words of the goal with the tools; no language model was used."


def _nothing_matches(sheet: Sheet) -> str:
    tools = ", ".join(tool.name for tool in sheet.tools) or "none"
    return (
        "No tool matches anything in this goal, and these rules have no language model. "
        f"Tools are: {tools}. Name one of them, or write the plan yourself."
    )
