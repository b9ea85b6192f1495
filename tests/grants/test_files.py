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
        ("\n[[rule]\n", r"rules.toml cannot be read: .*\(at line 2"),
        ("\n[limits]\nusd = 5\n", r"rules.toml, line 2: it has limits"),
        ('[[rule]]\ntool = "a"\nverdict = "maybe"\n', r"rules.toml, line 3: .* verdict"),
        ('[[rule]]\ntool = "a"\nverdict = "ask"\n[[rule]]\nverdict = "ask"\n', "line 4: .* tool"),
        ('[[rule]]\ntool = "a"\nwhy = """\n[[rule]]\n"""\nverdict = 1\n', "line 6: .* verdict"),
        ('[[rule]]\ntool="a"\nverdict="ask"\n[rule.where]\nb={at_least="x"}\n', "line 4: .* where"),
        ("\n\nrule = 5\n", "line 3: rule is no list"),
        ('rule = ["deny"]\n', "line 1"),
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
