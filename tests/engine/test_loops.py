"""Bounded loops: a step is repeated until its output is good enough, at most n times."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

import workbench as wb
from tests.engine.harness import Lab, World, asking, eventually, kinds, plan, states, step
from workbench.errors import RunFailed, RunStopped
from workbench.report import event_text, run_html, run_text
from workbench.testing import capture_events


class Desk:
    """A writer that improves a draft by one word a call, and a reviewer that counts words."""

    def __init__(self, world: World, enough: int = 3) -> None:
        self.world, self.enough = world, enough
        self.drafts: list[str] = []
        self.keys: list[str] = []
        self.faults: list[BaseException] = []

    def tools(self) -> list[wb.Tool]:
        @wb.tool(effect="irreversible", idempotent=True, spend=lambda **_: {"usd": 1.0})
        async def improve(key: wb.Key, draft: str = "") -> str:
            self.keys.append(str(key))
            self.drafts.append(draft)
            await self.world.visit(f"turn {len(self.drafts)}")
            if self.faults:
                raise self.faults.pop(0)
            return f"{draft} word".strip()

        @wb.tool(effect="pure")
        def good_enough(text: str) -> bool | str:
            missing = self.enough - len(text.split())
            return True if missing <= 0 else f"{missing} words missing"

        return [improve, good_enough]


def review(at_most: int = 5, **more: Any) -> wb.Step:
    repeat = wb.Repeat(until=wb.Check(tool="good_enough"), at_most=at_most, carry="draft")
    return wb.Step(id="draft", tool="improve", repeat=repeat, **more)


def test_a_loop_ends_by_its_check(lab: Lab, world: World) -> None:
    """A review loop goes on from the last output and ends when the check is content [RUNT-5]."""
    desk = Desk(world)
    after = wb.Step(id="use", tool="think", args={"name": wb.ref("draft")})
    run = lab.bench(*desk.tools()).start(plan=plan(review(), after))
    assert run.wait(20) == "word word word"
    assert desk.drafts == ["", "word", "word word"]
    turned = capture_events(run, "loop.turned")
    assert [(t.turn, t.why) for t in turned] == [(1, "2 words missing"), (2, "1 words missing")]
    assert run.view.steps["draft"].verified
    assert run.view.steps["draft"].output.value == "word word word"


def test_a_loop_ends_at_its_bound(lab: Lab, world: World) -> None:
    """At n the step fails with an outcome of its own, which no view confuses with a failed call
    [RUNT-5]."""
    desk = Desk(world, enough=9)
    after = wb.Step(id="use", tool="think", args={"name": wb.ref("draft")})
    run = lab.bench(*desk.tools()).start(plan=plan(review(3), after))
    error = "not good enough after 3 turns: 6 words missing"
    with pytest.raises(RunFailed) as failed:
        run.wait(20)
    assert failed.value.errors == {"draft": error}
    assert len(desk.drafts) == 3
    stands = run.view.steps["draft"]
    assert (stands.state, stands.exhausted, stands.turn) == ("failed", True, 3)
    assert stands.output is None
    assert run.output("draft", last=True) == "word word word"
    assert states(run)["use"] == "stopped"
    assert kinds(run, "draft")[-1] == "loop.exhausted"
    assert "call.failed" not in kinds(run)
    trace = run.trace().set_index("turn").loc[[1, 2, 3], "state"].tolist()
    assert trace == ["turned", "turned", "exhausted"]
    outcomes = run.audit(events=True).dropna(subset="outcome")
    assert outcomes[outcomes.step == "draft"].outcome.tolist() == ["turned", "turned", "exhausted"]
    assert [(r.state, r.error, r.exhausted) for r in run.results[:1]] == [("failed", error, True)]
    assert error in run_text(run.view)
    assert error in run_html(run.view)
    assert any("turn 2" in event_text(record) for record in run.events())


def test_each_turn_is_a_new_action(lab: Lab, world: World) -> None:
    """Each turn has its own key, its own intent and its own share of the budget [RUNT-5]."""
    desk = Desk(world)
    run = lab.bench(*desk.tools(), budget=wb.Budget(usd=10)).start(plan=plan(review()))
    run.wait(20)
    assert len(set(desk.keys)) == 3
    intents = capture_events(run, "call.intended")
    assert [(i.turn, i.attempt, i.key) for i in intents] == [
        (turn, 1, key) for turn, key in enumerate(desk.keys, 1)
    ]
    assert run.usage == {"usd": 3.0, "calls": 3}


def test_equal_arguments_are_still_another_turn(lab: Lab, world: World) -> None:
    """Without `carry` the arguments stay the same, and yet the keys differ [RUNT-5]."""
    values = iter([1, 2, 3])
    keys: list[str] = []

    @wb.tool(effect="irreversible", idempotent=True)
    async def roll(key: wb.Key) -> int:
        keys.append(str(key))
        return next(values)

    until = wb.Check(output_schema={"minimum": 3})
    rolling = wb.Step(id="roll", tool="roll", repeat=wb.Repeat(until=until, at_most=9))
    assert lab.bench(roll).start(plan=plan(rolling)).wait(20) == 3
    assert len(set(keys)) == 3


def test_retries_count_within_a_turn(lab: Lab, world: World) -> None:
    """A failing attempt is tried again under its turn's key; each turn counts anew [RUNT-5]."""
    desk = Desk(world)
    desk.faults = [OSError("net")]
    retry = wb.Retry(attempts=2, wait_s=0)
    bench = lab.bench(*desk.tools())
    run = bench.start(plan=plan(review(retry=retry)))
    run.wait(20)
    intents = [(i.turn, i.attempt) for i in capture_events(run, "call.intended")]
    assert intents == [(1, 1), (1, 2), (2, 1), (3, 1)]
    assert desk.keys[0] == desk.keys[1]
    assert len(set(desk.keys)) == 3
    trace = run.trace()
    assert trace.state.tolist() == ["retrying", "turned", "turned", "succeeded"]
    assert trace.attempt.tolist() == [1, 2, 1, 1]


