"""A run and the runs that its calls start spend from one budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, plan, step
from tests.engine.test_caps import order_tool, orders
from workbench.engine import family

BUDGET = wb.Budget(orders_usd=3000)
Start = Callable[[wb.Workbench, str], wb.Run]


def one_order(bench: wb.Workbench, name: str) -> wb.Run:
    """Start a run with one order."""
    return bench.start(plan=orders(name))


def opened(lab: Lab, world: World, start: Start = one_order, *more: wb.Tool, **options: Any) -> Any:
    """Open a workbench with a tool whose call starts a run; gives it and the runs."""
    made: list[wb.Workbench] = []
    children: list[wb.Run] = []

    @wb.tool(effect="read")
    def hand_on(name: str) -> str:
        run = start(made[-1], name)
        children.append(run)
        return run.id

    options.setdefault("budget", BUDGET)
    made.append(lab.bench(hand_on, order_tool(world), *more, **options))
    return made[0], children, hand_on


def handing_on(*names: str, after: list[str] | None = None) -> list[wb.Step]:
    """Give steps whose calls start one run each."""
    return [
        wb.Step(id=f"to-{name}", tool="hand_on", args={"name": name}, after=after or [])
        for name in names
    ]


def at_rest(runs: list[wb.Run]) -> list[str]:
    """Wait until all have ended or ask."""
    return [run.wait_until("waiting", timeout_s=20) for run in runs]


def test_ten_children_share_the_limit_of_their_parent(lab: Lab, world: World) -> None:
    """Ten calls start a run with a $1,000 order each: three are made under $3,000 [AUTH-5]."""
    bench, children, _ = opened(lab, world)
    parent = bench.start(plan=plan(*handing_on(*(f"o{n}" for n in range(10)))))
    parent.wait(20)
    ends = at_rest(children)
    assert (ends.count("succeeded"), ends.count("waiting")) == (3, 7)
    assert len(world.effects) == 3
    asking = next(run for run in children if run.state == "waiting")
    assert f"orders_usd of {parent.id}: 3000 used + 1000 would cross" in asking.inbox[0].why


def test_a_parent_has_what_its_children_have_left(lab: Lab, world: World) -> None:
    """What a child has spent its parent cannot spend again: it asks [AUTH-5]."""
    bench, children, _ = opened(lab, world)
    steps = [*handing_on("a", "b"), step("go", "think", after=["to-a", "to-b"])]
    mine = orders("x", "y").steps
    world.gate("go")
    gated = [s.model_copy(update={"after": ("go",)}) for s in mine]
    parent = bench.start(plan=plan(*steps, *gated))
    eventually(parent, lambda view: view.steps["to-a"].final and view.steps["to-b"].final)
    assert at_rest(children) == ["succeeded", "succeeded"]
    world.gate("go").open()
    assert parent.wait_until("waiting", timeout_s=20) == "waiting"
    assert sorted(world.effects)[:2] == ["a", "b"]
    assert len(world.effects) == 3
    assert parent.inbox[0].why.count("orders_usd: 3000 used + 1000 would cross") == 1


def test_two_levels_down_it_is_one_budget(lab: Lab, world: World) -> None:
    """Runs of runs spend from the budget at the top [AUTH-5]."""

    def deeper(bench: wb.Workbench, name: str) -> wb.Run:
        if name.startswith("deep"):
            return bench.start(plan=plan(*handing_on(*(f"{name}{n}"[4:] for n in range(3)))))
        return one_order(bench, name)

    bench, children, _ = opened(lab, world, deeper)
    parent = bench.start(plan=plan(*handing_on("deepA", "deepB")))
    parent.wait(20)
    middle = [run for run in children if run.view.plan and "to-" in run.view.plan.steps[0].id]
    for run in middle:
        run.wait(20)
    ends = at_rest([run for run in children if run not in middle])
    assert (ends.count("succeeded"), ends.count("waiting"), len(world.effects)) == (3, 3, 3)


def test_calls_are_counted_together(lab: Lab, world: World) -> None:
    """What the runtime counts, it counts over the family: begun calls too [HARN-9]."""
    bench, children, _ = opened(lab, world, budget=wb.Budget(steps=4))
    bench.start(plan=plan(*handing_on("a", "b", "c"))).wait(20)
    at_rest_or_paused = [run.wait_until("waiting", "paused", timeout_s=20) for run in children]
    assert at_rest_or_paused.count("succeeded") == 1
    assert len(world.effects) == 1


def test_what_failed_is_given_back_to_all(lab: Lab, world: World) -> None:
    """A child's call that did not happen takes nothing from the others [AUTH-5]."""
    sure = OSError("no stock")
    sure.happened = False  # type: ignore[attr-defined]
    world.faults = {"a": [sure]}
    bench, children, _ = opened(lab, world, budget=wb.Budget(orders_usd=1000))
    hold = step("hold", "think")
    world.gate("hold")
    parent = bench.start(plan=plan(*handing_on("a"), hold, *handing_on("b", after=["hold"])))
    eventually(parent, lambda view: view.steps["to-a"].final)
    assert at_rest(children) == ["failed"]
    world.gate("hold").open()
    parent.wait(20)
    assert sorted(at_rest(children)) == ["failed", "succeeded"]


