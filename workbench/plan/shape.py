"""The shape of a plan: what it does, whatever its steps are called and however listed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from workbench.ids import digest
from workbench.plan.argument import Ref
from workbench.plan.plan import Plan
from workbench.plan.step import Step

WORDS = frozenset({"id", "title", "why", "estimate", "after", "args"})
"""Fields that are only for people, and those that are compared with references resolved."""


def shape(plan: Plan, without: Collection[str] = ()) -> str:
    """Give a digest that two plans share when they do the same, step by step.

    Ids, titles, reasons, estimates and the order of the list do not count; tools, arguments,
    checks, limits, and who waits for whom do.

    Args:
        plan: the plan.
        without: ids of steps that are left out, with what others say of them.
    """
    steps = {step.id: step for step in plan.steps if step.id not in without}
    colours = {name: _content(step) for name, step in steps.items()}
    behind: dict[str, list[str]] = {name: [] for name in steps}
    for name, step in steps.items():
        for earlier in step.needs:
            if earlier in steps:
                behind[earlier].append(name)
    kinds = 0
    while len(set(colours.values())) > kinds:
        kinds = len(set(colours.values()))
        colours = {name: _refined(step, colours, behind[name]) for name, step in steps.items()}
    return digest(sorted(colours.values()))


def _content(step: Step) -> str:
    fields = step.model_dump(mode="json", exclude_defaults=True, exclude=set(WORDS))
    return digest([fields, _args(step.args, {})])


def _refined(step: Step, colours: dict[str, str], behind: list[str]) -> str:
    """Name a step by its own content, what it takes and waits for, and who waits for it."""
    waits = sorted({colours[earlier] for earlier in step.after if earlier in colours})
    later = sorted(colours[name] for name in behind)
    return digest([colours[step.id], _args(step.args, colours), waits, later])


def _args(value: Any, colours: dict[str, str]) -> Any:
    if isinstance(value, Ref):
        return {"$of": colours.get(value.step, ""), "path": list(value.path)}
    if isinstance(value, dict):
        return {key: _args(item, colours) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_args(item, colours) for item in value]
    return value