def test_a_failing_call_is_no_exhausted_loop(lab: Lab, world: World) -> None:
    """A call that fails within a turn fails the step as a call [RUNT-5]."""
    desk = Desk(world)
    desk.faults = [ValueError("broken")]
    run = lab.bench(*desk.tools()).start(plan=plan(review()))
    with pytest.raises(RunFailed, match="ValueError: broken"):
        run.wait(20)
    assert kinds(run, "draft") == ["call.intended", "call.failed"]
    assert not run.view.steps["draft"].exhausted


def test_a_check_that_breaks_is_no_verdict(lab: Lab, world: World) -> None:
    """A reviewer that raises has not said that the output is bad: the step fails, named so."""

    @wb.tool(effect="pure")
    def breaks(text: str) -> bool:
        raise RuntimeError("no pencil")

    repeat = wb.Repeat(until=wb.Check(tool="breaks"), at_most=3)
    run = lab.bench(breaks).start(plan=plan(step("a", repeat=repeat)))
    with pytest.raises(RunFailed, match="the check failed: RuntimeError: no pencil"):
        run.wait(20)
    assert "loop.turned" not in kinds(run)


def test_an_approval_covers_one_turn(lab: Lab, world: World) -> None:
    """An answer "once" is for one turn; the next asks again, says which it is and why [RUNT-5]."""
    desk = Desk(world, enough=2)
    run = asking(lab, review(), tools=desk.tools())
    run.inbox[0].approve()
    eventually(run, lambda v: len(v.requests) == 2 and v.state == "waiting")
    assert desk.drafts == [""]
    request = run.inbox[0]
    assert "turn 2 of at most 5" in request.view.opened.why
    assert "1 words missing" in request.view.opened.why
    assert request.view.opened.args == {"draft": "word"}
    request.approve(args={"draft": "my own"})
    assert run.wait(20) == "my own word"


def test_an_approval_for_the_step_covers_its_turns(lab: Lab, world: World) -> None:
    """Allowed for the step, all turns run; an edited argument that is carried is carried on."""
    desk = Desk(world, enough=4)
    run = asking(lab, review(), tools=desk.tools())
    run.inbox[0].approve(args={"draft": "my own"}, scope="step")
    assert run.wait(20) == "my own word word"
    assert desk.drafts == ["my own", "my own word"]
    assert len(run.view.requests) == 1


