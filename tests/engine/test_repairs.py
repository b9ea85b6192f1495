"""A model planner's faults go back to it, whatever they are against; at most twice."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, step
from workbench.errors import RunFailed
from workbench.plan import Add, Change
from workbench.planner import ModelPlanner, Proposal
from workbench.planner.prompts import pieces, sections
from workbench.policy import Policy, Rights
from workbench.testing import ScriptedModel


def answer(tool: str = "think", **args: Any) -> dict[str, Any]:
    steps = [{"id": "a", "tool": tool, "args": {"name": "a", **args}}]
    return {"kind": "plan", "steps": steps, "reason": "r"}


@wb.tool(effect="irreversible", spend=lambda usd, **_: {"orders_usd": usd})
async def order(name: str, usd: float) -> str:
    """Order something."""
    return name


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "catalogue": (answer("thimk"), {}, "no tool 'thimk'"),
    "type": (answer(nonsense=3), {}, "nonsense"),
    "rights": (
        answer("send"),
        {"rights": Rights(agent=(wb.Grant("think"), wb.Grant("order")))},
        "no tool 'send'",
    ),
    "rule": (
        answer("send"),
        {"policy": Policy(rules=[wb.Rule(verdict="deny", tool="send")])},
        "send",
    ),
    "budget": (
        answer("order", usd=9.0),
        {"budget": wb.Budget(orders_usd=5)},
        "orders_usd",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_fault_goes_back(lab: Lab, world: World, case: str) -> None:
    """A plan against catalogue, types, rights, rules or budget goes back to the model with the
    fault, before anything begins; the repaired one is done [HARN-5, PLAN-3]."""
    bad, options, fault = CASES[case]
    model = ScriptedModel([bad, answer()])
    run = lab.bench(order, planner=ModelPlanner(model), **options).start("do a")
    assert run.wait(20) == "a"
    assert fault in model.requests[1].messages[-1].text
    assert world.effects == []


@pytest.mark.parametrize("case", CASES)
def test_three_faulty_answers_end_it(lab: Lab, world: World, case: str) -> None:
    """After two repairs the run fails with the fault; three calls and no more [HARN-5]."""
    bad, options, fault = CASES[case]
    model = ScriptedModel([bad] * 3 + [answer()])
    run = lab.bench(order, planner=ModelPlanner(model), **options).start("do a")
    with pytest.raises(RunFailed, match=fault):
        run.wait(20)
    assert len(model.requests) == 3
    assert (world.calls, world.effects) == ([], [])


def test_a_revision_over_the_budget_goes_back(lab: Lab, world: World) -> None:
    """What was spent already counts when a revision is looked at [PLAN-3]."""
    world.faults = {"b": [ValueError("broken")]}
    change = {"op": "change", "step": "b"}
    far = {**change, "changes": {"tool": "order", "args": {"name": "b", "usd": 3.0}}}
    near = {**change, "changes": {"tool": "order", "args": {"name": "b", "usd": 1.0}}}
    model = ScriptedModel([{"kind": "edits", "edits": [edit]} for edit in (far, near)])
    first = chain("a", "b")
    paid = first["a"].model_copy(update={"tool": "order", "args": {"name": "a", "usd": 4.0}})
    plan = wb.Plan(goal="g", steps=(paid, first["b"]))
    budget = wb.Budget(orders_usd=5)
    bench = lab.bench(order, planner=ModelPlanner(model), budget=budget)
    run = bench.start(plan=plan, replan="failure")
    assert run.wait(20) == "b"
    assert "orders_usd" in model.requests[1].messages[-1].text
    assert run.usage["orders_usd"] == 5


def test_arguments_that_turn_out_wrong_come_back_with_their_path(lab: Lab, world: World) -> None:
    """Where only an output shows that an argument does not fit, nothing is called, and the planner
    is told the path in the schema; so often and no more [HARN-5]."""
    seen: list[Any] = []

    @wb.tool(effect="pure")
    def double(numbers: list[int]) -> list[int]:
        world.calls.append("double")
        return [2 * number for number in numbers]

    class Planner:
        name = "wrong"

        async def propose(self, context: Any) -> Proposal:
            seen.append(context)
            value = [len(seen), "x"]
            return Proposal(
                edits=[
                    Add(step=step(f"a{len(seen)}", value=value)),
                    Change(step="b", changes={"args": {"numbers": wb.ref(f"a{len(seen)}")}}),
                ]
            )

    first = wb.Plan(
        goal="g",
        steps=(
            step("a", value=["x"]),
            wb.Step(id="b", tool="double", args={"numbers": wb.ref("a")}),
        ),
    )
    bench = lab.bench(double, planner=Planner())
    run = bench.start(plan=first, replan=wb.Replan(at_most=3))
    with pytest.raises(RunFailed, match="asked again 3 times"):
        run.wait(20)
    report = next(report for report in seen[0].steps if report.id == "b")
    assert [fault["path"] for fault in report.faults] == ["args.numbers.0"]
    assert "integer" in report.faults[0]["message"]
    texts = {piece.name: piece.text for piece in pieces(seen[0])}
    assert any('"bad_arguments"' in text for _, text in sections(seen[0], texts))
    assert len(seen) == 3
    assert "double" not in world.calls
