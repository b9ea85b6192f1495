"""Hooks: told of everything, in order, and unable to harm the run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, plan, step
from workbench.engine.hooks import NAMES
from workbench.errors import WorkbenchError
from workbench.testing import ScriptedModel

Told = list[wb.HookRecord]
MailSecret = wb.Secret["mail"]


def all_hooks(told: Told, **options: Any) -> wb.Hooks:
    """Make hooks that note every record."""
    return wb.Hooks(**dict.fromkeys(NAMES, told.append), **options)


def faults(run: wb.Run) -> list[str]:
    return [f"{r.event.where}: {r.event.error}" for r in run.events() if r.kind == "fault.recorded"]


def test_each_moment_has_its_hook(lab: Lab, world: World) -> None:
    """Before and after model, call, step; pause, checkpoint, end: each is told once [HARN-11]."""
    told: Told = []
    proposal = {
        "kind": "plan",
        "reason": "short",
        "steps": [{"id": "a", "tool": "look", "args": {"name": "a"}}],
    }
    gate = world.gate("a")
    run = lab.bench(planner=ScriptedModel([proposal]), hooks=all_hooks(told)).start("do a")
    gate.wait_reached()
    run.checkpoint("here")
    run.pause("a look")
    gate.open()
    eventually(run, lambda view: view.counts.get("succeeded") == 1)
    run.resume()
    assert run.wait(20) == "a"
    assert [(r.hook, r.kind) for r in told] == [
        ("before_model", "planner.called"),
        ("after_model", "planner.answered"),
        ("before_step", "call.intended"),
        ("before_call", "call.intended"),
        ("before_checkpoint", "checkpoint.made"),
        ("checkpoint", "checkpoint.made"),
        ("before_pause", "run.paused"),
        ("paused", "run.paused"),
        ("after_call", "call.succeeded"),
        ("step_ended", "call.succeeded"),
        ("ended", "run.succeeded"),
    ]
    call = told[3]
    assert (call.run, call.step, call.tool, call.args) == (run.id, "a", "look", {"name": "a"})
    assert (told[5].text, told[7].text, told[7].state) == ("here", "a look", "paused")
    assert (told[4].text, told[6].text, told[6].state) == ("here", "a look", "running")
    assert (told[9].step_state, told[10].state) == ("succeeded", "succeeded")
    assert faults(run) == []


def test_hooks_follow_the_order_of_the_log(lab: Lab, world: World) -> None:
    """Hooks see what is in the journal, in its order, also of steps at the same time [HARN-11]."""
    told: Told = []
    steps = [step(f"s{n}", "look" if n % 2 else "put") for n in range(12)]
    run = lab.bench(hooks=[all_hooks(told)]).start(plan=plan(*steps))
    run.wait(20)
    places = [record.seq for record in told]
    assert places == sorted(places)
    kinds = {record.seq: record.kind for record in run.events()}
    assert all(kinds[record.seq] == record.kind for record in told)
    assert len([record for record in told if record.hook == "before_call"]) == 12


@pytest.mark.parametrize("tool", ["think", "look", "send"])
def test_a_hook_before_a_call_is_over_when_it_begins(lab: Lab, world: World, tool: str) -> None:
    """What is to be told before a call is told before it [HARN-11]."""
    seen: list[int] = []
    hooks = wb.Hooks(before_call=lambda _: seen.append(len(world.calls)))
    lab.bench(hooks=hooks).start(plan=chain("a", "b", "c", tool=tool)).wait(20)
    assert seen == [0, 1, 2]


def test_coroutines_can_be_hooks(lab: Lab, world: World) -> None:
    """A coroutine function, and a function that gives a coroutine, are awaited [HARN-11]."""
    told: list[str] = []

    async def note(record: wb.HookRecord) -> None:
        told.append(record.hook)

    def notes(record: wb.HookRecord) -> Any:
        return note(record)

    hooks = wb.Hooks(before_call=note, ended=notes)
    lab.bench(hooks=hooks).start(plan=chain("a")).wait(20)
    assert told == ["before_call", "ended"]


@pytest.mark.parametrize(
    "error", [ValueError("broken"), SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()]
)
def test_a_failing_hook_harms_nothing(lab: Lab, world: World, error: BaseException) -> None:
    """Hooks that raise at every moment: the run is done, and each is noted once [HARN-11]."""

    def fail(_: wb.HookRecord) -> None:
        raise error

    hooks = wb.Hooks(**dict.fromkeys(NAMES, fail))
    run = lab.bench(hooks=hooks).start(plan=chain("a", "b", "c"))
    assert run.wait(20) == "c"
    names = [fault.partition(" (")[0] for fault in faults(run)]
    assert sorted(names) == [
        "hook after_call", "hook before_call", "hook before_step", "hook ended", "hook step_ended"
    ]  # fmt: skip
    assert all(type(error).__name__ in fault for fault in faults(run))
    assert run.verify() == run.view.seq


@pytest.mark.parametrize("wait_in_loop", [False, True])
def test_a_hanging_hook_is_left_alone(lab: Lab, world: World, *, wait_in_loop: bool) -> None:
    """A hook that hangs delays the run once, by its timeout, and is noted [HARN-11]."""
    release, calls = threading.Event(), []

    def hang(record: wb.HookRecord) -> None:
        calls.append(record.step)
        release.wait(20)

    async def hang_in_loop(record: wb.HookRecord) -> None:
        import anyio

        calls.append(record.step)
        await anyio.sleep_forever()

    function: Callable[[wb.HookRecord], Any] = hang_in_loop if wait_in_loop else hang
    hooks = wb.Hooks(before_call=function, timeout_s=0.05)
    run = lab.bench(hooks=hooks).start(plan=chain("a", "b", "c", "d"))
    assert run.wait(20) == "d"
    release.set()
    assert calls == ["a"]
    (fault,) = faults(run)
    assert "no answer within 0.05 s" in fault
    assert world.calls == ["a", "b", "c", "d"]


def test_a_hanging_hook_does_not_hold_the_others(lab: Lab, world: World) -> None:
    """Of two hooks the one that answers is told everything, whatever the other does [HARN-11]."""
    told: Told = []
    release = threading.Event()
    slow = wb.Hooks(step_ended=lambda _: release.wait(20), timeout_s=0.05)
    run = lab.bench(hooks=[slow, wb.Hooks(step_ended=told.append)]).start(plan=chain("a", "b"))
    run.wait(20)
    release.set()
    assert [record.step for record in told] == ["a", "b"]


@pytest.mark.parametrize("tool", ["think", "send"])
def test_a_pause_during_a_hook_holds(lab: Lab, world: World, tool: str) -> None:
    """Paused while a hook looks at the intent: the call is not made before resume [HARN-11]."""
    looked, release = threading.Event(), threading.Event()

    def look(_: wb.HookRecord) -> None:
        looked.set()
        release.wait(20)

    run = lab.bench(hooks=wb.Hooks(before_call=look)).start(plan=chain("a", tool=tool))
    assert looked.wait(20)
    run.pause()
    release.set()
    eventually(run, lambda view: view.steps["a"].state == "ready")
    assert world.calls == []
    run.resume()
    assert run.wait(20) == "a"
    assert world.calls == ["a"]


@pytest.mark.parametrize("tool", ["think", "send"])
def test_a_stop_during_a_hook_is_clean(lab: Lab, world: World, tool: str) -> None:
    """Stopped while a hook looks at the intent: the call was not made, and that is said."""
    looked, release = threading.Event(), threading.Event()

    def look(_: wb.HookRecord) -> None:
        looked.set()
        release.wait(20)

    run = lab.bench(hooks=wb.Hooks(before_call=look)).start(plan=chain("a", tool=tool))
    assert looked.wait(20)
    run.stop()
    release.set()
    assert run.wait_until("stopped", timeout_s=20) == "stopped"
    assert world.calls == []
    assert run.view.counts.get("running") is None
    assert "in doubt" not in str(run.view.remains)


def test_a_hook_may_give_orders(lab: Lab, world: World) -> None:
    """A hook that pauses the run does not lock it; the call in question is not made [HARN-11]."""
    bench: list[wb.Workbench] = []

    def pause(record: wb.HookRecord) -> None:
        if record.step == "b":
            bench[0].look(record.run).pause("the hook said so")

    bench.append(lab.bench(hooks=wb.Hooks(before_call=pause)))
    run = bench[0].start(plan=chain("a", "b"))
    assert run.wait_until("paused", timeout_s=20) == "paused"
    assert world.calls == ["a"]
    assert faults(run) == []


def test_a_hook_cannot_change_what_is_recorded(lab: Lab, world: World) -> None:
    """A record is a copy: writing into its arguments changes neither call nor journal."""

    def meddle(record: wb.HookRecord) -> None:
        record.args["value"].append(4)

    run = lab.bench(hooks=wb.Hooks(before_call=meddle)).start(plan=plan(step("a", value=[1])))
    assert run.wait(20) == [1]
    (intent,) = (r.event for r in run.events() if r.kind == "call.intended")
    assert intent.args.value == {"name": "a", "value": [1]}


def test_hooks_never_see_a_secret(lab: Lab, world: World) -> None:
    """Neither the arguments nor the error that a hook is told have the secret in them [HARN-4]."""
    told: Told = []

    @wb.tool(effect="read")
    def login(user: str, password: MailSecret) -> None:
        raise PermissionError(f"wrong: {password.reveal()}")

    bench = lab.bench(login, secrets={"mail": "correct-horse"}, hooks=all_hooks(told))
    run = bench.start(plan=plan(wb.Step(id="a", tool="login", args={"user": "ada"})))
    with pytest.raises(wb.errors.RunFailed):
        run.wait(20)
    assert "<secret mail>" in next(r.text for r in told if r.kind == "call.failed")
    assert "correct-horse" not in repr(told)


def test_what_never_began_has_no_hook_after_it(lab: Lab, world: World) -> None:
    """A step that fails before its call is told as ended, not as a call [HARN-11]."""
    told: Told = []
    steps = [step("a"), step("b", value=wb.ref("a", "nowhere"))]
    run = lab.bench(hooks=all_hooks(told)).start(plan=plan(*steps))
    with pytest.raises(wb.errors.RunFailed):
        run.wait(20)
    assert [r.hook for r in told if r.step == "b"] == ["step_ended"]


def test_hooks_that_are_none_are_refused() -> None:
    """What cannot be called, or never has time, is refused at once, by name [HARN-11]."""
    with pytest.raises(WorkbenchError, match="hook ended is no function"):
        wb.Hooks(ended="print")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(WorkbenchError, match="no timeout"):
        wb.Hooks(timeout_s=0)


def test_a_step_begins_once(lab: Lab, world: World) -> None:
    """Before a step is told at its first attempt only; before a call at each [HARN-11]."""
    told: Told = []
    world.faults = {"a": [ValueError("one"), ValueError("two")]}
    again = step("a", "look", retry=wb.Retry(attempts=3, wait_s=0))
    hooks = wb.Hooks(before_step=told.append, before_call=told.append, step_ended=told.append)
    lab.bench(hooks=hooks).start(plan=plan(again)).wait(20)
    assert [r.hook for r in told] == [
        "before_step",
        "before_call",
        "before_call",
        "before_call",
        "step_ended",
    ]


def test_nothing_begins_while_a_pause_is_told(lab: Lab, world: World) -> None:
    """While the hook before a pause is told, no step begins; then the run is paused [HARN-11]."""
    states: list[tuple[str, list[str]]] = []
    gate = world.gate("a")

    def before(record: wb.HookRecord) -> None:
        gate.open()
        states.append((record.state, list(world.calls)))

    bench = lab.bench(hooks=wb.Hooks(before_pause=before))
    run = bench.start(plan=chain("a", "b"))
    gate.wait_reached()
    run.pause("now")
    run.wait_until("paused", timeout_s=20)
    eventually(run, lambda view: view.steps["a"].state == "succeeded")
    assert states == [("running", ["a"])]
    assert world.calls == ["a"]
    run.resume()
    run.wait(20)


def test_a_hook_before_a_pause_cannot_prevent_it(lab: Lab, world: World) -> None:
    """One that raises is noted, and the run pauses all the same; so does one of the engine
    [HARN-11]."""

    def no(_: wb.HookRecord) -> None:
        raise RuntimeError("I forbid it")

    gate = world.gate("a")
    bench = lab.bench(hooks=wb.Hooks(before_pause=no, before_checkpoint=no))
    run = bench.start(plan=chain("a", "b"))
    gate.wait_reached()
    run.checkpoint("here")
    run.pause()
    assert run.state == "paused"
    gate.open()
    assert len(faults(run)) == 2
    run.resume()
    run.wait(20)


def test_the_verifying_model_has_its_hooks(lab: Lab) -> None:
    """Before and after a model are told of the one that verifies, too [HARN-11]."""
    told: Told = []
    verifier = ScriptedModel([{"ok": True}], label="judge")
    hooks = wb.Hooks(before_model=told.append, after_model=told.append)
    checked = step("a", check=wb.Check(judge="is a name"))
    lab.bench(hooks=hooks, verifier=verifier).start(plan=plan(checked)).wait(20)
    assert [(r.hook, r.kind, r.step) for r in told] == [
        ("before_model", "verdict.asked", "a"),
        ("after_model", "verdict.given", "a"),
    ]
