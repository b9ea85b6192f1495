"""Rights while a run goes on: taken at the call, revoked, frozen, and never outlived."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, eventually, kinds, plan, states, step
from workbench.errors import (
    CommandRefused,
    JournalTampered,
    NotFound,
    RunFailed,
    WorkbenchError,
)
from workbench.planner import Proposal
from workbench.testing import FakeClock


def bench(lab: Lab, *more: Any, **options: Any) -> wb.Workbench:
    """Open the journal under the default policy."""
    return lab.bench(*more, policy=options.pop("policy", wb.Policy()), **options)


def test_without_a_right_nothing_is_called(lab: Lab, world: World) -> None:
    """A run that was given its rights has no others; the refusal names the missing one [AUTH-1]."""
    run = bench(lab).start(plan=chain("a", tool="send"), grants=[])
    with pytest.raises(RunFailed, match=r"missing right: Grant\('send', step='a'"):
        run.wait(20)
    assert (world.calls, world.effects) == ([], [])
    denied = [record.event for record in run.events() if record.kind == "step.denied"]
    assert "missing right" in denied[0].reason
    trace = run.trace()
    assert trace.state.tolist() == ["denied"]
    assert "missing right: Grant('send', step='a'" in trace.error[0]


def test_a_grant_allows_its_calls_and_no_others(lab: Lab, world: World) -> None:
    """What the grant covers runs without a question; an argument beyond it is refused [AUTH-3]."""
    right = wb.Grant("send", where={"value": wb.at_most(500)})
    steps = [step("a", "send", value=499), step("b", "send", value=501)]
    run = bench(lab).start(plan=plan(*steps), grants=[right], on_failure="continue")
    with pytest.raises(RunFailed, match="value is 501 and must be at most 500"):
        run.wait(20)
    assert world.effects == ["a"]
    intent = next(r.event for r in run.events() if r.kind == "call.intended")
    assert intent.allowed_by in {f"grant {name}" for name in run.grants}


def test_a_right_that_is_given_later_keeps_its_limits(lab: Lab, world: World) -> None:
    """Given while the run goes on, a grant covers what it says and no more [AUTH-3]."""
    gate = world.gate("x")
    steps = [
        step("x"),
        *(step(n, "send", value=v, after=["x"]) for n, v in (("a", 499), ("b", 501))),
    ]
    run = bench(lab).start(plan=plan(*steps), grants=[], on_failure="continue")
    gate.wait_reached()
    run.grant(wb.Grant("send", where={"value": wb.at_most(500)}))
    gate.open()
    with pytest.raises(RunFailed, match="value is 501 and must be at most 500"):
        run.wait(20)
    assert world.effects == ["a"]


def test_a_right_answers_what_is_open(lab: Lab, world: World) -> None:
    """A right that is given while calls wait for an answer is their answer, as far as it covers
    them; what goes beyond, or must be asked about, waits on with the same question [AUTH-3,
    REL-4]."""
    steps = [step("a", "send", value=1), step("b", "send", value=900), step("c", "send", value=2)]
    steps.append(step("d", "send", value=3, ask=True))
    run = bench(lab).start(plan=plan(*steps))
    eventually(run, lambda view: len(view.open_requests) == 4)
    before = {request.step: request.id for request in run.inbox}
    name = run.grant(wb.Grant("send", where={"value": wb.at_most(500)}))
    eventually(run, lambda view: view.state == "waiting" and view.count("succeeded") == 2)
    assert sorted(world.effects) == ["a", "c"]
    assert {r.step: r.id for r in run.inbox} == {s: before[s] for s in ("b", "d")}
    intents = [r.event for r in run.events() if r.kind == "call.intended"]
    assert {intent.allowed_by for intent in intents} == {f"grant {name}"}
    run.stop()


def test_a_default_is_judged_too(lab: Lab, world: World) -> None:
    """An amount that is left out counts with the value that the function will get [AUTH-3]."""

    @wb.tool(effect="irreversible")
    def pay(name: str, amount: float = 1000) -> str:
        world.effects.append(name)
        return name

    policy = wb.Policy(
        allow=["pay"], rules=[wb.Rule("deny", "pay", where={"amount": wb.at_least(500)})]
    )
    steps = [step("a", "pay"), step("b", "pay", args={"amount": "900"}), step("c", "pay",
             args={"amount": 499})]  # fmt: skip
    run = bench(lab, pay, policy=policy).start(plan=plan(*steps), on_failure="continue")
    with pytest.raises(RunFailed, match="at least 500"):
        run.wait(20)
    assert world.effects == ["c"]


def test_a_right_is_held_only_while_it_is_used(lab: Lab, world: World) -> None:
    """Before, during and after a step: none, one, none is live [AUTH-3, REL-17]."""
    gate = world.gate("a")
    run = bench(lab).start(plan=chain("a", "b", tool="send"), grants=[wb.Grant("send", step="a")],
                           on_failure="continue")  # fmt: skip
    gate.wait_reached()
    eventually(run, lambda view: view.steps["a"].state == "running")
    assert [held.grant.step for held in run.live_grants.values()] == ["a"]
    gate.open()
    with pytest.raises(RunFailed, match="for the step 'a'"):
        run.wait(20)
    assert run.live_grants == {}
    assert [held.used for held in run.grants.values()] == [1]


def test_an_expired_grant_gives_nothing(lab: Lab, world: World) -> None:
    """A call after the end of its grant is refused [AUTH-3]."""
    clock = FakeClock()
    right = wb.Grant("send", expires=clock.now() + timedelta(seconds=60))
    gate = world.gate("x")
    run = bench(lab, clock=clock).start(
        plan=plan(step("x"), step("a", "send", after=["x"])), grants=[right]
    )
    gate.wait_reached()
    clock.advance(61)
    gate.open()
    with pytest.raises(RunFailed, match="it expired at"):
        run.wait(20)
    assert world.effects == []


def test_uses_are_counted_under_parallel_calls(lab: Lab, world: World) -> None:
    """Of twenty calls at once a grant of three uses gives exactly three [AUTH-5]."""
    steps = [step(f"s{number}", "send") for number in range(20)]
    run = bench(lab).start(
        plan=plan(*steps), grants=[wb.Grant("send", uses=3)], on_failure="continue"
    )
    with pytest.raises(RunFailed, match="3 uses are used up"):
        run.wait(20)
    assert len(world.effects) == 3


def test_a_revoked_right_acts_on_the_next_call(lab: Lab, world: World) -> None:
    """Revoked while paused: the next call is refused, the run pauses, nothing is lost [AUTH-12]."""
    gate = world.gate("a")
    run = bench(lab).start(plan=chain("a", "b", tool="send"), grants=[wb.Grant("send")])
    gate.wait_reached()
    run.pause()
    gate.open()
    eventually(run, lambda view: view.steps["a"].state == "succeeded")
    (name,) = run.grants
    run.revoke(name, "not any more")
    run.resume()
    run.wait_until("paused", timeout_s=20)
    eventually(run, lambda view: "revoked by person: not any more" in view.reason)
    assert world.effects == ["a"]
    assert kinds(run, "b") == ["call.refused"]
    assert states(run)["b"] == "ready"
    run.grant(wb.Grant("send", step="b"))
    run.resume()
    run.wait(20)
    assert world.effects == ["a", "b"]


def test_a_right_that_goes_during_the_sync_calls_the_effect_off(lab: Lab, world: World) -> None:
    """A right that is revoked between intent and call: the call is not made [AUTH-12, CONC-10]."""
    from workbench import points
    from workbench.commands import RevokeGrant

    made = bench(lab)
    revoked: list[str] = []

    def revoke_at(name: str) -> None:
        if name == "after-intent-on-disk" and not revoked:
            revoked.append(name)
            drive = made.host._drives[run.id]
            assert drive is not None
            drive._team.orders._do(RevokeGrant(grant=next(iter(drive.view.grants or {}))))

    gate = world.gate("x")
    steps = plan(step("x"), step("a", "send", after=["x"]))
    run = made.start(plan=steps, grants=[wb.Grant("send")])
    gate.wait_reached()
    points.install(revoke_at)
    try:
        gate.open()
        run.wait_until("paused", timeout_s=20)
    finally:
        points.install(None)
    assert revoked
    assert world.effects == []
    assert kinds(run, "a") == ["call.intended", "call.cancelled", "call.refused"]


def test_a_freeze_stops_every_run_at_the_next_call(lab: Lab, world: World) -> None:
    """From its commit no matching call of any run is made: both pause and go on later [COMP-10]."""

    @wb.tool(effect="irreversible")
    async def delete_row(name: str) -> Any:
        world.effects.append(name)
        return await world.visit(name)

    made = lab.bench(delete_row)
    gates = [world.gate("a"), world.gate("x")]
    runs = [
        made.start(plan=plan(step("a"), step("b", "delete_row", after=["a"]))),
        made.start(plan=plan(step("x"), step("y", "delete_row", after=["x"]))),
    ]
    for gate in gates:
        gate.wait_reached()
    rule = made.freeze("no deletes", "the month is being closed")
    for gate in gates:
        gate.open()
    for run in runs:
        run.wait_until("paused", timeout_s=20)
        eventually(run, lambda view: "the month is being closed" in view.reason)
    assert world.effects == []
    assert f"the journal as {rule}" in runs[0].view.reason
    runs[0].resume()
    eventually(runs[0], lambda view: view.state == "paused" and view.seq > 0)
    assert made.unfreeze("no deletes") == [rule]
    for run in runs:
        if run.state == "paused":
            run.resume()
        run.wait(20)
    assert world.effects == ["b", "y"]


def test_a_freeze_of_another_process_is_seen_with_the_intent(lab: Lab, world: World) -> None:
    """A rule that another process set before the intent was on disk stops the call [COMP-10]."""
    other = lab.bench()
    gate = world.gate("a")
    run = lab.bench().start(plan=plan(step("a"), step("b", "send", after=["a"])))
    gate.wait_reached()
    other.freeze("no writes")
    gate.open()
    run.wait_until("paused", timeout_s=20)
    assert world.effects == []
    again = lab.reopen(run)
    again.resume()
    again.wait_until("paused", timeout_s=20)
    assert world.effects == []
    again.bench.unfreeze()
    with pytest.raises(NotFound, match="Nothing is frozen"):
        again.bench.unfreeze()


def test_a_tool_cannot_change_the_rules(lab: Lab, world: World) -> None:
    """Neither rules nor freezes are changed from inside a call, in a thread of it too [MULT-12]."""
    said: list[str] = []

    @wb.tool(effect="pure")
    def sneak(name: str) -> str:
        for change in (
            lambda: made.rules.add(wb.Rule("allow", "*")),
            made.unfreeze,
            lambda: made.freeze("everything"),
        ):
            with pytest.raises(CommandRefused) as refused:
                change()
            said.append(str(refused.value))
        return name

    made = lab.bench(sneak)
    rule = made.freeze("not tool send")
    made.start(plan=chain("a", tool="sneak")).wait(20)
    assert len(said) == 3
    assert [standing.id for standing in made.rules] == [rule]


def test_a_tool_cannot_change_the_rights_of_its_run(lab: Lab, world: World) -> None:
    """A call gives its run no right and does not turn its dial [MULT-12, AUTH-1]."""
    said: list[str] = []

    @wb.tool(effect="pure")
    def sneak(name: str) -> str:
        run = made.look(made.journal.runs()[0].id)
        for change in (
            lambda: run.grant(wb.Grant("send")),
            lambda: run.set_autonomy("irreversible"),
        ):
            with pytest.raises(CommandRefused, match="tried to change what its run may do"):
                change()
            said.append(name)
        return name

    made = bench(lab, sneak)
    steps = plan(step("a", "sneak"), step("b", "send", after=["a"]))
    run = made.start(plan=steps, grants=[wb.Grant("put")])
    with pytest.raises(RunFailed, match="missing right"):
        run.wait(20)
    assert said == ["a"] * 2
    assert (world.effects, len(run.grants), run.view.autonomy) == ([], 1, "risk")


def test_a_standing_rule_allows_what_it_covers(lab: Lab, world: World) -> None:
    """A rule that stands answers for later runs; lifted, the person is asked again [AUTH-6]."""
    made = bench(lab)
    covered = made.rules.add(wb.Rule("allow", "send", where={"name": "a"}))
    made.start(plan=chain("a", tool="send")).wait(20)
    run = made.start(plan=chain("b", tool="send"))
    run.wait_until("waiting", timeout_s=20)
    made.rules.lift(covered)
    later = made.start(plan=chain("a", tool="send"))
    later.wait_until("waiting", timeout_s=20)
    assert world.effects == ["a"]
    assert [(rule.id, rule.lifted_by) for rule in made.rules.history()] == [(covered, "person")]


def test_a_rule_is_tried_on_history(lab: Lab, world: World) -> None:
    """A preview lists the calls that a rule would have covered, and sets nothing [AUTH-15]."""
    made = lab.bench()
    made.start(plan=chain("a", "b", "c", tool="send")).wait(20)
    seen = made.rules.preview(wb.Rule("deny", "send", where={"name": wb.one_of("a", "c")}))
    assert list(seen["step"]) == ["a", "c"]
    assert len(made.rules) == 0


@pytest.mark.parametrize(
    ("autonomy", "asked"),
    [
        ("ask", ["a", "b", "c"]),
        ("risk", ["c"]),
        ("irreversible", ["c"]),
    ],
)
def test_the_dial_says_what_is_asked(
    lab: Lab, world: World, autonomy: Any, asked: list[str]
) -> None:
    """Each setting asks about its calls and no others [HARN-14]."""
    steps = plan(step("a", "think"), step("b", "put"), step("c", "send"))
    run = bench(lab).start(plan=steps, autonomy=autonomy)
    run.wait_until("waiting", timeout_s=20)
    eventually(run, lambda view: len(view.open_requests) == len(asked))
    assert sorted(str(request.step) for request in run.inbox) == asked


def test_the_dial_acts_on_the_next_call(lab: Lab, world: World) -> None:
    """Changed while the run goes on, the next question follows the new setting; it is journaled
    with its author [HARN-14].
    """
    gate = world.gate("a")
    run = bench(lab).start(plan=chain("a", "b", tool="put"))
    gate.wait_reached()
    run.set_autonomy("ask")
    gate.open()
    run.wait_until("waiting", timeout_s=20)
    assert [request.step for request in run.inbox] == ["b"]
    change = next(r.event for r in run.events() if r.kind == "autonomy.changed")
    assert (change.before, change.to, change.by) == ("risk", "ask", "person")


def test_a_run_that_may_only_read_writes_nothing(lab: Lab, world: World) -> None:
    """Whatever the policy allows, a read-only run refuses every write [AUTH-10]."""
    steps = [step("a", "look"), step("b", "put", after=["a"])]
    run = lab.bench().start(plan=plan(*steps), autonomy="read_only")
    with pytest.raises(RunFailed, match="may only read"):
        run.wait(20)
    assert world.effects == []
    assert states(run)["a"] == "succeeded"


def test_without_a_person_a_question_is_a_refusal(lab: Lab, world: World) -> None:
    """Unattended, what would be asked is refused and named; grants still hold [AUTH-1]."""
    run = bench(lab, attended=False).start(plan=chain("a", tool="send"))
    with pytest.raises(RunFailed, match="nobody is there to ask"):
        run.wait(20)
    assert world.effects == []


def test_the_environment_of_a_right_must_be_that_of_the_run(lab: Lab, world: World) -> None:
    """A right for "test" is refused in a run in "prod", with both named [AUTH-9]."""
    right = wb.Grant("send", environment="test")
    run = bench(lab, environment="prod").start(plan=chain("a", tool="send"), grants=[right])
    with pytest.raises(RunFailed, match="for the environment 'test', and this run is in 'prod'"):
        run.wait(20)
    assert (world.effects, run.view.environment) == ([], "prod")


def test_rights_survive_a_restart(lab: Lab, world: World) -> None:
    """Grants, their uses, the dial and the run's own rules are there after a restart [RUNT-9]."""
    gate = world.gate("b")
    run = bench(lab).start(
        plan=chain("a", "b", "c", tool="send"),
        grants=[wb.Grant("send", uses=2)],
        rules=[wb.Rule("deny", "post")],
        autonomy="irreversible",
    )
    gate.wait_reached()
    run.pause()
    gate.open()
    eventually(run, lambda view: view.steps["b"].state == "succeeded")
    again = lab.reopen(run, policy=wb.Policy())
    assert [held.used for held in again.grants.values()] == [2]
    assert (again.view.autonomy, again.view.rules) == ("irreversible", (wb.Rule("deny", "post"),))
    again.resume()
    with pytest.raises(RunFailed, match="2 uses are used up"):
        again.wait(20)
    assert world.effects == ["a", "b"]


