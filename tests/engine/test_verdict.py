"""What failed or is doubtful is not passed on as a fact; what was done is kept as evidence."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, asking, chain, eventually, plan, states, step
from workbench.errors import RunStopped
from workbench.plan import Add, Change, Remove
from workbench.planner import PlanningContext, Proposal
from workbench.testing import capture_events

NOT_EMPTY = wb.Check(output_schema={"minItems": 2})


def failed_check(lab: Lab) -> wb.Run:
    """Pause a run whose first step returned something that its check does not accept."""
    first = step("a", "send", value=["only one"], check=NOT_EMPTY)
    after = wb.Step(id="b", tool="think", args={"name": "b", "value": wb.ref("a")})
    run = lab.bench().start(plan=plan(first, after), on_failure="pause")
    run.wait_until("paused", timeout_s=20)
    assert states(run) == {"a": "failed", "b": "pending"}
    return run


@pytest.mark.parametrize("how", ["retried", "replaced", "accepted", "corrected"])
def test_a_failed_check_holds_up_the_rest_until_a_person_decides(
    lab: Lab, world: World, how: str
) -> None:
    """Downstream starts only when the step was retried, replaced, or accepted [PLAN-13]."""
    run = failed_check(lab)
    run.resume()
    run.wait_until("paused", timeout_s=20)
    assert world.calls == ["a"]
    with run.editing(how) as draft:
        if how == "retried":
            draft.change("a", args={"value": [1, 2]})
        elif how == "replaced":
            draft.add(step("a2", value=[1, 2]))
            draft.change("b", args={"value": wb.ref("a2")})
            draft.remove("a")
        elif how == "accepted":
            draft.set_output("a", run.output("a", last=True))
        else:
            draft.set_output("a", [1, 2])
    run.resume()
    assert run.wait(20) == (["only one"] if how == "accepted" else [1, 2])
    revision = run.view.revisions[-1]
    assert (revision.number, revision.author, revision.reason) == (2, "person", how)


def test_what_the_check_refused_is_evidence(lab: Lab, world: World) -> None:
    """The refused output can be looked at, after a restart too, and is marked everywhere as not
    verified; it is no output [PLAN-13]."""
    run = lab.reopen(failed_check(lab))
    stands = run.view.steps["a"]
    assert (stands.output, stands.verified, stands.happened) == (None, None, True)
    with pytest.raises(wb.errors.NotFound):
        run.output("a")
    assert run.output("a", last=True) == ["only one"]
    trace = run.trace().iloc[0]
    assert (trace.state, bool(trace.verified)) == ("failed", False)
    assert "only one" in trace.output


def test_a_doubt_holds_up_the_rest(lab: Lab, world: World) -> None:
    """A step in doubt is no fact: what needs it does not start before it is settled [PLAN-13]."""
    world.faults = {"a": [TimeoutError("lost")]}
    run = lab.bench().start(plan=chain("a", "b", tool="send"))
    run.wait_until("waiting", timeout_s=20)
    assert states(run) == {"a": "in_doubt", "b": "pending"}
    assert world.calls == ["a"]
    run.inbox[0].choose("done")
    run.wait(20)
    assert world.calls == ["a", "b"]
    assert run.view.steps["a"].by == "person"


def test_a_replan_is_a_new_revision_with_a_diff(lab: Lab, world: World) -> None:
    """After a failure revision 2 has the done step unchanged, and its diff lists what was added,
    removed and changed, with the reason [PLAN-7]."""
    world.faults = {"b": [ValueError("broken")]}
    edits = [
        Remove(step="b"),
        Add(step=step("b2", after=["a"]), before="c"),
        Change(step="c", changes={"after": ["b2"]}),
    ]

    class Planner:
        name = "scripted"

        async def propose(self, context: PlanningContext) -> Proposal:
            return Proposal(edits=edits, reason="b is broken")

    first = chain("a", "b", "c")
    run = lab.bench(planner=Planner()).start(plan=first, on_failure="replan")
    run.wait(20)
    assert run.plan is not None
    then, now = run.view_at("after a"), run.view
    assert [r.number for r in now.revisions] == [1, 2]
    assert now.revisions[1].reason == "b is broken"
    assert now.revisions[1].base == first.digest
    assert run.plan["a"].digest == first["a"].digest
    assert now.steps["a"] == then.steps["a"]
    diff = first.diff(run.plan)
    assert (diff.added, diff.removed, list(diff.changed)) == (("b2",), ("b",), ["c"])


def test_abandoning_keeps_the_evidence(lab: Lab, world: World) -> None:
    """Given up, a run keeps outputs, journal, trace and audit with the reason; what asked is void;
    a run after it takes up what was done [PLAN-14]."""
    run = asking(lab, step("a"), step("b", "send", after=["a"]), step("c", after=["b"]))
    run.abandon("the customer cancelled")
    with pytest.raises(RunStopped, match="abandoned: the customer cancelled"):
        run.wait(20)
    run = lab.reopen(run)
    assert (run.state, run.view.reason) == ("abandoned", "the customer cancelled")
    assert states(run) == {"a": "succeeded", "b": "stopped", "c": "stopped"}
    assert run.output("a") == "a"
    assert run.inbox == []
    assert capture_events(run, "run.abandoned")[0].not_begun == ("b", "c")
    assert run.trace().step.tolist() == ["a"]
    audit = run.audit(events=True).set_index("event")
    assert audit.loc["run.stopping", "decision"] == "abandon"
    assert audit.loc["run.abandoned", "reason"] == "the customer cancelled"
    assert run.verify() == run.view.seq
    rest = lab.bench().start(plan=plan(step("c", value=run.output("a"))))
    assert rest.wait(20) == "a"
    assert world.effects == []


def test_a_planner_that_gives_up_leaves_what_was_done(lab: Lab, world: World) -> None:
    """Abandoned by the planner after a failure: the reason, the failure, the outputs [PLAN-14]."""
    world.faults = {"b": [ValueError("broken")]}

    class Planner:
        name = "scripted"

        async def propose(self, context: PlanningContext) -> Proposal:
            return Proposal(abandon="there is no other way")

    run = lab.bench(planner=Planner()).start(plan=chain("a", "b", "c"), on_failure="replan")
    with pytest.raises(RunStopped, match="there is no other way"):
        run.wait(20)
    view = eventually(run, lambda v: v.final)
    assert view.state == "abandoned"
    assert view.steps["b"].error == "ValueError: broken"
    assert run.output("a") == "a"
    assert run.view.by == "planner scripted"
