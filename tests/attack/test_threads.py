"""Blocking tools that will not end, and what they raise, print and start."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import threading
import time
from contextlib import redirect_stdout
from typing import Any

import anyio
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, kinds, plan, states, step
from workbench.errors import CommandRefused, RunFailed


def alone(tool: str, **more: Any) -> wb.Plan:
    """Make a plan of one step."""
    return plan(wb.Step(id="a", tool=tool, **more))


def faults(run: wb.Run) -> str:
    """Give what the journal says about the behaviour of calls."""
    return "; ".join(r.event.error for r in run.events() if r.kind == "fault.recorded")


def spin() -> None:
    """Never return, in Python code."""
    while True:
        pass


@pytest.mark.parametrize("ending", ["timeout", "stop"])
def test_a_thread_that_never_returns_is_ended(lab: Lab, world: World, ending: str) -> None:
    """A blocking tool that never returns is ended by an exception in its thread; its clean-up is
    done before the run's end is written, and no thread of it is left [CONC-1, CONC-2].
    """
    began, cleaned = threading.Event(), []

    @wb.tool(effect="read", timeout_s=0.3 if ending == "timeout" else None)
    def forever() -> None:
        try:
            began.set()
            spin()
        finally:
            world.effects.append("cleaned")
            cleaned.append([r.kind for r in run.events()])

    bench = lab.bench(forever)
    run = bench.start(plan=alone("forever"))
    assert began.wait(20)
    if ending == "stop":
        run.stop()
    run.wait_until(timeout_s=20)
    assert world.effects == ["cleaned"]
    assert not {"run.failed", "run.stopped"} & set(cleaned[0])
    assert run.leftovers == []
    assert faults(run) == ""


def test_a_thread_that_cannot_be_ended_is_named(lab: Lab, world: World) -> None:
    """A thread inside a C call cannot be ended: the run ends without it, names it, and drops what
    it returns later [CONC-1].
    """
    gate = world.gate("x")

    @wb.tool(effect="read", timeout_s=0.2)
    def stuck() -> str:
        world.calls.append(threading.current_thread().name)
        gate.passing_blocked()  # one wait in C
        return "late"

    bench = lab.bench(stuck)
    run = bench.start(plan=alone("stuck"))
    with pytest.raises(RunFailed, match=r"no answer within 0\.2 s"):
        run.wait(20)
    (left,) = run.leftovers
    assert (left.run, left.step, left.thread) == (run.id, "a", world.calls[0])
    assert left.thread in {thread.name for thread in threading.enumerate()}
    assert left.thread in faults(run)
    assert run.live_tasks() == []
    seq = run.view.seq
    gate.open()
    while run.leftovers:
        threading.Event().wait(0.01)
    assert run.view.seq == seq
    assert bench.start(plan=chain("next")).wait(20) == "next"


def test_an_effect_in_a_thread_stays_in_doubt(lab: Lab) -> None:
    """A call that changes the world and was ended at its timeout is in doubt, not failed
    [RUNT-13].
    """

    @wb.tool(effect="irreversible", timeout_s=0.2)
    def forever() -> None:
        spin()

    run = lab.bench(forever).start(plan=alone("forever"))
    run.wait_until("waiting", timeout_s=20)
    assert states(run) == {"a": "in_doubt"}
    run.stop()
    assert run.leftovers == []


def test_an_async_tool_in_a_thread(lab: Lab) -> None:
    """An async tool may have a thread with a loop of its own; it is cancelled there [CONC-13]."""
    ended: list[str] = []

    @wb.tool(effect="read", runs_in="thread", timeout_s=0.3)
    async def forever() -> None:
        try:
            await anyio.sleep(1000)
        finally:
            ended.append(threading.current_thread().name)

    run = lab.bench(forever).start(plan=alone("forever"))
    with pytest.raises(RunFailed, match="no answer"):
        run.wait(20)
    assert ended[0].startswith("workbench-thread")
    assert run.leftovers == []


def test_a_tool_that_prints_a_gigabyte(lab: Lab) -> None:
    """Of what one call prints, 64 Ki characters go through as they come, and the end of it with a
    mark; the journal holds none of it [CONC-13].
    """

    @wb.tool(effect="read")
    def loud() -> str:
        sys.stdout.write("begin ")
        block = "x" * (1 << 24)
        for _ in range(64):
            sys.stdout.write(block)
        print(" the end")
        return "done"

    shown = io.StringIO()
    with redirect_stdout(shown):
        run = lab.bench(loud).start(plan=alone("loud"))
        assert run.wait(60) == "done"
    text = shown.getvalue()
    assert text.startswith("begin xxx")
    assert text.endswith("x the end\n")
    assert "[step a printed 1,073," in text
    assert len(text) < 80_000
    assert sum(len(record.event.model_dump_json()) for record in run.events()) < 20_000


def test_printing_outside_of_calls_is_left_alone(lab: Lab) -> None:
    """What the person's own cells print is not bounded, while and after a tool runs [CONC-13]."""
    shown = io.StringIO()
    with redirect_stdout(shown):
        lab.bench().start(plan=chain("a")).wait(20)
        print("x" * 200_000)
    assert len(shown.getvalue()) == 200_001