def test_a_right_or_rule_for_nothing_is_refused(lab: Lab, world: World) -> None:
    """What names no tool would protect or allow nothing: it is an error [AUTH-1]."""
    made = bench(lab)
    run = made.start(plan=chain("a", tool="send"))
    run.wait_until("waiting", timeout_s=20)
    with pytest.raises(CommandRefused, match="names no tool"):
        run.grant(wb.Grant("sned"))
    with pytest.raises(CommandRefused, match="has no grant"):
        run.revoke("g-1")
    with pytest.raises(CommandRefused, match="matches no tool"):
        made.rules.add(wb.Rule("deny", "sned"))


class Proposing:
    """A planner that wants two steps, the second with a tool that it may not know."""

    name = "scripted"

    def __init__(self, *tools: str) -> None:
        self.tools, self.seen = tools, []

    async def propose(self, context: Any) -> Proposal:
        self.seen.append(context)
        steps = [step(f"s{at}", name) for at, name in enumerate(self.tools)]
        return Proposal(plan=plan(*steps), reason="why not")


def test_the_planner_sees_only_what_the_principal_may_know(lab: Lab, world: World) -> None:
    """A hidden tool is in no catalogue, no refusal and no plan; naming it is naming nothing
    [AUTH-16, REL-13].
    """
    planner = Proposing("think", "send")
    rights = wb.Rights(person=(wb.Grant("*"),), agent=(wb.Grant("think"), wb.Grant("look")))
    run = bench(lab, planner=planner, rights=rights).start("do something")
    with pytest.raises(RunFailed, match="no tool 'send'; known are: look, think") as failed:
        run.wait(20)
    assert [tool.name for tool in planner.seen[0].tools] == ["think", "look"]
    recorded = next(r.event for r in run.events() if r.kind == "planner.called")
    for hidden in ("undeclared", "post", "put"):
        assert hidden not in str(recorded)
        assert hidden not in str(failed.value)
    assert world.calls == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"rules": [wb.Rule("deny", "sned")]}, "The rule deny 'sned' matches no tool.*send"),
        ({"rules": [wb.Rule("ask", "drop_*")]}, "matches no tool"),
        ({"rules": [wb.Rule("deny", "send", where={"nmae": "x"})]}, "send takes no 'nmae'.*name"),
        ({"rules": [wb.Rule("ask", "s*", where={"to.name": "x"})]}, "takes no 'to.name'"),
        ({"grants": "send"}, "'send' is no grant"),
        ({"rules": [wb.Grant("send")]}, "is no rule"),
    ],
)
def test_a_rule_that_is_about_nothing_is_no_start(lab: Lab, options: Any, why: str) -> None:
    """A slip in a name would protect nothing: the run is not made [AUTH-1]."""
    made = lab.bench()
    with pytest.raises(WorkbenchError, match=why):
        made.start(plan=chain("a"), **options)
    assert len(made.runs()) == 0
    rules = [wb.Rule("deny", "s*"), wb.Rule("deny", "*", where={"name.first": "x"})]
    rules.append(wb.Rule("ask", "send", where={"spend.mails": wb.at_least(2)}))
    made.start(plan=chain("a"), grants=wb.Grant("think"), rules=rules).wait(20)


