"""Predicates, rules and grants as data: what they cover, and what does not slip past them."""

from __future__ import annotations

import math
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import workbench as wb
from workbench import toolkit
from workbench.errors import ToolError
from workbench.grants import Grant, Predicate, Rule, Subject, freeze_rule
from workbench.oversight.terms import declared_row
from workbench.replay.facts import facts_of, stand_in
from workbench.tools import Tool
from workbench.whereabouts import Note

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def tool(name: str = "place_order", effect: Any = "irreversible") -> Tool:
    def function(amount: float = 0) -> float:
        return amount

    return Tool(function, name=name, effect=effect)


def subject(name: str = "place_order", effect: Any = "irreversible", **args: Any) -> Subject:
    return Subject(tool(name, effect), args, step="a", environment="test", now=NOW)


@pytest.mark.parametrize(
    ("predicate", "good", "bad"),
    [
        (wb.equals("a"), ["a"], ["A", "a ", "\u0430", None, ["a"]]),
        (wb.equals(1), [1, 1.0], [True, "1", 2]),
        (wb.equals(True), [True], [1, "true"]),
        (wb.equals([1, "x"]), [[1, "x"]], [[1], [True, "x"], "1x"]),
        (wb.one_of("a", 2), ["a", 2], ["b", "2", True]),
        (wb.at_most(500), [500, 0, -3, 499.99], [500.01, math.inf, math.nan, "5", True, None]),
        (wb.at_least(500), [500, 1e9], [499.99, -math.inf, math.nan, "900", None]),
        (wb.matches(r"[a-z]+@ours\.org"), ["a@ours.org"], ["a@ours.org.evil", "a@ours.org\n", 1]),
        (Predicate(at_least=1, at_most=2), [1, 2, 1.5], [0, 3]),
    ],
    ids=str,
)
def test_a_predicate_never_coerces(predicate: Predicate, good: list[Any], bad: list[Any]) -> None:
    """Only a value of the right type and amount meets a predicate [AUTH-3]."""
    assert all(predicate.holds(value) for value in good)
    assert not any(predicate.holds(value) for value in bad)


def test_a_path_is_looked_at_where_it_really_is(tmp_path: Path) -> None:
    """Dots and links lead out of a folder as they would for the tool, and are refused [AUTH-3]."""
    inside, outside = tmp_path / "in", tmp_path / "in2"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    under = wb.under(inside)
    assert under.holds(str(inside / "a" / "b.txt"))
    assert under.holds(str(inside))
    for path in (
        inside / ".." / "in2" / "x",
        inside / "link" / "x",
        outside / "x",
        "/etc/passwd",
        os.path.relpath("/etc/passwd", inside),
    ):
        assert not under.holds(str(path))
    assert not under.holds(f"{inside}/a\0b")
    assert not under.holds("")
    assert not under.holds(7)


@pytest.mark.parametrize("demand", [wb.equals(None), wb.at_most(0), wb.one_of(None, "a")], ids=str)
def test_a_predicate_is_read_back_as_it_was(demand: Predicate) -> None:
    """Written with or without defaults, a predicate demands the same when it is read [AUTH-3]."""
    for options in ({}, {"exclude_defaults": True}, {"exclude_unset": True}):
        again = Predicate.model_validate_json(demand.model_dump_json(**options))
        assert str(again) == str(demand)
        for value in (None, "a", 0, 1, -1.5, True):
            assert again.holds(value) == demand.holds(value)


def test_a_predicate_that_demands_nothing_is_refused() -> None:
    """An empty predicate, a wrong pattern or an endless limit is an error, not a yes [AUTH-3]."""
    for wrong in ({}, {"matches": "("}, {"at_most": math.nan}, {"at_most": math.inf}, {"not": 1}):
        with pytest.raises((ValidationError, ValueError)):
            Predicate(**wrong)


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        ("tool_x", ["tool_x"], ["tool_x2", "Tool_x", "atool_x", "tool_\u0445"]),
        ("tool_*", ["tool_x", "tool_"], ["Tool_x", "my_tool_x"]),
        ("tool?", ["tool?"], ["tools"]),
        ("t[ab]*", ["t[ab]c"], ["ta", "tb"]),
    ],
)
def test_a_name_is_exact_unless_written_as_a_pattern(
    pattern: str, names: list[str], others: list[str]
) -> None:
    """Only `*` makes a pattern; a longer, other-case or look-alike name is another one [AUTH-1]."""
    rule = Rule("allow", pattern)
    assert all(rule.covers(subject(name)) for name in names)
    assert not any(rule.covers(subject(name)) for name in others)


