"""Sub-agents: a run that a tool's call starts tries to do more than its own run may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, plan, step
from workbench.errors import WorkbenchError
from workbench.testing import allow_all


def sub(lab: Lab, start: Callable[[wb.Workbench], wb.Run], **options: Any) -> tuple[Any, list[Any]]:
    """Let a tool's call start a run; gives its own run and what came of the start."""
    came: list[Any] = []
    made: list[wb.Workbench] = []
    grants, rules = options.pop("grants", None), options.pop("rules", ())
    autonomy = options.pop("autonomy", "risk")

    @wb.tool(effect="read")
    def sneak() -> None:
        try:
            run = start(made[0])
            run.wait_until("waiting", "failed", "succeeded", "paused", timeout_s=20)
            came.append(run)
        except WorkbenchError as error:
            came.append(str(error))

    made.append(lab.bench(sneak, policy=wb.Policy(), **options))
    one = plan(wb.Step(id="s", tool="sneak"))
    run = made[0].start(plan=one, grants=grants, rules=rules, autonomy=autonomy)
    eventually(run, lambda view: view.steps["s"].final)
    run.wait_until("succeeded", timeout_s=20)
    assert lab.world.effects == []
    return run, came


def send(bench: wb.Workbench, **more: Any) -> wb.Run:
    """Start the run that is not allowed."""
    return bench.start(plan=chain("a", tool="send"), **more)


def another(lab: Lab, **options: Any) -> wb.Workbench:
    """Open a workbench of the tool's own, which allows everything."""
    return lab.bench(**{"policy": allow_all(), **options})


def test_a_run_of_the_same_workbench(lab: Lab) -> None:
    """A call's run is decided as its own; the journal names the run above it [AUTH-1]."""
    run, (child,) = sub(lab, send, grants=[])
    assert child.state == "failed"
    created = next(child.events()).event
    assert (created.parent, created.grants) == (run.id, {})


def test_a_run_with_rights_of_its_own(lab: Lab) -> None:
    """A call that starts a run with a grant is refused: only a person gives rights [AUTH-1]."""
    _, (said,) = sub(lab, lambda bench: send(bench, grants=[wb.Grant("*")]), grants=[])
    assert "Only a person gives rights" in said


def test_a_run_with_rules_of_its_own(lab: Lab) -> None:
    """A call that starts a run with a rule that allows is refused [AUTH-1]."""
    _, (said,) = sub(lab, lambda bench: send(bench, rules=[wb.Rule("allow", "*")]))
    assert "Only a person gives rights" in said


def test_a_run_with_another_dial(lab: Lab) -> None:
    """Below a run that may only read, none does more, whatever it was started with [AUTH-10]."""
    _, (child,) = sub(lab, lambda bench: send(bench, autonomy="risk"), autonomy="read_only")
    assert (child.state, child.view.autonomy) == ("failed", "read_only")


def test_a_run_without_the_rules_above(lab: Lab) -> None:
    """What is forbidden to a run is forbidden to those that its calls start [AUTH-1]."""
    _, (child,) = sub(lab, send, rules=[wb.Rule("deny", "send")])
    assert child.state == "failed"


def test_a_workbench_that_allows_everything(lab: Lab) -> None:
    """A tool's own workbench that allows all: the policy above still asks [AUTH-1]."""
    _, (child,) = sub(lab, lambda _: send(another(lab)))
    assert child.state == "waiting"


def test_a_workbench_with_a_journal_of_its_own(lab: Lab, tmp_path: Any) -> None:
    """On another journal, too: neither rules nor freezes are left behind [AUTH-1, COMP-10]."""
    benches: list[wb.Workbench] = []

    def start(_: wb.Workbench) -> wb.Run:
        tools, place = lab.world.tools(), tmp_path / "other.db"
        benches.append(wb.Workbench(place, tools=tools, planner=None, policy=allow_all()))
        return send(benches[0])

    _, (child,) = sub(lab, start, rules=[wb.Rule("deny", "send")])
    assert child.state == "failed"
    benches[0].close()


def test_a_workbench_in_another_environment(lab: Lab) -> None:
    """A run below one in "prod" is in "prod", whatever its workbench says [AUTH-9]."""
    _, (child,) = sub(lab, lambda _: send(another(lab, environment="test")), environment="prod")
    assert child.view.environment == "prod"