def test_the_parent_raises_the_limit_of_all(lab: Lab, world: World) -> None:
    """A limit that is raised above is raised for those below, up to what they had [AUTH-5]."""
    bench, children, _ = opened(lab, world)
    hold = [step("hold", "think")]
    world.gate("hold")
    parent = bench.start(plan=plan(*handing_on("a", "b", "c", "d"), *hold))
    eventually(parent, lambda view: all(view.steps[f"to-{n}"].final for n in "abcd"))
    ends = at_rest(children)
    assert ends.count("waiting") == 1
    parent.raise_limit("orders_usd", 4000)
    last = children[ends.index("waiting")]
    last.inbox[0].approve()
    assert last.wait_until("succeeded", timeout_s=20) == "succeeded"
    assert len(world.effects) == 4
    world.gate("hold").open()
    parent.wait(20)


@pytest.mark.parametrize("who", ["child", "parent"])
def test_after_a_restart_it_is_the_same_budget(lab: Lab, world: World, who: str) -> None:
    """A new process reads from the journal what the family has spent [AUTH-5, HARN-2]."""

    def start(bench: wb.Workbench, name: str) -> wb.Run:
        first = orders(name).steps[0].model_copy(update={"ask": name == "d"})
        return bench.start(plan=plan(first))

    bench, children, hand_on = opened(lab, world, start)
    mine = orders("x").steps[0].model_copy(update={"after": ("to-d",), "ask": True})
    hold, others = step("hold", "think"), handing_on("a", "b", "c", after=["hold"])
    world.gate("hold")  # both ask for leave while there is enough left for either
    parent = bench.start(plan=plan(*handing_on("d"), mine, hold, *others))
    eventually(parent, lambda view: len(view.open_requests) == 1)
    (late,) = children
    eventually(late, lambda view: len(view.open_requests) == 1)
    world.gate("hold").open()
    parent.wait_until("waiting", timeout_s=20)
    ends = at_rest(children)
    assert (ends.count("succeeded"), ends.count("waiting")) == (3, 1)
    lab.close()
    for known in (family.MEMBERS, family.LIVE, family.BORN):
        known.clear()  # as a new process has it
    again = lab.bench(hand_on, order_tool(world), budget=BUDGET)
    run = again.open(late.id if who == "child" else parent.id)
    run.inbox[0].approve()
    eventually(run, lambda view: any(r.opened.about == "budget" for r in view.open_requests))
    name = f"orders_usd of {parent.id}" if who == "child" else "orders_usd"
    assert f"{name}: 3000 used + 1000 would cross" in run.inbox[0].why
    assert len(world.effects) == 3