def test_a_slip_in_an_argument_is_refused_wherever_a_rule_is_set(lab: Lab, world: World) -> None:
    """A standing rule, a policy and the limits of an answer that name an argument which the tool
    does not take would never hold a call: each is refused, and says what there is [AUTH-1]."""
    slip = wb.Rule("deny", "send", where={"nmae": "x"})
    made = lab.bench(policy=wb.Policy())
    with pytest.raises(CommandRefused, match=r"send takes no 'nmae'\. Its arguments are: name"):
        made.rules.add(slip)
    with pytest.raises(WorkbenchError, match="send takes no 'nmae'"):
        lab.bench(policy=wb.Policy(rules=[slip]))
    run = made.start(plan=chain("a", tool="send"))
    run.wait_until("waiting", timeout_s=20)
    with pytest.raises(CommandRefused, match="send takes no 'nmae', so this limit"):
        run.inbox[0].approve(scope="run", limits={"nmae": "a"})
    assert (run.state, world.effects) == ("waiting", [])
    run.inbox[0].approve(scope="run", limits={"name": "a"})
    assert run.wait(20) == "a"


def test_a_policy_rule_may_name_the_function(lab: Lab, world: World) -> None:
    """A rule that denies finds a tool under its function's name, in a policy, too [AUTH-1]."""

    def delete_all(name: str) -> str:
        raise AssertionError(name)

    tidy = wb.tool(name="tidy", effect="irreversible")(delete_all)
    run = lab.bench(tidy, policy=wb.Policy(deny=["delete_all"])).start(
        plan=plan(wb.Step(id="a", tool="tidy", args={"name": "x"}, ask=False))
    )
    with pytest.raises(RunFailed, match="delete_all"):
        run.wait(20)


