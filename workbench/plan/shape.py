"""The shape of a plan: what it does, whatever its steps are called and however listed."""

from __future__ import annotations

from typing import Any

from workbench.ids import digest
from workbench.plan.argument import Ref
from workbench.plan.plan import Plan
from workbench.plan.step import Step

WORDS = frozenset({"id", "title", "why", "estimate", "after", "args"})
"""Fields that are only for people, and those that are compared with references resolved."""


def shape(plan: Plan) -> str:
    """Give a digest that two plans share when they do the same, step by step.

    Ids, titles, reasons, estimates and the order of the list do not count; tools, arguments,
    checks, limits, and who waits for whom do.
    """
    steps = plan.by_id
    names = {name: _content(step) for name, step in steps.items()}
    behind: dict[str, list[str]] = {name: [] for name in steps}
    for name, step in steps.items():
        for earlier in step.needs:
            if earlier in steps:
                behind[earlier].append(name)
    kinds = 0
    while len(set(names.values())) > kinds:
        kinds = len(set(names.values()))
        names = {name: _refined(step, names, behind[name]) for name, step in steps.items()}
    return digest(sorted(names.values()))


def colours(plan: Plan) -> dict[str, str]:
    """Give each step a digest of what it does and of all that it builds on, whatever its name.

    Steps of a cycle have none.
    """
    found: dict[str, str] = {}
    for name in plan.order():
        step = plan[name]
        found[name] = _content(step)
        found[name] = _refined(step, found, [])
    return found


def _content(step: Step) -> str:
    fields = step.model_dump(mode="json", exclude_defaults=True, exclude=set(WORDS))
    return digest([fields, _args(step.args, {})])


def _refined(step: Step, names: dict[str, str], behind: list[str]) -> str:
    """Name a step by its own content, what it takes and waits for, and who waits for it."""
    waits = sorted({names[earlier] for earlier in step.after if earlier in names})
    later = sorted(names[name] for name in behind)
    return digest([names[step.id], _args(step.args, names), waits, later])


def _args(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, Ref):
        return {"$of": names.get(value.step, ""), "path": list(value.path)}
    if isinstance(value, dict):
        return {key: _args(item, names) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_args(item, names) for item in value]
    return value
