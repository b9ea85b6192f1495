"""Forged, replayed, late and raced answers, and what a raw row in the table of commands can do."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import workbench as wb
from tests.attack.authority.siege import sql
from tests.engine.harness import Lab, World, asking, eventually, kinds, step
from workbench.commands import Answer, EditPlan, GiveGrant
from workbench.errors import CommandRefused, WorkbenchError
from workbench.plan import Change
from workbench.testing import FakeClock


def token(run: wb.Run, at: int = 0) -> str:
    """Give the token of an open request."""
    return run.inbox[at].view.opened.token


def say(run: wb.Run, request: str, secret: str, **more: Any) -> None:
    """Send an answer as data."""
    run.send(Answer(request=request, token=secret, verdict="approve", **more))


def row(lab: Lab, run: wb.Run, body: str) -> str:
    """Write a row into the table of commands past every door; gives what became of it."""
    sql(
        lab,
        "INSERT INTO wb_commands (run, at_us, body, state, error) VALUES (?, 0, ?, 'open', '')",
        run.id,
        body,
    )
    run.bench.host.wake(run.id)
    run.pause()
    return str(sql(lab, "SELECT state FROM wb_commands ORDER BY number LIMIT 1")[0][0])


@pytest.mark.parametrize("guess", ["", "0" * 32, "*", "\u0000", "\ud800", "x" * 1000], ids=ascii)
def test_a_guessed_token(lab: Lab, world: World, guess: str) -> None:
    """An answer with an empty, guessed, broken or endless token is refused [HARN-4]."""
    run = asking(lab, step("a", "send"))
    with pytest.raises((WorkbenchError, ValueError)):
        say(run, run.inbox[0].id, guess)
    assert (world.effects, run.state) == ([], "waiting")


def test_the_token_of_another_request(lab: Lab, world: World) -> None:
    """The token of one request does not open another one of the same run [HARN-4]."""
    run = asking(lab, step("a", "send"), step("b", "send"))
    eventually(run, lambda view: len(view.open_requests) == 2)
    with pytest.raises(CommandRefused, match="token"):
        say(run, run.inbox[0].id, token(run, 1))
    assert world.effects == []


def test_the_token_of_another_run(lab: Lab, world: World) -> None:
    """Token and request of one run mean nothing in another [HARN-4]."""
    first = asking(lab, step("a", "send"))
    second = first.bench.start(plan=first.plan)
    second.wait_until("waiting", timeout_s=20)
    with pytest.raises(CommandRefused, match="token"):
        say(second, second.inbox[0].id, token(first))
    with pytest.raises(CommandRefused, match="has no request"):
        say(second, first.inbox[0].id, token(first))
    assert world.effects == []


def test_an_answer_twice(lab: Lab, world: World) -> None:
    """The same answer sent again is refused: one approval gives one call [HARN-4]."""
    run = asking(lab, step("a", "send"), step("b", "send"))
    eventually(run, lambda view: len(view.open_requests) == 2)
    request, secret = run.inbox[0].id, token(run)
    say(run, request, secret)
    with pytest.raises(CommandRefused, match="already answered"):
        say(run, request, secret)
    eventually(run, lambda view: view.steps["a"].final)
    assert world.effects == ["a"]


def test_an_answer_after_an_edit(lab: Lab, world: World) -> None:
    """An approval of a step that was edited since is void; the new arguments ask again [REL-18]."""
    run = asking(lab, step("a", "send", value=1))
    request, secret = run.inbox[0].id, token(run)
    assert run.plan is not None
    run.edit([Change(step="a", changes={"args": {"name": "a", "value": 9}})], base=run.plan.digest)
    with pytest.raises(CommandRefused, match="voided"):
        say(run, request, secret)
    eventually(run, lambda view: bool(view.open_requests))
    assert (run.inbox[0].args["value"], world.effects) == (9, [])


def test_an_edit_after_the_approval(lab: Lab, world: World) -> None:
    """Approved while paused and edited then: the approval does not cover the edit [REL-18]."""
    run = asking(lab, step("a", "send", value=1))
    run.pause()
    run.inbox[0].approve()
    assert run.plan is not None
    run.edit([Change(step="a", changes={"args": {"name": "a", "value": 9}})], base=run.plan.digest)
    if run.state == "paused":
        run.resume()
    eventually(run, lambda view: bool(view.open_requests))
    assert world.effects == []


def test_an_approval_for_arguments_that_grew(lab: Lab, world: World) -> None:
    """Edited arguments in an answer that the tool does not know are refused [REL-16]."""
    run = asking(lab, step("a", "send"))
    with pytest.raises(CommandRefused, match="do not fit"):
        run.inbox[0].approve(args={"admin": True})
    assert world.effects == []


def test_edited_arguments_beyond_a_rule(lab: Lab, world: World) -> None:
    """Arguments that an answer edits are judged again: a rule that denies them holds [AUTH-1]."""
    deny = wb.Rule("deny", "send", where={"value": wb.at_least(500)})
    run = asking(lab, step("a", "send", value=1), policy=wb.Policy(rules=[deny]))
    run.inbox[0].approve(args={"value": 9000})
    eventually(run, lambda view: view.final)
    assert world.effects == []


def test_an_answer_after_its_time(lab: Lab, world: World) -> None:
    """After the end of its time an answer is refused: nobody's answer is a refusal [ASYN-7]."""
    clock = FakeClock()
    run = asking(lab, step("a", "send"), clock=clock, request_expires_s=60)
    request, secret = run.inbox[0].id, token(run)
    clock.advance(61)
    run.wait_until("paused", timeout_s=20)
    with pytest.raises(CommandRefused, match="expired"):
        say(run, request, secret)
    assert world.effects == []


