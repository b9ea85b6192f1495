"""Stopped at any moment: the world, counted from outside, and the journal tell the same story."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

import workbench as wb
from tests.engine.harness import PATIENCE_S, Lab, plan, step
from workbench import points
from workbench.errors import RunFinished
from workbench.events import CallIntended, RunAbandoned, RunStopped

MOMENTS = 200
"""On each backend; a stop that comes after the end does not count."""
SEED = 20261130
ACTS = ("send", "post", "put", "lose")
QUIET = ("think", "look")
POINTS_PASSED = 70
"""Points that such a run passes, or some more; what the tools pass counts, too."""


class Moment:
    """The n-th point that a run passes, of the engine or within a call."""

    def __init__(self, count: int) -> None:
        self._left, self._lock = count, threading.Lock()
        self.come, self.ordered = threading.Event(), threading.Event()
        self.where = ""

    def pass_point(self, name: str) -> None:
        """Be told of a point; a blocking call stays in it until the stop is ordered."""
        with self._lock:
            self._left -= 1
            here = self._left == 0
        if here:
            self.now(name)
            if name == "blocking":
                assert self.ordered.wait(PATIENCE_S)

    def now(self, name: str) -> None:
        self.where = self.where or name
        self.come.set()


class Outside:
    """The world: a line of a file for each effect, and what was in the journal just before it."""

    def __init__(self, folder: Path, journal: Path) -> None:
        self._file, self._journal = folder / "effects.txt", journal
        self.moment = Moment(0)

    def act(self, name: str, key: str) -> None:
        with closing(sqlite3.connect(self._journal)) as disk:
            looked = "select count(*) from wb_events where kind = 'call.intended' and body like ?"
            ((intents,),) = disk.execute(looked, [f"%{key}%"])
        place = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(place, f"{name} {key} {intents}\n".encode())
        os.close(place)

    def effects(self, prefix: str) -> list[list[str]]:
        """Give name, key and number of intents seen, of the effects of one run."""
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        return [line.split() for line in lines if line.startswith(prefix)]

    def tools(self) -> list[wb.Tool]:
        @wb.tool(effect="irreversible", name="send")
        async def send(name: str, key: wb.Key) -> str:
            points.reach("async")
            await anyio.lowlevel.checkpoint()
            self.act(name, key)
            points.reach("async")
            await anyio.lowlevel.checkpoint()
            return name

        def post(name: str, key: wb.Key) -> str:
            points.reach("blocking")
            self.act(name, key)
            points.reach("blocking")
            return name

        def unput(name: str) -> None:
            raise AssertionError(name)

        def old(name: str) -> str:
            return f"before {name}"

        @wb.tool(effect="irreversible")
        async def lose(name: str, key: wb.Key) -> None:
            self.act(name, key)
            self.moment.now("lost")
            await anyio.sleep_forever()

        idempotent = wb.tool(effect="irreversible", idempotent=True, name="post")(post)
        put = wb.tool(effect="reversible", undo=unput, before=old, name="put")(post)
        return [send, idempotent, put, lose]


@pytest.fixture
def outside(lab: Lab, tmp_path: Path) -> Iterator[Outside]:
    """Give a world outside; at the end the hook is taken away."""
    yield Outside(tmp_path, lab.place)
    points.install(None)


@pytest.mark.timeout(120)
def test_stopped_at_200_random_moments(lab: Lab, outside: Outside) -> None:
    """At 200 random moments a run is stopped or abandoned: each effect in the world had its intent
    on disk before it, none is there twice or without one, and what happened, was in flight and was
    not begun adds up to the plan and agrees with the world [CONC-10, CONC-1]."""
    chance = random.Random(SEED)
    shown = [tool for tool in lab.world.tools() if tool.name in QUIET]
    bench = lab.bench(tools=[*outside.tools(), *shown])
    bench.host._parts.stop_grace_s = 0.05
    told: Counter[str] = Counter()
    number = came = 0
    while came < MOMENTS:
        number += 1
        moment = outside.moment = Moment(chance.randint(1, POINTS_PASSED))
        points.install(moment.pass_point)
        run = bench.start(plan=_plan(chance, number))
        while not moment.come.wait(0.001) and not run.view.final:
            pass
        try:
            run.stop("now") if chance.random() < 0.7 else run.abandon("no use")
            came += 1
        except RunFinished:
            pass
        moment.ordered.set()
        run.wait_until(timeout_s=PATIENCE_S)
        points.install(None)
        told.update(_agree(run, outside.effects(f"{number}-")))
        told[moment.where] += 1
    assert told["async"] + told["blocking"] > 0
    assert min(told[where] for where in ("lost", "before-commit")) > 0
    assert min(told[word] for word in ("happened", "in flight", "not begun")) > 50
    assert told["in doubt"] >= told["lost"], "what never answers is in doubt"


def _plan(chance: random.Random, number: int) -> wb.Plan:
    """Make nine steps, three side by side; one in six runs has a call that never answers."""
    tools = [chance.choice([*ACTS[:3], *ACTS[:3], *QUIET]) for _ in range(9)]
    if chance.random() < 1 / 6:
        tools[chance.randrange(9)] = "lose"
    names = [f"{number}-{at}" for at in range(9)]
    return plan(
        *(
            step(name, tool, after=[names[at - 3]] * (at > 2))
            for at, (name, tool) in enumerate(zip(names, tools, strict=True))
        )
    )


def _agree(run: wb.Run, effects: list[list[str]]) -> Counter[str]:
    """See that journal and world agree; gives how many steps each list has."""
    assert all(int(intents) == 1 for _, _, intents in effects), "an effect before its intent"
    view, records = run.view, list(run.events())
    intents = [record.event for record in records if isinstance(record.event, CallIntended)]
    assert {key for _, key, _ in effects} <= {intent.key for intent in intents}
    done = Counter(name for name, _, _ in effects)
    assert all(count == 1 for count in done.values())
    if view.state == "succeeded":
        assert set(done) == {one.id for one in view.plan.steps if one.tool in ACTS}
        return Counter()
    ((end),) = (r.event for r in records if isinstance(r.event, RunStopped | RunAbandoned))
    lists: list[Any] = [end.happened, list(end.in_flight), end.not_begun]
    named = [name for one in lists for name in one]
    assert sorted(named) == sorted(view.steps), "each step is in one list"
    began = {record.step for record in records if record.kind == "call.intended"}
    assert not set(end.not_begun) & (set(done) | began)
    acting = {one.id for one in view.plan.steps if one.tool in ACTS}
    doubt = {name for name, words in end.in_flight.items() if words == "in doubt"}
    came = {name for name, words in end.in_flight.items() if words == "succeeded"}
    assert acting & (set(end.happened) | came) <= set(done) <= set(end.happened) | came | doubt
    assert not [name for name, one in view.steps.items() if one.state in ("running", "ready")]
    words = ("happened", "in flight", "not begun")
    return Counter(dict(zip(words, map(len, lists), strict=True))) + Counter(
        {"in doubt": len(doubt)}
    )
