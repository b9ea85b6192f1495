"""Editing what is still to come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, kinds, plan, states, step
from workbench.errors import PlanError, StaleRevision
from workbench.plan import Draft
from workbench.testing import capture_events


def paused(lab: Lab, *names: str, after: str = "a", **options: Any) -> wb.Run:
    """Start a chain and pause it when the first step is done."""
    gate = lab.world.gate(after)
    run = lab.bench(**options).start(plan=chain(*names))
    gate.wait_reached()
    run.pause()
    gate.open()
    eventually(run, lambda view: view.steps[after].final)
    return run


def test_resume_follows_the_edited_plan_exactly(lab: Lab, world: World) -> None:
    """Add, remove, change, skip, give and move, then resume: exactly that is done [PLAN-9]."""
    run = paused(lab, "a", "b", "c", "d", "e", "f")
    with run.editing("what I meant") as draft:
        draft.remove("b")
        draft.move("c", after=["a"])
        draft.change("c", args={"name": "c, changed"})
        draft.skip("d")
        draft.set_output("e", {"by": "hand"})
        draft.add(step("g", after=["e"], value=wb.ref("e", "by")))
        draft.move("f", after=["g"])
    assert run.state == "paused"
    run.resume()
    assert run.wait(20) == "f"
    assert sorted(world.calls) == ["a", "c, changed", "f", "g"]
    assert world.calls[0] == "a"
    assert world.calls.index("g") < world.calls.index("f")
    assert world.values["g"] == "hand"
    expected = {"a": "succeeded", "c": "succeeded", "d": "skipped", "e": "succeeded"}
    assert states(run) == {**expected, "f": "succeeded", "g": "succeeded"}


def test_an_edit_is_one_revision_with_author_and_reason(lab: Lab) -> None:
    """A block of edits makes one revision that names who made it, why and from what [PLAN-10]."""
    run = paused(lab, "a", "b")
    base = run.plan.digest
    with run.editing("shorter") as draft:
        draft.skip("b")
    first, second = run.view.revisions
    assert (first.number, first.base) == (1, None)
    assert (second.number, second.base) == (2, base)
    assert (second.author, second.reason) == ("person", "shorter")
    assert second.digest == run.plan.digest


def test_the_block_leaves_the_run_paused(lab: Lab, world: World) -> None:
    """Editing a running run pauses it first, and leaves it paused [PLAN-9]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a", "b"))
    gate.wait_reached()
    with run.editing() as draft:
        assert run.state == "paused"
        draft.change("b", title="later")
    assert run.state == "paused"
    gate.open()
    run.resume()
    run.wait(20)


def test_an_exception_in_the_block_changes_nothing(lab: Lab, world: World) -> None:
    """When the block raises there is no revision, and the plan is as it was [PLAN-11]."""
    run = paused(lab, "a", "b")

    def change_my_mind() -> None:
        with run.editing() as draft:
            draft.remove("b")
            raise KeyError("no, wait")

    with pytest.raises(KeyError):
        change_my_mind()
    assert len(run.view.revisions) == 1
    run.resume()
    assert run.wait(20) == "b"


def test_a_stale_edit_is_refused(lab: Lab) -> None:
    """An edit made on an older revision is refused, with both revisions named [PLAN-11]."""
    run = paused(lab, "a", "b", "c")
    old = run.plan.digest
    with run.editing() as draft:
        draft.skip("b")
    with pytest.raises(StaleRevision) as refused:
        run.edit([{"op": "remove", "step": "c"}], base=old)
    assert old[:12] in str(refused.value)
    assert run.plan.digest[:12] in str(refused.value)
    assert list(states(run)) == ["a", "b", "c"]


TOUCH: dict[str, Callable[[Draft], None]] = {
    "change": lambda draft: draft.change("a", title="x"),
    "remove": lambda draft: draft.remove("a"),
    "skip": lambda draft: draft.skip("a"),
    "give": lambda draft: draft.set_output("a", 1),
    "move": lambda draft: draft.move("a", after=[]),
}