def test_a_stream_whose_write_is_wrapped_for_a_while(lab: Lab) -> None:
    """IPython wraps `sys.stdout.write` for each cell and puts it back: all is printed [CONC-13]."""
    shown = io.StringIO()
    with redirect_stdout(shown):
        lab.bench().start(plan=chain("a")).wait(20)
        stream, original = sys.stdout, sys.stdout.write
        stream.write = lambda text: original(text.upper())  # type: ignore[method-assign]
        print("wrapped")
        stream.write = original  # type: ignore[method-assign]
        print("as before")
    assert shown.getvalue() == "WRAPPED\nas before\n"


@pytest.mark.parametrize("place", ["thread", "loop"])
def test_a_tool_that_waits_for_its_own_run(lab: Lab, place: str) -> None:
    """`run.wait()`, `await run` and an answer inside a tool are refused with the reason, at once
    [CONC-13, RUNT-13].
    """
    made: list[wb.Run] = []
    refused: list[str] = []
    ready = threading.Event()

    def attempt(act: Any) -> None:
        try:
            act()
        except CommandRefused as error:
            refused.append(str(error))

    def in_thread() -> None:
        assert ready.wait(20)
        attempt(made[0].wait)
        attempt(lambda: made[0].wait_until("succeeded"))
        attempt(made[1].inbox[0].approve)

    async def in_loop() -> None:
        in_thread()
        try:
            await made[0]
        except CommandRefused as error:
            refused.append(str(error))

    function = in_thread if place == "thread" else in_loop
    bench = lab.bench(wb.Tool(function, name="waiting", effect="read"))
    asking = bench.start(plan=plan(step("q", ask=True)))
    asking.wait_until("waiting", timeout_s=20)
    run = bench.start(plan=alone("waiting"))
    made += [run, asking]
    ready.set()
    run.wait(20)
    assert "waits for its own run" in refused[0]
    assert "Only a person answers" in refused[2]
    assert len(refused) == (3 if place == "thread" else 4)
    assert asking.state == "waiting"


@pytest.mark.parametrize("place", ["thread", "loop"])
def test_a_tool_may_give_orders_to_its_run(lab: Lab, place: str) -> None:
    """A tool may pause its run, from a thread and from the engine's loop: the order is taken
    [RUNT-13].
    """
    made: list[wb.Run] = []
    ready = threading.Event()

    def in_thread() -> None:
        assert ready.wait(20)
        made[0].pause(reason="the tool said so")

    async def in_loop() -> None:
        in_thread()

    function = in_thread if place == "thread" else in_loop
    bench = lab.bench(wb.Tool(function, name="pausing", effect="read"))
    made.append(bench.start(plan=plan(wb.Step(id="a", tool="pausing"), step("b", after=["a"]))))
    ready.set()
    made[0].wait_until("paused", timeout_s=20)
    assert made[0].view.reason == "the tool said so"