def test_a_rule_that_denies_knows_an_alias() -> None:
    """A denied function stays denied when it is registered under another name [AUTH-1]."""

    def drop_table(name: str = "") -> None:
        """Drop it."""

    alias = Subject(Tool(drop_table, name="tidy_up", effect="irreversible"), {})
    assert Rule("deny", "drop_table").covers(alias)
    assert not Rule("allow", "drop_table").covers(alias)


def test_a_rule_that_fails_lets_nothing_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """A matcher that raises counts as covered when it denies or asks, and as not when it allows."""

    def broken(self: Predicate, value: Any) -> bool:
        raise RuntimeError(value)

    monkeypatch.setattr(Predicate, "holds", broken)
    call, where = subject(a=1), {"a": 1}
    assert Rule("deny", "*", where=where).covers(call)
    assert Rule("ask", "*", where=where).covers(call)
    assert not Rule("allow", "*", where=where).covers(call)
    assert Grant("*", where=where).lacks(call) is not None


@pytest.mark.parametrize(
    ("text", "covered", "free"),
    [
        ("no writes", [("a", "reversible"), ("b", "irreversible")], [("c", "read"), ("d", "pure")]),
        (
            "no deletes",
            [("delete_row", "irreversible"), ("dropTable", "irreversible"), ("rm", "compensable")],
            [
                ("place_order", "irreversible"),
                ("delete_preview", "read"),
                ("undeleted", "compensable"),
            ],
        ),
        ("not tool send", [("send", "irreversible")], [("send2", "irreversible")]),
        ("everything", [("a", "pure"), ("b", "irreversible")], []),
    ],
)
def test_freezes_cover_what_they_say(text: str, covered: Any, free: Any) -> None:
    """Each freeze covers its calls and no others [COMP-10]."""

    def made(name: str, effect: Any) -> Subject:
        undo = (lambda: None) if effect in ("reversible", "compensable") else None
        return Subject(Tool(lambda: None, name=name, effect=effect, undo=undo), {})

    rule = freeze_rule(text)
    assert rule.freeze
    assert text in str(rule)
    assert all(rule.covers(made(*one)) for one in covered)
    assert not any(rule.covers(made(*one)) for one in free)


def test_an_undeclared_tool_counts_as_one_that_deletes() -> None:
    """Nobody said what it does, so a freeze of deletes covers it [COMP-10]."""
    assert freeze_rule("no deletes").covers(Subject(Tool(lambda: None, name="tidy"), {}))


@pytest.mark.parametrize(
    "name",
    [
        "HTTPDelete", "deleteusers", "unlink_file", "destroy_vm", "clear_table", "purgeAll",
        "cleanup", "del_user", "rmdir", "deletes", "removed", "drops", "prune_logs", "os.remove",
        "execute", "run_sql", "runPython", "shell",
    ],
)  # fmt: skip
def test_a_freeze_of_deletes_goes_by_what_a_name_may_mean(name: str) -> None:
    """However a name says it, and where a tool does whatever its arguments say [COMP-10]."""
    frozen = freeze_rule("no deletes")
    assert frozen.covers(Subject(Tool(lambda: None, name=name, effect="irreversible"), {}))
    assert not frozen.covers(Subject(Tool(lambda: None, name=name, effect="read"), {}))


@pytest.mark.parametrize(
    "name", ["place_order", "send_mail", "write_text", "rmail", "dropdown", "model", "clearance"]
)
def test_a_freeze_of_deletes_leaves_the_rest(name: str) -> None:
    """A name that only looks like one goes on [COMP-10]."""
    tool = Tool(lambda: None, name=name, effect="irreversible")
    assert not freeze_rule("no deletes").covers(Subject(tool, {}))


def test_a_freeze_of_deletes_knows_the_function() -> None:
    """A tool that is called otherwise than its function is covered by the name of either
    [COMP-10]."""

    def delete_all() -> None:
        """Delete everything."""

    tool = Tool(delete_all, name="tidy", effect="irreversible")
    for one in (tool, stand_in(facts_of(tool), ())):
        assert freeze_rule("no deletes").covers(Subject(one, {}))


def test_a_freeze_of_deletes_believes_a_declaration_before_a_name() -> None:
    """`deletes=True` is held whatever the tool is called, `deletes=False` goes on; so it is where
    only the declaration is known, in the panel and in a replay elsewhere [COMP-10]."""
    frozen = freeze_rule("no deletes")
    for name, declares in (("archive", True), ("drop_duplicates", False), ("place_order", None)):
        here = Tool(lambda: None, name=name, effect="irreversible", deletes=declares)
        note = Note("j", Path("runs.db"), (declared_row(here),)).tool_map()[name]
        assert note.deletes is declares
        for one in (here, stand_in(facts_of(here), ())):
            assert frozen.covers(Subject(one, {})) == bool(declares), (name, one)


