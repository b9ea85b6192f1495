"""From effects to the plan that undoes them: one step for each, the last one first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from workbench import events as e
from workbench.events import Record
from workbench.ids import digest
from workbench.plan import Plan, Step, apply_edits
from workbench.plan.graph import dependents, order
from workbench.plan.step import Undoes
from workbench.tools import Tool
from workbench.tools.undoing import PREFIX
from workbench.undo.effects import Made
from workbench.values import Stored
from workbench.values.summary import summarize

ID_LENGTH = 64
"""Characters that a step's id may have."""


def needs_of(records: Iterable[Record]) -> dict[str, tuple[str, ...]]:
    """Give what each step of any revision waits for; of one that was edited, as it was last."""
    plan, needs = Plan(), {}
    for record in records:
        event = record.event
        if isinstance(event, e.PlanRevised):
            plan = event.plan if event.plan is not None else apply_edits(plan, event.edits)
            needs.update(plan.needs)
    return needs


def why_not(made: Made, tools: Mapping[str, Tool] | None) -> str | None:
    """Say why an effect cannot be undone at all; None: there is an undo for it.

    Without `tools`, by what the journal says of the time of the call.
    """
    if made.not_undoable:
        return made.not_undoable
    if made.undo is None:
        return f"{made.tool} declared no undo when it was called"
    if tools is None:
        return None
    tool = tools.get(made.tool)
    if tool is None:
        return f"the tool {made.tool} is not registered here"
    if tool.undo is None:
        return f"{made.tool} declares no undo any more"
    return None


def undo_plan(
    goal: str,
    effects: Iterable[Made],
    needs: Mapping[str, tuple[str, ...]],
    tools: Mapping[str, Tool],
) -> Plan:
    """Make the plan: one step for each effect that has an undo.

    What was done later is undone first, along the dependencies of the steps that did it, among the
    turns of one step, and among calls that wrote the same thing. The rest may go side by side.
    """
    mine = [made for made in effects if why_not(made, tools) is None]
    names = _names(mine)
    later = _later(mine, needs, tools)
    steps = [
        Step(
            id=names[made.intent],
            tool=PREFIX + made.tool,
            args=shown_args(made.args),
            after=tuple(names[intent] for intent in sorted(later[made.intent], reverse=True)),
            title=f"undo {made.step}",
            why=f"{made.tool} was called by step {made.step}",
            undoes=Undoes(intent=made.intent, outcome=made.outcome),
        )
        for made in reversed(mine)
    ]
    return Plan(goal=goal, steps=tuple(steps))


def _names(effects: list[Made]) -> dict[int, str]:
    names: dict[int, str] = {}
    taken: set[str] = set()
    for made in effects:
        name, turn = PREFIX + made.step, 1
        while (fitted := _fit(name, turn)) in taken:
            turn += 1
        taken.add(fitted)
        names[made.intent] = fitted
    return names


def _fit(name: str, turn: int) -> str:
    tail = f".{turn}" if turn > 1 else ""
    if len(name) + len(tail) <= ID_LENGTH:
        return name + tail
    tail = f".{digest(name)[:8]}{tail}"
    return name[: ID_LENGTH - len(tail)] + tail


def shown_args(args: Stored) -> dict[str, Any]:
    """Give the arguments of an intent as they are shown, by name."""
    if args.artifact is not None:
        return {"arguments": args.summary}
    value = args.value
    return dict(value) if isinstance(value, dict) else {"arguments": summarize(value)}


def _later(
    effects: list[Made], needs: Mapping[str, tuple[str, ...]], tools: Mapping[str, Tool]
) -> dict[int, set[int]]:
    """Give, for each effect, those that must be undone before it: only ones that came after it."""
    by_step: dict[str, list[int]] = {}
    place = {made.intent: at for at, made in enumerate(effects)}
    later: dict[int, set[int]] = {made.intent: set() for made in effects}
    for made in effects:
        turns = by_step.setdefault(made.step, [])
        if turns:
            later[turns[-1]].add(made.intent)
        turns.append(made.intent)
    for step, behind in _behind(by_step, needs).items():
        last = by_step[step][-1]
        firsts = (by_step[other][0] for other in behind)
        later[last] |= {first for first in firsts if place[first] > place[last]}
    for writers in _writers(effects, tools).values():
        for first, second in pairwise(writers):
            later[first].add(second)
    return later


def _behind(
    by_step: Mapping[str, list[int]], needs: Mapping[str, tuple[str, ...]]
) -> dict[str, set[str]]:
    """Give the nearest steps with effects that waited, directly or not, for each such step."""
    sequence = order(needs)
    if not sequence:  # revisions that contradict each other: one after the other, as they came
        names = list(by_step)
        return {step: {after} for step, after in pairwise(names)}
    waiting, nearest = dependents(needs), dict[str, set[str]]()
    found: dict[str, set[str]] = {}
    for step in reversed(sequence):
        behind: set[str] = set()
        for other in waiting.get(step, ()):
            behind |= {other} if other in by_step else nearest[other]
        nearest[step] = behind
        if step in by_step:
            found[step] = behind
    return found


def _writers(effects: list[Made], tools: Mapping[str, Tool]) -> dict[str, list[int]]:
    """Give the effects that wrote each thing, in the order in which they did."""
    found: dict[str, list[int]] = {}
    for made in effects:
        tool, args = tools.get(made.tool), made.args.value
        if tool is not None and tool.writes is not None and isinstance(args, dict):
            for key in tool.planned_writes(args):
                found.setdefault(key, []).append(made.intent)
    return found