def test_rights_of_the_agent_bound_the_persons_own_plan(lab: Lab, world: World) -> None:
    """What the person may do, the agent may not do by that: the call is refused [AUTH-11]."""
    rights = wb.Rights(agent=(wb.Grant("think"),))
    run = lab.bench(rights=rights).start(plan=plan(step("a"), step("b", "send", after=["a"])))
    with pytest.raises(RunFailed, match="the agent agent may not do this"):
        run.wait(20)
    assert (world.calls, world.effects) == (["a"], [])


@pytest.mark.parametrize(
    "change",
    [
        "update wb_rules set body = replace(body, 'deny', 'allow')",
        "delete from wb_rules where number = 1",
        "update wb_rules set action = 'lifted' where number = 2",
    ],
)
def test_a_rule_that_was_changed_by_hand_stops_all_calls(
    lab: Lab, world: World, change: str
) -> None:
    """Rows of rules are bound by hashes: who edits one gets no call made under it [AUTH-14]."""
    made = lab.bench()
    made.freeze("no deletes")
    made.freeze("no writes")
    lab.close()
    with closing(sqlite3.connect(lab.place)) as connection:
        connection.execute(change)
        connection.commit()
    again = lab.bench()
    with pytest.raises(JournalTampered, match="not what was written"):
        list(again.rules)
    run = again.start(plan=chain("a", tool="send"))
    with pytest.raises(JournalTampered):
        run.wait(20)
    assert world.effects == []