@pytest.mark.parametrize("touch", TOUCH)
def test_a_finished_step_is_read_only(lab: Lab, touch: str) -> None:
    """No edit touches a step that is done, in the draft or as data [PLAN-10]."""
    run = paused(lab, "a", "b")
    with run.editing() as draft, pytest.raises(PlanError, match="finished"):
        TOUCH[touch](draft)
    by_hand = Draft(run.plan, {}, run._store)
    TOUCH[touch](by_hand)
    with pytest.raises(PlanError, match="finished"):
        run.edit(by_hand.edits, base=run.plan.digest)
    assert len(run.view.revisions) == 1


def test_a_step_being_done_is_read_only(lab: Lab, world: World) -> None:
    """A step in flight cannot be edited; one that has not begun can while running [PLAN-9]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a", "b"))
    gate.wait_reached()
    eventually(run, lambda view: view.steps["a"].state == "running")
    with pytest.raises(PlanError, match="being done"):
        run.edit([{"op": "skip", "step": "a"}], base=run.plan.digest)
    change = {"op": "change", "step": "b", "changes": {"args": {"name": "b2"}}}
    run.edit([change], base=run.plan.digest)
    assert run.state == "running"
    gate.open()
    assert run.wait(20) == "b2"


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ([{"op": "remove", "step": "b"}], "dangling_after"),
        ([{"op": "move", "step": "b", "after": ["c"]}], "cycle"),
        ([{"op": "change", "step": "b", "changes": {"tool": "nobody"}}], "unknown_tool"),
        ([{"op": "change", "step": "c", "changes": {"args": {"x": 1}}}], "unknown_argument"),
    ],
)
def test_an_edited_plan_with_faults_is_refused_whole(
    lab: Lab, edits: list[dict[str, Any]], code: str
) -> None:
    """An edit that would leave a plan with faults is refused, and nothing of it stays [PLAN-9]."""
    run = paused(lab, "a", "b", "c")
    before = run.plan
    title = {"op": "change", "step": "c", "changes": {"title": "half"}}
    with pytest.raises(PlanError) as refused:
        run.edit([title, *edits], base=before.digest)
    assert code in {finding.code for finding in refused.value.findings}
    assert run.plan == before


def test_contradicting_edits_in_one_block_come_out_sound(lab: Lab, world: World) -> None:
    """Skip then give, skip then remove, give then change: the last word counts [PLAN-9]."""
    run = paused(lab, "a", "b", "c", "d")
    with run.editing() as draft:
        draft.skip("b")
        draft.set_output("b", 5)
        draft.skip("c")
        draft.move("d", after=["b"])
        draft.remove("c")
    assert states(run) == {"a": "succeeded", "b": "succeeded", "d": "ready"}
    assert run.output("b") == 5
    run.resume()
    assert run.wait(20) == "d"


def test_skip_and_output_by_change_take_effect(lab: Lab, world: World) -> None:
    """A change of the field `skip`, and a new step that is to be skipped, are skipped [PLAN-9]."""
    run = paused(lab, "a", "b", "c")
    with run.editing() as draft:
        draft.change("b", skip=True)
        draft.add(step("x", skip=True))
    run.resume()
    assert run.wait(20) == "c"
    assert world.calls == ["a", "c"]
    assert states(run)["x"] == "skipped"


def test_a_used_id_is_not_used_again(lab: Lab) -> None:
    """A removed step's id cannot come back in a later edit, so the trace stays readable."""
    run = paused(lab, "a", "b", "c")
    with run.editing() as draft:
        draft.remove("c")
    with pytest.raises(PlanError, match="was in this plan before"):
        run.edit([{"op": "add", "step": step("c").model_dump()}], base=run.plan.digest)


