"""What a failure does: policies, siblings, retries, checks, and tools that misbehave."""

from __future__ import annotations

import threading
from typing import Any

import anyio
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, kinds, plan, states, step
from workbench.errors import RunFailed
from workbench.plan import Add, Change, Remove
from workbench.planner import Proposal
from workbench.testing import FakeClock, capture_events


def test_stop_is_the_default(lab: Lab, world: World) -> None:
    """One failure ends the run; what had not begun is not done, and the error has the step."""
    world.faults = {"b": [ValueError("broken")]}
    run = lab.bench().start(plan=chain("a", "b", "c"))
    with pytest.raises(RunFailed) as failed:
        run.wait(20)
    assert failed.value.errors == {"b": "ValueError: broken"}
    assert states(run) == {"a": "succeeded", "b": "failed", "c": "stopped"}
    assert world.calls == ["a", "b"]


def test_siblings_are_cancelled_and_waited_for(lab: Lab) -> None:
    """A failure cancels siblings that change nothing, after their clean-up it is seen [CONC-2]."""
    cleaned: list[str] = []
    all_in = threading.Barrier(3, timeout=20)

    @wb.tool(effect="read")
    async def sibling(name: str) -> None:
        await anyio.to_thread.run_sync(all_in.wait)
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.01)
                cleaned.append(name)

    @wb.tool(effect="read")
    def fails() -> None:
        all_in.wait()
        raise ValueError("broken")

    siblings = [wb.Step(id=n, tool="sibling", args={"name": n}) for n in ("a", "b")]
    run = lab.bench(sibling, fails).start(plan=plan(*siblings, wb.Step(id="f", tool="fails")))
    with pytest.raises(RunFailed):
        run.wait(20)
    assert sorted(cleaned) == ["a", "b"]
    order = kinds(run)
    assert order[-1] == "run.failed"
    assert order.count("call.cancelled") == 2
    assert run.live_tasks() == []


def test_an_effect_in_flight_is_not_cut_off_by_a_failure(lab: Lab, world: World) -> None:
    """A sibling that changes the world may finish; its outcome is known [CONC-10]."""
    gate = world.gate("effect")
    broken = world.gate("f")
    world.faults = {"f": [ValueError("broken")]}
    run = lab.bench().start(plan=plan(step("effect", "send"), step("f")))
    gate.wait_reached()
    broken.open()
    eventually(run, lambda view: view.steps["f"].state == "failed")
    assert run.live_tasks() == ["effect"]
    gate.open()
    with pytest.raises(RunFailed):
        run.wait(20)
    assert states(run) == {"effect": "succeeded", "f": "failed"}


def test_all_failures_are_reported(lab: Lab) -> None:
    """Two failures at once are two rows and two errors, each with its step [CONC-3]."""
    both = threading.Barrier(2, timeout=20)

    @wb.tool(effect="read")
    def fails(name: str) -> None:
        both.wait()
        raise ValueError(name)

    steps = [wb.Step(id=n, tool="fails", args={"name": n}) for n in ("a", "b")]
    run = lab.bench(fails).start(plan=plan(*steps), on_failure="continue")
    with pytest.raises(RunFailed) as failed:
        run.wait(20)
    assert failed.value.errors == {"a": "ValueError: a", "b": "ValueError: b"}
    assert len(capture_events(run, "call.failed")) == 2


def test_continue_lets_independent_branches_go_on(lab: Lab, world: World) -> None:
    """With on_failure="continue" the other branch ends; then the run has failed [PLAN-13]."""
    world.faults = {"a": [ValueError("broken")]}
    steps = [step("a"), step("b", after=["a"]), step("x"), step("y", after=["x"])]
    run = lab.bench().start(plan=plan(*steps), on_failure="continue")
    with pytest.raises(RunFailed):
        run.wait(20)
    expected = {"a": "failed", "b": "stopped", "x": "succeeded", "y": "succeeded"}
    assert states(run) == expected
    assert "b" not in world.calls


