"""The whole way from a goal to a plan, and what is still open at its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workbench.plan import Plan, Step
from workbench.planner.builtin.account import account
from workbench.planner.builtin.ask import Dialogue
from workbench.planner.builtin.choose import choose_tools, ordered
from workbench.planner.builtin.columns import fill_column_lists
from workbench.planner.builtin.complete import make
from workbench.planner.builtin.confirm import confirm
from workbench.planner.builtin.lexicon import concept
from workbench.planner.builtin.mentions import find_names
from workbench.planner.builtin.ports import read_ports
from workbench.planner.builtin.reading import Anchor, Clause, read_clauses
from workbench.planner.builtin.sheet import Made, Sheet
from workbench.planner.builtin.words import read_tokens
from workbench.planner.builtin.workspace import Listing
from workbench.tools import Tool


def read_goal(goal: str, tools: Iterable[Tool], listing: Listing, dialogue: Dialogue) -> Sheet:
    """Read a goal: words, names, clauses, and the tools that they call for."""
    ports = [read_ports(tool) for tool in tools]
    tokens = read_tokens(goal)
    cues = frozenset(cue for tool in ports for cue in tool.cues)
    names = find_names(tokens, listing, cues)
    clauses, used = read_clauses(goal, tokens, ports, names, dialogue)
    sheet = Sheet(goal, tokens, ports, names, listing, dialogue, clauses, used)
    choose_tools(sheet)
    return sheet


def make_steps(sheet: Sheet) -> None:
    """Make the steps of every clause, then ask about each word that nothing accounts for."""
    for clause, anchor in _in_order(sheet):
        if anchor.chosen is not None:
            make(sheet, anchor.chosen, clause, anchor)
    fill_column_lists(sheet)
    confirm(sheet)
    account(sheet)


def _in_order(sheet: Sheet) -> Iterator[tuple[Clause, Anchor]]:
    """Give what is to be made, clause after clause; a condition comes with the one it goes on."""
    more = {a.onto: (clause, a) for clause in sheet.clauses for a in clause.acting if a.onto}
    for clause in sheet.clauses:
        for anchor in ordered(sheet, clause):
            next_one: tuple[Clause, Anchor] | None = (clause, anchor) if not anchor.onto else None
            while next_one is not None:
                yield next_one
                next_one = more.get(next_one[1])


def as_plan(sheet: Sheet) -> Plan:
    """Write the steps down as a plan."""
    steps: list[Step] = []
    done_before: dict[str, set[str]] = {}
    for made in sheet.made:
        after = _wait_for(sheet, made, done_before)
        before = {*after, *made.needs}
        done_before[made.id] = before.union(*(done_before[step] for step in before))
        step = Step(
            id=made.id,
            tool=made.ports.name,
            args={name: value for name, value in made.args.items() if value is not None},
            after=tuple(after),
            title=_title(made),
            why=_why(sheet, made),
            ask=made.anchor is not None and made.anchor.ask,
        )
        steps.append(step)
    return Plan(goal=sheet.goal, steps=tuple(steps))


def _wait_for(sheet: Sheet, made: Made, done_before: dict[str, set[str]]) -> list[str]:
    """Let a step that changes the world wait for all that the goal says before it."""
    earlier = [sheet.by_id(step) for step in done_before]
    if not made.ports.acts:
        return [m.id for m in earlier if _gates(sheet, m, made)]
    reached = set(made.needs).union(*(done_before[step] for step in made.needs))
    others = [m.id for m in earlier if m.id not in reached]
    covered: set[str] = set().union(*(done_before[step] for step in others))
    return [step for step in others if step not in covered]


def _gates(sheet: Sheet, check: Made, made: Made) -> bool:
    """Say whether a check, whose output nobody takes, must hold before this step may begin."""
    is_check = concept("check") in check.ports.cues and not any(sheet.consumers(check))
    return is_check and bool(set(check.needs) & set(made.needs))


def _title(made: Made) -> str:
    shown = []
    for port in made.ports.inputs:
        value = made.args.get(port.name)
        if port.kind == "flag" and value is True:
            shown.append(port.name)
        elif port.kind not in ("live", "text", "label", "flag") and value is not None:
            shown.append(", ".join(map(str, value)) if isinstance(value, list) else str(value))
    name = made.ports.name.replace("_", " ").capitalize()
    return f"{name}: {', '.join(shown)}" if shown else name


def _why(sheet: Sheet, made: Made) -> str:
    words = sheet.words_of(made)
    if made.anchor is not None:
        return words
    needed = ", ".join(other.id for other in sheet.consumers(made))
    return f"{words} (needed by {needed})" if words else f"needed by {needed}"
