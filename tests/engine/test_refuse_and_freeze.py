"""Refuse and freeze: the tool that was asked about is frozen for every run, until it is lifted."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, asking, chain, eventually, kinds, plan, states, step
from tests.engine.test_batches import all_ask, writer, writes
from tests.engine.test_rollback import Shop, shop, started
from workbench.errors import CommandRefused
from workbench.planner import Proposal, Question
from workbench.policy import Rights
from workbench.report import event_text

__all__ = ["shop"]


def sends(lab: Lab, name: str, **options: Any) -> wb.Run:
    """Start a run of one step, by a workbench of its own that asks about nothing."""
    return lab.bench(**options).start(plan=plan(step(name, "send")))


def test_it_holds_every_run_of_the_journal(lab: Lab, world: World) -> None:
    """Refused with `freeze`, the call is not made, its run is paused with the reason, and the tool
    is frozen by a visible rule: no other run of any process calls it, however much it is allowed;
    other tools go on. Lifted, they go on when they are resumed [REL-4, COMP-10]."""
    run = asking(lab, step("a", "send"), step("b", after=["a"]))

    run.inbox[0].deny("stop there", then="freeze")

    assert (run.state, run.view.reason) == ("paused", "stop there")
    assert states(run) == {"a": "denied", "b": "skipped"}
    (rule,) = run.bench.rules
    assert (str(rule.rule), rule.rule.why, rule.by) == (
        "freeze: not tool send",
        "stop there",
        "person",
    )
    answered = next(record for record in run.events() if record.kind == "request.answered")
    assert answered.event.rule_id == rule.id  # type: ignore[attr-defined]
    assert "then freeze send in every run" in event_text(answered)
    others = [sends(lab, "x"), run.bench.start(plan=plan(step("y", "send")))]
    for other in others:
        other.wait_until("paused", timeout_s=20)
        assert "stop there" in other.view.reason
        assert rule.id in other.view.reason
    assert lab.bench().start(plan=plan(step("z", "put"))).wait(20) == "z"
    assert world.effects == ["z"]
    assert run.leftovers_report().what.tolist() == ["freeze: not tool send"]

    assert run.bench.unfreeze("not tool send") == [rule.id]
    others[0].resume()
    others[0].wait(20)
    assert world.effects == ["z", "x"]


def test_a_run_says_what_is_frozen_above_it(lab: Lab, world: World) -> None:
    """Text and HTML of every run of the journal name the freezes that stand, with author, reason
    and how each is lifted, also of a run that is over; a plain viewer is not told the name of a
    hidden tool; lifted, there is no word of them [REL-4, COMP-10, REL-13]."""
    run = asking(lab, step("a", "send"))
    over = run.bench.start(plan=chain("z", tool="think"))
    over.wait(20)
    run.inbox[0].deny("stop there", then="freeze")
    run.bench.freeze("no deletes")
    said = ("not tool send (by person: stop there)", "no deletes (by person)")
    lines = [
        f"Frozen in every run: {words}. To lift it: unfreeze {rule.id}"
        for words, rule in zip(said, run.bench.rules, strict=True)
    ]
    for one in (run, over):
        assert [line for line in str(one).splitlines() if "rozen" in line] == lines
        assert all(line in one.html() for line in lines)
    rights = Rights(person=(wb.Grant("think"),))
    looking = lab.bench(rights=rights, viewer="plain").look(over.id)
    assert "send" not in str(looking)
    assert str(looking).count("Frozen in every run: ") == len(lines)

    run.bench.unfreeze()
    assert "rozen" not in str(run) + run.html()


def test_what_was_approved_before_is_held_too(lab: Lab, world: World) -> None:
    """It acts from its commit on: a call that was allowed before, and has not begun, is not made
    [COMP-10, AUTH-12]."""
    gate, made = world.gate("x"), lab.bench(policy=wb.Policy())
    made.rules.add(wb.Rule("allow", "send", where={"name": "b"}))
    run = made.start(plan=plan(step("a", "send"), step("x"), step("b", "send", after=["x"])))
    gate.wait_reached()
    eventually(run, lambda view: bool(view.open_requests))
    run.inbox[0].deny(then="freeze")
    gate.open()
    eventually(run, lambda view: view.steps["x"].final)
    run.resume()
    eventually(run, lambda view: "call.refused" in kinds(run, "b") and view.state == "paused")
    assert world.effects == []


def test_a_batch_sets_one_freeze(lab: Lab, world: World) -> None:
    """What is frozen already is not frozen again, by a batch, by another run, or after
    `bench.freeze`: one lift is enough [REL-9, COMP-10]."""
    run = all_ask(lab, writes(["a", "b", "c"]), writer(world))
    again = run.bench.start(plan=plan(*writes(["d"])))
    again.wait_until("waiting", timeout_s=20)

    run.inbox.batches()[0].deny("none of these", then="freeze")
    again.inbox[0].deny("nor this", then="freeze")

    (rule,) = run.bench.rules
    assert (run.state, again.state) == ("paused", "paused")
    assert set(states(run).values()) == {"denied"}
    run.bench.rules.lift(rule.id)
    assert list(run.bench.rules) == []
    assert world.effects == []


def test_a_later_refusal_freezes_anew(lab: Lab, world: World) -> None:
    """What was lifted can be frozen again by another answer [COMP-10]."""
    run = all_ask(lab, writes(["a", "b"]), writer(world))
    first, second = run.inbox

    first.deny(then="freeze")
    run.bench.unfreeze()
    second.deny(then="freeze")

    assert [rule.rule.tool for rule in run.bench.rules] == ["write"]
    assert len(run.bench.rules.history()) == 2


def test_nobody_drives_the_run(lab: Lab, world: World) -> None:
    """Where nobody drives the run that asks, the freeze stands at once all the same; when the
    answer is decided at last it is the same rule, and stays lifted when it was [COMP-10]."""
    asked = asking(lab, step("a", "send"), step("b", "post"))
    eventually(asked, lambda view: len(view.open_requests) == 2)
    lab.close()
    made = lab.bench()
    run = made.look(asked.id)
    send, post = sorted(run.inbox, key=lambda request: request.tool == "post")
    send.deny("nobody is there", then="freeze")
    post.deny("nor here", then="freeze")
    assert [str(one.rule) for one in made.rules] == [
        "freeze: not tool send",
        "freeze: not tool post",
    ]
    other = sends(lab, "x")
    other.wait_until("paused", timeout_s=20)
    made.unfreeze("not tool post")

    again = made.open(asked.id)
    eventually(again, lambda view: not view.open_requests)

    assert [str(one.rule) for one in made.rules] == ["freeze: not tool send"]
    answers = [record.event for record in again.events() if record.kind == "request.answered"]
    assert [one.rule_id for one in answers] == [one.id for one in made.rules.history()]  # type: ignore[attr-defined]
    assert set(states(again).values()) == {"denied"}
    assert world.effects == []


def test_an_answer_that_would_be_refused_freezes_nothing(lab: Lab, world: World) -> None:
    """A wrong token, or a second answer, sets no freeze, whether the run is driven or not
    [HARN-4, COMP-10]."""
    run = asking(lab, step("a", "send"))
    request = run.inbox[0]
    forged = wb.commands.Answer(request=request.id, token="guessed", verdict="deny", then="freeze")
    with pytest.raises(CommandRefused, match="token"):
        run.send(forged)
    lab.close()
    made = lab.bench()
    made.look(run.id).send(forged)
    assert list(made.rules) == []
    again = made.open(run.id)
    (request,) = again.inbox
    request.approve()
    again.wait(20)
    with pytest.raises(wb.errors.RunFinished):
        request.deny(then="freeze")
    assert list(made.rules) == []


class Asks:
    """Asks once, and never gets to plan."""

    name = "asks"

    async def propose(self, context: Any) -> Proposal:
        return Proposal(questions=[Question(id="q", text="which one?")])


def test_a_question_about_no_tool_freezes_nothing(lab: Lab) -> None:
    """A question that is about no tool has nothing to freeze: that is said, and it stays open
    [REL-4]."""
    run = lab.bench(planner=Asks()).start("something")
    run.wait_until("waiting", timeout_s=20)

    with pytest.raises(CommandRefused, match="about no tool"):
        run.inbox[0].deny(then="freeze")

    assert run.state == "waiting"
    run.inbox[0].deny(then="stop")
    run.wait_until("stopped", timeout_s=20)


def test_a_control_freezes_nothing(lab: Lab, world: World) -> None:
    """A planted request names no tool that there is: the run is held, and no rule is left behind
    [REL-7]."""
    run = asking(lab, step("a", "send"), control_requests=1.0)
    control = next(request for request in run.inbox if request.step is None)

    control.deny("certainly not", then="freeze")

    assert (run.state, list(run.bench.rules)) == ("paused", [])


def test_an_undo_freezes_its_tool(lab: Lab, shop: Shop) -> None:
    """Refused with `freeze`, an undo holds the rollback, and the tool whose call it takes back is
    frozen, its undos included [COMP-9, COMP-10]."""
    run = started(lab, shop, step("a", "clean"), step("b", "traced"))
    run.wait()
    run.bench.rules.add(wb.Rule("ask", "clean"))
    report = run.rollback(timeout_s=20)
    undo = run.bench.open(report.undo)
    (request,) = undo.inbox

    request.deny("leave it", then="freeze")

    assert undo.state == "paused"
    assert "freeze: not tool clean" in [str(one.rule) for one in run.bench.rules]
    assert "a" not in shop.undone