class Planner:
    """Gives one proposal after the other, or calls a function for it."""

    name = "scripted"

    def __init__(self, *proposals: Any) -> None:
        self.proposals, self.seen = list(proposals), []

    async def propose(self, context: Any) -> Any:
        self.seen.append(context)
        proposal = self.proposals.pop(0)
        if isinstance(proposal, BaseException):
            raise proposal
        return proposal


def test_replan_keeps_what_is_done(lab: Lab, world: World) -> None:
    """After a failure the planner edits the rest; done steps and outputs stay [PLAN-7]."""
    world.faults = {"b": [ValueError("broken")]}
    edits = [
        Remove(step="b"),
        Add(step=step("b2", after=["a"]), before="c"),
        Change(step="c", changes={"after": ["b2"]}),
    ]
    planner = Planner(Proposal(edits=edits, reason="another way"))
    bench = lab.bench(planner=planner)
    run = bench.start(plan=chain("a", "b", "c"), on_failure="replan")
    assert run.wait(20) == "c"
    assert "b: ValueError: broken" in planner.seen[0].why
    assert world.calls == ["a", "b", "b2", "c"]
    second = run.view.revisions[-1]
    assert (second.author, second.reason) == ("planner scripted", "another way")
    assert states(run) == {"a": "succeeded", "b2": "succeeded", "c": "succeeded"}


def test_a_whole_new_plan_keeps_what_is_done(lab: Lab, world: World) -> None:
    """A re-plan may be a whole plan: what is done in it stays done, the rest is new [PLAN-7]."""
    world.faults = {"b": [ValueError("broken")]}
    new = plan(step("x", after=[]), step("c", after=["x"]))
    run = lab.bench(planner=Planner(Proposal(plan=new))).start(
        plan=chain("a", "b", "c"), on_failure="replan"
    )
    assert run.wait(20) == {"a": "a", "c": "c"}
    assert world.calls == ["a", "b", "x", "c"]
    assert states(run) == {"a": "succeeded", "x": "succeeded", "c": "succeeded"}


def test_a_replan_cannot_change_what_is_done(lab: Lab, world: World) -> None:
    """A new plan that changes a finished step is refused, and the run fails [PLAN-7]."""
    world.faults = {"b": [ValueError("broken")]}
    new = plan(step("a", "send"))
    run = lab.bench(planner=Planner(Proposal(plan=new))).start(
        plan=chain("a", "b"), on_failure="replan"
    )
    with pytest.raises(RunFailed, match="cannot be changed by a new plan"):
        run.wait(20)
    assert world.effects == []


def test_replanning_ends(lab: Lab, world: World) -> None:
    """A planner that never helps is asked a limited number of times [PLAN-7]."""
    world.faults = {f"b{n}": [ValueError("broken")] for n in range(50)}

    class Hopeful:
        name = "hopeful"
        asked = 0

        async def propose(self, context: Any) -> Proposal:
            self.asked += 1
            old = f"b{self.asked - 1}"
            return Proposal(edits=[Remove(step=old), Add(step=step(f"b{self.asked}"))])

    planner = Hopeful()
    run = lab.bench(planner=planner).start(plan=plan(step("b0")), on_failure="replan")
    with pytest.raises(RunFailed):
        run.wait(20)
    assert planner.asked == 8


def test_a_retry_waits_and_tries_again(lab: Lab, world: World) -> None:
    """A failing read is tried again after its wait, as often as declared [CONC-5]."""
    clock = FakeClock()
    world.faults = {"a": [OSError("1"), OSError("2")]}
    retry = wb.Retry(attempts=3, wait_s=60, factor=2, max_wait_s=200, jitter=0)
    run = lab.bench(clock=clock).start(plan=plan(step("a", "look", retry=retry)))
    eventually(run, lambda view: view.steps["a"].not_before is not None)
    assert world.calls == ["a"]
    clock.advance(59)
    assert world.calls == ["a"]
    clock.advance(1)
    eventually(run, lambda view: view.steps["a"].attempt == 2 and view.steps["a"].state == "ready")
    clock.advance(119)
    assert world.calls == ["a", "a"]
    clock.advance(1)
    assert run.wait(20) == "a"
    waits = [event.wait_s for event in capture_events(run, "call.retrying")]
    assert waits == [60, 120]


