"""Standing rules in the journal: set by many at once, and still one whole chain."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from workbench.clock import SystemClock
from workbench.errors import NotFound
from workbench.grants import Rule
from workbench.journal import Journal


def test_rules_of_many_writers_are_one_chain(place: str) -> None:
    """Rules that several journals set at the same moment are all there, in one order [AUTH-14]."""
    journals = [Journal(place) for _ in range(3)]
    now = SystemClock().now()

    def put(number: int) -> None:
        journals[number % 3].put_rule(f"rule-{number}", Rule("deny", "send"), "person", now)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(put, range(24)))
    for journal in journals:
        revision, rules = journal.rules()
        assert revision == 24
        assert {rule.id for rule in rules} == {f"rule-{number}" for number in range(24)}
        journal.close()


def test_a_rule_is_lifted_once(journal: Journal) -> None:
    """A lifted rule stays in the history with who lifted it, and cannot be lifted again."""
    now = SystemClock().now()
    journal.put_rule("rule-1", Rule("deny", "send"), "person", now)
    journal.lift_rule("rule-1", "person", now)
    assert [rule.lifted_by for rule in journal.rules()[1]] == ["person"]
    with pytest.raises(NotFound, match="stands in this journal"):
        journal.lift_rule("rule-1", "person", now)
