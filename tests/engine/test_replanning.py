"""When the planner is asked again, what it may change, and what stops it."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, kinds, plan, states, step
from workbench.errors import CommandRefused, RunFailed, RunStopped
from workbench.plan import Add, Change, Remove, Skip
from workbench.planner import Proposal, Question
from workbench.testing import capture_events

KEEP = Proposal(keep="fine as it is")


class Planner:
    """Gives one answer after the other; the last one again and again."""

    name = "scripted"

    def __init__(self, *answers: Any) -> None:
        self.answers, self.seen = list(answers), []

    async def propose(self, context: Any) -> Any:
        self.seen.append(context)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(context) if callable(answer) else answer


def mend(context: Any) -> Proposal:
    """Replace what failed by a step that does something else; keep the rest."""
    failed = [report.id for report in context.steps if report.state == "failed"]
    if not failed:
        return KEEP
    (name,) = failed
    return Proposal(edits=[Change(step=name, changes={"args": {"value": "mended"}})], reason="b")


POLICIES = {
    "failure": (wb.Replan(), 1),
    "each": (wb.Replan(when="each", at_most=20), 7),
    "every": (wb.Replan(when="every", n=3, at_most=20), 2),
    "none": (None, 0),
}


@pytest.mark.parametrize("policy", POLICIES)
def test_the_same_failure_under_each_policy(lab: Lab, world: World, policy: str) -> None:
    """One failure in six steps asks the planner as often as the policy says, exactly [PLAN-6]."""
    replan, calls = POLICIES[policy]
    world.faults = {"b": [ValueError("broken")]}
    planner = Planner(mend)
    run = lab.bench(planner=planner).start(plan=chain(*"abcdef"), replan=replan)
    if policy == "none":
        with pytest.raises(RunFailed):
            run.wait(20)
    else:
        assert run.wait(20) == "f"
        assert run.view.replanning == replan
    assert len(planner.seen) == calls
    assert run.view.replans == calls


def test_the_next_steps_at_a_time(lab: Lab, world: World) -> None:
    """With "next" the planner plans so many steps, and is asked for more when they are done, until
    it says that the goal is reached [PLAN-6]."""

    def more(context: Any) -> Proposal:
        assert context.horizon == 2
        if context.plan is None:
            return Proposal(plan=chain("a", "b"))
        names = [step.id for step in context.plan.steps]
        if len(names) == 2:
            return Proposal(edits=[Add(step=step("c", after=["b"])), Add(step=step("d"))])
        return Proposal(keep="all four are done") if len(names) == 4 else KEEP

    planner = Planner(more)
    run = lab.bench(planner=planner).start("four", replan=wb.Replan(when="next", n=2))
    run.wait(20)
    assert (len(planner.seen), run.view.replans) == (3, 2)
    assert states(run) == dict.fromkeys("abcd", "succeeded")
    assert [r.number for r in run.view.revisions] == [1, 2]


def test_a_plan_that_looks_too_far_ahead_is_not_begun(lab: Lab, world: World) -> None:
    """With "next" a plan of more steps is a fault, and nothing of it is called [PLAN-6]."""
    planner = Planner(Proposal(plan=chain("a", "b", "c")))
    run = lab.bench(planner=planner).start("far", replan=wb.Replan(when="next", n=2))
    with pytest.raises(RunFailed, match="3 steps are planned ahead"):
        run.wait(20)
    assert world.calls == []


def test_a_maximum_ends_a_plan_that_is_not_known_to_be_whole(lab: Lab) -> None:
    """With "next" a run whose planner may not be asked again has not reached its goal [PLAN-6]."""

    def one_more(context: Any) -> Proposal:
        if context.plan is None:
            return Proposal(plan=plan(step("s0")))
        return Proposal(edits=[Add(step=step(f"s{len(context.plan.steps)}"))])

    planner = Planner(one_more)
    run = lab.bench(planner=planner).start("x", replan=wb.Replan(when="next", at_most=3))
    with pytest.raises(RunFailed, match="asked again 3 times, the most"):
        run.wait(20)
    assert states(run) == dict.fromkeys(("s0", "s1", "s2", "s3"), "succeeded")


def test_a_maximum_ends_the_mending_of_failures(lab: Lab, world: World) -> None:
    """A step that fails again after each revision is mended so often and no more [PLAN-6]."""
    world.faults = {"b": [ValueError(f"fault {n}") for n in range(9)]}
    number = iter(range(99))

    def again(_: Any) -> Proposal:
        changes = {"args": {"value": next(number)}}
        return Proposal(edits=[Change(step="b", changes=changes)])

    planner = Planner(again)
    run = lab.bench(planner=planner).start(plan=chain("a", "b"), replan=wb.Replan(at_most=3))
    with pytest.raises(RunFailed, match="asked again 3 times") as caught:
        run.wait(20)
    assert "fault 3" in str(caught.value)
    assert (len(planner.seen), world.calls.count("a")) == (3, 1)


def test_nothing_begins_between_an_observation_and_the_planner(lab: Lab, world: World) -> None:
    """After each observation the planner is asked before any other step begins [PLAN-6]."""
    seen: list[list[str]] = []

    def note(_: Any) -> Proposal:
        seen.append(list(world.calls))
        return KEEP

    steps = [step(name) for name in "abc"] + [step(name, after=["a"]) for name in "de"]
    bench = lab.bench(planner=Planner(note), in_flight=1)
    bench.start(plan=plan(*steps), replan="each").wait(20)
    assert [len(calls) for calls in seen] == [1, 2, 3, 4, 5]


def test_finished_steps_stay_as_they_are(lab: Lab, world: World) -> None:
    """A revision leaves the done step and its output alone, to the digest; one that would change it
    fails the run [PLAN-7]."""
    world.faults = {"b": [ValueError("broken")]}
    run = lab.bench(planner=Planner(mend)).start(plan=chain("a", "b"), replan="failure")
    run.wait(20)
    before, after = run.view_at("after a"), run.view
    assert before.plan is not None
    assert run.plan is not None
    assert before.plan["a"].digest == run.plan["a"].digest
    assert before.steps["a"] == after.steps["a"]
    diff = run.changes()
    assert (diff.added, diff.removed, list(diff.changed)) == ((), (), ["b"])
    world.faults = {"b": [ValueError("broken")]}
    touching = Planner(Proposal(edits=[Change(step="a", changes={"args": {"value": 1}})]))
    run = lab.bench(planner=touching).start(plan=chain("a", "b"), replan="failure")
    with pytest.raises(RunFailed, match="finished"):
        run.wait(20)


def renames(context: Any) -> Proposal:
    """Do the same under another name, with other words, in another place of the list."""
    failed = next(report.id for report in context.steps if report.state == "failed")
    again = context.plan[failed].model_copy(
        update={"id": f"{failed}x", "title": "Now it will work"}
    )
    return Proposal(edits=[Remove(step=failed), Add(step=again)], reason="a fresh start")


def keeps_and_repeats(context: Any) -> Proposal:
    """Leave the failed step there, and add its double."""
    again = context.plan["b"].model_copy(update={"id": f"b{len(context.plan.steps)}"})
    return Proposal(edits=[Add(step=again)], reason="once more")


def says_the_same(context: Any) -> Proposal:
    """Give the plan back as it is."""
    return Proposal(plan=context.plan, reason="a perfect plan")


@pytest.mark.parametrize("limit", [1, 2, 4])
@pytest.mark.parametrize("answer", [renames, keeps_and_repeats, says_the_same])
def test_a_revision_that_changes_nothing_real_is_stopped(
    lab: Lab, world: World, answer: Any, limit: int
) -> None:
    """Renaming, doubling or repeating what failed is recognised: below the limit it counts
    as one more try, at the limit it is not taken over, and the run ends for lack of progress
    [PLAN-8]."""
    world.faults = {"b": [ValueError("broken")] * 9}
    planner = Planner(answer)
    policy = wb.Replan(at_most=20, futile=limit)
    run = lab.bench(planner=planner).start(plan=chain("a", "b"), replan=policy)
    with pytest.raises(RunFailed, match=r"no progress: .*changed nothing real"):
        run.wait(20)
    noted = capture_events(run, "plan.unchanged")
    assert [event.times for event in noted] == list(range(1, limit + 1))
    assert [event.taken for event in noted] == [answer != says_the_same] * (limit - 1) + [False]
    tries = 0 if answer == says_the_same else limit - 1
    assert world.calls == ["a", "b"] + ["b"] * tries
    assert len(run.view.revisions) == 1 + tries
    assert len(planner.seen) == limit


def test_progress_after_a_futile_proposal_goes_on(lab: Lab, world: World) -> None:
    """A futile proposal is told to the planner; a real one after it is taken, and counting begins
    anew [PLAN-8]."""
    world.faults = {"b": [ValueError("broken")]}
    planner = Planner(says_the_same, mend)
    run = lab.bench(planner=planner).start(plan=chain("a", "b"), replan="failure")
    assert run.wait(20) == "mended"
    assert run.view.futile == 0
    assert "nothing real" in planner.seen[1].why


def test_trying_again_once_is_no_circle(lab: Lab, world: World) -> None:
    """A planner that tries once more what failed may be right: then the run goes on [PLAN-8]."""
    world.faults = {"b": [ValueError("out of order")]}
    run = lab.bench(planner=Planner(renames)).start(plan=chain("a", "b"), replan="failure")
    assert run.wait(20) == "b"
    assert [event.taken for event in capture_events(run, "plan.unchanged")] == [True]


def test_a_restatement_after_an_observation_is_no_revision(lab: Lab) -> None:
    """Where nothing has to change, the same plan in other words leaves the plan as it is
    [PLAN-8]."""

    def reworded(context: Any) -> Proposal:
        steps = [one.model_copy(update={"title": f"Do {one.id}"}) for one in context.plan.steps]
        done = {report.id for report in context.steps if report.state == "succeeded"}
        edits = [
            Change(step=one.id, changes={"title": one.title}) for one in steps if one.id not in done
        ]
        return Proposal(edits=edits) if edits else KEEP

    run = lab.bench(planner=Planner(reworded)).start(plan=chain("a", "b", "c"), replan="each")
    assert run.wait(20) == "c"
    assert len(run.view.revisions) == 1
    assert "plan.unchanged" not in kinds(run)


def test_keeping_a_failure_lets_the_rest_go_on(lab: Lab, world: World) -> None:
    """A planner that leaves a failure as it is is not asked about it again; the rest is done, and
    the run fails with the error [PLAN-6]."""
    world.faults = {"b": [ValueError("broken")]}
    planner = Planner(KEEP)
    steps = plan(step("a"), step("b"), step("c", after=["a"]))
    run = lab.bench(planner=planner, in_flight=1).start(plan=steps, replan="failure")
    with pytest.raises(RunFailed, match="broken"):
        run.wait(20)
    assert states(run) == {"a": "succeeded", "b": "failed", "c": "succeeded"}
    assert len(planner.seen) == 1


VERBS = {
    "abandon": Proposal(abandon="there is no other way"),
    "wait": Proposal(wait="the shop opens at nine"),
    "ask": Proposal(questions=[Question(id="q", text="Which one?")]),
}


@pytest.mark.parametrize("verb", VERBS)
def test_abandon_wait_and_ask_in_the_middle_of_a_run(lab: Lab, world: World, verb: str) -> None:
    """After a failure a planner may give up, wait or ask; asked again, it goes on [REL-27,
    PLAN-14]."""
    world.faults = {"b": [ValueError("broken")]}
    planner = Planner(VERBS[verb], mend)
    run = lab.bench(planner=planner).start(plan=chain("a", "b"), replan="failure")
    if verb == "abandon":
        with pytest.raises(RunStopped, match="no other way"):
            run.wait(20)
        assert run.state == "abandoned"
        return
    run.wait_until("paused" if verb == "wait" else "waiting", timeout_s=20)
    assert states(run) == {"a": "succeeded", "b": "failed"}
    if verb == "wait":
        assert run.view.reason == "the shop opens at nine"
        run.resume()
    else:
        run.inbox[0].choose("the red one")
    assert run.wait(20) == "mended"
    assert dict(planner.seen[1].answers) == ({} if verb == "wait" else {"q": "the red one"})


def test_waiting_after_an_observation_asks_again(lab: Lab) -> None:
    """Where nothing failed, a planner that waited or asked is asked again all the same [REL-27]."""
    planner = Planner(VERBS["wait"], VERBS["ask"], KEEP)
    run = lab.bench(planner=planner).start(
        plan=chain("a", "b"), replan=wb.Replan(when="every", n=2)
    )
    run.wait_until("paused", timeout_s=20)
    run.resume()
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].choose("yes")
    assert run.wait(20) == "b"
    assert [context.why for context in planner.seen] == [
        "2 steps have ended",
        "it waited: the shop opens at nine",
        "answer",
    ]


def smaller(context: Any) -> Proposal:
    """Do as the person says with the second step."""
    if context.plan["two"].args.get("value") == 3:
        return KEEP
    return Proposal(edits=[Change(step="two", changes={"args": {"value": 3}})], reason="as said")


def test_a_comment_comes_back_as_a_diff_and_only_that_asks_again(lab: Lab, world: World) -> None:
    """A comment on one of two open questions reaches the planner; its revision changes that step,
    whose question is void and asked anew, and the other question stays as it was [PLAN-10]."""
    bench = lab.bench(planner=Planner(smaller), policy=wb.Policy())
    run = bench.start(plan=plan(step("one", "send"), step("two", "send", value=9)))
    run.wait_until("waiting", timeout_s=20)
    before = {request.step: request for request in run.inbox}
    run.comment("nine is too many, take three", step="two")
    run.wait_until("waiting", timeout_s=20)
    after = {request.step: request for request in run.inbox}
    assert before["one"].id == after["one"].id
    assert before["two"].id != after["two"].id
    assert after["two"].args == {"name": "two", "value": 3}
    assert (
        str(run.changes())
        == "~ two.args: {'name': 'two', 'value': 9} → {'name': 'two', 'value': 3}"
    )
    with pytest.raises(wb.errors.WorkbenchError):
        before["two"].approve()
    before["one"].approve()
    after["two"].approve()
    run.wait(20)
    assert world.values == {"one": None, "two": 3}


def test_the_planner_sees_comments_and_refusals_in_order(lab: Lab) -> None:
    """What a person refused and what they said reach the planner as text, in order [REL-4]."""
    planner = Planner(KEEP, Proposal(edits=[Skip(step="two")], reason="not wanted"))
    bench = lab.bench(planner=planner, policy=wb.Policy())
    run = bench.start(plan=plan(step("one"), step("two", "send", after=["one"])))
    run.wait_until("waiting", timeout_s=20)
    run.comment("mind the weekend", replan=False)
    assert run.state == "waiting"
    run.comment("is this needed?", step="two")
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].deny("too dear", then="replan")
    run.wait(20)
    assert list(planner.seen[0].notes) == [
        "person said mind the weekend",
        "person said on step two: is this needed?",
    ]
    assert planner.seen[1].notes[-1].endswith("too dear")
    assert planner.seen[1].why == "two was refused: too dear"


def test_a_comment_while_the_planner_thinks_is_not_lost(lab: Lab, world: World) -> None:
    """What is said while the planner thinks makes it be asked once more [PLAN-10]."""
    gate = world.gate("planner")

    class Thinker(Planner):
        async def propose(self, context: Any) -> Any:
            answer = await super().propose(context)
            if len(self.seen) == 1:
                await gate.passing()
            return answer

    planner = Thinker(KEEP)
    run = lab.bench(planner=planner).start(plan=chain("a", "b"), replan="each")
    gate.wait_reached()
    run.comment("one more thing")
    gate.open()
    run.wait(20)
    assert list(planner.seen[0].notes) == []
    assert planner.seen[1].why == "person commented: one more thing"


def test_a_comment_where_nobody_plans_pauses_the_run(lab: Lab, world: World) -> None:
    """Without a planner a comment that wants another plan pauses, and says why [PLAN-10]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a", "b"))
    gate.wait_reached()
    run.comment("do it otherwise")
    gate.open()
    run.wait_until("paused", timeout_s=20)
    assert "do it otherwise" in run.view.reason
    run.resume()
    assert run.wait(20) == "b"
    with pytest.raises(wb.errors.RunFinished):
        run.comment("too late")