def test_an_approval_for_always_is_a_visible_rule(lab: Lab, world: World) -> None:
    """It covers what was asked, later runs too, and nothing that differs from it [REL-4]."""
    made = bench(lab)
    run = made.start(plan=chain("a", tool="send"))
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].approve(scope="always")
    run.wait(20)
    (rule,) = made.rules
    assert rule.rule.tool == "send"
    assert rule.rule.where == {"name": wb.equals("a"), "value": wb.equals(None)}
    made.start(plan=chain("a", tool="send")).wait(20)
    other = made.start(plan=plan(step("a", "send", value=7)))
    other.wait_until("waiting", timeout_s=20)
    assert world.effects == ["a", "a"]
    made.rules.lift(rule.id)
    again = made.start(plan=chain("a", tool="send"))
    again.wait_until("waiting", timeout_s=20)


def test_a_rule_that_asks_is_stronger_than_an_answer_for_always(lab: Lab, world: World) -> None:
    """What a rule asks about is not allowed for always by an answer: it would not hold [REL-4]."""
    run = bench(lab, policy=wb.Policy(ask=["send"])).start(plan=chain("a", tool="send"))
    run.wait_until("waiting", timeout_s=20)
    with pytest.raises(CommandRefused, match="a rule that allows is weaker"):
        run.inbox[0].approve(scope="always")
    run.inbox[0].approve()
    run.wait(20)
    assert len(run.bench.rules) == 0


def test_a_rule_for_always_must_cover_what_was_asked(lab: Lab, world: World) -> None:
    """Limits that the very call does not meet are refused; the question stays open [AUTH-7]."""
    made = bench(lab)
    run = made.start(plan=plan(step("a", "send", value=600)))
    run.wait_until("waiting", timeout_s=20)
    for limits, says in (
        ({"value": wb.at_most(500)}, "would not cover the call"),
        ({"calls": 3}, "no number of calls"),
    ):
        with pytest.raises(CommandRefused, match=says):
            run.inbox[0].approve(scope="always", limits=limits)
    assert len(made.rules) == 0
    run.inbox[0].approve(scope="always", limits={"value": wb.at_most(1000)})
    run.wait(20)
    made.start(plan=plan(step("b", "send", value=999))).wait(20)
    assert world.effects == ["a", "b"]
