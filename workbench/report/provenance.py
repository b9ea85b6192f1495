"""Where each output comes from: the call that made it, what it was made of, who vouches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.plan import Plan, Step
from workbench.plan.graph import downstream
from workbench.report.columns import TEXT, make_frame
from workbench.view import RunView

if TYPE_CHECKING:
    import pandas as pd

PROVENANCE_COLUMNS: dict[str, str] = {
    "step": TEXT,
    "made_by": TEXT,  # call, person, fork; missing: there is no output
    "tool": TEXT,
    "seq": "Int64",  # place in the journal of the call's intent; missing: no call made it
    "of": TEXT,  # steps whose outputs it was made of
    "verified": TEXT,  # verified, not verified; missing: there is no output
    "verified_by": TEXT,  # schema, predicates, tool …, query …, model …; missing: nothing has
    "produced": "boolean",  # whether a tool made it; missing: there is no output
    "invented": TEXT,  # values in its arguments that nothing and nobody gave
    "rests_on": TEXT,  # steps before it with such values, or with an output that no tool made
}
"""Columns of `provenance_frame` and their dtypes: one row for each step of the plan."""


def provenance_frame(view: RunView) -> pd.DataFrame:
    """Say of each output which call made it, and flag what no tool produced."""
    plan = view.plan or Plan()
    made_up = invented_of(view)
    makers = {step.id: _maker(view, step) for step in plan.steps}
    doubtful = {step for step, maker in makers.items() if step in made_up or maker == "person"}
    takes = {step.id: [reference.step for reference in step.refs] for step in plan.steps}
    reach = {name: downstream(takes, [name]) for name in sorted(doubtful)}
    return make_frame(
        (
            {
                "step": step.id,
                "made_by": makers[step.id],
                "tool": step.tool,
                "seq": view.steps[step.id].intent_seq if makers[step.id] == "call" else None,
                "of": ", ".join(dict.fromkeys(takes[step.id])) or None,
                "verified": verdict_words(view, step.id),
                "verified_by": verified_by(view, step),
                "produced": None if makers[step.id] is None else makers[step.id] != "person",
                "invented": made_up.get(step.id),
                "rests_on": ", ".join(name for name in reach if step.id in reach[name]) or None,
            }
            for step in plan.steps
        ),
        PROVENANCE_COLUMNS,
    )


def _maker(view: RunView, step: Step) -> str | None:
    """Say what made an output; what a person gave or put right was made by no tool."""
    stands = view.steps[step.id]
    if stands.output is None:
        return None
    if step.output is not None or stands.by not in ("", "probe", "engine"):
        return "person"
    return "fork" if stands.shared else "call"


def verdict_words(view: RunView, step: str) -> str | None:
    """Say whether a check vouches for an output: `verified` or `not verified`."""
    stands = view.steps[step]
    if stands.output is None and stands.last_output is None:
        return None
    return "verified" if stands.verified and stands.output is not None else "not verified"


def verified_by(view: RunView, step: Step) -> str | None:
    """Say what vouches for the output of a step; None: nothing does."""
    check = step.check or (step.repeat.until if step.repeat is not None else None)
    if check is None or verdict_words(view, step.id) != "verified":
        return None
    said = view.judged.get(step.id)
    model = said.by if said is not None and check.judge else "model"
    return ", ".join(model if name == "model" else name for name in check.looks)


def invented_of(view: RunView) -> dict[str, str]:
    """Give what was said of made-up values, by step of the current plan."""
    found: dict[str, str] = {}
    for revision in view.revisions:
        for remark in revision.remarks:
            if remark.code == "invented" and remark.step in view.steps:
                found[str(remark.step)] = remark.text
    return found
