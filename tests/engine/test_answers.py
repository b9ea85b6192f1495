"""Answers: what counts as one, from whom, and until when."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, asking, eventually, kinds, plan, states, step
from workbench.commands import Answer
from workbench.errors import CommandRefused
from workbench.planner import Proposal
from workbench.testing import FakeClock


class Replanner:
    """Answers each call with the next proposal."""

    name = "scripted"

    def __init__(self, *proposals: Proposal) -> None:
        self.proposals, self.seen = list(proposals), []

    async def propose(self, context: Any) -> Proposal:
        self.seen.append(context)
        return self.proposals.pop(0)


def test_denied_then_continue(lab: Lab, world: World) -> None:
    """A refusal takes out the step and what needs it; the rest goes on [CONC-5]."""
    run = asking(lab, step("a", "send"), step("b", after=["a"]), step("c"))
    run.inbox[0].deny("not today")
    run.wait(20)
    assert states(run) == {"a": "denied", "b": "skipped", "c": "succeeded"}
    assert run.view.steps["a"].error == "not today"
    assert world.effects == []


def test_denied_then_stop(lab: Lab, world: World) -> None:
    """With then="stop" the run ends, and nothing was done [CONC-1]."""
    run = asking(lab, step("a", "send"), step("b", "send"))
    eventually(run, lambda view: len(view.open_requests) == 2)
    run.inbox[0].deny(then="stop")
    with pytest.raises(wb.errors.RunStopped):
        run.wait(20)
    assert world.effects == []
    assert run.inbox == []


def test_denied_then_replan(lab: Lab, world: World) -> None:
    """With then="replan" the planner is asked, knows the reason, and its plan is done [PLAN-7]."""
    new = plan(step("a2", "put"), step("b", after=["a2"]))
    planner = Replanner(Proposal(plan=new, reason="put instead of send"))
    run = asking(lab, step("a", "send"), step("b", after=["a"]), planner=planner)
    run.inbox[0].deny("too public", then="replan")
    assert run.wait(20) == "b"
    assert "too public" in planner.seen[0].why
    assert world.effects == ["a2"]
    assert [r.author for r in run.view.revisions] == ["person", "planner scripted"]


def test_nothing_begins_before_the_new_plan(lab: Lab, world: World) -> None:
    """A call in flight ends, but no step of the plan that was refused begins after it [PLAN-7]."""
    new = plan(step("x"), step("z", "put", after=["x"]))
    planner = Replanner(Proposal(plan=new, reason="without y"))
    gate = world.gate("x")
    steps = plan(step("a", "send"), step("x"), step("y", "put", after=["x"]))
    run = lab.bench(planner=planner, policy=wb.Policy()).start(plan=steps)
    gate.wait_reached()
    eventually(run, lambda view: bool(view.open_requests))
    run.inbox[0].deny("another way", then="replan")
    gate.open()
    run.wait(20)
    assert world.effects == ["z"]
    assert "y" not in world.calls


def test_denied_then_replan_without_a_planner_pauses(lab: Lab, world: World) -> None:
    """Without a planner the person is told to edit, and can [PLAN-7]."""
    run = asking(lab, step("a", "send"), step("b", after=["a"]))
    run.inbox[0].deny("no", then="replan")
    run.wait_until("paused", timeout_s=20)
    assert "no planner" in run.view.reason
    with run.editing() as draft:
        draft.move("b", after=[])
        draft.remove("a")
    run.resume()
    assert run.wait(20) == "b"


def test_an_answer_counts_once(lab: Lab, world: World) -> None:
    """Of two answers the first counts, and the second is told so [HARN-4]."""
    run = asking(lab, step("a", "send"), step("b", "send"))
    eventually(run, lambda view: len(view.open_requests) == 2)
    request = run.inbox[0]
    request.approve()
    with pytest.raises(CommandRefused, match="already answered"):
        request.deny()


def test_a_choice_is_no_answer_to_a_permission(lab: Lab, world: World) -> None:
    """Choosing some text for a permission is refused; it neither allows nor loses the step."""
    run = asking(lab, step("a", "send"))
    with pytest.raises(CommandRefused, match="asks for an approval"):
        run.inbox[0].choose("sure")
    assert [r.state for r in run.inbox] == ["open"]
    assert run.state == "waiting"


def test_a_wrong_token_is_refused(lab: Lab, world: World) -> None:
    """An answer without the token of its request is refused and changes nothing [HARN-4]."""
    run = asking(lab, step("a", "send"))
    request = run.inbox[0]
    for token in ("", "guess", request.view.opened.token[:-1]):
        with pytest.raises(CommandRefused, match="token"):
            run.send(Answer(request=request.id, token=token, verdict="approve"))
    assert world.effects == []
    assert run.state == "waiting"


@pytest.mark.parametrize("kind", ["thread", "async"])
@pytest.mark.parametrize("how", ["request", "send"])
def test_a_tool_cannot_answer(lab: Lab, world: World, kind: str, how: str) -> None:
    """From inside a call no request is answered, by whichever door [HARN-4]."""
    seen: list[str] = []

    def answer() -> None:
        request = run.inbox[0]
        token = request.view.opened.token
        try:
            if how == "request":
                request.approve()
            else:
                run.send(Answer(request=request.id, token=token, verdict="approve"))
        except CommandRefused as refused:
            seen.append(str(refused))

    @wb.tool(effect="read", name="sneak")
    def in_thread() -> None:
        answer()

    @wb.tool(effect="read", name="sneak")
    async def in_loop() -> None:
        answer()

    sneak = in_thread if kind == "thread" else in_loop
    asked = threading.Event()

    @wb.tool(effect="read")
    def wait_asked() -> None:
        assert asked.wait(20)

    steps = [
        step("a", "send"),
        wb.Step(id="w", tool="wait_asked"),
        wb.Step(id="sneak", tool="sneak", after=["w"]),
    ]
    bench = lab.bench(sneak, wait_asked, policy=wb.Policy())
    run = bench.start(plan=plan(*steps))
    eventually(run, lambda view: bool(view.open_requests))
    asked.set()
    eventually(run, lambda view: view.steps["sneak"].final)
    assert len(seen) == 1
    assert "Only a person answers" in seen[0]
    assert world.effects == []


def test_an_unanswered_request_expires(lab: Lab, world: World) -> None:
    """After three days without an answer the call is refused and the run paused [ASYN-7]."""
    clock = FakeClock()
    run = asking(lab, step("a", "send"), clock=clock, request_expires_s=3 * 86400)
    request = run.inbox[0]
    clock.advance(days=2.9)
    assert run.state == "waiting"
    clock.advance(days=0.2)
    run.wait_until("paused", timeout_s=20)
    assert states(run) == {"a": "denied"}
    with pytest.raises(CommandRefused, match="expired"):
        request.approve()
    assert world.effects == []


def test_a_request_is_approved_after_days(lab: Lab, world: World) -> None:
    """A request without a deadline is still good after three days [ASYN-7]."""
    clock = FakeClock()
    run = asking(lab, step("a", "send"), clock=clock)
    clock.advance(days=3)
    run.inbox[0].approve()
    assert run.wait(20) == "a"


def test_a_request_that_expired_while_nobody_was_there(lab: Lab, world: World) -> None:
    """A deadline that passes while the kernel is down holds when it is back [ASYN-6, ASYN-7]."""
    clock = FakeClock()
    run = asking(lab, step("a", "send"), clock=clock, request_expires_s=3600)
    lab.close()
    clock.advance(days=1)
    again = lab.bench(clock=clock, request_expires_s=3600, policy=wb.Policy()).open(run.id)
    again.wait_until("paused", timeout_s=20)
    assert states(again) == {"a": "denied"}


def test_an_expiry_is_not_undone_by_another_answer(lab: Lab, world: World) -> None:
    """When one request expires, approving another leaves the run paused [ASYN-7]."""
    clock = FakeClock()
    steps = [step("a", "send"), step("x"), step("b", "send", after=["x"])]
    gate = world.gate("x")
    run = lab.bench(policy=wb.Policy(), clock=clock, request_expires_s=100).start(plan=plan(*steps))
    eventually(run, lambda view: bool(view.open_requests))
    clock.advance(50)
    gate.open()
    eventually(run, lambda view: len(view.open_requests) == 2)
    later = run.inbox[1]
    clock.advance(60)
    later.approve()
    assert run.state == "paused"
    assert states(run)["a"] == "denied"
    run.resume()
    run.wait(20)
    assert world.effects == ["b"]


def test_an_open_request_survives_reopening(lab: Lab, world: World) -> None:
    """After a restart the same request is there and its approval counts [ASYN-6, RUNT-9]."""
    run = asking(lab, step("a", "send"))
    known = run.inbox[0].id
    again = lab.reopen(run, policy=wb.Policy())
    assert [r.id for r in again.inbox] == [known]
    assert kinds(again).count("request.opened") == 1
    again.inbox[0].approve()
    assert again.wait(20) == "a"
