"""Compare three ways of planning in a small seeded world with a trap at the first step.

    python scripts/compare_planners.py [--episodes 60] [--write]

No key and no network: the policies are scripted, and their prompts are counted as a model's would
be. The same seeds give the same table; `--write` puts it into docs/compared.md.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import re
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import workbench as wb
from workbench.agents import Session, add_agent, runs_below, take_back
from workbench.errors import RunFailed, StepFailed
from workbench.models import Message, ModelRequest
from workbench.planner.prompts import catalogue_text
from workbench.report.reliability import interval
from workbench.testing import ScriptedModel, allow_all

EPISODES = 60
ROOMS = 3
TRAP = 0.7
"""Share of episodes in which the door that looks right is the wrong one."""
HONEST = 0.9
"""Share of looks at a door that tell the truth; at the same door always the same."""
STUMBLE = 0.05
"""Share of walks that fail and are tried again."""
DOCS = Path(__file__).parents[1] / "docs" / "compared.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


class House:
    """Two doors, rooms behind each, and a lamp in the last room behind one of them."""

    def __init__(self, seed: int) -> None:
        """Draw it."""
        chance = random.Random(seed)  # noqa: S311 - a world to be repeated
        self.right = "oak" if chance.random() < 1 - TRAP else "iron"
        self.looks = {door: chance.random() < HONEST for door in ("oak", "iron")}
        self.chance = chance
        self.behind: str | None = None
        self.room = 0
        self.undos = 0

    def tools(self) -> list[wb.Tool]:
        """Give what can be done in it."""

        @wb.tool(effect="read")
        def look_at(door: str) -> bool:
            """Say whether there is light behind a door, oak or iron; it may deceive."""
            return (door == self.right) == self.looks[door]

        def come_back() -> None:
            self.undos += 1
            self.behind, self.room = None, 0

        @wb.tool(effect="reversible", undo=come_back)
        def enter(door: str) -> str:
            """Go through a door, oak or iron; it falls shut behind you."""
            self.behind, self.room = door, 0
            return door

        @wb.tool(effect="read", retry=wb.Retry(attempts=3, wait_s=0))
        def walk() -> int:
            """Walk on to the next room."""
            if self.chance.random() < STUMBLE:
                raise ConnectionError("stumbled")
            self.room += 1
            return self.room

        @wb.tool(effect="read")
        def see_lamp() -> bool:
            """Say whether the lamp is in this room."""
            if self.behind != self.right:
                raise LookupError("there is no lamp here")
            return True

        @wb.tool(effect="pure")
        def choose(oak: bool, iron: bool) -> str:  # noqa: FBT001 - a plan names them
            """Choose a door by what was seen at both: the one with light, else oak."""
            return "iron" if iron and not oak else "oak"

        return [look_at, enter, walk, see_lamp, choose]


@dataclass
class Episode:
    """What one attempt at the task took."""

    success: bool = False
    steps: int = 0
    calls: int = 0
    tokens: float = 0.0
    person: int = 0
    undos: int = 0


def steps_behind(first: str) -> list[dict[str, Any]]:
    """Plan the way behind a door."""
    walks = [{"id": f"walk{n}", "tool": "walk", "args": {}} for n in range(1, ROOMS + 1)]
    before = first
    for walk in walks:
        walk["after"], before = [before], str(walk["id"])
    return [*walks, {"id": "see", "tool": "see_lamp", "args": {}, "after": [before]}]


def plan_through(door: str) -> dict[str, Any]:
    """Plan to enter a door without a look."""
    enter = {"id": "enter", "tool": "enter", "args": {"door": door}}
    return {"kind": "plan", "steps": [enter, *steps_behind("enter")]}


def graph_plan() -> dict[str, Any]:
    """Plan to look at both doors side by side, to choose, and to go on."""
    seen = {"oak": {"$ref": "oak"}, "iron": {"$ref": "iron"}}
    return {
        "kind": "plan",
        "steps": [
            {"id": "oak", "tool": "look_at", "args": {"door": "oak"}},
            {"id": "iron", "tool": "look_at", "args": {"door": "iron"}},
            {"id": "choose", "tool": "choose", "args": seen},
            {"id": "enter", "tool": "enter", "args": {"door": {"$ref": "choose"}}},
            *steps_behind("enter"),
        ],
    }


# -- the three ways -------------------------------------------------------------------------------


def planned(house: House, folder: Path, first: dict[str, Any]) -> Episode:
    """Make a whole plan, carry it out; after a failure the person takes it back and asks again."""
    episode = Episode()
    model = ScriptedModel([first, plan_through("iron")])
    bench = wb.Workbench(
        folder / "planned.db",
        tools=house.tools(),
        planner=wb.ModelPlanner(model),
        policy=allow_all(),
        rule_files=(),
    )
    with bench:
        for _ in range(2):
            run = bench.start("bring the lamp", seed=1)
            try:
                run.wait(60)
                episode.success = True
            except RunFailed:
                pass
            count(episode, run)
            if episode.success or len(model.requests) == len(model.replies):
                break
            run.rollback(to=run.checkpoints[0])
            episode.person += 1
    episode.undos = house.undos
    return episode


def stepwise(house: House, folder: Path) -> Episode:
    """Decide after each observation what comes next; go back oneself where it looks wrong."""
    episode = Episode()
    bench = wb.Workbench(
        folder / "stepwise.db", tools=house.tools(), planner=None, policy=allow_all(), rule_files=()
    )
    model = ScriptedModel([lambda _: "next"] * 100)

    tried: list[str] = []

    def wander(work: Session) -> bool:
        history: list[str] = []

        def act(tool: str, **args: Any) -> Any:
            words = f"{catalogue_text(work.tools)}\n{work.brief}\n" + "\n".join(history)
            reply = asyncio.run(model.request(ModelRequest(messages=(Message("user", words),))))
            episode.calls += 1
            episode.tokens += reply.usage.tokens_in + reply.usage.tokens_out
            try:
                seen = work.call(tool, **args)
            except StepFailed as error:
                seen = error
            history.append(f"{tool} {args}: {seen}")
            return seen

        door = "oak" if act("look_at", door="oak") else "iron"
        if tried:
            door = "iron" if tried[0] == "oak" else "oak"
        tried.append(door)
        act("enter", door=door)
        for _ in range(ROOMS):
            act("walk")
        return act("see_lamp") is True

    with bench:
        names = ["look_at", "enter", "walk", "see_lamp"]
        add_agent(bench, wander, name="wander", gives=bool, tools=names, writes=True)
        plan = wb.Plan(goal="bring the lamp", steps=(_step("wander"),))
        for _ in range(2):
            run = bench.start(plan=plan)
            episode.success = run.wait(60)["answer"]
            for below in runs_below(run)[1:]:  # the first one writes down what it is told
                count(episode, below, model=False)
            if episode.success or len(tried) > 1:
                break
            take_back(run)
            episode.person += 1
    episode.undos = house.undos
    return episode


def _step(tool: str) -> wb.Step:
    return wb.Step(id="go", tool=tool, args={"task": "bring the lamp"})


def count(episode: Episode, run: wb.Run, *, model: bool = True) -> None:
    """Add what the journal of a run says."""
    for record in run.events():
        if record.kind == "call.intended":
            episode.steps += 1
        elif model and record.kind == "planner.answered":
            episode.calls += 1
            usage = record.event.model_dump()["usage"]
            episode.tokens += usage.get("tokens_in", 0) + usage.get("tokens_out", 0)


WAYS: dict[str, Callable[[House, Path], Episode]] = {
    "plan, then execute": lambda house, folder: planned(house, folder, plan_through("oak")),
    "step by step": stepwise,
    "graph plan": lambda house, folder: planned(house, folder, graph_plan()),
}


# -- the table ------------------------------------------------------------------------------------


@dataclass
class Row:
    """What one way took over all episodes."""

    way: str
    episodes: list[Episode] = field(default_factory=list)

    def cells(self) -> list[str]:
        """Give its cells: each number with its interval of 95 %."""
        good, count_of = sum(e.success for e in self.episodes), len(self.episodes)
        low, high = interval(good, count_of)
        share = f"{good / count_of:.0%} [{low:.0%}, {high:.0%}]"
        names = ("steps", "calls", "tokens", "person", "undos")
        return [self.way, share, *(mean([getattr(e, n) for e in self.episodes]) for n in names)]


def mean(numbers: Sequence[float]) -> str:
    """Give a mean with the half width of its interval."""
    middle = statistics.fmean(numbers)
    spread = statistics.stdev(numbers) if len(numbers) > 1 else 0.0
    half = 1.96 * spread / math.sqrt(len(numbers))
    digits = 0 if middle >= 100 else 2  # noqa: PLR2004 - three figures are enough
    return f"{middle:.{digits}f} ± {half:.{digits}f}"


def played(way: str, episodes: int) -> str:
    """Play all episodes in one way and give its line of the table."""
    row = Row(way)
    for seed in range(episodes):
        with tempfile.TemporaryDirectory() as folder:
            row.episodes.append(WAYS[way](House(seed), Path(folder)))
    return "| " + " | ".join(row.cells()) + " |"


def table(episodes: int) -> str:
    """Play all episodes in all ways and give the table."""
    head = ["way", "success", "calls of tools", "calls of the model", "tokens", "person", "undos"]
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    lines += [played(way, episodes) for way in WAYS]
    return "\n".join(lines)


def main() -> None:
    """Print the table, and write it where that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=EPISODES)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    made = table(options.episodes)
    print(made)
    if options.write:
        text = DOCS.read_text(encoding="utf-8")
        found = re.compile(f"{BEGIN}.*{END}", re.DOTALL)
        DOCS.write_text(found.sub(f"{BEGIN}\n{made}\n{END}", text), encoding="utf-8")


if __name__ == "__main__":
    main()
