"""What a tool takes is measured, and stands beside what it declares."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.engine.harness import PATIENCE_S, Lab, World, plan, step
from workbench.testing import FakeClock


def test_latency_and_cost_are_measured(lab: Lab, world: World) -> None:
    """After twenty calls the schema's median and p95 are those of the trace [REL-28]."""
    clock = FakeClock()

    @wb.tool(effect="irreversible", spend=lambda n: {"usd": n / 10})
    async def work(n: int) -> int:
        clock.advance(n)
        if n == 20:
            raise ValueError("too much")
        return n

    steps = [
        wb.Step(id=f"s{n}", tool="work", args={"n": n}, after=[f"s{n - 1}"] if n > 1 else [])
        for n in range(1, 21)
    ]
    bench = lab.bench(work, clock=clock)
    assert bench.tool_schema("work")["measured"] is None
    run = bench.start(plan=plan(*steps), on_failure="continue")
    run.wait_until("failed", timeout_s=PATIENCE_S)
    measured = bench.tool_schema("work")["measured"]
    seconds = run.trace()["duration_s"]
    assert len(seconds) == 20
    assert measured["p95_s"] == pytest.approx(seconds.quantile(0.95))
    assert measured["p50_s"] == pytest.approx(seconds.median())
    assert (measured["calls"], measured["failed"]) == (20, 1)
    assert measured["spend"]["usd"] == pytest.approx(sum(range(1, 21)) / 200)
    assert bench.tool_schema("work")["schema"]["properties"]["n"]["type"] == "integer"


def test_measurements_go_over_runs_and_survive(lab: Lab, world: World) -> None:
    """Several runs count together, and a new workbench knows what was measured [REL-28]."""
    bench = lab.bench()
    for _ in range(3):
        bench.start(plan=plan(step("a"), step("b", "send"))).wait(20)
    lab.close()
    bench = lab.bench()
    assert {name: found.calls for name, found in bench.measured().items()} == {
        "send": 3,
        "think": 3,
    }
    assert bench.measured(runs=1)["send"].calls == 1
    assert bench.tool_schema("look")["measured"] is None
