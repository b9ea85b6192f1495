"""What a person says of a plan: comments that hold what comes of them, and refused steps."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, kinds, plan, states, step
from workbench.errors import CommandRefused
from workbench.plan import Add, Change
from workbench.planner import Proposal


class Planner:
    """Gives one answer, and keeps what it was shown."""

    name = "scripted"

    def __init__(self, answer: Any) -> None:
        self.answer, self.seen = answer, []

    async def propose(self, context: Any) -> Any:
        self.seen.append(context)
        return self.answer(context) if callable(self.answer) else self.answer


SMALLER = Proposal(edits=[Change(step="two", changes={"args": {"value": 3}})], reason="as said")


def asking(lab: Lab, answer: Any) -> tuple[wb.Run, Planner]:
    """Start a run with two open questions."""
    planner = Planner(answer)
    bench = lab.bench(planner=planner, policy=wb.Policy())
    run = bench.start(plan=plan(step("one", "send"), step("two", "send", value=9)))
    run.wait_until("waiting", timeout_s=20)
    return run, planner


def test_a_revision_is_looked_at_before_it_runs(lab: Lab, world: World) -> None:
    """With `review` the run is paused in the very moment in which the planner's revision is made:
    nothing of it begins, and only what changed asks again once the person resumes [PLAN-10]."""
    run, _ = asking(lab, SMALLER)
    before = {request.step: request.id for request in run.inbox}
    run.comment("nine is too many", step="two", review=True)
    run.wait_until("paused", timeout_s=20)
    assert (run.view.by, run.view.reason) == (
        "planner scripted",
        "look at the plan first, then resume",
    )
    assert run.view.held
    assert list(run.changes().changed) == ["two"]
    assert [request.id for request in run.inbox] == [before["one"]]
    run.resume()
    run.wait_until("waiting", timeout_s=20)
    assert not run.view.held
    after = {request.step: request.id for request in run.inbox}
    assert after["one"] == before["one"]
    assert after["two"] != before["two"]
    for request in run.inbox:
        request.approve()
    run.wait(20)
    assert world.values == {"one": None, "two": 3}


def test_a_plan_that_is_kept_is_looked_at_too(lab: Lab, world: World) -> None:
    """With `review` the run is held also when the planner leaves the plan as it is; the wish is
    settled by that, and the next answer holds nothing [PLAN-10]."""
    run, planner = asking(lab, Proposal(keep="nine it is"))
    run.comment("nine is too many", review=True)
    run.wait_until("paused", timeout_s=20)
    assert (run.view.review, run.view.held) == (False, False)
    assert run.view.reason == "the plan stays as it is: nine it is"
    run.resume()
    run.wait_until("waiting", timeout_s=20)
    run.comment("are you sure?")
    run.wait_until("waiting", timeout_s=20)
    assert len(planner.seen) == 2
    assert kinds(run).count("run.paused") == 1


def test_a_refused_step_is_planned_anew(lab: Lab, world: World) -> None:
    """A step is refused while it is asked about, and one before it is its turn; neither is ever
    called, the question is void, the planner knows the reason, and its other way is done
    [REL-4] [PLAN-10]."""

    def other(context: Any) -> Proposal:
        gone = [report.id for report in context.steps if report.state == "denied"]
        if "instead" in context.plan.by_id:
            return Proposal(edits=[Add(step=step("last", "put", after=["instead"]))])
        return Proposal(edits=[Add(step=step("instead", "put"))], reason=f"without {gone[0]}")

    planner = Planner(other)
    bench = lab.bench(planner=planner, policy=wb.Policy())
    run = bench.start(plan=plan(step("mail", "send"), step("late", "put", after=["mail"])))
    run.wait_until("waiting", timeout_s=20)
    (asked,) = run.inbox
    run.refuse("mail", "nobody reads it", review=True)
    run.wait_until("paused", timeout_s=20)
    assert planner.seen[0].why == "mail was refused: nobody reads it"
    assert planner.seen[0].notes == ["person said on step mail: refused: nobody reads it"]
    with pytest.raises(CommandRefused, match="voided"):
        asked.approve()
    run.refuse("late")
    run.resume()
    run.wait_until("failed", timeout_s=20)
    assert world.effects == ["instead", "last"]
    assert states(run) == {
        "mail": "denied",
        "late": "denied",
        "instead": "succeeded",
        "last": "succeeded",
    }


def test_refusing_from_a_request_holds_as_well(lab: Lab, world: World) -> None:
    """`request.deny(then="replan", review=True)` holds the run at the new plan; without a new plan
    there is nothing to be held for [PLAN-7]."""
    run, _ = asking(lab, Proposal(edits=[Add(step=step("three", "put"))], reason="another way"))
    run.inbox[1].deny("too dear", then="replan", review=True)
    run.wait_until("paused", timeout_s=20)
    assert run.changes().added == ("three",)
    assert world.effects == []
    run.resume()
    run.inbox[0].deny("no", then="continue", review=True)
    assert run.view.review is False


def test_a_step_that_has_begun_cannot_be_refused(lab: Lab, world: World) -> None:
    """Refusing what is done, being done or no step is refused, and so is a tool that tries; nothing
    changes [AUTH-16] [PLAN-10]."""
    said: list[str] = []
    held: list[wb.Run] = []

    @wb.tool(effect="read")
    def meddle(name: str) -> None:
        with pytest.raises(CommandRefused, match="Only a person"):
            held[0].refuse("c")
        said.append(name)

    gate = world.gate("b")
    steps = [*chain("a", "b").steps, step("m", "meddle", after=["b"]), step("c", after=["m"])]
    run = lab.bench(meddle).start(plan=wb.Plan(goal="x", steps=steps))
    held.append(run)
    gate.wait_reached()
    for name, why in (("a", "succeeded"), ("b", "running"), ("zzz", "no step")):
        with pytest.raises(CommandRefused, match=why):
            run.refuse(name)
    gate.open()
    assert run.wait(20) == "c"
    assert said == ["m"]
    assert "step.denied" not in kinds(run)
