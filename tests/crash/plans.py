"""Plans of the crash tests: chains, fans, and random webs of steps."""

from __future__ import annotations

import random
from typing import Any

import workbench as wb
from tests.crash.outside import EFFECTS, QUIET, TURNS
from workbench.plan import ref


def plan_of(tools: list[str], shape: str = "chain") -> wb.Plan:
    """Make a plan whose step `s<n>` calls the n-th tool with `n`.

    A `chain` goes one by one, in a `fan` all but the last are side by side, in a `web:<seed>` each
    waits for up to three before it. A `loop` repeats the only tool; in a `live` plan the second one
    gets the bytes that the first makes.
    """
    if shape == "loop":
        return _loop(tools[0])
    if shape == "live":
        return _live(*tools)
    steps = [
        wb.Step(id=f"s{n}", tool=tool, args={"n": n}, after=waits)
        for (n, tool), waits in zip(enumerate(tools, 1), _waits(len(tools), shape), strict=True)
    ]
    return wb.Plan(goal=f"a {shape} under fire", steps=steps)


def _loop(tool: str) -> wb.Plan:
    repeat = wb.Repeat(until=wb.Check(tool="grown_up"), at_most=TURNS, carry="draft")
    step = wb.Step(id="s1", tool=tool, args={"n": 1, "draft": []}, repeat=repeat)
    return wb.Plan(goal="a loop under fire", steps=[step])


def _live(make: str, use: str) -> wb.Plan:
    made = wb.Step(id="s1", tool=make, args={"n": 1})
    used = wb.Step(id="s2", tool=use, args={"n": 2, "content": ref("s1")})
    return wb.Plan(goal="bytes under fire", steps=[made, used])


def mixed(count: int, seed: int) -> list[str]:
    """Choose tools for a plan, the same for the same seed."""
    chance = random.Random(seed)
    return [chance.choice((*EFFECTS, *QUIET)) for _ in range(count)]


def _waits(count: int, shape: str) -> list[list[str]]:
    names = [f"s{n}" for n in range(1, count + 1)]
    if shape == "chain":
        return [[], *([name] for name in names[:-1])]
    if shape == "fan":
        return [*([] for _ in names[:-1]), names[:-1]]
    chance = random.Random(shape)
    return [sorted(chance.sample(names[:at], chance.randint(0, min(3, at)))) for at in range(count)]


def model_plan(tools: list[str]) -> dict[str, Any]:
    """Give a chain as a model would answer it."""
    steps = [
        {"id": f"s{n}", "tool": tool, "args": {"n": n}, "after": [f"s{n - 1}"] if n > 1 else []}
        for n, tool in enumerate(tools, 1)
    ]
    return {"kind": "plan", "steps": steps, "reason": "as asked"}