def test_crossing_a_limit_is_asked_in_each_turn(lab: Lab, world: World) -> None:
    """Leave to cross a limit once is no leave to cross it in every turn [RUNT-5]."""
    values = iter([1, 2, 3])

    @wb.tool(effect="irreversible", spend=lambda: {"usd": 1.0})
    async def roll() -> int:
        return next(values)

    until = wb.Check(output_schema={"minimum": 3})
    rolling = wb.Step(id="roll", tool="roll", repeat=wb.Repeat(until=until, at_most=9))
    run = lab.bench(roll, budget=wb.Budget(usd=1)).start(plan=plan(rolling))
    for asked in (1, 2):
        eventually(run, lambda v, n=asked: len(v.requests) == n and v.state == "waiting")
        run.inbox[0].approve()
    assert run.wait(20) == 3


def test_a_doubt_about_a_turn_is_settled_and_then_checked(lab: Lab, world: World) -> None:
    """What a probe says of a turn in doubt goes through the check like any output [RUNT-5]."""
    done: list[str] = []

    def find(draft: str) -> wb.Happened:
        return wb.Happened(f"{draft} word".strip())

    @wb.tool(effect="irreversible", probe=find)
    async def improve(draft: str = "") -> str:
        done.append(draft)
        raise TimeoutError("lost")

    @wb.tool(effect="pure")
    def good_enough(text: str) -> bool:
        return len(text.split()) == 2

    run = lab.bench(improve, good_enough).start(plan=plan(review()))
    assert run.wait(20) == "word word"
    assert done == ["", "word"]
    turned = capture_events(run, "loop.turned")
    assert [(t.turn, t.by) for t in turned] == [(1, "probe")]
    assert kinds(run, "draft").count("call.doubted") == 2
    assert run.trace().state.tolist() == ["turned", "succeeded"]


def test_a_turn_whose_output_nobody_knows_is_not_good_enough(lab: Lab, world: World) -> None:
    """A probe that only says yes gives nothing to check: another turn, or the bound [RUNT-5]."""

    def find(draft: str) -> bool:
        return True

    @wb.tool(effect="irreversible", probe=find)
    async def improve(draft: str = "") -> str:
        raise TimeoutError("lost")

    @wb.tool(effect="pure")
    def good_enough(text: str) -> bool:
        return True

    run = lab.bench(improve, good_enough).start(plan=plan(review(2)))
    with pytest.raises(RunFailed, match="what came of it is not known"):
        run.wait(20)
    assert run.view.steps["draft"].exhausted


def test_a_pause_between_turns_holds(lab: Lab, world: World) -> None:
    """Paused in a turn, reopened, resumed: it goes on with the next turn [RUNT-5]."""
    desk = Desk(world)
    gate = world.gate("turn 2")
    run = lab.bench(*desk.tools()).start(plan=plan(review()))
    gate.wait_reached()
    run.pause()
    gate.open()
    eventually(run, lambda v: v.steps["draft"].turn == 2)
    assert "turn 3" in str(run)
    run = lab.reopen(run, *desk.tools())
    run.resume()
    assert run.wait(20) == "word word word"
    assert desk.drafts == ["", "word", "word word"]


def test_a_bound_can_be_changed_between_turns(lab: Lab, world: World) -> None:
    """Lowered below what is done, the loop is over; raised, it goes on [RUNT-5, PLAN-11]."""
    desk = Desk(world, enough=9)
    gate = world.gate("turn 2")
    run = lab.bench(*desk.tools()).start(plan=plan(review()))
    gate.wait_reached()
    run.pause()
    gate.open()
    eventually(run, lambda v: v.steps["draft"].turn == 2)
    until = {"tool": "good_enough"}
    with run.editing() as draft:
        draft.change("draft", repeat={"until": until, "at_most": 1, "carry": "draft"})
    run.resume()
    with pytest.raises(RunFailed, match="not good enough after 2 turns"):
        run.wait(20)
    assert len(desk.drafts) == 2
    assert run.trace().state.tolist() == ["turned", "turned", "exhausted"]


