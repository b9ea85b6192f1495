"""Fan-outs: stop all, collect all, or enough of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from tests.engine.harness import Lab, World, eventually, kinds, plan, states, step
from workbench.errors import PlanError, RunFailed

THREE = [step("a"), step("b"), step("c")]


def join(tool: str = "think", **more: Any) -> wb.Step:
    more.setdefault("args", {"value": [wb.ref("a"), wb.ref("b"), wb.ref("c")]})
    return step("join", tool, after=["a", "b", "c"], **more)


@pytest.mark.parametrize(
    ("policy", "quorum", "expected"),
    [
        ("stop", None, {"a": "succeeded", "b": "failed", "c": "stopped", "join": "stopped"}),
        ("continue", None, {"a": "succeeded", "b": "failed", "c": "succeeded", "join": "stopped"}),
        ("stop", 2, {"a": "succeeded", "b": "failed", "c": "succeeded", "join": "succeeded"}),
    ],
    ids=["stop all", "collect all", "quorum"],
)
def test_three_policies_three_outcomes(
    lab: Lab, world: World, policy: Any, quorum: int | None, expected: dict[str, str]
) -> None:
    """The same three calls under three policies have three predicted outcomes [CONC-4]."""
    world.faults = {"b": [ValueError("broken")]}
    for name in "bc":
        world.gate(name)
    run = lab.bench().start(plan=plan(*THREE, join(quorum=quorum)), on_failure=policy)
    eventually(run, lambda view: view.steps["a"].state == "succeeded")
    world.gate("b").open()
    if policy == "stop" and quorum is None:
        with pytest.raises(RunFailed):
            run.wait(20)
    else:
        eventually(run, lambda view: view.steps["b"].state == "failed")
        world.gate("c").open()
        if quorum is None:
            with pytest.raises(RunFailed):
                run.wait(20)
        else:
            assert run.wait(20) == ["a", None, "c"]
    assert states(run) == expected


def test_enough_lets_the_rest_go(lab: Lab, world: World) -> None:
    """When the quorum is had, what may be repeated is cancelled, the unbegun skipped, and an effect
    in flight is left to finish and recorded [CONC-4]."""
    slow, effect = world.gate("slow"), world.gate("effect")
    needs = ["quick", "slow", "effect", "later"]
    steps = [
        step("quick", after=["first"]),
        step("slow"),
        step("effect", "send"),
        step("first"),
        step("later", after=["slow"]),
        step("join", after=needs, quorum=1),
        step("last", after=["join"]),
    ]
    world.gate("first")
    run = lab.bench().start(plan=plan(*steps))
    slow.wait_reached()
    effect.wait_reached()
    world.gate("first").open()
    eventually(run, lambda view: view.steps["last"].state == "succeeded")
    assert states(run)["effect"] == "running"
    assert kinds(run, "slow") == ["call.intended", "call.cancelled", "step.skipped"]
    effect.open()
    run.wait(20)
    expected = dict.fromkeys(["quick", "first", "effect", "join", "last"], "succeeded")
    assert states(run) == {**expected, "slow": "skipped", "later": "skipped"}
    assert "later" not in world.calls


def test_a_step_that_something_else_needs_is_not_let_go(lab: Lab, world: World) -> None:
    """A step of the fan-out that another step waits for goes on [CONC-4]."""
    gate = world.gate("b")
    steps = [step("a"), step("b"), step("join", after=["a", "b"], quorum=1), step("x", after=["b"])]
    run = lab.bench().start(plan=plan(*steps))
    eventually(run, lambda view: view.steps["join"].state == "succeeded")
    assert states(run)["b"] == "running"
    gate.open()
    run.wait(20)
    assert states(run) == dict.fromkeys(["a", "b", "join", "x"], "succeeded")


def test_a_quorum_that_cannot_be_had_fails_the_run(lab: Lab, world: World) -> None:
    """When too few can still succeed, the join never runs and the run's policy applies [CONC-4]."""
    world.faults = {name: [ValueError("broken")] for name in "ab"}
    run = lab.bench().start(plan=plan(*THREE, join(quorum=2)))
    with pytest.raises(RunFailed) as failed:
        run.wait(20)
    assert set(failed.value.errors) == {"a", "b"}
    assert states(run)["join"] == "stopped"
    assert "join" not in world.calls


