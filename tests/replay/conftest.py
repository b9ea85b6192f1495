"""A small shop whose runs are recorded: its tools count every real call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench as wb


class Shop:
    """What the tools act on."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.stock: dict[str, int] = {"pens": 3}
        self.faults: list[Exception] = []
        self.quality = 0

    def tools(self) -> list[wb.Tool]:
        @wb.tool(effect="read")
        def count(item: str) -> int:
            self.calls.append(f"count {item}")
            return self.stock.get(item, 0)

        @wb.tool(effect="pure", retry=wb.Retry(attempts=3, wait_s=30))
        async def price(amount: int) -> dict[str, int]:
            self.calls.append(f"price {amount}")
            if self.faults:
                raise self.faults.pop(0)
            return {"total": amount * 7}

        def put_back(item: str, amount: int) -> None:
            self.calls.append(f"put back {amount} {item}")
            self.stock[item] -= amount

        @wb.tool(
            effect="reversible", undo=put_back, preview=lambda item, amount: f"+{amount} {item}"
        )
        def add(item: str, amount: int) -> int:
            self.calls.append(f"add {amount} {item}")
            self.stock[item] = self.stock.get(item, 0) + amount
            return self.stock[item]

        @wb.tool(effect="irreversible", spend=lambda usd, **_: {"orders_usd": usd})
        def order(item: str, usd: float, key: wb.Key) -> str:
            self.calls.append(f"order {item}")
            return f"ordered {item} as {key[:6]}"

        @wb.tool(effect="pure")
        def polish(text: str) -> str:
            self.calls.append("polish")
            self.quality += 1
            return f"{text}!"

        @wb.tool(effect="pure")
        def is_loud(text: str) -> bool | str:
            return text.endswith("!!") or "not loud enough"

        return [count, price, add, order, polish, is_loud]


@pytest.fixture
def shop() -> Shop:
    return Shop()


Opened = Callable[..., wb.Workbench]


@pytest.fixture
def bench_of(tmp_path: Path) -> Iterator[Opened]:
    """Open workbenches that are closed behind the test."""
    benches: list[wb.Workbench] = []

    def opened(name: str, tools: Any, **options: Any) -> wb.Workbench:
        benches.append(wb.Workbench(tmp_path / f"{name}.db", tools=tools, planner=None, **options))
        return benches[-1]

    yield opened
    for bench in benches:
        bench.close()


def step(name: str, tool: str, **fields: Any) -> wb.Step:
    return wb.Step(id=name, tool=tool, **fields)
