"""The agent loop: one step at a time, as edits of a plan that grows."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, drives, eventually, kinds, lab, states, step, world
from workbench.errors import RunFailed, RunStopped
from workbench.plan import Add, Skip
from workbench.planner import AgentLoop, PlanningContext, StepReport
from workbench.testing import ScriptedModel, capture_events

__all__ = ["drives", "lab", "world"]


@pytest.fixture
def backend() -> str:
    """Use the loop that notebooks have."""
    return "asyncio"


def next_step(name: str, tool: str = "think", **args: Any) -> dict[str, Any]:
    """Give the answer that proposes a step."""
    proposed = {"id": name, "tool": tool, "args": {"name": name, **args}}
    return {"kind": "step", "step": proposed, "reason": f"{name} is next"}


DONE = {"kind": "done", "reason": "both were looked at"}


def loop(lab: Lab, *answers: Any, **options: Any) -> tuple[wb.Workbench, ScriptedModel]:
    model = ScriptedModel(list(answers), label="tiny")
    steps = options.pop("steps", 30)
    return lab.bench(planner=AgentLoop(model, steps=steps), **options), model


def test_a_plan_grows_step_by_step(lab: Lab, world: World) -> None:
    """Each step is a revision that the model proposes when it has seen what came of the one before;
    the run ends when it says that the goal is reached [PLAN-1, PLAN-6]."""
    bench, model = loop(
        lab, next_step("a", value=7), next_step("b", value={"$ref": "a"}), next_step("c"), DONE
    )
    run = bench.start("look at both")
    assert run.wait(120) == "c"
    assert world.calls == ["a", "b", "c"]
    assert world.values["b"] == 7
    assert [(r.number, r.reason) for r in run.view.revisions] == [
        (1, "a is next"),
        (2, "b is next"),
        (3, "c is next"),
    ]
    assert run.plan is not None
    assert run.plan["c"].after == ("b",)
    assert bench.planner is not None
    assert bench.planner.name == "step by step, model tiny"
    assert str(run.view.replanning) == "one step at a time, at most 30 times"
    seen = [request.messages[1].text for request in model.requests]
    assert '"a": "7"' in seen[1]


def test_it_executes_nothing_and_is_decided_about(lab: Lab, world: World) -> None:
    """A step that changes the world waits for the person, as in any plan [PLAN-1, HARN-4]."""
    bench, model = loop(lab, next_step("a"), next_step("b", "send"), DONE, policy=wb.Policy())
    run = bench.start("send it")
    run.wait_until("waiting", timeout_s=120)
    assert (world.effects, len(model.requests)) == ([], 2)
    run.inbox[0].approve()
    run.wait(120)
    assert world.effects == ["b"]


def test_a_failed_step_is_seen_and_left_behind(lab: Lab, world: World) -> None:
    """The model sees the error; the failed step is skipped when another follows [PLAN-7]."""
    world.faults = {"a": [ValueError("no such shop")]}
    bench, model = loop(lab, next_step("a"), next_step("b"), DONE)
    run = bench.start("shop")
    assert run.wait(120) == "b"
    assert "no such shop" in model.requests[1].messages[1].text
    assert states(run) == {"a": "skipped", "b": "succeeded"}
    assert kinds(run, "a") == ["call.intended", "call.failed", "step.skipped"]


def test_the_same_step_again_is_no_progress(lab: Lab, world: World) -> None:
    """A model that proposes what just failed, under new names, is stopped [PLAN-8]."""
    world.faults = {"a": [ValueError("broken")] * 9}
    again = [
        {**next_step(f"a{n}"), "step": {**next_step("a")["step"], "id": f"a{n}"}} for n in "xyz"
    ]
    bench, _ = loop(lab, next_step("a"), *again)
    run = bench.start("try")
    with pytest.raises(RunFailed, match="no progress"):
        run.wait(120)
    assert world.calls == ["a", "a"]


def test_its_steps_are_bounded(lab: Lab, world: World) -> None:
    """So many steps and no more: then the run fails and says so [PLAN-6, HARN-9]."""
    bench, model = loop(lab, *(next_step(f"s{n}") for n in range(9)), steps=3)
    run = bench.start("for ever")
    with pytest.raises(RunFailed, match="asked again 3 times, the most"):
        run.wait(120)
    assert (len(world.calls), len(model.requests)) == (4, 4)


@pytest.mark.parametrize("verb", ["questions", "wait", "abandon"])
def test_it_may_ask_wait_and_give_up(lab: Lab, verb: str) -> None:
    """Between two steps the model may ask the person, wait, or give up; while it waits the run
    holds nothing, and after a restart it is asked once more, with the answer [REL-27, PLAN-14,
    ASYN-2, RUNT-8]."""
    said = {"kind": verb, "reason": "the shop is closed", "questions": [{"text": "Which shop?"}]}
    bench, model = loop(lab, next_step("a"), said, next_step("b"), DONE)
    run = bench.start("shop")
    if verb == "abandon":
        with pytest.raises(RunStopped, match="closed"):
            run.wait(120)
        return
    run.wait_until("waiting" if verb == "questions" else "paused", timeout_s=120)
    eventually(run, lambda _: run.live_tasks() == [])
    run = lab.reopen(run, planner=AgentLoop(model))
    assert (run.live_tasks(), len(model.requests)) == ([], 2)
    run.inbox[0].choose("the near one") if run.inbox else run.resume()
    assert run.wait(120) == "b"
    assert len(model.requests) == 4
    if verb == "questions":
        assert "the near one" in model.requests[2].messages[1].text


def test_a_person_steers_between_two_steps(lab: Lab, world: World) -> None:
    """While a step is being done the person comments and adds a step; the model sees both."""
    gate = world.gate("a")
    bench, model = loop(lab, next_step("a"), next_step("b"), DONE)
    run = bench.start("walk")
    gate.wait_reached()
    run.comment("turn left")
    gate.open()
    assert run.wait(120) == "b"
    assert "turn left" in model.requests[1].messages[1].text
    assert capture_events(run, "plan.commented")[0].by == "person"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"kind": "step"}, "needs one"),
        ({"kind": "done", "reason": "r"}, "nothing was done yet"),
        (next_step("a", "thimk"), "thimk"),
        ({"kind": "plan", "steps": []}, "kind"),
        ({**next_step("a"), "steps": []}, "steps"),
    ],
)
async def test_a_first_answer_with_faults_goes_back(answer: Any, fault: str) -> None:
    """What is no step, or no sound one, goes back to the model with the reason [HARN-5]."""
    model = ScriptedModel([answer, next_step("a")])
    proposal = await AgentLoop(model).propose(PlanningContext("g", World().tools()))
    assert proposal.plan is not None
    assert fault in model.requests[1].messages[-1].text


@pytest.mark.anyio
async def test_later_answers_are_edits() -> None:
    """A step that was there already is no next one; what failed is skipped by the same answer."""
    current = wb.Plan(goal="g", steps=[step("a"), step("b")])
    reports = [StepReport("a", "succeeded"), StepReport("b", "failed", error="broken")]
    context = PlanningContext("g", World().tools(), plan=current, steps=reports, horizon=1)
    model = ScriptedModel([next_step("a"), {"kind": "done"}, next_step("c")])
    proposal = await AgentLoop(model).propose(context)
    assert proposal.edits[0] == Skip(step="b")
    assert isinstance(proposal.edits[1], Add)
    assert proposal.edits[1].step.after == ("a",)
    assert "another id" in model.requests[1].messages[-1].text
    assert "needs a reason" in model.requests[2].messages[-1].text


def test_steps_of_a_person_stand_beside_its_own(lab: Lab, world: World) -> None:
    """A person may plan further ahead than the model; what failed of that is left behind, with what
    would use it, and the rest is done [PLAN-9]."""
    world.faults = {"p": [ValueError("broken")]}
    gate = world.gate("a")
    bench, _ = loop(lab, next_step("a"), next_step("b"), DONE)
    run = bench.start("walk")
    gate.wait_reached()
    with run.editing("I know more") as draft:
        draft.add(step("p", after=["a"]))
        draft.add(step("q", value=wb.ref("p")))
        draft.add(step("r", after=["a"]))
    gate.open()
    run.resume()
    run.wait(120)
    assert states(run) == {
        "a": "succeeded", "p": "skipped", "q": "skipped", "r": "succeeded", "b": "succeeded"
    }  # fmt: skip