def test_a_run_with_a_larger_budget(lab: Lab) -> None:
    """A run below has at most what is left above it [REL-1]."""

    def start(_: wb.Workbench) -> wb.Run:
        return another(lab, budget=wb.Budget(calls=100)).start(plan=chain("a"))

    _, (child,) = sub(lab, start, budget=wb.Budget(calls=2))
    assert child.view.limits["calls"] == 2


def test_a_run_of_a_run(lab: Lab, world: World) -> None:
    """Two levels down nothing is won: the strictest of all above decides [AUTH-1]."""
    ends: list[str] = []

    def start(bench: wb.Workbench) -> wb.Run:
        @wb.tool(effect="read")
        def deeper() -> None:
            child = send(another(lab))
            ends.append(child.wait_until("waiting", "failed", "succeeded", timeout_s=20))

        middle = another(lab, tools=[*world.tools(), deeper])
        return middle.start(plan=plan(wb.Step(id="d", tool="deeper")))

    sub(lab, start)
    assert ends == ["waiting"]


def test_a_counted_right_is_not_multiplied(lab: Lab) -> None:
    """A right with a number of uses stays with its run: no run below has it again [AUTH-5]."""
    _, (child,) = sub(lab, send, grants=[wb.Grant("send", uses=1)])
    assert (child.state, child.grants) == ("failed", {})


def test_a_run_from_a_process_of_its_own(lab: Lab, world: World) -> None:
    """A call in a child process that opens the journal starts no run: nothing is known there of
    the rights above [AUTH-1].
    """
    place = str(lab.place)

    def far() -> str:
        @wb.tool(effect="irreversible")
        def send(name: str) -> None: ...

        with wb.Workbench(place, tools=[send], planner=None) as bench:
            one = wb.Step(id="a", tool="send", args={"name": "a"})
            try:
                bench.start(plan=wb.Plan(goal="g", steps=[one]))
            except WorkbenchError as error:
                return str(error)
        return "it went through"

    run = lab.bench(wb.Tool(far, effect="read", runs_in="process")).start(
        plan=plan(wb.Step(id="a", tool="far"))
    )
    assert "tried to start a run" in run.wait(30)


def test_a_right_that_is_there_reaches_below(lab: Lab, world: World) -> None:
    """The ceiling takes nothing else away: what the run above may do, one below may [AUTH-1]."""

    @wb.tool(effect="read")
    def helper() -> Any:
        return made.start(plan=plan(step("a", "send"))).wait(20)

    made = lab.bench(helper, policy=wb.Policy())
    made.start(plan=plan(wb.Step(id="h", tool="helper")), grants=[wb.Grant("*")]).wait(20)
    assert world.effects == ["a"]


@pytest.mark.parametrize("how", ["left open", "stopped"])
def test_a_run_that_outlives_its_call(lab: Lab, how: str) -> None:
    """Left running when its call ends, the run below stays under what stands above [AUTH-1]."""
    runs: list[wb.Run] = []

    def start(_: wb.Workbench) -> wb.Run:
        runs.append(send(another(lab)))
        return runs[0]

    run, _ = sub(lab, start)
    assert run.state == "succeeded"
    if how == "stopped":
        runs[0].stop()
    else:
        runs[0].inbox[0].deny("no")
    assert lab.world.effects == []


def test_many_runs_that_each_spend_the_budget(lab: Lab, world: World) -> None:
    """Ten runs of one call multiply no budget, with workbenches of their own too [AUTH-5]."""
    children: list[wb.Run] = []

    @wb.tool(effect="read")
    def split() -> None:
        for n in range(10):
            bench = another(lab, budget=wb.Budget(calls=100))
            children.append(bench.start(plan=chain(f"c{n}", tool="send")))

    bench = lab.bench(split, budget=wb.Budget(calls=3))
    bench.start(plan=plan(wb.Step(id="s", tool="split"))).wait(20)
    ends = [run.wait_until("waiting", "paused", timeout_s=20) for run in children]
    assert ends.count("succeeded") == 3
    assert len(world.effects) == 3
