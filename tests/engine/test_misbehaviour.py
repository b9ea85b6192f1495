"""Tools that misbehave: what they raise, what they return, what they lack."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, plan, states, step
from workbench.errors import RunFailed


class Odd(BaseException):
    """An exception that is no `Exception`."""


@pytest.mark.parametrize("kind", ["thread", "async"])
@pytest.mark.parametrize(
    "error",
    [SystemExit(2), KeyboardInterrupt(), Odd("odd"), GeneratorExit(), StopIteration("stop")],
    ids=lambda error: type(error).__name__,
)
def test_a_tool_may_raise_anything(lab: Lab, error: BaseException, kind: str) -> None:
    """Whatever a tool raises fails its step; the engine and other runs live on [HARN-4]."""

    @wb.tool(effect="irreversible", name="boom")
    def in_thread() -> None:
        raise error

    @wb.tool(effect="irreversible", name="boom")
    async def in_loop() -> None:
        raise error

    bench = lab.bench(in_thread if kind == "thread" else in_loop)
    run = bench.start(plan=plan(wb.Step(id="a", tool="boom")))
    with pytest.raises(RunFailed):
        run.wait(20)
    assert states(run) == {"a": "failed"}
    assert run.view.steps["a"].happened is None
    assert bench.start(plan=chain("after")).wait(20) == "after"


def test_a_tool_whose_own_task_was_cancelled_fails(lab: Lab, backend: str) -> None:
    """A cancellation that the engine did not order is a failure, not the run's end [CONC-2]."""
    if backend == "trio":
        pytest.skip("trio lets nobody else cancel")

    @wb.tool(effect="irreversible")
    async def lost() -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task

    bench = lab.bench(lost)
    run = bench.start(plan=plan(wb.Step(id="a", tool="lost"), step("b")), on_failure="continue")
    with pytest.raises(RunFailed, match="CancelledError"):
        run.wait(20)
    assert states(run) == {"a": "failed", "b": "succeeded"}


def _counting() -> Iterator[int]:
    yield from range(3)


async def _counting_async() -> Any:
    yield 1


@pytest.mark.parametrize(
    "output",
    [threading.Lock, _counting, _counting_async, lambda: {"deep": [object()]}],
    ids=["lock", "generator", "async generator", "object inside"],
)
def test_an_output_that_cannot_be_stored(lab: Lab, world: World, output: Any) -> None:
    """The step fails by the type's name, and says that its effect did happen [CONC-10]."""

    @wb.tool(effect="irreversible")
    def act() -> Any:
        world.effects.append("done")
        return output()

    run = lab.bench(act).start(plan=plan(wb.Step(id="a", tool="act")))
    with pytest.raises(RunFailed, match="cannot be stored"):
        run.wait(20)
    assert world.effects == ["done"]
    assert run.view.steps["a"].happened is True


def test_an_output_that_breaks_when_looked_at(lab: Lab, world: World) -> None:
    """An output whose own methods raise fails the step, which did happen [CONC-10]."""

    class Trap(dict[str, Any]):
        def __iter__(self) -> Any:
            raise RuntimeError("do not look")

        items = keys = values = __iter__

    @wb.tool(effect="irreversible")
    def act() -> Any:
        return Trap(x=1)

    run = lab.bench(act).start(plan=plan(wb.Step(id="a", tool="act"), step("b")))
    state = run.wait_until(timeout_s=20)
    assert state in ("failed", "succeeded")


@pytest.mark.parametrize("text", ["\ud800 alone", "nul \x00 nul", "\U0001f600", "a\r\nb"])
def test_any_text_comes_back(lab: Lab, text: str) -> None:
    """Any text that a tool returns or raises can be written and read back [CONC-10]."""

    @wb.tool(effect="read")
    def echo() -> str:
        return text

    @wb.tool(effect="read")
    def shout() -> str:
        raise ValueError(text)

    steps = [wb.Step(id="a", tool="echo"), wb.Step(id="b", tool="shout", after=["a"])]
    run = lab.bench(echo, shout).start(plan=plan(*steps))
    with pytest.raises(RunFailed):
        run.wait(20)
    assert run.output("a") == text


def test_a_missing_tool_pauses_with_its_name(lab: Lab, world: World) -> None:
    """Reopened without a tool the run pauses and names it; with the tool it goes on [ASYN-6]."""

    @wb.tool(effect="read")
    def rare() -> str:
        return "rare"

    gate = world.gate("a")
    steps = [step("a"), wb.Step(id="b", tool="rare", after=["a"])]
    run = lab.bench(rare).start(plan=plan(*steps))
    gate.wait_reached()
    run.pause()
    gate.open()
    again = lab.reopen(run)
    again.resume()
    again.wait_until("paused", timeout_s=20)
    assert "'rare'" in again.view.reason
    again = lab.reopen(again, rare)
    again.resume()
    assert again.wait(20) == "rare"


def test_before_that_breaks_calls_nothing(lab: Lab, world: World) -> None:
    """When the image of what will be overwritten cannot be read, the call is off [COMP-3]."""

    def image() -> str:
        raise SystemExit("disk gone")

    @wb.tool(effect="reversible", undo=lambda: None, before=image)
    def overwrite() -> None:
        world.effects.append("overwritten")

    run = lab.bench(overwrite).start(plan=plan(wb.Step(id="a", tool="overwrite")))
    with pytest.raises(RunFailed, match="disk gone"):
        run.wait(20)
    assert world.effects == []
    assert run.view.steps["a"].happened is False