def test_recursion_and_memory(lab: Lab, world: World) -> None:
    """A tool without a bottom, or that wants more memory than there is, fails; nothing else does
    [HARN-4].
    """

    @wb.tool(effect="read")
    def deep() -> int:
        def again(n: int) -> int:
            return again(n + 1) + 1

        return again(0)

    @wb.tool(effect="read")
    def wide() -> bytes:
        return bytes(1 << 62)

    steps = [wb.Step(id="a", tool="deep"), wb.Step(id="b", tool="wide"), step("c")]
    run = lab.bench(deep, wide).start(plan=plan(*steps), on_failure="continue")
    with pytest.raises(RunFailed) as caught:
        run.wait(20)
    assert "RecursionError" in str(caught.value)
    assert "MemoryError" in str(caught.value)
    assert states(run)["c"] == "succeeded"


def test_a_tool_that_starts_a_loop_of_its_own(lab: Lab) -> None:
    """A blocking tool may run an event loop of its own; an async one is refused by asyncio and by
    trio, which fails its step [CONC-16].
    """

    async def inner() -> str:
        await asyncio.sleep(0)
        return "inner"

    @wb.tool(effect="read")
    def own() -> str:
        return asyncio.run(inner())

    @wb.tool(effect="read")
    async def nested() -> str:
        return anyio.run(inner)

    steps = [wb.Step(id="a", tool="own"), wb.Step(id="b", tool="nested")]
    run = lab.bench(own, nested).start(plan=plan(*steps), on_failure="continue")
    with pytest.raises(RunFailed, match="RuntimeError"):
        run.wait(20)
    assert run.output("a") == "inner"
    assert states(run)["b"] == "failed"


def test_an_error_whose_text_raises(lab: Lab) -> None:
    """An exception that raises when it is printed fails its step by its type [HARN-4]."""

    class Mute(Exception):
        def __str__(self) -> str:
            raise SystemExit("no text")

    @wb.tool(effect="read")
    def fail() -> None:
        raise Mute

    run = lab.bench(fail).start(plan=alone("fail"))
    with pytest.raises(RunFailed, match="Mute"):
        run.wait(20)


def test_a_tool_that_changes_the_process(
    lab: Lab, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tool in a thread may change the folder, the environment and start threads: the journal is
    written where it was, and signal handlers are Python's to refuse [HARN-4].
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHANGED", "no")
    (tmp_path / "elsewhere").mkdir()

    @wb.tool(effect="read")
    def change() -> None:
        os.chdir(tmp_path / "elsewhere")
        os.environ["CHANGED"] = "yes"
        threading.Thread(target=time.sleep, args=(0.01,), daemon=True).start()

    @wb.tool(effect="read")
    def handle() -> None:
        import signal

        signal.signal(signal.SIGINT, signal.SIG_IGN)

    lab.place = "runs.db"  # type: ignore[assignment]
    steps = [wb.Step(id="a", tool="change"), wb.Step(id="b", tool="handle", after=["a"])]
    bench = lab.bench(change, handle)
    run = bench.start(plan=plan(*steps))
    with pytest.raises(RunFailed, match="main thread"):
        run.wait(20)
    assert bench.start(plan=chain("a", "b")).wait(20) == "b"
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert "working directory" in faults(run)


def test_late_words_of_an_ended_call(lab: Lab, world: World) -> None:
    """What a call prints after it was ended goes nowhere [CONC-1]."""
    gate = world.gate("x")
    done = threading.Event()

    @wb.tool(effect="read", timeout_s=0.1)
    def stuck() -> None:
        try:
            gate.passing_blocked()
        finally:
            print("late words")
            done.set()

    shown = io.StringIO()
    with redirect_stdout(shown):
        run = lab.bench(stuck).start(plan=alone("stuck"))
        eventually(run, lambda view: view.final)
        gate.open()
        assert done.wait(20)
    assert "late words" not in shown.getvalue()
    assert "call.failed" in kinds(run, "a")
