"""How reliable a path is, by the runs that were made."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from workbench.report.reliability import interval, of_path
from workbench.testing import allow_all


def test_shares_multiply() -> None:
    """Ten steps of 0.9 are good together in 35 of 100 runs, of 0.85 in 20 [MULT-8]."""
    assert of_path([0.9] * 10) == pytest.approx(0.35, abs=0.005)
    assert of_path([0.85] * 10) == pytest.approx(0.20, abs=0.005)


def test_few_runs_say_little() -> None:
    """The interval of a share is wide for few calls, narrow for many, and never beyond 0 and 1."""
    low, high = interval(9, 10)
    assert (round(low, 2), round(high, 2)) == (0.6, 0.98)
    assert interval(0, 0) == (0.0, 1.0)
    assert interval(900, 1000)[0] > 0.87
    assert interval(10, 10)[1] == 1.0


def test_a_plan_by_its_runs(tmp_path: Path) -> None:
    """Over real runs each step has its share of first attempts that were good, the path the
    product, and the weakest step is where one check pays most; of an unknown tool nothing is
    claimed [MULT-8]."""
    fails = iter([True, False, True, False, False, False])

    @wb.tool(effect="pure")
    def solid(n: int) -> int:
        return n

    @wb.tool(effect="pure", retry=wb.Retry(attempts=2, wait_s=0))
    def shaky(n: int) -> int:
        if next(fails):
            raise ConnectionError("gone")
        return n

    @wb.tool(effect="pure")
    def unused(n: int) -> int:
        return n

    steps = (
        wb.Step(id="a", tool="solid", args={"n": 1}),
        wb.Step(id="b", tool="shaky", args={"n": wb.ref("a")}),
    )
    plan = wb.Plan(goal="g", steps=steps)
    with wb.Workbench(
        tmp_path / "r.db", tools=[solid, shaky, unused], planner=None, policy=allow_all()
    ) as bench:
        for _ in range(4):
            bench.start(plan=plan).wait(20)
        more = wb.Plan(goal="g", steps=(*steps, wb.Step(id="c", tool="unused", args={"n": 2})))
        frame = bench.reliability(more).set_index("step")
        figure = bench.reliability_figure(more)
    assert frame.loc["a", "share"] == 1.0
    assert frame.loc["b", ["calls", "good"]].tolist() == [4, 2]
    assert frame.loc["b", "so_far"] == 0.5
    assert frame["with_check"].idxmax() == "b"
    assert frame.loc["b", "with_check"] == 0.75
    assert frame["share"].isna().tolist() == [False, False, True]
    assert "pays most at b" in figure.layout.title.text
    assert list(figure.data[1].y) == [1.0, 0.5]
