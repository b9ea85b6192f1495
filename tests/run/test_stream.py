"""The stream of a run drives everything that is shown: no gap, no repetition, at any moment."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

import workbench as wb
from tests.engine.harness import Lab, World, asking, chain, eventually, plan, step
from workbench.events import Record
from workbench.feed import Feed
from workbench.view import fold


def lively(lab: Lab, world: World) -> wb.Run:
    """Make a run with everything in it: retries, a failure, a question, an edit, a fan-out."""
    world.faults = {"f1": [OSError("net")], "x": [ValueError("broken")]}
    retry = wb.Retry(attempts=3, wait_s=0)
    steps = [
        *(step(f"f{n}", "look" if n % 2 else "put", retry=retry) for n in range(12)),
        step("x"),
        step("ask", "send", after=["f1", "f2"]),
        step("late", after=["ask"]),
    ]
    policy = wb.Policy(allow=["put", "think", "look"])
    run = lab.bench(policy=policy).start(plan=plan(*steps), on_failure="continue")
    eventually(run, lambda view: bool(view.open_requests))
    with run.editing("more") as draft:
        draft.add(step("more", after=["ask"]))
    run.resume()
    return run


def end(run: wb.Run) -> None:
    for request in run.inbox:
        request.approve()
    run.wait_until("failed", "succeeded", timeout_s=20)


@pytest.mark.parametrize("seed", range(4))
def test_random_subscribers_see_everything_once(lab: Lab, world: World, seed: int) -> None:
    """Whenever somebody subscribes: snapshot and stream together are the whole run [RUNT-15]."""
    chance = random.Random(seed)
    run = lively(lab, world)

    def subscribe(delay: int) -> tuple[int, list[Record], wb.RunView]:
        for _ in range(delay):
            run.bench.journal.committed.wait(0.001)
        view = run.bench.look(run.id).view
        seen = view.seq
        records = list(run.events(after=seen, follow=True))
        for record in records:
            fold(view, record)
        return seen, records, view

    with ThreadPoolExecutor(12) as pool:
        subscribed = [pool.submit(subscribe, chance.randrange(12)) for _ in range(12)]
        end(run)
        last = run.view
        for seen, records, view in (item.result(20) for item in subscribed):
            assert [record.seq for record in records] == list(range(seen + 1, last.seq + 1))
            assert view.model_dump() == last.model_dump()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(moments=st.lists(st.sampled_from(["look", "wait", "full"]), min_size=1, max_size=25))
def test_a_page_that_opens_late_sees_the_same(lab: Lab, world: World, moments: list[str]) -> None:
    """A widget that says hello at any moment gets a full batch and then the rest [RUNT-15]."""
    bench = lab._benches[0] if lab._benches else lab.bench()
    world.faults = {}
    run = bench.start(plan=chain(*(f"s{n}" for n in range(6))))
    feed = Feed(bench.journal, run.id, bench.tool_map(), bench.clock)
    page = Page()
    for moment in moments:
        if moment == "wait":
            bench.journal.committed.wait(0.001)
        elif moment == "look":
            page.take(feed.next())
        else:
            page.take(feed.full())
    run.wait(20)
    if page.batches == 0:
        page.take(feed.full())
    while (batch := feed.next()) is not None:
        page.take(batch)
    whole = Feed(bench.journal, run.id, bench.tool_map(), bench.clock).full()
    assert page.trace == list(range(1, run.view.seq + 1))
    assert page.steps == {row["id"]: row for row in whole["steps"]}
    assert page.header == whole["header"]


class Page:
    """What a page of the browser knows after some batches."""

    def __init__(self) -> None:
        self.batches = 0
        self.trace: list[int] = []
        self.steps: dict[str, Any] = {}
        self.header: Any = None

    def take(self, batch: dict[str, Any] | None) -> None:
        if batch is None:
            return
        assert self.batches == 0 or batch["n"] == self.batches + 1
        self.batches = batch["n"]
        rows = [row["seq"] for row in batch["trace"]]
        if batch["full"]:
            self.trace, self.steps = [], {}
        assert not set(rows) & set(self.trace), "a row came twice"
        self.trace += rows
        for name in batch["removed_steps"]:
            del self.steps[name]
        self.steps.update({row["id"]: row for row in batch["steps"]})
        self.header = batch["header"]


def test_a_checkpoint_is_json_with_a_schema(lab: Lab, world: World) -> None:
    """A checkpoint as JSON has all that a run is, after a documented model [RUNT-6]."""
    budget = wb.Budget(usd=5, steps=50)
    run = asking(lab, step("a"), step("b", "send", after=["a"]), budget=budget)
    run.checkpoint("before b")
    text = run.view_at("before b").model_dump_json()
    found = json.loads(text)
    assert found["schema_version"] == wb.RunView.model_fields["schema_version"].default
    assert found["revisions"][-1]["digest"] == run.plan.digest
    assert found["plan"]["steps"][0]["id"] == "a"
    assert {name: one["state"] for name, one in found["steps"].items()} == {
        "a": "succeeded", "b": "asking"
    }  # fmt: skip
    assert found["steps"]["a"]["output"]["value"] == "a"
    assert found["limits"] == {"usd": 5, "steps": 50}
    assert found["begun"] == 1
    (request,) = found["requests"].values()
    assert (request["state"], request["opened"]["step"]) == ("open", "b")
    assert found["tools"] == {tool.name: tool.digest for tool in run.bench.tools}
    assert isinstance(found["seed"], int)
    assert wb.RunView.model_validate_json(text).model_dump() == run.view_at("before b").model_dump()
    schema = TypeAdapter(wb.RunView).json_schema(mode="serialization")
    assert set(found) <= set(schema["properties"])
    run.stop()


def test_seeds_are_stable(lab: Lab, world: World) -> None:
    """A step has one seed on every attempt and after a restart; another step another [RUNT-6]."""
    seeds: dict[str, list[int]] = {}

    @wb.tool(effect="pure", retry=wb.Retry(attempts=3, wait_s=0))
    def draw(name: str, seed: wb.Seed, fail: bool = False) -> float:
        seeds.setdefault(name, []).append(seed)
        if fail and len(seeds[name]) < 3:
            raise OSError("again")
        return random.Random(seed).random()

    steps = [
        wb.Step(id="a", tool="draw", args={"name": "a", "fail": True}),
        wb.Step(id="b", tool="draw", args={"name": "b"}, after=["a", "hold"]),
        step("hold", "send"),
    ]
    bench = lab.bench(draw)
    assert "seed" not in bench.tools["draw"].signature.args_schema["properties"]
    first = bench.start(plan=plan(*steps), seed=7)
    first.wait(20)
    gate = world.gate("hold")
    second = bench.start(plan=plan(*steps), seed=7)
    gate.wait_reached()
    second.pause()
    gate.open()
    second = lab.reopen(second, draw)
    second.resume()
    second.wait(20)
    first = second.bench.look(first.id)
    other = second.bench.start(plan=plan(*steps))
    other.wait(20)
    assert len(set(seeds["a"][:3])) == 1
    assert [first.output(name) for name in "ab"] == [second.output(name) for name in "ab"]
    assert len({run.output(name) for run in (first, other) for name in "ab"}) == 4
    assert second.view.seed == 7
