"""Rules in a file: read where a person names it, or refused whole."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from workbench.errors import ToolError

GOOD = """
[[rule]]
verdict = "deny"
tool = "drop_*"

[[rule]]
verdict = "ask"
tool = "order"
why = "finance wants to see it"
[rule.where]
usd = {at_least = 500}
to = "acme"
"""


def test_rules_of_a_file_are_those_of_the_policy(tmp_path: Path) -> None:
    """A project's or a user's file gives rules, each with where it comes from [AUTH-6]."""
    path = tmp_path / "workbench.toml"
    path.write_text(GOOD, encoding="utf-8")
    first, second = wb.read_rules(path)
    assert (first.verdict, first.tool, first.why) == ("deny", "drop_*", "from workbench.toml")
    assert second == wb.Rule(
        "ask", "order", where={"usd": wb.at_least(500), "to": "acme"}, why="finance wants to see it"
    )
    assert wb.Policy(rules=wb.read_rules(path)).rules == (first, second)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[[rule]\n", "cannot be read"),
        ("[limits]\nusd = 5\n", "have limits"),
        ('[[rule]]\nverdict = "maybe"\ntool = "a"\n', "Rule 1 .* verdict"),
        ('[[rule]]\nverdict = "allow"\ntool = "a"\n[[rule]]\nverdict = "deny"\n', "Rule 2 .* tool"),
        ("rule = 5\n", "Write each as"),
        ('rule = ["deny"]\n', "Rule 1"),
    ],
)  # fmt: skip
def test_a_file_with_a_fault_gives_no_rule(tmp_path: Path, content: str, says: str) -> None:
    """A fault is named with its place, and none of the file's rules is taken [AUTH-6]."""
    path = tmp_path / "rules.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ToolError, match=says):
        wb.read_rules(path)
    with pytest.raises(ToolError, match="cannot be read"):
        wb.read_rules(tmp_path / "none.toml")
