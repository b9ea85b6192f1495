"""What a run leaves behind: work that goes on, what it made, doubts, rights and rules that hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.report.columns import TEXT, TIME, make_frame
from workbench.report.things_left import Thing
from workbench.report.values import stored_text
from workbench.view import RunView
from workbench.view.authority import live
from workbench.view.unnamed import UNNAMED

if TYPE_CHECKING:
    import pandas as pd

    from workbench.executor import Leftover
    from workbench.journal import RunRow
    from workbench.journal.standing import StandingRule

LEFTOVER_COLUMNS: dict[str, str] = {
    "kind": TEXT,  # thread, run below, work outside, in doubt, may have happened, live right,
    # standing rule, open question, untold end; file, schedule, token …: see `tool(leaves=…)`;
    # not known, not shown
    "step": TEXT,
    "what": TEXT,
    "since": TIME,
    "next": TEXT,  # what a person can do about it
}
"""Columns of `leftovers_frame` and their dtypes: one row for each; none: nothing is left."""


def leftovers_frame(
    view: RunView,
    threads: Iterable[Leftover],
    below: Iterable[RunRow] = (),
    *,
    things: Mapping[str, Iterable[Thing]] | None = None,
    rules: Iterable[StandingRule] = (),
    hidden: Iterable[str] = (),
) -> pd.DataFrame:
    """Give what is left of a run, each with what can be done about it.

    Args:
        view: the run.
        threads: those of its calls that go on.
        below: runs that its calls have started, and that have not ended.
        things: what its effects, and those of the runs below it, have left in the world, by run.
        rules: those that stand for all runs since an answer to one of its questions.
        hidden: tools of whose calls nothing is said but that there are some.
    """
    rows = [
        _row("thread", one.step, f"thread {one.thread}", one.since, "restart the process")
        for one in threads
    ]
    rows += [
        _row("run below", None, f"{one.id} ({one.state})", one.created, f"stop {one.id}")
        for one in below
    ]
    for step in view.steps.values():
        if step.id in view.submitted:
            since = view.submitted[step.id]
            rows.append(_row("work outside", step.id, stored_text(step.handle), since, "end it"))
        elif step.state == "in_doubt":
            then = "look whether it happened"
            rows.append(_row("in doubt", step.id, step.error, step.started, then))
        elif step.may_have_happened:
            rows.append(_row("may have happened", step.id, step.error, step.ended, "look there"))
    rows += [
        _row("may have happened", gone.step, gone.error, gone.at, "look there")
        for gone in view.left
    ]
    rows += [
        _row("live right", None, str(held.grant), held.at, f"run.revoke({name!r})")
        for name, held in live(view).items()
    ]
    unnamed = set(hidden)
    for run, left in (things or {}).items():
        rows += [_thing(view, run, one, unnamed) for one in left]
    rows += [_rule(view, rule) for rule in rules]
    if view.final and view.notify and not view.delivered:
        then = "it is told when a process with on_end= opens the journal"
        rows.append(_row("untold end", None, view.state, view.ended, then))
    rows += [
        _row("open question", asked.opened.step, asked.opened.title, asked.opened_at, "answer")
        for asked in ([] if view.final else view.open_requests)
    ]
    return make_frame(rows, LEFTOVER_COLUMNS)


def _thing(view: RunView, run: str, thing: Thing, hidden: set[str]) -> dict[str, Any]:
    mine = run == view.run
    back = "run.rollback()" if mine else f"bench.open({run!r}).rollback()"
    then = f"keep it, or take it back: {back}" if thing.undoable else "keep it, or end it by hand"
    if thing.kind == "not known":
        then = "look there, with its tool registered"
    step = thing.step if mine else f"{thing.step} of {run}"
    if thing.tool in hidden:
        return _row("not shown", step, UNNAMED, thing.at, then)
    return _row(thing.kind, step, thing.name, thing.at, then)


def _rule(view: RunView, rule: StandingRule) -> dict[str, Any]:
    answered = (one for one in view.requests.values() if one.answer is not None)
    opened = next(one.opened for one in answered if one.answer and one.answer.rule_id == rule.id)
    what = UNNAMED if opened.tool == UNNAMED else str(rule.rule)
    then = f"bench.rules.lift({rule.id!r})"
    return _row("standing rule", opened.step, what, rule.at, then)


def _row(kind: str, step: str | None, what: str | None, since: Any, then: str) -> dict[str, Any]:
    return {"kind": kind, "step": step, "what": what, "since": since, "next": then}
