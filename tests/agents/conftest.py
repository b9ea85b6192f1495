"""A shelf that agents work on, and workbenches that are closed behind the test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench as wb

PATIENCE_S = 120.0


class Shelf:
    """What the tools act on."""

    def __init__(self) -> None:
        self.items: dict[str, int] = {"pens": 3}
        self.calls: list[str] = []

    def tools(self) -> list[wb.Tool]:
        @wb.tool(effect="read")
        def count(item: str) -> int:
            """Count what is there of an item."""
            self.calls.append(f"count {item}")
            return self.items.get(item, 0)

        def remove(item: str, amount: int) -> None:
            self.items[item] -= amount

        @wb.tool(effect="reversible", undo=remove)
        def add(item: str, amount: int) -> int:
            """Put more of an item on the shelf."""
            self.calls.append(f"add {amount} {item}")
            self.items[item] = self.items.get(item, 0) + amount
            return self.items[item]

        @wb.tool(effect="irreversible")
        def send(text: str) -> str:
            """Send a text to the shop."""
            self.calls.append(f"send {text}")
            return "sent"

        return [count, add, send]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


Opened = Callable[..., wb.Workbench]


@pytest.fixture
def bench_of(tmp_path: Path, shelf: Shelf) -> Iterator[Opened]:
    benches: list[wb.Workbench] = []

    def opened(**options: Any) -> wb.Workbench:
        options = {"tools": shelf.tools(), "planner": None, **options}
        benches.append(wb.Workbench(tmp_path / f"{len(benches)}.db", **options))
        return benches[-1]

    yield opened
    for bench in benches:
        bench.close()


def plan_of(tool: str, goal: str = "look after the shelf", **args: Any) -> wb.Plan:
    return wb.Plan(goal=goal, steps=(wb.Step(id="agent", tool=tool, args=args),))


def first_question(bench: wb.Workbench) -> wb.Request:
    """Wait until somebody is asked one thing, and give it."""
    until(lambda: bool(bench.inbox), bench)
    (one,) = bench.inbox
    return one


def until(happened: Callable[[], bool], bench: wb.Workbench) -> None:
    """Wait for something that comes by itself, and look again with each commit."""
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, "it did not come"
        bench.journal.committed.wait(0.1)
