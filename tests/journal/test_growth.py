"""What a long run adds to a journal: what is new, and nothing that was there before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import workbench as wb
from workbench.testing import allow_all

STEPS = (250, 500, 1000)
LARGE = 400_000


def tools(names: dict[str, Any]) -> list[wb.Tool]:
    """Give a tool that changes one variable and has an undo entry; the others stay as they are."""

    def take(n: int, before: int) -> None:
        names["count"] = before

    def old(n: int) -> int:
        return int(names["count"])

    @wb.tool(effect="reversible", undo=take, before=old)
    def count(n: int) -> int:
        names["count"] = n
        return n

    return [count]


def plan(steps: int) -> wb.Plan:
    """Make a chain of so many steps."""
    names = [f"s{n:04}" for n in range(steps)]
    made = [
        wb.Step(id=name, tool="count", args={"n": n}, after=names[n - 1 : n] if n else [])
        for n, name in enumerate(names)
    ]
    return wb.Plan(goal="count", steps=made)


@pytest.mark.timeout(180)
def test_a_journal_grows_linearly_with_what_is_new(place: str) -> None:
    """All that 250, 500 and 1,000 steps with undo entries and a changed variable add, events,
    snapshots, orders and artifacts together, grows by the same for each step; a large variable
    that nobody changes is stored once for all of them [RUNT-18, RUNT-16]."""
    names: dict[str, Any] = {"count": 0, "large": np.random.default_rng(7).random(LARGE // 8)}
    added: dict[int, int] = {}
    with wb.Workbench(
        place, tools=tools(names), planner=None, policy=allow_all(), variables=names
    ) as bench:
        for steps in STEPS:
            names["count"] = 0
            before = bench.gc().after
            run = bench.start(plan=plan(steps))
            run.wait(120)
            added[steps] = bench.gc().after - before
            (size,) = (one for one in bench.journal.sizes().runs if one.run == run.id)
            assert size.captured == 1
            assert 0 < size.snapshot_bytes < size.event_bytes
        sizes = bench.journal.sizes()
    assert sizes.artifacts == 1, "the large variable, once for all runs"
    assert LARGE <= sizes.artifact_bytes < 1.1 * LARGE
    first, second, third = (added[steps] for steps in STEPS)
    first -= sizes.artifact_bytes
    assert 1.9 < second / first < 2.1
    assert 1.9 < third / second < 2.1