def test_an_edit_of_a_waiting_run_lets_it_go_on(lab: Lab, world: World) -> None:
    """When an edit takes the open question away, the run goes on without an answer [PLAN-10]."""
    bench = lab.bench(policy=wb.Policy())
    run = bench.start(plan=plan(step("a", "send"), step("b", after=["a"])))
    run.wait_until("waiting", timeout_s=20)
    run.edit([{"op": "skip", "step": "a"}], base=run.plan.digest)
    assert run.wait(20) == "b"
    assert world.effects == []
    assert run.inbox == []


def test_a_changed_step_asks_again(lab: Lab, world: World) -> None:
    """An approval does not cover a step changed after it, edited args included [PLAN-10]."""
    run = lab.bench(policy=wb.Policy()).start(plan=plan(step("a", "send")))
    run.wait_until("waiting", timeout_s=20)
    run.pause()
    run.inbox[0].approve(args={"name": "approved"})
    change = {"op": "change", "step": "a", "changes": {"args": {"name": "changed"}}}
    run.edit([change], base=run.plan.digest)
    run.resume()
    run.wait_until("waiting", timeout_s=20)
    assert world.effects == []
    assert run.inbox[0].args == {"name": "changed"}
    run.inbox[0].approve()
    assert run.wait(20) == "changed"


def test_editing_an_asked_step_voids_its_question(lab: Lab, world: World) -> None:
    """The question about a step is void once it is edited; its answer is refused [PLAN-10]."""
    run = lab.bench(policy=wb.Policy()).start(plan=plan(step("a", "send")))
    run.wait_until("waiting", timeout_s=20)
    old = run.inbox[0]
    with run.editing() as draft:
        draft.change("a", title="other words")
    assert run.inbox == []
    with pytest.raises(wb.errors.CommandRefused, match="voided"):
        old.approve()
    run.resume()
    run.wait_until("waiting", timeout_s=20)
    assert run.inbox[0].id != old.id
    assert world.effects == []


def test_a_failed_step_that_is_changed_begins_anew(lab: Lab, world: World) -> None:
    """Paused by a failure, the person changes the step and resumes: it is done again [PLAN-13]."""
    world.faults = {"bad": [ValueError("no such file")]}
    steps = [step("a", "look", args={"name": "bad"}), step("b", after=["a"])]
    run = lab.bench().start(plan=plan(*steps), on_failure="pause")
    run.wait_until("paused", timeout_s=20)
    assert "edit the plan and resume" in run.view.reason
    assert states(run) == {"a": "failed", "b": "pending"}
    with run.editing() as draft:
        draft.change("a", args={"name": "good"})
    run.resume()
    assert run.wait(20) == "b"
    assert [e.attempt for e in capture_events(run, "call.intended") if e.step == "a"] == [1, 2]


@pytest.mark.parametrize("how", ["give", "skip", "replace"])
def test_a_failed_step_is_accepted_skipped_or_replaced(lab: Lab, world: World, how: str) -> None:
    """After a failure the person gives an output, skips it, or puts another one [PLAN-13]."""
    world.faults = {"a": [ValueError("no")]}
    run = lab.bench().start(plan=chain("a", "b"), on_failure="pause")
    run.wait_until("paused", timeout_s=20)
    with run.editing() as draft:
        if how == "give":
            draft.set_output("a", "by hand")
        elif how == "skip":
            draft.skip("a")
        else:
            draft.add(step("a2"))
            draft.move("b", after=["a2"])
            draft.remove("a")
    run.resume()
    assert run.wait(20) == "b"
    done = {"give": "succeeded", "skip": "skipped", "replace": None}[how]
    assert states(run).get("a") == done


def test_an_edit_survives_reopening(lab: Lab, world: World) -> None:
    """After a restart the run follows the edited plan, from the same place [RUNT-9]."""
    run = paused(lab, "a", "b", "c")
    with run.editing() as draft:
        draft.remove("c")
        draft.change("b", args={"name": "b2"})
    again = lab.reopen(run)
    again.resume()
    assert again.wait(20) == "b2"
    assert world.calls == ["a", "b2"]
    assert kinds(again).count("plan.revised") == 2