def test_comments_on_nothing_and_by_tools_are_refused(lab: Lab, world: World) -> None:
    """A comment names a step that there is; the call of a tool comments on nothing [AUTH-16]."""
    said: list[BaseException] = []
    held: list[wb.Run] = []

    @wb.tool(effect="read")
    def meddle(name: str) -> None:
        for order in (lambda: held[0].comment("yes"), lambda: held[0].decide("a", "b")):
            try:
                order()
            except CommandRefused as error:
                said.append(error)

    gate = world.gate("a")
    run = lab.bench(meddle).start(plan=plan(step("a"), step("m", "meddle", after=["a"])))
    held.append(run)
    gate.wait_reached()
    with pytest.raises(CommandRefused, match="no step 'zzz'"):
        run.comment("where?", step="zzz")
    gate.open()
    run.wait(20)
    assert len(said) == 2
    assert "plan.commented" not in kinds(run)


def test_the_policy_survives_a_restart(lab: Lab, world: World) -> None:
    """Reopened, the run knows its policy, and how often the planner was asked [RUNT-8]."""
    world.faults = {"b": [ValueError("broken")]}
    first = Planner(VERBS["wait"])
    policy = wb.Replan(when="each", at_most=4)
    run = lab.bench(planner=first).start(plan=chain("a", "b"), replan=policy)
    run.wait_until("paused", timeout_s=20)
    second = Planner(mend)
    run = lab.reopen(run, planner=second)
    assert (run.view.replanning, run.view.replans) == (policy, 1)
    run.resume()
    assert run.wait(20) == "mended"
    assert len(second.seen) == 3


