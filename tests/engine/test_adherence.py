"""Every call maps to a step of the plan, or is flagged."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import anyio.to_thread
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, kinds, plan, step
from workbench.errors import RunFailed
from workbench.executor import LocalExecutor
from workbench.ids import digest
from workbench.report import event_text, run_html, run_text
from workbench.testing import capture_events

ON = ["flag", "pause", "refuse"]


def tools(world: World) -> list[Any]:
    """Give tools that call another one, in each way in which a tool may be written."""
    by_name = {tool.name: tool for tool in world.tools()}
    send, look = by_name["send"], by_name["look"]

    def hidden(name: str) -> None:
        world.effects.append(name)

    secret = wb.Tool(hidden)

    @wb.tool(effect="read")
    async def calls_it(name: str) -> Any:
        return await send(name="inner")

    @wb.tool(effect="read")
    async def in_a_task(name: str) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send, "inner")

    @wb.tool(effect="read")
    def in_a_thread(name: str) -> None:
        secret("inner")

    @wb.tool(effect="read")
    async def in_its_thread(name: str) -> None:
        await anyio.to_thread.run_sync(secret, "inner")

    @wb.tool(effect="read")
    def often(name: str) -> None:
        for n in range(50):
            look(f"{name}{n}")

    return [calls_it, in_a_task, in_a_thread, in_its_thread, often]


def innocent() -> list[wb.Tool]:
    """Give tools that call nothing but themselves, and what they declared."""

    @wb.tool(effect="pure")
    def seen(name: str) -> str:
        return name

    @wb.tool(effect="pure")
    def by_itself(name: str, n: int = 3) -> int:
        return n if n == 0 else by_itself(name, n - 1)

    @wb.tool(effect="irreversible", preview=seen)
    def with_companion(name: str) -> str:
        return name

    return [by_itself, with_companion]


WAYS = {"calls_it": "send", "in_a_task": "send", "in_a_thread": "hidden", "in_its_thread": "hidden"}


def nesting(lab: Lab, world: World, *names: str, **options: Any) -> wb.Run:
    return lab.bench(*tools(world), *innocent(), **options).start(
        plan=plan(*(step(name, name) for name in names))
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_call_within_a_call_is_flagged(lab: Lab, world: World, way: str) -> None:
    """A tool called by another one is a row of its own, in a coroutine, a task and a thread, and
    also when it was never declared or registered [PLAN-12]."""
    run = nesting(lab, world, way)
    run.wait(20)
    assert world.effects == ["inner"]
    noted = capture_events(run, "call.unplanned")
    assert [(n.step, n.tool, n.effect, n.refused) for n in noted] == [
        (way, WAYS[way], "irreversible", False)
    ]
    assert noted[0].args_digest == digest({"name": "inner"})
    assert kinds(run, way) == ["call.intended", "call.unplanned", "call.succeeded"]
    assert run.adherence == 0.5
    assert run.view.unplanned == 1


def test_the_flag_is_shown_everywhere(lab: Lab, world: World) -> None:
    """Trace, audit, text, HTML and the event's sentence all say it [PLAN-12]."""
    run = nesting(lab, world, "calls_it", "think")
    run.wait(20)
    trace = run.trace()
    flagged = trace[~trace.planned]
    assert flagged[["step", "tool", "effect", "state"]].values.tolist() == [
        ["calls_it", "send", "irreversible", "unplanned"]
    ]
    assert len(trace[trace.planned]) == 2
    audit = run.audit(events=True)
    row = audit[audit.event == "call.unplanned"].iloc[0]
    assert (row.outcome, row.tool, row.actor) == ("unplanned", "send", "agent")
    assert "Outside the plan: 1 call" in run_text(run.view)
    assert "Outside the plan: 1 call" in run_html(run.view)
    said = [event_text(record) for record in run.events() if record.kind == "call.unplanned"]
    assert said == ["Step calls_it called send, which is not in the plan."]
    assert run.adherence == pytest.approx(2 / 3)


def test_a_run_that_keeps_to_its_plan(lab: Lab, world: World) -> None:
    """Calls of steps, recursion, companions and checks are no deviation; nor is a run without
    calls [PLAN-12]."""
    run = nesting(lab, world, "by_itself", "with_companion", policy=wb.Policy())
    run.wait_until("waiting", timeout_s=20)
    assert run.inbox[0].view.opened.preview == "with_companion"
    run.inbox[0].approve()
    run.wait(20)
    assert run.adherence == 1.0
    assert "call.unplanned" not in kinds(run)
    given = lab.bench().start(plan=plan(step("a", skip=True)))
    given.wait(20)
    assert given.adherence == 1.0


