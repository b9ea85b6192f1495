"""What the policy denies whatever the arguments is a fault of the plan before it starts."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, asking, plan, states, step
from workbench.errors import PlanError, RunFailed
from workbench.plan import Add, Skip
from workbench.planner import Proposal
from workbench.policy import Allow, Deny

NO_SENDING = wb.Policy(allow=["think", "look", "put", "post"], deny=["send", "undecl*"])


def test_a_forbidden_tool_is_found_with_its_rule() -> None:
    """Every step with a denied tool is one finding, that names the rule and the cure [PLAN-3]."""
    tools = World().tools()
    steps = [step("a"), step("b", "send"), step("c", "undeclared"), step("d", "send", skip=True)]
    faults = plan(*steps).check(tools, policy=NO_SENDING)
    assert [(f.code, f.step, f.path, f.severity) for f in faults] == [
        ("forbidden_tool", "b", "tool", "error"),
        ("forbidden_tool", "c", "tool", "error"),
    ]
    assert str(faults[0]) == (
        "b.tool: the rule deny 'send' forbids send; use another tool, or skip the step"
    )
    assert plan(*steps).check(tools) == []


def test_a_check_is_a_call_too() -> None:
    """A denied tool that only checks an output is found where it stands [PLAN-3, PLAN-13]."""
    checked = step("a", check=wb.Check(tool="look"))
    faults = plan(checked).check(World().tools(), policy=wb.Policy(deny=["look"]))
    assert [(f.code, f.path) for f in faults] == [("forbidden_tool", "check.tool")]


def test_the_run_is_refused_and_nothing_is_called(lab: Lab, world: World) -> None:
    """A start with a denied tool is refused beside the other faults, with 0 calls [PLAN-3]."""
    bench = lab.bench(policy=NO_SENDING)
    bad = plan(step("a"), step("b", "send", after=["a"]), step("c", "nothing"))
    with pytest.raises(PlanError, match="2 faults") as refused:
        bench.start(plan=bad)
    assert {f.code for f in refused.value.fields["findings"]} == {"forbidden_tool", "unknown_tool"}
    assert {f.code for f in bad.check(bench)} == {"forbidden_tool", "unknown_tool"}
    assert (world.calls, bench.journal.runs()) == ([], [])


def test_an_edit_cannot_bring_one_in(lab: Lab, world: World) -> None:
    """An edit that adds a step with a denied tool is refused whole; others are made [PLAN-3]."""
    run = asking(lab, step("a", ask=True), step("b", after=["a"]), policy=NO_SENDING)
    run.pause()
    edits = [Add(step=step("c", "send")), Skip(step="b")]
    with pytest.raises(PlanError, match="the rule deny 'send' forbids send"):
        run.edit(edits, run.plan.digest)
    assert set(states(run)) == {"a", "b"}
    with run.editing() as draft:
        draft.skip("b")
    run.stop()


def test_a_rule_that_came_later_does_not_hold_edits_up(lab: Lab, world: World) -> None:
    """A step that is forbidden since is denied when it is due; the rest can be edited [PLAN-9]."""
    run = asking(lab, step("a", ask=True), step("b", "send", after=["a"]), step("c"))
    run.pause()
    run = lab.reopen(run, policy=NO_SENDING)
    with run.editing() as draft:
        draft.change("c" if run.view.steps["c"].state != "succeeded" else "a", title="another")
    with pytest.raises(PlanError, match="forbids send"), run.editing() as draft:
        draft.change("b", title="another")
    run.resume()
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].approve()
    with pytest.raises(RunFailed, match="forbids send"):
        run.wait(20)
    assert world.effects == []


class Scripted:
    """A planner that proposes one plan."""

    name = "scripted"

    def __init__(self, proposal: Proposal) -> None:
        self._proposal = proposal

    async def propose(self, context: Any) -> Proposal:
        return self._proposal


def test_a_planner_cannot_bring_one_in(lab: Lab, world: World) -> None:
    """What is denied is hidden from planners: who names it all the same names nothing [PLAN-3]."""
    planner = Scripted(Proposal(plan=plan(step("a"), step("b", "send"))))
    run = lab.bench(planner=planner, policy=NO_SENDING).start(goal="send it")
    with pytest.raises(RunFailed, match="no tool 'send'"):
        run.wait(20)
    assert world.calls == []


def test_a_policy_of_ones_own_may_say_so_or_not(lab: Lab, world: World) -> None:
    """A policy without `forbids` is heard when the call is due; one that raises denies [PLAN-3]."""

    class Quiet:
        def decide(self, call: Any) -> Any:
            return Deny("not now") if call.tool.name == "send" else Allow("a test")

    class Broken(Quiet):
        def forbids(self, tool: wb.Tool) -> str | None:
            raise RuntimeError("rules lost")

    both = plan(step("a"), step("b", "send", after=["a"]))
    run = lab.bench(policy=Quiet()).start(plan=both)
    with pytest.raises(RunFailed, match="not now"):
        run.wait(20)
    assert states(run) == {"a": "succeeded", "b": "denied"}
    with pytest.raises(PlanError, match="rules lost"):
        lab.bench(policy=Broken()).start(plan=both)
