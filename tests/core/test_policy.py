"""Who may do what: rules by name, then the declared effect; and what it may cost."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import workbench as wb
from workbench.budget import crossed
from workbench.errors import ToolError
from workbench.policy import Allow, Ask, CallFacts, Deny, Policy
from workbench.testing import allow_all
from workbench.tools import Tool


def undo(path: str) -> None:
    """Undo it."""


def tool(name: str = "write", **declared: Any) -> Tool:
    def write(path: str = "") -> str:
        return path

    if declared.get("effect") in ("reversible", "compensable"):
        declared["undo"] = undo
    return Tool(write, name=name, **declared)


def decide(policy: Policy, made: Tool, **step: Any) -> Allow | Ask | Deny:
    planned = wb.Step(id="a", tool=made.name, **step)
    return policy.decide(CallFacts("run-1", "agent", "ada", planned, made, {}))


@pytest.mark.parametrize(
    ("declared", "decision"),
    [
        ({"effect": "pure"}, Allow),
        ({"effect": "read"}, Allow),
        ({"effect": "read", "risk": "public"}, Allow),
        ({"effect": "reversible"}, Allow),
        ({"effect": "reversible", "risk": "shared"}, Ask),
        ({"effect": "reversible", "risk": "costly"}, Ask),
        ({"effect": "compensable"}, Ask),
        ({"effect": "compensable", "risk": "local"}, Ask),
        ({"effect": "irreversible"}, Ask),
        ({}, Ask),
        ({"risk": "read"}, Ask),
    ],
    ids=str,
)
def test_without_a_rule_the_effect_decides(declared: dict[str, Any], decision: type) -> None:
    """What changes nothing, or can be undone here, is allowed; all else is asked about [COMP-1]."""
    assert type(decide(Policy(), tool(**declared))) is decision


def test_an_undeclared_tool_is_asked_about_as_irreversible() -> None:
    """The reason says that nobody declared the effect, so the worst is assumed [COMP-1]."""
    assert "irreversible" in decide(Policy(), tool()).reason
    assert "does not declare" in decide(Policy(), tool()).reason


@pytest.mark.parametrize(
    ("rules", "decision"),
    [
        ({"deny": ["write"], "ask": ["write"], "allow": ["write"]}, Deny),
        ({"ask": ["write"], "allow": ["write"]}, Ask),
        ({"allow": ["write"]}, Allow),
        ({"deny": ["wri*"], "allow": ["write"]}, Deny),
        ({"deny": ["*"]}, Deny),
        ({"ask": ["*"], "allow": ["write"]}, Ask),
        ({"allow": ["wri"]}, Ask),
        ({"deny": ["wri"]}, Ask),
        ({"allow": ["WRITE"]}, Ask),
        ({"allow": ["writ?"]}, Ask),
        ({"allow": ["writ[e]"]}, Ask),
        ({"allow": ["*te"]}, Allow),
    ],
    ids=str,
)
def test_the_stricter_rule_wins(rules: dict[str, list[str]], decision: type) -> None:
    """Deny before ask before allow; a name is a pattern only where a star is written [HARN-4]."""
    made = decide(Policy(**rules), tool(effect="irreversible"))

    assert type(made) is decision


def test_a_plan_may_ask_for_an_approval_itself() -> None:
    """A step with `ask` is asked about whatever a rule allows; a deny still wins [PLAN-9]."""
    reads = tool(effect="read")

    assert isinstance(decide(allow_all(), reads, ask=True), Ask)
    assert isinstance(decide(Policy(deny=["write"]), reads, ask=True), Deny)
    assert isinstance(decide(allow_all(), tool()), Allow)


def test_a_decision_names_its_rule() -> None:
    """The reason of a decision names the rule that made it [HARN-4]."""
    for kind in ("deny", "ask", "allow"):
        reason = decide(Policy(**{kind: ["wr*"]}), tool()).reason
        assert f"rule {kind} 'wr*'" in reason
        assert "write" in reason


def test_a_rule_that_matches_nothing_is_refused() -> None:
    """A rule for a tool that does not exist would protect nothing, so it is an error [HARN-4]."""
    with pytest.raises(ToolError, match=r"'wirte' matches no tool.*write"):
        Policy(deny=["wirte"]).check([tool()])
    Policy(deny=["wr*"], ask=["write"]).check([tool()])


def test_rules_are_lists() -> None:
    """One name without a list is refused: each of its letters would be a rule [HARN-4]."""
    with pytest.raises(ToolError, match=r"'write' is no list.*\['write'\]"):
        Policy(deny="write")


signs = st.text("ab?[]!-", min_size=1, max_size=4)


@given(st.sampled_from(["deny", "ask", "allow"]), signs, signs)
def test_a_name_without_a_star_matches_only_itself(kind: str, rule: str, name: str) -> None:
    """Whatever signs a rule holds, without a star it means one name [HARN-4]."""
    made = decide(Policy(**{kind: [rule]}), tool(name=name, effect="pure"))

    assert (f"rule {kind}" in made.reason) == (rule == name)


# -- budget ----------------------------------------------------------------------------------


def test_a_budget_limits_any_unit() -> None:
    """Limits are named by unit; a unit without a limit is free [HARN-9]."""
    assert wb.Budget(usd=5, calls=50, orders_usd=5000).limits == {
        "usd": 5, "calls": 50, "orders_usd": 5000,
    }  # fmt: skip
    assert wb.Budget().limits == {}
    assert wb.Budget(usd=0).limits == {"usd": 0}


@pytest.mark.parametrize(
    "wrong", [{"usd": -1}, {"usd": math.nan}, {"calls": math.inf}, {"eur": "five"}, {"eur": -1}]
)
def test_a_limit_is_an_amount(wrong: dict[str, Any]) -> None:
    """A limit that is negative, endless or no number is refused [HARN-9]."""
    with pytest.raises(ValidationError):
        wb.Budget(**wrong)


@pytest.mark.parametrize(
    ("usage", "spend", "units"),
    [
        ({}, {"usd": 5}, []),
        ({"usd": 4}, {"usd": 1}, []),
        ({"usd": 4}, {"usd": 1.01}, ["usd"]),
        ({"usd": 9}, {}, []),
        ({"usd": 9, "calls": 9}, {"usd": 1, "calls": 1}, ["usd", "calls"]),
        ({"eur": 1e9}, {"eur": 1e9}, []),
        ({}, {"calls": 0}, []),
    ],
)
def test_crossing_a_limit_is_said_in_words(
    usage: dict[str, float], spend: dict[str, float], units: list[str]
) -> None:
    """Each limit that a spend would cross is one sentence; reaching it is allowed [HARN-9]."""
    said = crossed({"usd": 5, "calls": 3}, usage, spend)

    assert [sentence.partition(":")[0] for sentence in said] == units
    if units == ["usd"]:
        assert said == ["usd: 4 used + 1.01 would cross the limit of 5"]
