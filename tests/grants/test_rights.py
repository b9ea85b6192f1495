"""The whole decision about a call: a table of what stands above what."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

import workbench as wb
from workbench.grants import Grant, Rule, freeze_rule
from workbench.policy import Allow, Ask, CallFacts, Deny, Held, Policy, Rights, authorize
from workbench.tools import Tool


def order(total_usd: float = 0) -> float:
    """Order something."""
    return total_usd


ORDER = Tool(order, effect="irreversible")
LOOK = Tool(lambda: None, name="look", effect="read")


def facts(tool: Tool = ORDER, *, ask: bool = False, **more: Any) -> CallFacts:
    args = more.pop("args", {"total_usd": 450})
    return CallFacts(
        "run-1", "buyer", "ana", wb.Step(id="a", tool=tool.name, ask=ask), tool, args, **more
    )


RUN = "the run"
FROM_500 = Rule("ask", "order", where={"total_usd": wb.at_least(500)})
OURS, OTHER = Grant("order"), Grant("other")
TABLE: list[tuple[str, dict[str, Any], Policy, type, str]] = [
    ("by effect", {}, Policy(), Ask, "irreversible"),
    ("read", {"tool": LOOK}, Policy(), Allow, "changes nothing"),
    ("allow rule", {}, Policy(allow=["order"]), Allow, "allow 'order'"),
    ("deny over allow", {}, Policy(allow=["order"], deny=["*"]), Deny, "deny '*'"),
    ("ask over allow", {}, Policy(allow=["order"], ask=["order"]), Ask, "ask 'order'"),
    ("the step asks", {"ask": True}, Policy(allow=["order"]), Ask, "plan asks"),
    (
        "by value",
        {},
        Policy(allow=["order"], rules=[FROM_500]),
        Allow,
        "allow",
    ),
    (
        "by value, reached",
        {"args": {"total_usd": 500}},
        Policy(allow=["order"], rules=[FROM_500]),
        Ask,
        "at least 500",
    ),
    (
        "by spend",
        {"spend": {"orders_usd": 900.0}},
        Policy(rules=[Rule("deny", "*", where={"spend.orders_usd": wb.at_least(500)})]),
        Deny,
        "spend.orders_usd",
    ),
    (
        "a freeze over everything",
        {"rules": [("the journal", freeze_rule("no writes"))], "grants": {"g": Held(grant=OURS)}},
        Policy(allow=["*"]),
        Deny,
        "freeze: no writes",
    ),
    (
        "a rule of the run",
        {"rules": [(RUN, Rule("allow", "order"))]},
        Policy(),
        Allow,
        "allow 'order'",
    ),
    (
        "a stronger rule of the run",
        {"rules": [(RUN, Rule("ask", "order"))]},
        Policy(allow=["order"]),
        Ask,
        "ask 'order'",
    ),
    ("read only", {"autonomy": "read_only"}, Policy(allow=["*"]), Deny, "may only read"),
    ("read only reads", {"autonomy": "read_only", "tool": LOOK}, Policy(), Allow, "nothing"),
    ("ask for all", {"autonomy": "ask", "tool": LOOK}, Policy(allow=["*"]), Ask, "everything"),
    ("only irreversible", {"autonomy": "irreversible"}, Policy(), Ask, "irreversible"),
    ("a grant", {"grants": {"g": Held(grant=OURS)}}, Policy(), Allow, "grant g"),
    ("a grant and the step asks", {"grants": {"g": Held(grant=OURS)}, "ask": True}, Policy(), Ask,
     "plan asks"),
    ("a grant and an ask rule", {"grants": {"g": Held(grant=OURS)}}, Policy(ask=["order"]), Ask,
     "ask 'order'"),
    ("an allow rule and an ask rule", {"rules": [(RUN, Rule("allow", "order"))]},
     Policy(ask=["order"]), Ask, "ask 'order'"),
    ("no grant, closed", {"grants": {}, "closed": True}, Policy(), Deny, "missing right"),
    ("another grant, open", {"grants": {"g": Held(grant=OTHER)}}, Policy(), Ask, "irreversible"),
    ("revoked", {"grants": {"g": Held(grant=OURS, revoked="by ana")}}, Policy(), Deny, "revoked"),
    ("unattended", {"attended": False}, Policy(), Deny, "nobody is there to ask"),
    ("unattended, granted", {"attended": False, "grants": {"g": Held(grant=OURS)}}, Policy(), Allow,
     "grant g"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "policy", "kind", "says"), [row[1:] for row in TABLE],
                         ids=[row[0] for row in TABLE])  # fmt: skip
def test_the_table_of_decisions(
    given: dict[str, Any], policy: Policy, kind: type, says: str
) -> None:
    """Each row gives its decision, with the reason named [AUTH-1, AUTH-6, AUTH-10, HARN-14]."""
    decision = authorize(facts(**given), policy)
    assert type(decision) is kind, decision
    assert says in decision.reason


@pytest.mark.parametrize("has", list(itertools.product([True, False], repeat=3)), ids=str)
def test_the_effective_right_is_what_all_three_have(has: tuple[bool, bool, bool]) -> None:
    """Of the eight combinations of person, agent and step only the full one runs [AUTH-11]."""
    person, agent, step = ((OURS,) if one else (OTHER,) for one in has)
    decision = authorize(
        facts(
            rights=Rights(person=person, agent=agent),
            grants={"g": Held(grant=step[0])},
            closed=True,
        ),
        Policy(),
    )
    assert isinstance(decision, Allow) == all(has)
    if not all(has):
        assert "missing right: Grant('order'" in decision.reason


def test_a_refusal_names_who_lacks_what() -> None:
    """The missing right, whose it is and in which environment stand in the refusal [AUTH-9]."""
    rights = Rights(person=(Grant("order", environment="test"),))
    decision = authorize(facts(rights=rights, environment="prod"), Policy(allow=["*"]))
    assert isinstance(decision, Deny)
    assert "environment='prod'" in decision.reason
    assert "the person ana may not" in decision.reason
    assert "for the environment 'test'" in decision.reason


def test_freezes_and_revoked_rights_are_for_now() -> None:
    """They leave the step as it is: it goes on when they are lifted [COMP-10, AUTH-12]."""
    frozen = authorize(facts(rules=[("here", freeze_rule("everything"))]), Policy())
    gone = authorize(facts(grants={"g": Held(grant=OURS, revoked="by ana")}), Policy())
    final = authorize(facts(), Policy(deny=["order"]))
    assert [d.for_now for d in (frozen, gone, final) if isinstance(d, Deny)] == [True, True, False]


def test_rights_say_what_may_be_known() -> None:
    """A tool is known when person and agent both have a right that names it [AUTH-16]."""
    rights = Rights(person=(Grant("a*"),), agent=(Grant("ab"), Grant("b")))
    assert [rights.knows(name) for name in ("ab", "ac", "b")] == [True, False, False]
    assert Rights().knows("anything")


def test_a_policy_that_is_handed_over_decides_the_same() -> None:
    """The rules that another process is given are those of this one, limits too [AUTH-1]."""
    policy = Policy(allow=["order"], rules=[FROM_500, Rule("deny", "look")])
    again = Policy.from_json(json.loads(json.dumps(policy.only(["order", "look"]))))
    for call in (facts(), facts(args={"total_usd": 900}), facts(LOOK)):
        assert authorize(call, again) == authorize(call, policy)
