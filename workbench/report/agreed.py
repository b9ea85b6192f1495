"""What person and planner have agreed on, as rows: what a revision changed, and a run's terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.plan import Plan, Step
from workbench.report.rows import Row, argument_json, iso, plain_row
from workbench.view import Held, RunView, live, used
from workbench.view.parts import Revision

MOST = 1000
"""Rows of one list; the newest count."""
SAID = ("tool", "title", "why", "after", "skip", "output")
"""Fields of a step that are shown when they differ, beside each argument."""
OTHERS = "other terms"
"""What stands for all other fields of a step."""


def changes_row(before: Plan, after: Plan, revision: Revision) -> Row:
    """Say what a revision changed, one row for each step and one line for each field.

    Args:
        before: the plan that it was made of.
        after: the plan that it made.
        revision: who made it, and why.
    """
    diff = before.diff(after)
    steps = [_step(name, "added", None, after[name]) for name in diff.added]
    steps += [_step(name, "changed", before[name], after[name]) for name in diff.changed]
    steps += [_step(name, "removed", before[name], None) for name in diff.removed]
    row = {
        "number": revision.number,
        "author": revision.author,
        "reason": revision.reason,
        "at": iso(revision.at),
        "moved": diff.moved,
        "steps": steps[:MOST],
    }
    return plain_row(row)


def _step(name: str, how: str, before: Step | None, after: Step | None) -> Row:
    now = after or before
    assert now is not None  # noqa: S101 - a step that changed stands in one of the plans
    was, is_now = (_fields(before) if before else {}, _fields(after) if after else {})
    fields = [
        {"name": field, "before": was.get(field), "after": is_now.get(field)}
        for field in {**was, **is_now}
        if was.get(field) != is_now.get(field)
    ]
    other = before is not None and after is not None and not fields
    if other:  # a check, an estimate, a deadline: rare, and named by the text of the diff
        fields = [{"name": OTHERS, "before": None, "after": "changed"}]
    shown = [] if how == "removed" else fields
    return {"step": name, "title": now.title, "how": how, "fields": shown}


def _fields(step: Step) -> dict[str, Any]:
    told = step.model_dump(mode="json", include=set(SAID), exclude_defaults=True)
    args: Mapping[str, Any] = step.args
    return {**told, **{name: argument_json(value) for name, value in args.items()}}


def terms_row(view: RunView) -> Row:
    """Give the terms that a run acts on now: how much it asks, limits, rights, what was decided."""
    spent = used(view, view.at)
    held = view.grants or {}
    now = live(view)
    decided = [
        {"by": one.by, "subject": one.subject, "choice": one.choice, "why": one.why,
         "at": iso(one.at), "against": bool(one.contradicts)}
        for one in view.decisions[-MOST:]
    ]  # fmt: skip
    notes = [
        {"by": one.by, "step": one.step, "text": one.text, "at": iso(one.at)}
        for one in view.notes[-MOST:]
    ]
    limits = [
        {"unit": unit, "limit": limit, "used": round(spent.get(unit, 0.0), 6)}
        for unit, limit in view.limits.items()
    ]
    row = {
        "autonomy": view.autonomy,
        "limits": limits,
        "rights": [_right(name, one, taken=name in now) for name, one in held.items()][:MOST],
        "decisions": decided,
        "notes": notes,
    }
    return plain_row(row)


def _right(name: str, one: Held, *, taken: bool) -> Row:
    return {
        "id": name,
        "text": str(one.grant),
        "used": one.used,
        "revoked": one.revoked,
        "taken": taken,
    }
