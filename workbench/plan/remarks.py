"""What the warnings of a plan come to in words, small enough to be kept with its revision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.plan.base import Frozen
from workbench.plan.check import Catalogue, Checkable
from workbench.plan.finding import Finding

if TYPE_CHECKING:
    from workbench.plan.plan import Plan

MOST_STEPS = 300
"""A larger plan is not looked through at its start: that would take longer than it may."""
MOST_REMARKS = 8
"""What a person reads before a start."""
NAMED = 5
"""Steps that a remark names at most."""
CONTRACT = "contract"
LITTLE_LEFT = "too_little_left"
MANY_TOOLS = 50
"""From so many on a planner chooses worse, and pays for all that it does not need."""


class Remark(Frozen):
    """One thing about a plan that a person should know before it goes on."""

    code: str
    """As of the finding, or `contract`, `point_of_no_return`, `many_tools`, or `more`."""
    step: str | None = None
    """The step concerned; None for the plan as a whole."""
    text: str
    behind: tuple[str, ...] = ()
    """Steps after which it is moot."""


@dataclass(frozen=True)
class _Limits:
    limits: dict[str, float]


def remarks_on(
    plan: Plan,
    tools: Catalogue | Iterable[Checkable],
    limits: Mapping[str, float],
    *,
    done: bool | None = None,
) -> tuple[Remark, ...]:
    """Give what `plan.warnings` finds, and the point of no return, in words.

    Args:
        plan: the plan, without faults.
        tools: what it uses.
        limits: those of the run, by unit.
        done: whether a run that has not begun has a completion criterion; None: no such run.
    """
    found = _on_plan(plan, tools, limits)
    return found if done is None else (*found, *_on_contract(plan, limits, done=done))


def _on_plan(
    plan: Plan, tools: Catalogue | Iterable[Checkable], limits: Mapping[str, float]
) -> tuple[Remark, ...]:
    door = plan.point_of_no_return(tools)
    if len(plan.steps) > MOST_STEPS:
        if door is None:
            return ()
        text = (
            f"with more than {MOST_STEPS} steps it was not looked through for what cannot be "
            "undone and comes early: plan.warnings(bench) does it"
        )
        return (*_door(door), Remark(code="more", text=text))
    found = plan.warnings(tools, _Limits(dict(limits)))
    more = len(found) - MOST_REMARKS
    rest = [Remark(code="more", text=f"{more} more: plan.warnings(bench)")] if more > 0 else []
    return (*_door(door), *(_in_words(plan, one) for one in found[:MOST_REMARKS]), *rest)


def _on_contract(plan: Plan, limits: Mapping[str, float], *, done: bool) -> tuple[Remark, ...]:
    """Warn of a run that nobody can call done, or that nothing holds back.

    A plan whose last steps are all checked says itself what its result must be.
    """
    inner = {before for needs in plan.needs.values() for before in needs}
    last = [step for step in plan.steps if step.id not in inner and not step.skip]
    missing = []
    if not done and not all(step.check or step.repeat for step in last):
        missing.append("no completion criterion (start(done=…) sets one)")
    if not limits:
        missing.append("no limits (Workbench(budget=…) sets them)")
    if not missing:
        return ()
    return (Remark(code=CONTRACT, text=f"the run has {' and '.join(missing)}"),)


def on_catalogue(offered: int) -> tuple[Remark, ...]:
    """Warn when a planner had so many tools to choose from that the plan suffers."""
    if offered < MANY_TOOLS:
        return ()
    text = (
        f"{offered} tools were offered to the planner; with fewer it chooses better: "
        "give the workbench those that the goal needs, or narrow the rights"
    )
    return (Remark(code="many_tools", text=text),)


def _door(step: str | None) -> Iterator[Remark]:
    if step is not None:
        text = "the point of no return: the first step that cannot be undone"
        yield Remark(code="point_of_no_return", step=step, text=text)


def _in_words(plan: Plan, found: Finding) -> Remark:
    if found.code != "irreversible_before_uncertain" or found.step is None or not found.proposal:
        return Remark(code=found.code, step=found.step, text=found.message)
    after = getattr(found.proposal[-1], "after", None) or ()
    behind = tuple(step for step in after if step not in plan[found.step].after)
    more = ", …" if len(behind) > NAMED else ""
    text = f"{found.message}: {found.step} after {', '.join(behind[:NAMED])}{more}"
    return Remark(code=found.code, step=found.step, text=text, behind=behind)