def test_an_answer_after_a_freeze(lab: Lab, world: World) -> None:
    """An approval does not lift a freeze that came after the question [COMP-10]."""
    run = asking(lab, step("a", "send"))
    run.bench.freeze("no writes")
    run.inbox[0].approve()
    run.wait_until("paused", timeout_s=20)
    assert world.effects == []


def test_two_answers_at_once(lab: Lab, world: World) -> None:
    """Of twenty approvals at the same moment one counts, and one call is made [HARN-4]."""
    run = asking(lab, step("a", "send"))
    request = run.inbox[0]
    refused: list[str] = []
    together = threading.Barrier(20)

    def approve() -> None:
        together.wait()
        try:
            request.approve()
        except CommandRefused as error:
            refused.append(str(error))

    threads = [threading.Thread(target=approve) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert run.wait(20) == "a"
    assert (len(refused), world.effects) == (19, ["a"])
    assert kinds(run).count("request.answered") == 1


def test_approval_and_refusal_at_once(lab: Lab, world: World) -> None:
    """Approved and refused at the same moment: the first in the journal counts, alone [HARN-4]."""
    run = asking(lab, step("a", "send"))
    request = run.inbox[0]
    ways = [request.approve, lambda: request.deny("no")]
    refused: list[str] = []

    def one(way: Any) -> None:
        try:
            way()
        except CommandRefused as error:
            refused.append(str(error))

    threads = [threading.Thread(target=one, args=(way,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(run, lambda view: view.final)
    answers = [r.event for r in run.events() if r.kind == "request.answered"]
    assert (len(answers), len(refused)) == (1, 1)
    assert world.effects == (["a"] if answers[0].verdict == "approve" else [])


def test_a_raw_answer_without_its_token(lab: Lab, world: World) -> None:
    """A forged row in the table of commands without the token is refused by the engine [HARN-4]."""
    run = asking(lab, step("a", "send"))
    forged = Answer(request=run.inbox[0].id, token="forged", verdict="approve")
    assert row(lab, run, forged.model_dump_json()) == "refused"
    assert world.effects == []


def test_a_raw_edit_on_an_old_revision(lab: Lab, world: World) -> None:
    """A forged row with an edit on a revision that is not the current one is refused [PLAN-5]."""
    run = asking(lab, step("a", "send"))
    forged = EditPlan(base="0" * 64, edits=(Change(step="a", changes={"args": {"name": "evil"}}),))
    assert row(lab, run, forged.model_dump_json()) == "refused"
    assert run.plan is not None
    assert run.plan["a"].args == {"name": "a"}


@pytest.mark.xfail(strict=True, reason="whoever may write the journal's file may give orders")
def test_a_raw_grant(lab: Lab, world: World) -> None:
    """NOT HELD: a row with a grant, written into the journal's file past every door, is taken as
    the person's: who may write the file is the person. It is in the audit like any other [AUTH-1].
    """
    run = asking(lab, step("a", "send"))
    forged = GiveGrant(grant="forged", right=wb.Grant("*"))
    assert row(lab, run, forged.model_dump_json()) == "refused"