def test_a_paused_run_for_an_unplanned_call(lab: Lab, world: World) -> None:
    """With "pause" the run pauses after it was noted, and says why [PLAN-12]."""
    bench_tools = [tool for tool in tools(world) if tool.name == "calls_it"]
    bench = lab.bench(*bench_tools, on_unplanned="pause")
    run = bench.start(plan=plan(step("a", "calls_it"), step("b", after=["a"])))
    run.wait_until("paused", timeout_s=20)
    view = eventually(run, lambda v: v.steps["a"].state == "succeeded")
    assert "step a called send, which is not in the plan" in view.reason
    assert view.steps["b"].state == "ready"
    run.resume()
    run.wait(20)
    assert world.calls == ["inner", "b"]


@pytest.mark.parametrize("way", WAYS)
def test_a_refused_call_does_nothing(lab: Lab, world: World, way: str) -> None:
    """With "refuse" the inner call raises before it does anything, and is noted [PLAN-12]."""
    run = nesting(lab, world, way, on_unplanned="refuse")
    with pytest.raises(RunFailed):
        run.wait(20)
    assert world.effects == []
    assert [n.refused for n in capture_events(run, "call.unplanned")] == [True]
    assert run.view.unplanned == 0
    assert run.adherence == 1.0
    assert run.trace().state.tolist() == ["failed", "refused"]
    assert run.audit(events=True).outcome.dropna().tolist()[:2] == ["refused", "failed"]


def test_many_calls_are_few_rows(lab: Lab, world: World) -> None:
    """Fifty reads within a call are noted once, and then counted: fifty-one calls [PLAN-12]."""
    run = nesting(lab, world, "often")
    run.wait(20)
    assert [n.count for n in capture_events(run, "call.unplanned")] == [1, 49]
    assert run.adherence == pytest.approx(1 / 51)


class Swapping(LocalExecutor):
    """A scripted executor that makes another call than it was told to."""

    def __init__(self, swap: Callable[..., Any], *, as_tool: bool) -> None:
        super().__init__()
        self.swap, self.as_tool = swap, as_tool

    async def run(self, function: Any, kwargs: Any, **more: Any) -> Any:
        if function.__name__ != "think":
            return await super().run(function, kwargs, **more)
        if self.as_tool:
            return await self.swap(**kwargs)
        return await super().run(self.swap.function, kwargs, **more)


@pytest.mark.parametrize("as_tool", [True, False])
@pytest.mark.parametrize("on", ON)
def test_an_executor_that_swaps_a_tool(lab: Lab, world: World, on: str, as_tool: bool) -> None:
    """A scripted executor that calls another tool is caught; the run pauses or refuses as the
    workbench says [PLAN-12]."""
    bench = lab.bench(on_unplanned=on)
    bench.host._parts.executor = Swapping(bench.tools["send"], as_tool=as_tool)
    run = bench.start(plan=chain("a", "b"))
    run.wait_until("paused", timeout_s=20)
    noted = capture_events(run, "call.unplanned")
    assert {(n.tool, n.effect) for n in noted} == {("send", "irreversible")}
    if on == "refuse":
        assert run.state == "failed"
        assert world.effects == []
    elif on == "pause":
        assert run.state == "paused"
        assert (world.effects, run.adherence) == (["a"], 0.5)
    else:
        assert run.state == "succeeded"
        assert (world.effects, run.adherence) == (["a", "b"], 0.5)
    assert (~run.trace().planned).sum() == len(noted)


def test_outside_of_a_run_a_tool_is_a_function(lab: Lab, world: World) -> None:
    """Called by a person, a tool is just its function, in any thread [PLAN-12]."""

    @wb.tool(effect="irreversible")
    def shout(word: str) -> str:
        return word.upper()

    assert shout("ha") == "HA"
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(shout, "ho").result() == "HO"


def test_a_run_that_a_tool_starts_is_a_run_of_its_own(lab: Lab, world: World) -> None:
    """Calls of a run that a tool starts are steps of that run's plan, no deviation [PLAN-12]."""
    started: list[wb.Run] = []

    @wb.tool(effect="read")
    def starts(name: str) -> str:
        started.append(bench.start(plan=chain("x", "y", tool="send")))
        return started[0].id

    bench = lab.bench(starts, on_unplanned="refuse")
    run = bench.start(plan=plan(step("a", "starts")))
    run.wait(20)
    assert started[0].wait(20) == "y"
    for one in (run, started[0]):
        assert one.adherence == 1.0
        assert "call.unplanned" not in kinds(one)
