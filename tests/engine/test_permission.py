"""The pipeline before the intent: policy, requests, answers, secrets, budget."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, asking, chain, eventually, kinds, plan, states, step
from workbench.errors import CommandRefused
from workbench.testing import capture_events


def test_the_stages_of_a_call_come_in_order(lab: Lab, world: World) -> None:
    """Ask, answer, intent, outcome: the journal shows the stages of one call in order [HARN-4]."""
    run = asking(lab, step("a", "send"))
    run.inbox[0].approve()
    run.wait(20)
    expected = ["request.opened", "request.answered", "call.intended", "call.succeeded"]
    assert kinds(run, "a") == expected
    intent = capture_events(run, "call.intended")[0]
    assert (intent.effect, intent.allowed_by) == ("irreversible", "answer of person")
    assert intent.args.value == {"name": "a"}


@pytest.mark.parametrize(
    ("tool", "asked"),
    [
        ("think", False),
        ("look", False),
        ("put", False),
        ("send", True),
        ("post", True),
        ("undeclared", True),
    ],
)
def test_the_default_policy_goes_by_the_declared_effect(
    lab: Lab, world: World, tool: str, asked: bool
) -> None:
    """Pure, read and local reversible calls run; irreversible and undeclared ask [COMP-1]."""
    run = lab.bench(policy=wb.Policy()).start(plan=plan(step("a", tool)))
    state = run.wait_until("waiting", timeout_s=20)
    assert (state == "waiting") is asked
    if asked:
        assert world.effects == []
        assert run.inbox[0].kind == "permission"
        assert "irreversible" in run.inbox[0].why


def test_waiting_holds_nothing(lab: Lab) -> None:
    """While a run waits for a person no task, thread or drive of it exists [ASYN-7]."""
    run = asking(lab, step("a", "send"))
    host = lab._benches[0].host
    eventually(run, lambda _: not host.driving(run.id))
    assert run.live_tasks() == []
    assert lab._benches[0].journal.run(run.id).owner == ""


def test_other_branches_go_on_while_one_asks(lab: Lab, world: World) -> None:
    """A request stops only its own step and what needs it [ASYN-7, PLAN-4]."""
    run = asking(lab, step("a", "send"), step("b"), step("c", after=["b"]), step("d", after=["a"]))
    assert states(run) == {"a": "asking", "b": "succeeded", "c": "succeeded", "d": "pending"}
    run.inbox[0].approve()
    run.wait(20)


def test_edited_arguments_are_what_is_done(lab: Lab, world: World) -> None:
    """An approval with edited arguments makes the call with exactly those [PLAN-10]."""
    run = asking(lab, step("a", "send", value=1))
    run.inbox[0].approve(args={"value": 2})
    assert run.wait(20) == 2
    assert capture_events(run, "call.intended")[0].args.value == {"name": "a", "value": 2}


def test_a_table_beside_an_edited_argument_stays_the_table(lab: Lab) -> None:
    """A request shows a table by its size; sent back so, beside an edit, the call still gets the
    table. Changed, it is refused, for its size is not the table [PLAN-10, HARN-4].
    """

    @wb.tool(effect="pure")
    def load(rows: int) -> pd.DataFrame:
        return pd.DataFrame({"x": range(rows)})

    @wb.tool(effect="irreversible")
    def store(frames: list[pd.DataFrame], frame: pd.DataFrame, name: str) -> str:
        return f"{name}: {frame['x'].sum()} {len(frames[0])}"

    table = wb.ref("load")
    run = asking(
        lab,
        wb.Step(id="load", tool="load", args={"rows": 5_000}),
        wb.Step(id="a", tool="store", args={"frame": table, "frames": [table], "name": "old"}),
        tools=[load, store],
    )
    request = run.inbox[0]
    shown = request.args
    assert shown["frame"]["summary"] == "5,000 rows x 1 columns"
    cut = {**shown["frame"], "summary": "3 rows"}
    for damaged in ({"frame": cut}, {"frames": [*shown["frames"], cut]}):
        with pytest.raises(CommandRefused, match="shown by its size only"):
            request.approve(args={**shown, "name": "new", **damaged})
    request.approve(args={**shown, "name": "new"})
    assert run.wait(20) == f"new: {sum(range(5_000))} 5000"


def test_edited_arguments_are_validated(lab: Lab, world: World) -> None:
    """Edited arguments that do not fit the tool are refused; the request stays open [HARN-4]."""
    run = asking(lab, step("a", "send"))
    request = run.inbox[0]
    with pytest.raises(CommandRefused, match="do not fit"):
        request.approve(args={"name": 7})
    with pytest.raises(CommandRefused, match="do not fit"):
        request.approve(args={"nobody": 1})
    assert [r.id for r in run.inbox] == [request.id]
    assert world.effects == []
    request.approve()
    run.wait(20)


def test_an_approval_covers_only_the_arguments_shown(lab: Lab, world: World) -> None:
    """When what a step refers to comes out otherwise after the approval, it asks again [HARN-4]."""
    clicks = iter(["first", "second"])

    @wb.tool(effect="read")
    def draw() -> str:
        return next(clicks)

    draws = wb.Step(id="draw", tool="draw")
    send = step("a", "send", value=wb.ref("draw"))
    run = asking(lab, draws, send, tools=[draw])
    run.pause()
    run.inbox[0].approve()
    with run.editing() as draft:
        draft.add(wb.Step(id="draw2", tool="draw"))
        draft.change("a", args={"value": wb.ref("draw2")})
    run.resume()
    run.wait_until("waiting", timeout_s=20)
    assert world.effects == []
    assert run.inbox[0].args["value"] == "second"


def test_an_approval_for_the_run_covers_the_tool(lab: Lab, world: World) -> None:
    """With scope="run" the tool is not asked about again in this run; other tools are [HARN-4]."""
    run = asking(lab, *chain("a", "b", "c", tool="send").steps, step("d", "post", after=["c"]))
    run.inbox[0].approve(scope="run")
    eventually(run, lambda view: view.state == "waiting" and view.steps["d"].state == "asking")
    assert world.effects == ["a", "b", "c"]
    assert [request.tool for request in run.inbox] == ["post"]


def test_a_step_that_asks_is_asked_about_whatever_the_policy(lab: Lab, world: World) -> None:
    """A step with `ask=True` is a gate of its own, not opened by the policy [PLAN-9]."""
    steps = [step("a"), step("b", after=["a"], ask=True)]
    run = asking(lab, *steps, policy=wb.Policy(allow=["*"]))
    assert run.inbox[0].step == "b"
    assert "the plan asks" in run.inbox[0].why
    run.inbox[0].approve()
    assert run.wait(20) == "b"


def test_a_preview_is_shown_and_may_fail(lab: Lab, world: World) -> None:
    """The request shows the tool's dry run; one that breaks is said to have broken [COMP-1]."""

    def preview(name: str) -> str:
        if name == "bad":
            raise SystemExit(3)
        return f"would write {name}"

    @wb.tool(effect="irreversible", preview=preview)
    def write(name: str) -> None:
        world.effects.append(name)

    steps = [wb.Step(id=n, tool="write", args={"name": n}) for n in ("good", "bad")]
    run = asking(lab, *steps, tools=[write])
    eventually(run, lambda view: len(view.open_requests) == 2)
    previews = {request.step: request.preview for request in run.inbox}
    assert previews["good"] == "would write good"
    assert previews["bad"] == "No preview: SystemExit: 3"


def test_a_policy_that_breaks_lets_nothing_pass(lab: Lab, world: World) -> None:
    """When the policy raises, the call is denied [HARN-4]."""

    class Broken:
        def decide(self, call: Any) -> Any:
            raise RuntimeError("rules lost")

    run = lab.bench(policy=Broken()).start(plan=plan(step("a", "send")))
    with pytest.raises(wb.errors.RunFailed, match="rules lost"):
        run.wait(20)
    assert world.effects == []
    assert states(run) == {"a": "denied"}


def test_a_refusal_leaves_no_question_about_what_is_skipped(lab: Lab, world: World) -> None:
    """What a refusal skips is not asked about any more, even behind a skipped step [REL-4]."""
    steps = [
        step("a", "send"),
        step("b", "send", after=["a"], skip=True),
        step("c", "send", after=["b"]),
    ]
    run = lab.bench(policy=wb.Policy()).start(plan=plan(*steps))
    eventually(run, lambda view: len(view.open_requests) == 2)
    next(request for request in run.inbox if request.view.opened.step == "a").deny("no")
    run.wait(20)
    assert run.inbox == []
    assert (states(run)["c"], world.effects) == ("skipped", [])