def test_a_skipped_step_is_no_success(lab: Lab, world: World) -> None:
    """Steps that the person takes out do not count as successes, and the run says so [CONC-4]."""
    world.gate("a")
    run = lab.bench().start(plan=plan(*THREE, join(quorum=3)))
    eventually(run, lambda view: view.steps["c"].state == "succeeded")
    run.pause()
    world.gate("a").open()
    eventually(run, lambda view: view.steps["a"].state == "succeeded")
    with run.editing() as draft:
        draft.add(step("d"))
        draft.change("join", after=["a", "b", "c", "d"], quorum=4)
        draft.skip("d")
    run.resume()
    with pytest.raises(RunFailed, match="needs 4 of 4 steps to succeed; 3 did"):
        run.wait(20)


def test_a_refusal_inside_a_fan_out_leaves_the_quorum(lab: Lab, world: World) -> None:
    """A call that the person refuses does not take the join along [CONC-4]."""
    gate = world.gate("c")
    steps = [step("a", "send"), step("b"), step("c"), join(quorum=2)]
    run = lab.bench(policy=wb.Policy()).start(plan=plan(*steps))
    eventually(run, lambda view: len(view.open_requests) == 1)
    run.inbox[0].deny("no")
    gate.open()
    assert run.wait(20) == [None, "b", "c"]
    assert states(run)["a"] == "denied"


def test_a_retried_join_sees_what_it_saw(lab: Lab, world: World) -> None:
    """A later attempt gets the arguments of the first one, so its key stays the same [CONC-8]."""
    gate = world.gate("c")
    world.faults = {"join": [ConnectionError("flaky")]}
    held = world.gate("join")
    retry = wb.Retry(attempts=2, wait_s=0)
    steps = [step("a"), step("b"), step("c", "send"), join("post", quorum=2, retry=retry)]
    run = lab.bench().start(plan=plan(*steps))
    held.wait_reached()
    gate.open()
    eventually(run, lambda view: view.steps["c"].state == "succeeded")
    held.open()
    assert run.wait(20) == ["a", "b", None]
    assert len(set(world.keys["join"])) == 1


def test_a_quorum_has_bounds(lab: Lab) -> None:
    """A quorum is at least 1, and at most the number of steps that it waits for [CONC-4]."""
    for wrong in (0, -1, 4):
        with pytest.raises(PlanError, match=f"needs {wrong} of the 3 steps"):
            lab.bench().start(plan=plan(*THREE, join(quorum=wrong)))


OUTCOMES = st.lists(st.booleans(), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None)
@given(outcomes=OUTCOMES, data=st.data())
def test_a_join_runs_exactly_when_enough_succeed(
    outcomes: list[bool], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Of any mixture the join runs exactly when its quorum succeeds, and the run ends [CONC-4]."""
    quorum = data.draw(st.integers(1, len(outcomes)))

    @wb.tool(effect="pure")
    async def work(good: bool) -> bool:
        if not good:
            raise ValueError("broken")
        return good

    names = [f"s{n}" for n in range(len(outcomes))]
    steps = [
        wb.Step(id=name, tool="work", args={"good": good})
        for name, good in zip(names, outcomes, strict=True)
    ]
    steps.append(wb.Step(id="j", tool="work", args={"good": True}, after=names, quorum=quorum))
    place = tmp_path_factory.mktemp("runs") / "runs.db"
    with wb.Workbench(place, tools=[work], planner=None) as bench:
        run = bench.start(plan=wb.Plan(steps=steps), on_failure="continue")
        enough = sum(outcomes) >= quorum
        state = run.wait_until(timeout_s=20)
        assert state == ("succeeded" if enough else "failed")
        assert (run.view.steps["j"].state == "succeeded") is enough
