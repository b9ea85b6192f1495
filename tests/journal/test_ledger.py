"""The ledger itself: all or nothing, once is enough, and only under the run's lease."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

import workbench as wb
from tests.journal.harness import Holder, create
from workbench.errors import LeaseLost
from workbench.journal import Journal, ledger
from workbench.journal.ledger import Claim, Crossing
from workbench.journal.rows import Move

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CAPS = [wb.Cap("usd", 10, per="day"), wb.Cap("mails", 2, per="day", of="person")]


def claim(run: str, step: str = "a", at: datetime = NOW, **amounts: float) -> Claim:
    return Claim(run, step, 1, "agent", "ada", amounts, at)


def reserve(journal: Journal, holder: Holder, wanted: Claim) -> list[Crossing]:
    work = partial(ledger.reserve, caps=CAPS, claim=wanted, lease=holder.lease)
    return journal.write(work).result()


def rows(journal: Journal) -> list[tuple[str, float, str]]:
    sql = "select unit, amount, state from wb_ledger order by number"
    return journal.read(lambda c: [tuple(row) for row in c.exec_driver_sql(sql)])


def test_all_or_nothing(journal: Journal, holder: Holder) -> None:
    """A claim that one cap stands against takes nothing of the others [AUTH-5]."""
    run = holder.lease.run
    (crossing,) = reserve(journal, holder, claim(run, usd=4, mails=3))
    assert (crossing.state.cap, crossing.amount, rows(journal)) == (CAPS[1], 3, [])
    assert reserve(journal, holder, claim(run, usd=4, mails=2)) == []
    assert rows(journal) == [("mails", 2, "reserved"), ("usd", 4, "reserved")]


def test_once_is_enough(journal: Journal, holder: Holder) -> None:
    """The same claim again, after a connection broke, takes nothing more; nor does a settlement
    that was made already change anything [AUTH-5]."""
    run = holder.lease.run
    for _ in range(2):
        assert reserve(journal, holder, claim(run, usd=10)) == []
    assert rows(journal) == [("usd", 10, "reserved")]
    for state in ("settled", "returned"):
        moves = [Move("a", "usd", state)]  # type: ignore[arg-type]
        journal.write(partial(ledger.move, run=run, moves=moves)).result()
    assert rows(journal) == [("usd", 10, "settled")]


def test_another_amount_takes_the_place_of_the_first(journal: Journal, holder: Holder) -> None:
    """An edited call is held against the cap without what it had set aside itself [AUTH-5]."""
    run = holder.lease.run
    reserve(journal, holder, claim(run, usd=9))
    assert reserve(journal, holder, claim(run, usd=10)) == []
    assert rows(journal) == [("usd", 9, "returned"), ("usd", 10, "reserved")]


def test_a_fenced_host_sets_nothing_aside(journal: Journal, holder: Holder) -> None:
    """Who has lost the run cannot hold room that nobody would ever give back [AUTH-5]."""
    run = holder.lease.run
    journal.release(holder.lease).result()
    with pytest.raises(LeaseLost):
        reserve(journal, holder, claim(run, usd=1))
    assert rows(journal) == []


def test_time_never_goes_backwards(journal: Journal, holder: Holder) -> None:
    """A clock that is set back counts from the last amount in the ledger on [AUTH-4]."""
    run = holder.lease.run
    reserve(journal, holder, claim(run, usd=10))
    early = claim(create(journal), "b", at=NOW - timedelta(days=3), usd=1)
    other = Holder.take(journal, early.run)
    assert len(reserve(journal, other, early)) == 1
    late = claim(early.run, "b", at=NOW + timedelta(days=1), usd=1)
    assert reserve(journal, other, late) == []


def test_many_small_amounts_fill_a_cap_exactly(journal: Journal, holder: Holder) -> None:
    """A hundred tenths are ten: sums of decimal fractions neither block nor leak [AUTH-4]."""
    run = holder.lease.run
    for n in range(100):
        assert reserve(journal, holder, claim(run, f"s{n}", usd=0.1)) == []
    assert len(reserve(journal, holder, claim(run, "more", usd=0.01))) == 1
