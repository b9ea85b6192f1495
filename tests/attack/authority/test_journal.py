"""A journal that is changed behind its back, and clocks that are turned."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

import workbench as wb
from tests.attack.authority.siege import sql
from tests.engine.harness import Lab, World, asking, chain, plan, step
from workbench.errors import CommandRefused, JournalTampered, RunFailed
from workbench.journal import Journal
from workbench.testing import FakeClock


def tamper(lab: Lab, run: wb.Run, kind: str, change: Any) -> None:
    """Close everything, change the body of the first event of a kind, and let `verify` look."""
    lab.close()
    query = "SELECT seq, body FROM wb_events WHERE run = ? AND kind = ? ORDER BY seq LIMIT 1"
    ((seq, body),) = sql(lab, query, run.id, kind)
    event = json.loads(body)
    change(event)
    sql(
        lab,
        "UPDATE wb_events SET body = ? WHERE run = ? AND seq = ?",
        json.dumps(event),
        run.id,
        seq,
    )
    journal = Journal(lab.place)
    try:
        with pytest.raises(JournalTampered, match=run.id):
            journal.verify(run.id)
    finally:
        journal.close()


def test_an_edited_grant(lab: Lab) -> None:
    """A grant that is widened in the journal is found by `verify` [RUNT-15]."""
    run = lab.bench(policy=wb.Policy()).start(plan=chain("a"), grants=[])
    run.wait(20)
    run = asking(lab, step("a", "send"))
    run.grant(wb.Grant("send", where={"value": 1}))
    tamper(lab, run, "grant.given", lambda event: event["right"].update(where={}))


def test_an_edited_grant_of_the_start(lab: Lab) -> None:
    """Rights that are added to the first event are found by `verify` [RUNT-15]."""
    run = lab.bench(policy=wb.Policy()).start(plan=chain("a"), grants=[])
    run.wait(20)
    wide = json.loads(wb.Grant("*").model_dump_json())
    tamper(lab, run, "run.created", lambda event: event.update(grants={"g": wide}))


def test_an_edited_answer(lab: Lab) -> None:
    """A refusal that is turned into an approval is found by `verify` [RUNT-15]."""
    run = asking(lab, step("a", "send"))
    run.inbox[0].deny("no")
    tamper(lab, run, "request.answered", lambda event: event.update(verdict="approve"))


def test_an_edited_author(lab: Lab) -> None:
    """Another name under an answer is found by `verify` [RUNT-15]."""
    run = asking(lab, step("a", "send"))
    run.inbox[0].deny("no")
    tamper(lab, run, "request.answered", lambda event: event.update(by="somebody else"))


def test_a_raised_limit(lab: Lab) -> None:
    """A limit that is raised in the first event is found by `verify` [RUNT-15]."""
    run = lab.bench(budget=wb.Budget(calls=1)).start(plan=chain("a", tool="send"))
    run.wait(20)
    tamper(lab, run, "run.created", lambda event: event["limits"].update(calls=100_000))


def test_a_lowered_spend(lab: Lab) -> None:
    """Money that was spent and is written down as less is found by `verify` [RUNT-15]."""
    run = lab.bench(budget=wb.Budget(calls=1)).start(plan=chain("a", tool="send"))
    run.wait(20)
    tamper(lab, run, "call.intended", lambda event: event["spend"].update(calls=0))


def test_a_removed_revocation(lab: Lab) -> None:
    """An event that is cut out of the middle is found by `verify` [RUNT-15]."""
    run = asking(lab, step("a", "send"))
    run.revoke(run.grant(wb.Grant("look")))
    run.grant(wb.Grant("look"))
    lab.close()
    sql(lab, "DELETE FROM wb_events WHERE run = ? AND kind = 'grant.revoked'", run.id)
    journal = Journal(lab.place)
    with pytest.raises(JournalTampered):
        journal.verify(run.id)
    journal.close()


def test_a_rule_that_cannot_be_read(lab: Lab, world: World) -> None:
    """A standing rule that was spoilt lets nothing through: none is skipped [AUTH-6]."""
    made = lab.bench()
    made.freeze("no writes")
    lab.close()
    sql(lab, 'UPDATE wb_rules SET body = \'{"verdict": "nonsense"}\'')
    try:
        run = lab.bench().start(plan=chain("a", tool="send"))
        run.wait_until("failed", "paused", timeout_s=5)
    except Exception:  # noqa: BLE001 - in whatever way, nothing is to be done
        pass
    assert world.effects == []


def test_a_freeze_that_is_edited(lab: Lab, world: World) -> None:
    """A row of `wb_rules` that is changed in the file is found, and no call is made under it
    [AUTH-6, RUNT-15].
    """
    lab.bench().freeze("no writes")
    lab.close()
    sql(lab, "UPDATE wb_rules SET body = replace(body, '\"*\"', '\"nothing\"')")
    run = lab.bench().start(plan=chain("a", tool="send"))
    with pytest.raises(JournalTampered, match="not what was written"):
        run.wait(20)
    assert world.effects == []


@pytest.mark.parametrize("rows", ["", " WHERE number = 3", " WHERE number > 1"])
def test_a_freeze_that_is_deleted(lab: Lab, world: World, rows: str) -> None:
    """Rows of `wb_rules` that are deleted from the file, all or the last, are missed, and no call
    is made [AUTH-6, RUNT-15]."""
    bench = lab.bench()
    bench.freeze("no deletes")
    bench.freeze("not tool send")
    bench.freeze("no writes")
    lab.close()
    sql(lab, f"DELETE FROM wb_rules{rows}")
    run = lab.bench().start(plan=chain("a", tool="send"))
    with pytest.raises(JournalTampered, match=r"rows of rules, and had 3|not what was written"):
        run.wait(20)
    assert world.effects == []
    with pytest.raises(JournalTampered):
        run.bench.freeze("everything")
    assert "Not known what is frozen: " in str(run)


def test_a_freeze_that_is_deleted_with_its_trace(lab: Lab) -> None:
    """Who deletes the last freeze and mends what the journal says of it is found by an anchor that
    is kept elsewhere, as in a saved notebook [AUTH-14, RUNT-15]."""
    bench = lab.bench()
    first = bench.freeze("no deletes")
    run = bench.start(plan=chain("a"))
    run.wait(20)
    early = run.anchor()
    bench.freeze("no writes")
    late = run.anchor()
    lab.close()
    sql(lab, "DELETE FROM wb_rules WHERE number = 2")
    sql(lab, "UPDATE wb_meta SET value = '1 ' || (SELECT hash FROM wb_rules) WHERE key = 'rules'")
    again = lab.bench()
    assert [rule.id for rule in again.rules] == [first]
    looking = again.look(run.id)
    assert looking.verify(early) == late["seq"]
    with pytest.raises(JournalTampered, match="have 1 rows, had 2"):
        looking.verify(late)


def test_a_clock_set_back_before_a_grant_ends(lab: Lab, world: World) -> None:
    """A grant that has expired stays so when the clock is set back: the journal knows [AUTH-3]."""
    clock = FakeClock()
    right = wb.Grant("send", expires=clock.now() + timedelta(seconds=60))
    steps = [step("a", "send"), step("x", after=["a"]), step("b", "send", after=["x"])]
    gate = world.gate("x")
    run = lab.bench(clock=clock, policy=wb.Policy()).start(
        plan=plan(*steps), grants=[right], on_failure="continue"
    )
    gate.wait_reached()
    clock.advance(61)
    run.checkpoint("after the end of the right")
    clock._now -= timedelta(seconds=61)
    gate.open()
    run.wait_until("succeeded", "failed", timeout_s=20)
    assert world.effects == ["a"]


def test_a_clock_set_back_after_a_request_has_expired(lab: Lab, world: World) -> None:
    """A request that has expired stays refused when the clock is set back [ASYN-7]."""
    clock = FakeClock()
    run = asking(lab, step("a", "send"), clock=clock, request_expires_s=60)
    request = run.inbox[0]
    clock.advance(61)
    run.wait_until("paused", timeout_s=20)
    clock._now -= timedelta(seconds=3600)
    with pytest.raises(CommandRefused):
        request.approve()
    assert world.effects == []


def test_a_clock_set_forward(lab: Lab, world: World) -> None:
    """A clock far ahead ends rights early, and never makes one [AUTH-3]."""
    clock = FakeClock()
    right = wb.Grant("send", expires=clock.now() + timedelta(days=1))
    clock.advance(days=3650)
    run = lab.bench(clock=clock, policy=wb.Policy()).start(
        plan=chain("a", tool="send"), grants=[right]
    )
    with pytest.raises(RunFailed, match="expired"):
        run.wait(20)
    assert world.effects == []


def test_an_end_without_a_time_zone(lab: Lab) -> None:
    """An expiry that could mean two times is refused when it is written [AUTH-3]."""
    naive = FakeClock().now().replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        wb.Grant("send", expires=naive)
