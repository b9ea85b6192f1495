"""Arguments that a tool spoils, and outputs that are attacks."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.attack.test_threads import alone, spin
from tests.engine.harness import Lab, chain, plan, step
from workbench.errors import RunFailed


def test_a_tool_that_spoils_its_arguments(lab: Lab) -> None:
    """A tool that empties its arguments changes nobody else's: each call has its own [CONC-10]."""

    @wb.tool(effect="read")
    def spoil(items: list[int], more: dict[str, int]) -> int:
        items.clear()
        more.clear()
        return 0

    @wb.tool(effect="pure")
    def total(items: list[int]) -> int:
        return sum(items)

    steps = [
        step("v", value=[1, 2, 3]),
        wb.Step(id="a", tool="spoil", args={"items": wb.ref("v"), "more": {"x": 1}}),
        wb.Step(id="b", tool="total", args={"items": wb.ref("v")}, after=["a"]),
    ]
    run = lab.bench(spoil, total).start(plan=plan(*steps))
    assert run.wait(20) == 6
    assert run.plan is not None
    assert run.plan["a"].args["more"] == {"x": 1}


class Hostile:
    """An object whose methods are attacks."""

    def __init__(self, how: str) -> None:
        self.how = how

    def _attack(self, *_: Any) -> Any:
        if self.how == "raise":
            raise SystemExit("looked at")
        spin()

    __repr__ = __str__ = __eq__ = __iter__ = __len__ = __reduce__ = __bool__ = _attack
    __hash__ = None  # type: ignore[assignment]


def itself() -> Any:
    loop: list[Any] = []
    loop.append(loop)
    return loop


def deep() -> Any:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    "output",
    [itself, deep, lambda: Hostile("raise"), lambda: [Hostile("raise")], lambda: spin],
    ids=["itself", "deep", "hostile", "hostile inside", "function"],
)
def test_an_output_that_is_an_attack(lab: Lab, output: Any) -> None:
    """An output that holds itself, is nested without end, whose methods end the process, or that is
    a function, fails its step as "cannot be stored" and harms nothing [CONC-10].
    """

    @wb.tool(effect="irreversible")
    def give() -> Any:
        return output()

    bench = lab.bench(give)
    run = bench.start(plan=alone("give"))
    with pytest.raises(RunFailed, match="cannot be stored"):
        run.wait(20)
    assert run.view.steps["a"].happened is True
    assert bench.start(plan=chain("next")).wait(20) == "next"


def test_an_output_that_blocks_when_looked_at(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """An output whose methods never return is looked at in a thread and for a bounded time; other
    runs go on meanwhile [CONC-10, CONC-13].
    """
    monkeypatch.setattr("workbench.engine.outcomes.STORING_S", 0.5)

    class Blocking(dict[str, Any]):
        def items(self) -> Any:
            spin()

        __iter__ = keys = values = items  # type: ignore[assignment]

    class Model:
        def __getattr__(self, name: str) -> Any:
            spin()

    @wb.tool(effect="read")
    def give() -> Any:
        return Model()

    bench = lab.bench(give)
    run = bench.start(plan=alone("give"))
    assert bench.start(plan=chain("other")).wait(20) == "other"
    with pytest.raises(RunFailed, match="cannot be stored"):
        run.wait(20)
    assert run.leftovers == []
