"""What a run could do at worst is a row of its widget before the first step."""

from __future__ import annotations

import workbench as wb
from tests.engine.harness import Lab, chain
from workbench.feed import Feed


def feed(run: wb.Run) -> Feed:
    """Follow a run as its widget does."""
    bench = run.bench
    return Feed(bench.journal, run.id, bench.tool_map(), bench.clock, bench.stakes_of)


def test_the_worst_case_is_shown_before_the_first_step(lab: Lab) -> None:
    """Tools held, worst action, score, zone and caps: by the run's own rules, until a step has
    begun [AUTH-17]."""
    bench = lab.bench(caps=[wb.Cap("orders_usd", 3000, per="day")], policy=wb.Policy())
    rules = [wb.Rule("deny", "post")]
    run = bench.start(plan=chain("a", tool="send"), rules=rules)
    run.wait_until("waiting", timeout_s=20)
    full = feed(run).full()
    by_name = {row["tool"]: row for row in full["worst"]}
    scores = [row["score"] for row in full["worst"]]
    assert set(by_name) == {tool.name for tool in bench.tool_map().values()}
    assert scores == sorted(scores, reverse=True)
    assert by_name["post"]["decision"] == "refused"
    assert (by_name["send"]["decision"], by_name["send"]["zone"]) == ("asked", "amber")
    assert full["caps"] == [{"name": "3000 orders_usd per day", "left": 3000.0, "limit": 3000.0}]
    run.inbox[0].approve()
    run.wait(20)
    after = feed(run).full()
    assert (after["worst"], after["caps"]) == ([], [])
