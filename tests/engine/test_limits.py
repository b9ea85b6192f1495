"""Limits: how many at the same time, how many starts in a second, which runs act, who is next."""

from __future__ import annotations

import threading
import time
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, kinds, plan, states, step
from workbench.engine.gates import Gate, Limits, Line, Slot
from workbench.engine.lines import Lines
from workbench.errors import RunFailed, ToolError
from workbench.testing import FakeClock
from workbench.tools import Registry


class Meter:
    """Counts what is in flight and when each call began, inside the tool."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.starts: list[float] = []
        self.lock = threading.Lock()

    def __enter__(self) -> None:
        with self.lock:
            self.starts.append(time.monotonic())
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.now -= 1

    def most_in(self, seconds: float) -> int:
        """Give the largest number of starts in any window of that length."""
        starts = sorted(self.starts)
        return max(sum(at <= one < at + seconds for one in starts) for at in starts)


def fan(tool: str, count: int, prefix: str = "s") -> wb.Plan:
    return plan(*(step(f"{prefix}{n}", tool) for n in range(count)))


@pytest.mark.parametrize("blocking", [False, True])
def test_fifty_calls_keep_both_limits(lab: Lab, blocking: bool) -> None:
    """50 calls, limits 5 and 10/s: 5 in flight, 10 starts in any second at most [CONC-7].

    A busy machine may hold a call up between its start and its first line, where it is seen here:
    so windows are a little shorter, and all of them together take their whole time.
    """
    meter = Meter()
    limit = wb.Limit(in_flight=5, per_s=10)

    @wb.tool(effect="read", limit=limit, name="ask")
    def ask_blocking(name: str) -> None:
        with meter:
            time.sleep(0.01)

    @wb.tool(effect="read", limit=limit, name="ask")
    async def ask(name: str) -> None:
        with meter:
            await anyio.sleep(0.01)

    run = lab.bench(ask_blocking if blocking else ask).start(plan=fan("ask", 50))
    run.wait(60)
    assert len(meter.starts) == 50
    assert meter.most <= 5
    assert meter.most_in(1.0) >= 5
    assert meter.most_in(0.75) <= 10
    assert max(meter.starts) - min(meter.starts) > 3.75


@given(
    st.one_of(st.integers(1, 6), st.floats(0.2, 1)),
    st.lists(st.tuples(st.floats(0, 3), st.floats(0, 0.5)), min_size=1, max_size=40),
)
def test_no_window_has_more_starts_than_the_limit(
    per_s: float, calls: list[tuple[float, float]]
) -> None:
    """Whenever calls come, and however long each is held up between its place and its start, no
    window of time has more starts than the limit allows [CONC-7]."""
    clock = FakeClock()
    limits = Limits(clock)
    gate = limits.gate("ask", wb.Limit(per_s=per_s))
    allowed, length_s = gate.limit.window
    begun: list[float] = []
    for gap_s, held_up_s in calls:
        clock.advance(gap_s)
        if gate.free_in(clock.monotonic()) == 0:
            slot = Slot(limits, (gate,))
            gate.take(slot, clock.monotonic())
            clock.advance(held_up_s)
            slot.start()
            begun.append(clock.monotonic())
    for at in begun:
        assert sum(at <= other < at + length_s for other in begun) <= allowed


class Hasty:
    """A clock that goes on at every look, as for a thread that others keep from the processor."""

    def __init__(self, step_s: float) -> None:
        self.step_s, self.at = step_s, 0.0

    def monotonic(self) -> float:
        self.at += self.step_s
        return self.at


@given(st.floats(0.001, 1.2))
def test_a_start_that_comes_due_between_two_looks_is_not_missed(step_s: float) -> None:
    """A step in line whose time comes after the line was looked at, and before the run goes to
    sleep, begins then, or the run wakes for it: it never sleeps for good [CONC-7]."""

    @wb.tool(effect="read", limit=wb.Limit(per_s=1))
    def ask() -> None:
        pass

    limits: Any = Limits(Hasty(step_s))
    lines = Lines(
        limits, Registry([ask]), "r", {}, priority=0, at_most=5, room=lambda: True, wake=list
    )
    assert lines.limited(plan(wb.Step(id="a", tool="ask"), wb.Step(id="b", tool="ask")))
    assert lines.admit("a")
    lines.begin("a")
    lines.starting("a", ask)()
    lines.release("a")
    if not lines.admit("b"):
        lines.keep({"b": None})
        assert lines.due_in() is not None or lines.next_granted == "b"


def test_a_used_up_limit_holds_nothing_else(lab: Lab, world: World) -> None:
    """A step that waits for a limit holds no place of its run and no unrelated step [PLAN-4]."""
    gate = world.gate("s0")

    @wb.tool(effect="pure", limit=wb.Limit(in_flight=1))
    async def rare(name: str) -> str:
        return await world.visit(name)

    steps = [*(step(f"s{n}", "rare") for n in range(5)), *(step(f"free{n}") for n in range(5))]
    run = lab.bench(rare, in_flight=2).start(plan=plan(*steps))
    gate.wait_reached()
    eventually(run, lambda view: view.counts.get("succeeded") == 5)
    assert sorted(world.calls) == [*(f"free{n}" for n in range(5)), "s0"]
    assert set(run.waiting_for) <= {"s1", "s2", "s3", "s4"}
    assert run.waiting_for["s1"] == "rare: at most 1 in flight"
    (limit,) = run.bench.limits
    assert (limit.name, limit.in_flight, limit.waiting) == ("rare", 1, len(run.waiting_for))
    gate.open()
    run.wait(20)
    assert world.calls[6:] == ["s1", "s2", "s3", "s4"]
    assert run.waiting_for == {}


def test_tools_with_one_name_share_a_limit(lab: Lab, world: World) -> None:
    """Tools whose limits have the same name share one; two meanings of it are refused [CONC-7]."""
    meter, both = Meter(), wb.Limit(in_flight=2, name="service")

    @wb.tool(effect="read", limit=both)
    async def one(name: str) -> None:
        with meter:
            await anyio.sleep(0.002)

    @wb.tool(effect="read", limit=both)
    async def other(name: str) -> None:
        with meter:
            await anyio.sleep(0.002)

    steps = [step(f"{tool}{n}", tool) for n in range(8) for tool in ("one", "other")]
    run = lab.bench(one, other).start(plan=plan(*steps))
    run.wait(20)
    assert meter.most == 2
    with pytest.raises(ToolError, match="'service' as 3 in flight"):
        wb.Workbench(tools=[one, wb.tool(limit=wb.Limit(in_flight=3, name="service"))(print_it)])


def print_it(name: str) -> None:
    raise AssertionError


@pytest.mark.parametrize("where", ["bench", "run"])
def test_a_workbench_and_a_run_have_limits_too(lab: Lab, where: str) -> None:
    """A workbench's limit is shared by all its runs, a run's own holds for it alone [CONC-7]."""
    meter = Meter()

    @wb.tool(effect="read")
    async def ask(name: str) -> None:
        with meter:
            await anyio.sleep(0.002)

    limit = wb.Limit(in_flight=3)
    bench = lab.bench(ask, **({"limit": limit} if where == "bench" else {}))
    runs = [
        bench.start(plan=fan("ask", 10), limit=limit if where == "run" else None) for _ in range(2)
    ]
    for run in runs:
        run.wait(20)
    assert meter.most <= (3 if where == "bench" else 6)
    assert meter.most >= 2


def test_a_runs_own_limit_survives_a_restart(lab: Lab, world: World) -> None:
    """The limit and the priority of a run are in its journal [RUNT-14]."""
    gate = world.gate("s0")
    bench = lab.bench()
    run = bench.start(plan=fan("think", 3), limit=wb.Limit(in_flight=1), priority=7)
    gate.wait_reached()
    world.calls.clear()
    gate.open()
    again = lab.reopen(run)
    again.wait(20)
    assert again.view.pace == {"in_flight": 1}
    assert again.view.priority == 7


def test_a_later_run_does_not_jump_the_line(lab: Lab, world: World) -> None:
    """Runs with one priority are served in their order, a higher priority goes first [RUNT-14]."""
    gate = world.gate("a0")

    @wb.tool(effect="read", limit=wb.Limit(in_flight=1))
    async def rare(name: str) -> str:
        return await world.visit(name)

    bench = lab.bench(rare)
    runs = [bench.start(plan=fan("rare", 3, "a"))]
    gate.wait_reached()
    for prefix, priority in (("b", 0), ("c", 1)):
        runs.append(bench.start(plan=fan("rare", 2, prefix), priority=priority))
        waiting(runs[-1], 2)
    gate.open()
    for run in runs:
        run.wait(20)
    assert world.calls == ["a0", "c0", "c1", "a1", "a2", "b0", "b1"]


def waiting(run: wb.Run, count: int) -> None:
    """Wait until so many steps of a run stand in line."""
    end = time.monotonic() + 20
    while len(run.waiting_for) != count:
        assert time.monotonic() < end, run.waiting_for
        time.sleep(0.001)


def test_no_line_is_passed_for_ever() -> None:
    """Who needs two limits is not passed for ever by those who need one of them [RUNT-14]."""
    limits = Limits(FakeClock())
    gates = tuple(Gate(name, wb.Limit(in_flight=1)) for name in "ab")
    slots: dict[str, Slot] = {}

    class Waiter:
        priority = 0

        def room(self) -> bool:
            return True

        def grant(self, name: str, slot: Slot) -> None:
            slots[name] = slot

        def wake(self) -> None:
            pass

    lines = [Line((gates[0],), Waiter()), Line((gates[1],), Waiter()), Line(gates, Waiter())]
    limits.join(lines[0], "a0")
    limits.join(lines[1], "b0")
    limits.join(lines[2], "both")
    for turn in range(100):
        for place, name in enumerate("ab"):
            limits.join(lines[place], f"{name}{turn + 1}")
            limits.give_back(slots.pop(f"{name}{turn}"))
            if "both" in slots:
                return
            if f"{name}{turn + 1}" not in slots:
                other = "ba"[place]
                held = next(known for known in slots if known.startswith(other))
                limits.give_back(slots.pop(held))
                assert "both" in slots
                return
    raise AssertionError("it was passed a hundred times")


def test_a_call_that_asks_gives_its_place_back(lab: Lab, world: World) -> None:
    """A call that was refused, or that asks the person, is no start and holds no place [CONC-7]."""

    @wb.tool(effect="irreversible", limit=wb.Limit(in_flight=1, per_s=0.001))
    async def rare(name: str) -> str:
        return await world.visit(name)

    run = lab.bench(rare, policy=wb.Policy()).start(plan=fan("rare", 3))
    run.wait_until("waiting", timeout_s=20)
    assert len(run.inbox) == 3
    (limit,) = run.bench.limits
    assert (limit.in_flight, limit.starts, limit.waiting) == (0, 0, 0)
    run.inbox[0].approve()
    eventually(run, lambda view: view.counts.get("succeeded") == 1)
    assert run.bench.limits[0].starts == 1
    run.stop("enough")


def test_a_pause_leaves_the_line(lab: Lab, world: World) -> None:
    """A run that pauses gives way to those behind it [RUNT-14]."""
    gate = world.gate("a0")

    @wb.tool(effect="read", limit=wb.Limit(in_flight=1))
    async def rare(name: str) -> str:
        return await world.visit(name)

    bench = lab.bench(rare)
    first = bench.start(plan=fan("rare", 2, "a"))
    gate.wait_reached()
    second = bench.start(plan=fan("rare", 1, "b"))
    waiting(second, 1)
    first.pause()
    gate.open()
    second.wait(20)
    first.wait_until("paused", timeout_s=20)
    first.resume()
    first.wait(20)
    assert world.calls == ["a0", "b0", "a1"]


def test_twenty_runs_four_of_them_act(lab: Lab) -> None:
    """20 runs, limit 4: never more than 4 active, all finish [RUNT-14]."""
    meter = Meter()

    @wb.tool(effect="read")
    async def work(name: str) -> None:
        with meter:
            await anyio.sleep(0.002)

    bench = lab.bench(work, active_runs=4)
    runs = [bench.start(plan=chain("a", "b", tool="work")) for _ in range(20)]
    for run in runs:
        run.wait(60)
    assert meter.most <= 4
    assert {run.state for run in runs} == {"succeeded"}
    (acting,) = bench.limits
    assert (acting.in_flight, acting.waiting) == (0, 0)


def test_a_waiting_run_uses_no_slot(lab: Lab, world: World) -> None:
    """A run that waits for a person, or is paused, lets another one act [RUNT-14]."""
    bench = lab.bench(policy=wb.Policy(), active_runs=1)
    asks = bench.start(plan=chain("a", tool="send"))
    asks.wait_until("waiting", timeout_s=20)
    gate = world.gate("b")
    second = bench.start(plan=chain("b"))
    gate.wait_reached()
    third = bench.start(plan=chain("c"))
    waiting(third, 1)
    assert third.state == "queued"
    assert third.waiting_for == {"": "1 runs are acting; it is queued"}
    urgent = bench.start(plan=chain("d"), priority=5)
    waiting(urgent, 1)
    fourth = bench.start(plan=chain("e"))
    waiting(fourth, 1)
    fourth.stop("not wanted")
    assert fourth.wait_until("stopped", timeout_s=20) == "stopped"
    gate.open()
    for run in (second, third, urgent):
        run.wait(20)
    assert world.calls == ["b", "d", "c"]
    asks.inbox[0].approve()
    asks.wait(20)


def test_a_wait_that_was_asked_for_is_kept(lab: Lab, world: World) -> None:
    """`retry_after` makes the next attempt wait, closes the limit for all, and can be stopped
    [RUNT-3]."""
    clock = FakeClock()

    class Busy(Exception):
        retry_after = 60

    @wb.tool(effect="read", limit=wb.Limit(in_flight=9, name="service"))
    async def ask(name: str) -> str:
        return await world.visit(name)

    world.faults = {"b": [Busy("come back later")]}
    bench = lab.bench(ask, clock=clock)
    steps = [step("a", "ask"), step("b", "ask", after=["a"]), step("c", "ask", after=["b"])]
    run = bench.start(plan=plan(*steps))
    eventually(run, lambda view: view.steps["b"].not_before is not None)
    (waits,) = [r.event.wait_s for r in run.events() if r.kind == "call.retrying"]
    assert waits == 60
    other = bench.start(plan=fan("ask", 1, "x"))
    waiting(other, 1)
    assert other.waiting_for == {"x0": "service: asked to wait 60 s more"}
    clock.advance(59)
    run.pause()
    run.resume()
    assert world.calls == ["a", "b"]
    clock.advance(2)
    run.wait(20)
    other.wait(20)
    assert world.calls.count("a") == 1
    assert sorted(world.calls) == ["a", "b", "b", "c", "x0"]
    assert states(run) == dict.fromkeys("abc", "succeeded")


def test_an_asked_wait_has_an_end(lab: Lab, world: World) -> None:
    """Who is always asked to come back later fails in the end, with every attempt [RUNT-3]."""

    class Busy(Exception):
        retry_after_s = 0

    world.faults = {"a": [Busy("later")] * 9}
    retry = wb.Retry(wait_s=0)
    run = lab.bench().start(plan=plan(step("a", retry=retry)))
    with pytest.raises(RunFailed, match="later"):
        run.wait(20)
    assert kinds(run, "a").count("call.retrying") == 4


def test_a_limit_says_what_it_cannot_be() -> None:
    """A limit that limits nothing, or says an amount that has no meaning, is refused [CONC-7]."""
    for wrong in ({}, {"in_flight": 0}, {"per_s": 0}, {"per_s": 2.5}, {"per_s": float("inf")}):
        with pytest.raises(ValidationError):
            wb.Limit(**wrong)
    assert wb.Limit(per_s=0.5).window == (1, 2.0)
    assert str(wb.Limit(in_flight=5, per_s=10)) == "5 in flight and 10 starts a second"


def test_hidden_tries_are_counted(lab: Lab) -> None:
    """Requests that a client library repeats by itself count beside attempts [CONC-14]."""
    left = [ConnectionError("flaky")]

    @wb.tool(effect="read", retry=wb.Retry(attempts=2, wait_s=0))
    def flaky(name: str) -> str:
        for _ in range(3):
            wb.note_tries()
        if left:
            raise left.pop()
        return name

    run = lab.bench(flaky).start(plan=fan("flaky", 1))
    run.wait(20)
    (result,) = run.results
    assert (result.attempts, result.tries) == (2, 6)
    trace = run.trace()
    assert list(trace["tries"]) == [3, 3]
    requests = trace["step"].nunique()
    assert trace["attempt"].max() > requests
    wb.note_tries()