def test_a_freeze_of_deletes_reads_what_a_call_spends() -> None:
    """A call that spends a unit which says so is held, and one of the same tool that spends none of
    it is not [COMP-10]."""
    tool, frozen = Tool(lambda: None, name="tidy", effect="irreversible"), freeze_rule("no deletes")
    declared = Tool(lambda: None, name="tidy", effect="irreversible", deletes=False)
    for unit in ("rows_deleted", "filesRemoved", "drops"):
        assert frozen.covers(Subject(tool, {}, spend={unit: 1}))
        assert frozen.covers(Subject(declared, {}, spend={unit: 1}))
    for spend in ({"rows_deleted": 0.0}, {"usd": 3.0}, {"scripts": 1.0}):
        assert not frozen.covers(Subject(tool, {}, spend=spend))


def test_a_freeze_of_deletes_holds_the_toolkit(tmp_path: Path) -> None:
    """What the toolkit can delete with is held: rows, files, any statement, any code, any address;
    what only writes goes on [COMP-10]."""
    kits = [
        *toolkit.files(tmp_path), *toolkit.notebook({}), *toolkit.sql(f"sqlite:///{tmp_path}/x.db"),
        *toolkit.http("http://127.0.0.1:1"),
    ]  # fmt: skip
    frozen = freeze_rule("no deletes")
    held = {tool.name for tool in kits if frozen.covers(Subject(tool, {}))}
    assert held == {"delete_file", "delete_rows", "execute", "http_delete", "run_python"}


def test_a_freeze_that_says_nothing_known_is_refused() -> None:
    """Words that freeze nothing are an error [COMP-10]."""
    for text in ("", "deletes", "no", "not tool", "no writes please"):
        with pytest.raises(ToolError, match="nothing that can be frozen"):
            freeze_rule(text)


GRANTS = [
    (Grant("place_order"), None),
    (Grant("place_*"), None),
    (Grant("other"), "it is for other"),
    (Grant("place_order", step="a"), None),
    (Grant("place_order", step="b"), "for the step 'b'"),
    (Grant("place_order", environment="test"), None),
    (Grant("place_order", environment="prod"), "environment 'prod', and this run is in 'test'"),
    (Grant("place_order", where={"amount": wb.at_most(500)}), None),
    (Grant("place_order", where={"amount": wb.at_most(400)}), "amount is 450 and must be at most"),
    (Grant("place_order", where={"supplier": "acme"}), "supplier is not given"),
    (Grant("place_order", expires=NOW + timedelta(seconds=1)), None),
    (Grant("place_order", expires=NOW), "expired"),
    (Grant("place_order", uses=4), None),
    (Grant("place_order", uses=3), "3 uses are used up"),
]


@pytest.mark.parametrize(("grant", "lacks"), GRANTS, ids=str)
def test_a_grant_gives_what_it_names_and_no_more(grant: Grant, lacks: str | None) -> None:
    """Tool, step, environment, arguments, time and uses must all fit [AUTH-3, AUTH-9]."""
    found = grant.lacks(subject(amount=450), used=3)
    assert found == lacks if lacks is None else lacks in str(found)


def test_what_has_no_time_zone_is_no_end() -> None:
    """An end without a time zone, or a grant of nothing, is refused [AUTH-3]."""
    with pytest.raises(ValidationError, match="time zone"):
        Grant("a", expires=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
    with pytest.raises(ValidationError):
        Grant()
    with pytest.raises(ValidationError):
        Grant("a", uses=0)


@given(
    st.sampled_from(["deny", "ask", "allow"]),
    st.sampled_from(["place_order", "*", "place_*"]),
    st.dictionaries(
        st.sampled_from(["amount", "to"]), st.none() | st.integers() | st.text(max_size=5)
    ),
    st.sampled_from(["any", "writes", "deletes"]),
)
def test_a_rule_survives_the_journal(verdict: Any, name: str, where: Any, kind: Any) -> None:
    """Rules and grants read back from JSON are what they were, and cover the same [AUTH-3]."""
    rule = Rule(verdict, name, where=where, kind=kind)
    again = Rule.model_validate_json(rule.model_dump_json(exclude_unset=True))
    assert again == rule
    assert again.covers(subject(amount=3)) == rule.covers(subject(amount=3))
    written = Rule.model_validate(rule.model_dump(mode="json"))
    assert {name: str(one) for name, one in written.where.items()} == {
        name: str(one) for name, one in rule.where.items()
    }
    grant = Grant(name, where=where, step="a", uses=2)
    for left_out in ({}, {"exclude_unset": True}, {"exclude_defaults": True}):
        assert Grant.model_validate_json(grant.model_dump_json(**left_out)) == grant