def test_an_exhausted_step_begins_anew_when_it_is_changed(lab: Lab, world: World) -> None:
    """A person who changes it gets all turns again, each under a key of its own [RUNT-5]."""
    desk = Desk(world, enough=4)
    run = lab.bench(*desk.tools()).start(plan=plan(review(3)), on_failure="pause")
    run.wait_until("paused", timeout_s=20)
    with run.editing() as draft:
        draft.change("draft", title="once more")
    run.resume()
    eventually(run, lambda v: v.state == "paused" and v.steps["draft"].turns_before == 3)
    with run.editing() as draft:
        draft.change("draft", args={"draft": run.output("draft", last=True)})
    run.resume()
    assert run.wait(20) == "word word word word"
    assert len(desk.keys) == len(set(desk.keys)) == 7


def test_the_last_output_can_be_accepted(lab: Lab, world: World) -> None:
    """A person may say that what there is will do; what waits for it goes on with it [PLAN-13]."""
    desk = Desk(world, enough=9)
    after = wb.Step(id="use", tool="think", args={"name": wb.ref("draft")})
    run = lab.bench(*desk.tools()).start(plan=plan(review(2), after), on_failure="pause")
    run.wait_until("paused", timeout_s=20)
    assert states(run) == {"draft": "failed", "use": "pending"}
    with run.editing("it will do") as draft:
        draft.set_output("draft", run.output("draft", last=True))
    run.resume()
    assert run.wait(20) == "word word"
    assert run.view.steps["draft"].by == "person"


def test_a_stop_in_a_turn_says_so(lab: Lab, world: World) -> None:
    """A stop in mid-loop lets the turn end, and says how many turns are done [RUNT-5, CONC-1]."""
    desk = Desk(world)
    gate = world.gate("turn 2")
    run = lab.bench(*desk.tools()).start(plan=plan(review()))
    gate.wait_reached()
    eventually(run, lambda v: v.in_flight == ["draft"])
    run.bench.host._parts.stop_grace_s = 20
    run.stop()
    gate.open()
    with pytest.raises(RunStopped):
        run.wait(20)
    how = run.view.remains["in_flight"]["draft"]
    assert how.startswith("2 turns done, not good enough")
    assert states(run) == {"draft": "stopped"}


def test_a_plan_with_a_loop_that_cannot_work_is_refused(lab: Lab, world: World) -> None:
    """The checker finds an unknown argument to carry, a check that acts, and one that checks
    nothing; a bound is 1 to 1000 [RUNT-5, PLAN-3]."""
    bench = lab.bench()
    bad = [
        step("a", repeat=wb.Repeat(until=wb.Check(not_empty=True), at_most=2, carry="nowhere")),
        step("b", repeat=wb.Repeat(until=wb.Check(tool="send"), at_most=2)),
        step("c", repeat=wb.Repeat(until=wb.Check(tool="nobody"), at_most=2)),
        step("d", repeat=wb.Repeat(until=wb.Check(), at_most=2)),
        step("e", repeat=wb.Repeat(until=wb.Check(output_schema={"type": 3}), at_most=2)),
        step("f", repeat=wb.Repeat(until=wb.Check(not_empty=True), at_most=2, carry="value")),
    ]
    found = [(f.step, f.code, f.path) for f in plan(*bad).check(bench)]
    assert found == [
        ("a", "bad_repeat", "repeat.carry"),
        ("b", "bad_check", "repeat.until.tool"),
        ("c", "unknown_check", "repeat.until.tool"),
        ("d", "bad_repeat", "repeat.until"),
        ("e", "bad_check", "repeat.until.output_schema"),
    ]
    for bound in (0, 1001):
        with pytest.raises(ValidationError):
            wb.Repeat(until=wb.Check(not_empty=True), at_most=bound)


def test_an_artifact_is_carried_from_turn_to_turn(lab: Lab, world: World) -> None:
    """What is carried may be a live value, and no turn can change what the last one gave."""

    @wb.tool(effect="pure")
    def grow(table: pd.DataFrame | None = None) -> pd.DataFrame:
        if table is None:
            return pd.DataFrame({"n": [1]})
        table.loc[len(table)] = len(table) + 1
        return table

    @wb.tool(effect="pure")
    def long_enough(table: pd.DataFrame) -> bool:
        return len(table) == 3

    repeat = wb.Repeat(until=wb.Check(tool="long_enough"), at_most=5, carry="table")
    growing = wb.Step(id="grow", tool="grow", repeat=repeat)
    run = lab.bench(grow, long_enough).start(plan=plan(growing))
    assert run.wait(20)["n"].tolist() == [1, 2, 3]
