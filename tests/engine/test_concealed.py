"""What a planner is told of steps whose tools the principal may not know."""

from __future__ import annotations

import json
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, plan, step
from workbench.errors import RunFailed
from workbench.plan import Add, Remove
from workbench.planner import ModelPlanner, Proposal
from workbench.testing import ScriptedModel

SECRETS = ("wire_transfer", "AT-611904", "account", "usd")


@wb.tool(effect="irreversible", risk="costly")
def wire_transfer(account: str, usd: float) -> str:
    """Send money from an account."""
    return f"paid from {account}"


class Replanning:
    """A planner that answers a failure with what it is made with."""

    name = "scripted"

    def __init__(self, *answers: Any) -> None:
        self.answers, self.seen = list(answers), []

    async def propose(self, context: Any) -> Proposal:
        self.seen.append(context)
        answer = self.answers.pop(0)
        return answer(context) if callable(answer) else answer


def the_plan() -> wb.Plan:
    """A person's plan: one step that the agent may do, one with a tool that it may not know."""
    args = {"account": "AT-611904", "usd": wb.ref("a")}
    pay = wb.Step(id="pay", tool="wire_transfer", title="Pay AT-611904", args=args)
    return plan(step("a", value=9.0), pay, step("b", after=["pay"]))


def start(lab: Lab, planner: Any) -> wb.Run:
    """Start it for an agent that may only think; what is refused is planned anew."""
    rights = wb.Rights(agent=(wb.Grant("think"),))
    bench = lab.bench(wire_transfer, planner=planner, rights=rights)
    return bench.start(plan=the_plan(), on_failure="replan")


def test_a_planner_is_told_of_a_refusal_and_not_of_the_tool(lab: Lab, world: World) -> None:
    """Asked for another plan after the refusal of a hidden call, the planner sees that a step
    was refused, where it stands and what waits for it; neither tool nor argument nor the missing
    right, which the person reads; and its edit is done [AUTH-16, REL-13]."""

    def instead(context: Any) -> Proposal:
        edits = [Add(step=step("c", after=["a"])), Remove(step="b"), Remove(step="pay")]
        return Proposal(edits=edits, reason="another way")

    planner = Replanning(instead)
    run = start(lab, planner)
    run.wait(20)
    context = planner.seen[0]
    told = [text for one in planner.seen for text in (repr(one), json.dumps(one.as_json()))]
    told += [json.dumps(one.model_dump(mode="json")) for one in context.plan.steps]
    told += [json.dumps(r.event.context) for r in run.events() if r.kind == "planner.called"]
    for secret in SECRETS:
        assert not [text for text in told if secret in text], secret
    pay = context.plan["pay"]
    assert (pay.tool, pay.args, pay.needs) == ("(a tool that is not shown)", {}, ("a",))
    assert context.plan["b"].needs == ("pay",)
    reports = {one.id: one for one in context.steps}
    assert (reports["pay"].state, bool(reports["pay"].error)) == ("denied", True)
    denied = next(r.event for r in run.events() if r.kind == "step.denied")
    assert "missing right: Grant('wire_transfer', step='pay'" in denied.reason
    assert run.view.steps["c"].state == "succeeded"


def test_a_plan_that_keeps_what_it_was_not_shown_keeps_it(lab: Lab, world: World) -> None:
    """A planner that gives the whole plan again, with the step that it was not shown as it saw it,
    leaves the person's step as it is [AUTH-16, PLAN-11]."""

    def again(context: Any) -> Proposal:
        kept = [one for one in context.plan.steps if one.id != "b"]
        return Proposal(plan=plan(*kept, step("c", after=["a"])), reason="without b")

    planner = Replanning(again, Proposal(abandon="no other way"))
    run = start(lab, planner)
    eventually(run, lambda view: view.final)
    assert run.plan is not None
    assert run.plan["pay"] == the_plan()["pay"]
    assert ("b" in run.plan, "c" in run.plan) == (False, True)


def test_a_planner_cannot_take_what_is_not_shown_for_a_tool(lab: Lab, world: World) -> None:
    """A step of its own with the words that stand for a hidden tool is one with no tool, and
    the refusal names none [AUTH-16]."""
    name = "(a tool that is not shown)"
    planner = Replanning(Proposal(edits=[Add(step=wb.Step(id="x", tool=name))], reason="why not"))
    with pytest.raises(RunFailed, match="known are: think") as failed:
        start(lab, planner).wait(20)
    assert "known are: think, wire" not in str(failed.value)
    assert world.effects == []


def test_a_models_request_holds_no_hidden_tool(lab: Lab, world: World) -> None:
    """What is sent to a model, first and when it is asked again, speaks of no tool that the
    principal may not know [AUTH-16, AUTH-13]."""
    answer = {"kind": "abandon", "reason": "nothing can be done"}
    model = ScriptedModel([json.dumps(answer)])
    run = start(lab, ModelPlanner(model))
    eventually(run, lambda view: view.final)
    sent = "\n".join(message.text for asked in model.requests for message in asked.messages)
    assert "a tool that is not shown" in sent
    assert not [secret for secret in SECRETS[:3] if secret in sent]
