"""Writes to one thing never overlap, and merge in the order of the plan."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import anyio
import anyio.lowlevel
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, plan, states, step
from workbench.errors import PlanError, ToolError


class Ledger:
    """What the writers write: the order of entries, and how many wrote at the same time."""

    def __init__(self, world: World, seed: int = 0) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.entries: dict[str, list[str]] = {}
        self.writing: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    async def write(self, name: str, to: str) -> str:
        self.writing[to] += 1
        self.most[to] = max(self.most[to], self.writing[to])
        try:
            for _ in range(self.chance.randrange(6)):
                await anyio.lowlevel.checkpoint()
            await self.world.visit(name)
            self.entries.setdefault(to, []).append(name)
        finally:
            self.writing[to] -= 1
        return name

    def tools(self) -> list[wb.Tool]:
        @wb.tool(effect="irreversible", writes=lambda to, **_: [f"ledger:{to}"], merge="in_order")
        async def append(name: str, to: str = "a") -> str:
            return await self.write(name, to)

        @wb.tool(effect="irreversible", writes=lambda to, **_: [f"ledger:{to}"])
        async def put_in(name: str, to: str = "a") -> str:
            return await self.write(name, to)

        return [append, put_in]


@pytest.fixture
def ledger(world: World) -> Ledger:
    return Ledger(world)


def test_undeclared_parallel_writes_are_refused(lab: Lab, ledger: Ledger) -> None:
    """Two steps side by side that write one key are no plan; nothing is called [RUNT-12]."""
    bench = lab.bench(*ledger.tools())
    with pytest.raises(PlanError, match="b: writes ledger:a, and so does a") as refusal:
        bench.start(plan=plan(step("a", "put_in"), step("b", "put_in")))
    assert refusal.value.findings[0].code == "parallel_writers"
    assert (len(bench.runs()), ledger.entries) == (0, {})


def test_a_declared_merge_gives_the_same_result_every_time(lab: Lab, world: World) -> None:
    """In a hundred runs with random durations the entries stand as listed [RUNT-12]."""
    names = [f"s{number}" for number in (3, 1, 4, 0, 5, 9, 2)]
    steps = [step(name, "append") for name in names]
    waiting = [step("last", after=["s9"])]
    ledgers = [Ledger(world, seed) for seed in range(100)]
    now: list[Ledger] = []

    @wb.tool(effect="irreversible", writes=lambda name: ["ledger:a"], merge="in_order")
    async def append(name: str) -> str:
        return await now[0].write(name, "a")

    bench = lab.bench(append)
    for ledger in ledgers:
        now[:] = [ledger]
        bench.start(plan=plan(*steps, *waiting)).wait(20)
    assert {tuple(ledger.entries["a"]) for ledger in ledgers} == {tuple(names)}
    assert {ledger.most["a"] for ledger in ledgers} == {1}


def test_what_waits_for_a_later_writer_is_not_held_up(lab: Lab, ledger: Ledger) -> None:
    """Where the list contradicts the dependencies, these win, and nothing waits for ever [RUNT-12].

    `b` and `c` wait for what stands behind them in the other ledger's list: taken one ledger at a
    time, each would wait for the other.
    """
    steps = [
        step("a", "append", after=["d"], args={"to": "one"}),
        step("b", "append", args={"to": "one"}),
        step("c", "append", after=["b"], args={"to": "two"}),
        step("d", "append", args={"to": "two"}),
    ]
    run = lab.bench(*ledger.tools()).start(plan=plan(*steps))
    run.wait(20)
    assert set(states(run).values()) == {"succeeded"}
    again = lab.bench(*ledger.tools()).start(plan=plan(*steps))
    again.wait(20)
    for entries in ledger.entries.values():
        assert entries[:2] == entries[2:]


def test_one_place_in_flight_is_enough(lab: Lab, ledger: Ledger) -> None:
    """A step that waits for its turn takes no place among the calls in flight [RUNT-12]."""
    first = step("a", "append", after=["z"])
    steps = [first, step("b", "append"), step("z")]
    lab.bench(*ledger.tools(), in_flight=1).start(plan=plan(*steps)).wait(20)
    assert ledger.entries["a"] == ["a", "b"]
    assert ledger.most["a"] == 1


def test_a_key_known_only_at_dispatch_is_still_written_alone(
    lab: Lab, ledger: Ledger, world: World
) -> None:
    """Keys that come out of other steps: the second call waits for the first [RUNT-12]."""
    where = step("where", value="a")
    late = {"to": wb.ref("where")}
    gates = {name: world.gate(name) for name in "xy"}
    steps = [where, *(step(name, "put_in", args=late) for name in "xy")]
    free = step("free", "put_in", args={"to": "b"}, after=["where"])
    run = lab.bench(*ledger.tools()).start(plan=plan(*steps, free))
    eventually(run, lambda view: view.steps["free"].state == "succeeded")
    while not run.live_tasks() or not any(gate.reached.is_set() for gate in gates.values()):
        run._journal.wait_for_commit(0.02)
    (first,) = run.live_tasks()
    (second,) = set("xy") - {first}
    assert run.view.steps[second].state == "ready"
    gates[first].open()
    gates[second].wait_reached()
    gates[second].open()
    run.wait(20)
    assert ledger.entries["a"] == [first, second]
    assert ledger.most["a"] == 1


def test_a_question_at_the_head_lets_the_run_wait(lab: Lab, ledger: Ledger) -> None:
    """While a person is asked about the first writer, the others wait, and so does the run."""
    run = lab.bench(*ledger.tools()).start(
        plan=plan(step("a", "append", ask=True), step("b", "append"))
    )
    run.wait_until("waiting", timeout_s=20)
    assert run.live_tasks() == []
    assert ledger.entries == {}
    run.inbox[0].approve()
    run.wait(20)
    assert ledger.entries["a"] == ["a", "b"]


@pytest.mark.parametrize("end", ["deny", "skip"])
def test_a_writer_that_is_refused_or_skipped_gives_its_turn_away(
    lab: Lab, ledger: Ledger, end: str
) -> None:
    """What will never be written holds nobody up."""
    run = lab.bench(*ledger.tools()).start(
        plan=plan(step("a", "append", ask=True), step("b", "append"))
    )
    run.wait_until("waiting", timeout_s=20)
    if end == "deny":
        run.inbox[0].deny()
    else:
        with run.editing() as draft:
            draft.skip("a")
        run.resume()
    run.wait(20)
    assert ledger.entries["a"] == ["b"]


def test_a_writer_that_can_never_begin_holds_nobody_up(
    lab: Lab, ledger: Ledger, world: World
) -> None:
    """The first in line waits for a step that failed: the others go on [RUNT-12]."""
    world.faults = {"broken": [ValueError("no")]}
    steps = [
        step("broken"),
        step("between", after=["broken"]),
        step("a", "append", after=["between"]),
        step("b", "append"),
    ]
    run = lab.bench(*ledger.tools()).start(plan=plan(*steps), on_failure="continue")
    with pytest.raises(wb.errors.RunFailed):
        run.wait(20)
    assert ledger.entries["a"] == ["b"]


def test_a_failing_writer_keeps_its_turn_while_it_is_tried_again(lab: Lab, world: World) -> None:
    """A retry comes before the next in line [RUNT-12]."""
    entries: list[str] = []

    @wb.tool(
        effect="irreversible",
        idempotent=True,
        writes=lambda name: ["k"],
        merge="in_order",
        retry=wb.Retry(attempts=3, wait_s=0.001),
    )
    async def append(name: str) -> str:
        await world.visit(name)
        entries.append(name)
        return name

    world.faults = {"a": [OSError("net"), OSError("net")]}
    lab.bench(append).start(plan=plan(step("a", "append"), step("b", "append"))).wait(20)
    assert entries == ["a", "b"]


@pytest.mark.parametrize("wrong", ["a text", [1], [""], None, 3])
def test_writes_that_are_no_keys_fail_before_the_call(lab: Lab, world: World, wrong: Any) -> None:
    """A declaration that gives no list of texts fails the step; nothing was called."""

    @wb.tool(effect="irreversible", writes=lambda: wrong)
    def act() -> None:
        world.effects.append("acted")

    run = lab.bench(act).start(plan=plan(wb.Step(id="a", tool="act")))
    with pytest.raises(wb.errors.RunFailed, match="which is no list of keys"):
        run.wait(20)
    assert world.effects == []
    assert run.view.steps["a"].happened is False


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"merge": "in_order"}, "not what it writes"),
        ({"version": len}, "not what it writes"),
        ({"writes": list, "merge": "somehow"}, "declares merge='somehow'"),
        ({"writes": lambda other: []}, "has a writes that cannot be called"),
        ({"writes": list, "effect": "read"}, "declares what it writes, and the effect read"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(declared: dict[str, Any], said: str) -> None:
    """Writing without keys, an unknown merge, a writing read: each is refused by name."""

    def act() -> None:
        raise NotImplementedError

    with pytest.raises(ToolError, match=said):
        wb.tool(**{"effect": "irreversible", **declared})(act)