@pytest.mark.parametrize(("tool", "tries"), [("look", 3), ("post", 3), ("put", 1), ("send", 1)])
def test_only_what_may_be_repeated_is_retried(
    lab: Lab, world: World, tool: str, tries: int
) -> None:
    """Reads and idempotent calls are retried; others never, whatever was declared [CONC-8]."""
    world.faults = {"a": [OSError("net")] * 5}
    retry = wb.Retry(attempts=3, wait_s=0)
    run = lab.bench().start(plan=plan(step("a", tool, retry=retry)))
    with pytest.raises(RunFailed):
        run.wait(20)
    assert world.calls == ["a"] * tries
    assert run.view.steps["a"].happened is (False if tool == "look" else None)


def test_a_failure_ends_a_sibling_that_waits_for_its_retry(lab: Lab, world: World) -> None:
    """A step between two attempts does not keep a failed run alive [CONC-2]."""
    world.faults = {"a": [OSError("net")], "b": [ValueError("broken")]}
    gate = world.gate("b")
    slow = wb.Retry(attempts=2, wait_s=3600, max_wait_s=3600)
    run = lab.bench().start(plan=plan(step("a", "look", retry=slow), step("b")))
    eventually(run, lambda view: view.steps["a"].not_before is not None)
    gate.open()
    with pytest.raises(RunFailed, match="broken"):
        run.wait(20)
    assert states(run) == {"a": "stopped", "b": "failed"}


def test_a_failed_check_blocks_what_follows(lab: Lab, world: World) -> None:
    """An output that fails its check is no fact: what needs it does not start [PLAN-13]."""
    steps = [
        step("a", "send", value=[], check=wb.Check(not_empty=True)),
        step("b", after=["a"]),
    ]
    run = lab.bench().start(plan=plan(*steps), on_failure="continue")
    with pytest.raises(RunFailed, match="output is empty"):
        run.wait(20)
    assert world.calls == ["a"]
    assert run.view.steps["a"].happened is True
    assert run.view.steps["a"].output is None


@pytest.mark.parametrize(
    ("check", "value", "why"),
    [
        (wb.Check(output_schema={"type": "integer"}), "x", "does not fit its schema"),
        (wb.Check(tool="judge"), "no", "not good enough"),
        (wb.Check(tool="judge"), "raise", "the check failed"),
        (wb.Check(tool="judge"), "exit", "the check failed"),
    ],
)
def test_checks_of_every_kind(
    lab: Lab, world: World, check: wb.Check, value: Any, why: str
) -> None:
    """Schema and tool checks fail the step with the reason; a check that breaks too [PLAN-13]."""

    @wb.tool(effect="pure")
    def judge(output: Any) -> Any:
        if output == "raise":
            raise ValueError("cannot judge")
        if output == "exit":
            raise SystemExit(1)
        return "not good enough" if output == "no" else True

    run = lab.bench(judge).start(plan=plan(step("a", value=value, check=check)))
    with pytest.raises(RunFailed, match=why):
        run.wait(20)


def test_a_passed_check_is_recorded(lab: Lab) -> None:
    """A step whose output passed says so; one without a check says nothing [PLAN-13]."""
    check = wb.Check(output_schema={"type": "integer"}, not_empty=False)
    run = lab.bench().start(plan=plan(step("a", value=3, check=check), step("b")))
    run.wait(20)
    assert run.view.steps["a"].verified is True
    assert run.view.steps["b"].verified is None
