"""One record for each requested call, and one error for each failed one."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import threading
import time
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from tests.engine.harness import Lab, World, plan, step
from workbench.errors import CommandRefused, RunFailed, RunStopped, StepFailed
from workbench.policy import Allow, Deny
from workbench.testing import capture_events

FATES: dict[str, dict[str, Any]] = {
    "ok": {},
    "raises": {},
    "times out": {"timeout_s": 0.01},
    "skipped": {"skip": True},
    "given": {"output": {"value": 1}},
    "waits": {"after": ["s0"]},
    "effect": {"tool": "act"},
    "denied": {"tool": "never"},
}


@wb.tool(effect="read")
async def work(fate: str) -> str:
    if fate == "raises":
        raise ValueError("broken")
    if fate == "times out":
        await anyio.sleep_forever()
    return fate


@wb.tool(effect="irreversible")
async def act(fate: str) -> str:
    return fate


@wb.tool(effect="irreversible")
async def never(fate: str) -> str:
    raise AssertionError


class DeniesWhenDue:
    """Denies a call when it is due, and says nothing beforehand."""

    def decide(self, call: Any) -> Any:
        return Deny("never") if call.tool.name == "never" else Allow("a test")


@settings(max_examples=20, deadline=None)
@given(
    fates=st.lists(st.sampled_from(list(FATES)), max_size=8),
    policy=st.sampled_from(["stop", "continue", "pause"]),
    stopped=st.booleans(),
)
def test_exactly_one_record_for_each_call(
    fates: list[str], policy: Any, *, stopped: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """For all mixtures of ends, ids in are ids out, in the order of the plan [CONC-5]."""
    asked = {f"s{number}": fate for number, fate in enumerate(["ok", *fates])}
    steps = [
        wb.Step(id=name, args={"fate": fate}, **{"tool": "work", **FATES[fate]})
        for name, fate in asked.items()
    ]
    rules = DeniesWhenDue()
    place = tmp_path_factory.mktemp("runs") / "runs.db"
    with wb.Workbench(place, tools=[work, act, never], planner=None, policy=rules) as bench:
        run = bench.start(plan=wb.Plan(steps=steps), on_failure=policy)
        if stopped:
            with contextlib.suppress(CommandRefused):
                run.stop("enough")
        run.wait_until("paused", timeout_s=20)
        results, view = run.results, run.view
        assert [result.step for result in results] == list(asked)
        assert [result.state for result in results] == [s.state for s in view.steps.values()]
        for result in results:
            assert (result.state == "succeeded") == (result.stored is not None)
            assert bool(result.error) == (result.state in ("failed", "denied"))
        if run.state == "failed":
            assert [error.step for error in failures(run)] == [
                result.step for result in results if result.state in ("failed", "denied")
            ]


def failures(run: wb.Run) -> tuple[StepFailed, ...]:
    with pytest.raises(RunFailed) as failed:
        run.wait(1)
    return failed.value.exceptions


def test_an_error_that_is_a_sentence_ends_once(lab: Lab) -> None:
    """What failed a run ends with the full stop that it has, or gets one [HARN-13]."""

    @wb.tool(effect="read")
    def fails(name: str) -> None:
        raise ValueError(name)

    bench = lab.bench(fails)
    for said in ("no paper", "There is no paper."):
        run = bench.start(plan=plan(wb.Step(id="a", tool="fails", args={"name": said})))
        with pytest.raises(RunFailed) as raised:
            run.wait(20)
        assert str(raised.value).endswith(f"ValueError: {said.rstrip('.')}.")
        assert not str(raised.value).endswith("..")


def test_all_simultaneous_failures_surface(lab: Lab) -> None:
    """Two planted errors: two rows, both in the raised group, in plan order [CONC-3]."""
    both = threading.Barrier(2, timeout=20)

    @wb.tool(effect="read")
    def fails(name: str) -> None:
        both.wait()
        raise ValueError(name) if name == "b" else KeyError(name)

    steps = [wb.Step(id=n, tool="fails", args={"name": n}) for n in "ba"]
    run = lab.bench(fails).start(plan=plan(*steps), on_failure="continue")
    with pytest.raises(RunFailed) as raised:
        run.wait(20)
    group = raised.value
    assert [(e.step, e.tool, e.attempt, e.error_type) for e in group.exceptions] == [
        ("b", "fails", 1, "ValueError"),
        ("a", "fails", 1, "KeyError"),
    ]
    trace = run.trace()
    assert list(trace.loc[trace["state"] == "failed", "step"].sort_values()) == ["a", "b"]
    assert str(group).startswith(f"Run {run.id} failed: ")

    seen: list[str] = []
    try:
        raise pickle.loads(pickle.dumps(group))
    except* StepFailed as part:
        seen += [error.step for error in part.exceptions]
    assert seen == ["b", "a"]
    only, rest = group.split(lambda error: getattr(error, "step", "") == "a")
    assert only is not None
    assert rest is not None
    assert only.errors == {"a": "KeyError: 'a'"}
    assert [error.step for error in rest.exceptions] == ["b"]


def test_a_run_without_a_plan_fails_as_a_group_too(lab: Lab) -> None:
    """A run that failed before it had steps raises the same kind of group [CONC-3]."""
    run = lab.bench().start("nobody can plan this")
    with pytest.raises(RunFailed) as failed:
        run.wait(20)
    (only,) = failed.value.exceptions
    assert (only.step, only.tool) == ("", "")
    assert "no planner" in str(only)
    assert run.results == []


def test_results_of_a_stopped_run(lab: Lab, world: World) -> None:
    """A stopped run has a record for what was done, cut off and never begun [CONC-5]."""
    gate = world.gate("b")
    run = lab.bench().start(plan=plan(step("a", value={"x": 1}), step("b"), step("c", after=["b"])))
    gate.wait_reached()
    run.stop("enough")
    with pytest.raises(RunStopped):
        run.wait(20)
    results = {result.step: result for result in run.results}
    assert {name: result.state for name, result in results.items()} == {
        "a": "succeeded",
        "b": "stopped",
        "c": "stopped",
    }
    assert results["a"].output == {"x": 1}
    assert (results["b"].attempts, results["c"].attempts) == (1, 0)
    with pytest.raises(AttributeError):
        results["a"].state = "other"


def test_gather_leaves_tasks_the_runtime_none(lab: Lab) -> None:
    """After the first error `gather` leaves its tasks running, the runtime none, and clean-up comes
    before the end of the run [CONC-2, CONC-15]."""
    cleaned: list[float] = []
    begun = threading.Semaphore(0)

    @wb.tool(effect="read")
    async def sleeper(name: str) -> None:
        begun.release()
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.005)
            cleaned.append(time.time())

    @wb.tool(effect="read")
    def fails() -> None:
        for _ in range(5):
            assert begun.acquire(timeout=20)
        raise ValueError("broken")

    async def by_gather() -> int:
        async def broken() -> None:
            await asyncio.sleep(0)
            raise ValueError("broken")

        tasks = [asyncio.ensure_future(asyncio.sleep(3600)) for _ in range(5)]
        with pytest.raises(ValueError, match="broken"):
            await asyncio.gather(*tasks, broken())
        left = sum(not task.done() for task in tasks)
        for task in tasks:
            task.cancel()
        return left

    steps = [wb.Step(id=f"s{n}", tool="sleeper", args={"name": f"s{n}"}) for n in range(5)]
    run = lab.bench(sleeper, fails).start(plan=plan(*steps, wb.Step(id="f", tool="fails")))
    with pytest.raises(RunFailed):
        run.wait(20)
    assert asyncio.run(by_gather()) == 5
    assert len(run.live_tasks()) == 0
    assert len(cleaned) == 5
    ended = next(r.at for r in run.events() if r.kind == "run.failed")
    assert max(cleaned) <= ended.timestamp() + 0.001
    assert len(capture_events(run, "call.cancelled")) == 5