def test_an_unknown_policy_is_refused(lab: Lab) -> None:
    """A policy that does not exist, or a number that it has no use for, is refused by name."""
    with pytest.raises(wb.errors.WorkbenchError, match="sometimes"):
        lab.bench().start(plan=chain("a"), replan="sometimes")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="n is for"):
        wb.Replan(when="each", n=3)


def test_the_policy_of_a_planner_is_for_its_own_plans(lab: Lab) -> None:
    """A planner's own policy holds where it makes the plan; a plan that is given needs no planner
    [HARN-2]."""
    planner = Planner(Proposal(plan=chain("a")), KEEP)
    planner.replan = wb.Replan(when="next")  # type: ignore[attr-defined]
    bench = lab.bench(planner=planner)
    bench.start(plan=chain("x")).wait(20)
    assert planner.seen == []
    run = bench.start("do a")
    run.wait(20)
    assert (run.view.replanning, len(planner.seen)) == (wb.Replan(when="next"), 2)


def test_an_explicit_word_on_failure_holds(lab: Lab, world: World) -> None:
    """Where `on_failure` says what else is to be done, a failure is no reason to plan again."""
    world.faults = {"b": [ValueError("broken")]}
    planner = Planner(KEEP)
    run = lab.bench(planner=planner, in_flight=1).start(
        plan=chain("a", "b"), replan=wb.Replan(when="every", n=9), on_failure="continue"
    )
    with pytest.raises(RunFailed, match="broken"):
        run.wait(20)
    assert planner.seen == []
