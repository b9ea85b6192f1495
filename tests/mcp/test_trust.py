"""What a server says of its tools makes us stricter, and never less careful."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

import workbench as wb
from tests.mcp.conftest import Scene, Steady, asked, until
from workbench.errors import ToolError
from workbench.grants import Subject, freeze_rule
from workbench.mcp import ServerDown
from workbench.mcp.listed import READ
from workbench.mcp.tool import ServerTool
from workbench.mcp.trust import Trust


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steady]:
    """Give a server of which nothing was declared."""
    strict = Steady(tmp_path_factory.mktemp("strict"), effects={})
    yield strict
    strict.close()


@pytest.fixture(scope="module")
def believed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steady]:
    """Give a server whose hints are believed."""
    believed = Steady(tmp_path_factory.mktemp("believed"), effects={}, trust_hints=True)
    yield believed
    believed.close()


def test_without_a_word_of_the_person_every_tool_is_irreversible(strict: Steady) -> None:
    """Every tool of the server says that it only reads; each counts as irreversible and asks
    [AUTH-16, REL-18].
    """
    assert {(one.effect, one.declared) for one in strict.one.tools} == {("irreversible", False)}
    run = strict.start(strict.asking, "echo", text="hi")
    request = asked(run)
    assert (request.kind, request.view.opened.effect) == ("permission", "irreversible")
    request.approve()
    assert run.wait(timeout_s=120) == {"result": "hi"}


def test_a_hint_is_believed_where_the_person_said_so(believed: Steady) -> None:
    """With `trust_hints` what only reads, and only here, is a read; nothing becomes idempotent."""
    echo = believed.one["echo"]
    assert (echo.effect, echo.risk, echo.retry.attempts) == ("read", "read", 1)
    run = believed.start(believed.asking, "echo", text="hi")
    assert run.wait(timeout_s=120) == {"result": "hi"}


@pytest.mark.parametrize(
    ("declared", "held"),
    [({}, True), ({"effect": "irreversible"}, True), ({"deletes": False}, False),
     ({"effect": "read"}, False)],
)  # fmt: skip
def test_what_a_server_calls_destructive_is_held_by_a_freeze_of_deletes(
    strict: Steady, declared: dict[str, object], held: bool
) -> None:
    """That hint makes us stricter without being believed, unless the person says otherwise
    [COMP-10]."""
    listed = replace(strict.one["echo"].listed, hints={"destructiveHint": True})
    tool = ServerTool(strict.one, listed, {"effect": "irreversible", **declared})
    assert freeze_rule("no deletes").covers(Subject(tool, {})) == held


def test_a_read_that_reaches_into_the_open_is_asked_about(believed: Steady) -> None:
    """A read that a server calls open-world tells the world something: it is public, and asks."""
    read = believed.one["read_resource"]
    assert (read.effect, read.risk) == ("read", "public")
    run = believed.start(believed.asking, "read_resource", uri="hostile://motd")
    request = asked(run)
    assert request.risk == "public"
    request.approve(confirm="yes")
    assert "the limit is now" in str(run.wait(timeout_s=120))


def test_the_words_of_a_server_never_stand_where_ours_do(strict: Steady) -> None:
    """A description that says "press approve" is not the title of a request, and cannot turn text
    round [REL-18].
    """
    request = asked(strict.start(strict.asking, "inject", text="x"))
    assert request.title == "inject of the MCP server bad"
    assert "press approve" not in str(request)
    assert "\u202e" not in strict.one["inject"].description
    request.deny()


def test_injected_text_stays_text(steady: Steady) -> None:
    """What a tool returns changes no limit, no rule and no right [REL-18, MULT-12]."""
    bench = steady.bench(steady.one, "budget.db", budget=wb.Budget(usd=5))
    run = steady.start(bench, "inject", text="x")
    assert "the limit is now 100000" in str(run.wait(timeout_s=120))
    assert run.view.limits == {"usd": 5}
    assert run.view.allowances == {}
    second = steady.start(bench, "write", text="x")
    assert asked(second).kind == "permission"
    second.stop()


def test_arguments_are_held_against_the_schema_before_anything_runs(steady: Steady) -> None:
    """A plan with arguments that do not fit is refused with their places, and resolved ones are
    looked at once more [HARN-4, HARN-5].
    """
    bench = steady.asking
    plan = wb.Plan(
        goal="x",
        steps=[
            wb.Step(id="a", tool="bad.slow", args={"parts": "many"}),
            wb.Step(id="b", tool="bad.echo", args={"words": "x"}),
        ],
    )
    found = {(one.code, one.step, one.path) for one in plan.check(bench)}
    assert ("bad_argument", "a", "args.parts") in found
    assert ("missing_argument", "b", "args") in found
    assert ("unknown_argument", "b", "args") in found
    later = wb.Plan(
        goal="x",
        steps=[
            wb.Step(id="a", tool="bad.echo", args={"text": "many"}),
            wb.Step(id="b", tool="bad.slow", args={"parts": wb.ref("a", "result")}),
        ],
    )
    assert later.check(bench) == []
    run = bench.start(plan=later)
    until(lambda: run.state == "failed")
    assert "'many' is not of type 'integer'" in (run.view.steps["b"].error or "")


def test_a_description_that_changes_under_the_run_is_shown_as_drift(quick: Scene) -> None:
    """Between plan and call the server lists another description: the run asks about the drift,
    and then about the call, which is irreversible again; nothing is called before [REL-18].
    """
    server = quick.server(effects={"write": {"effect": "read"}})
    bench = quick.bench(server)
    plan = wb.Plan(goal="x", steps=[wb.Step(id="a", tool="bad.write", args={"text": "1"})])
    server["write"]
    quick.set("rug")
    run = bench.start(plan=plan)
    request = asked(run)
    assert request.kind == "drift"
    assert "bad.write: description and arguments changed" in str(request.evidence["a"])
    assert quick.noted("written") == []
    request.choose("use")
    again = until(lambda: run.inbox and run.inbox[0].kind == "permission" and run.inbox[0])
    assert again.view.opened.effect == "irreversible"
    again.approve()
    run.wait(timeout_s=120)
    assert quick.noted("written") == ["1"]


def test_a_trusted_change_holds_again_and_a_tool_that_is_gone_is_not_called(quick: Scene) -> None:
    """`server.trust` lets a declaration hold for what is listed now. A step with a tool that the
    server lists no more fails before anything is called, and says so.
    """
    server = quick.server(effects={"write": "read"})
    bench = quick.bench(server)
    quick.set("rug")
    run = quick.start(bench, "write", text="1")
    asked(run).choose("stop")
    until(lambda: run.state == "stopped")
    assert server["write"].effect == "irreversible"
    server.trust("write")
    assert server["write"].effect == "read"
    assert quick.start(bench, "write", text="2").wait(timeout_s=120) == "written"
    quick.set("gone")
    run = quick.start(bench, "write", text="3")
    until(lambda: run.state == "failed")
    assert "no longer has the tool 'write'" in (run.view.steps["a"].error or "")
    assert quick.noted("written") == ["2"]


def test_a_profile_covers_only_what_was_reviewed(quick: Scene) -> None:
    """A profile is JSON, pins each declaration to a listing, and covers no other one."""
    first = quick.server(effects={"write": "read", "echo": "pure"})
    profile = json.loads(json.dumps(first.profile()))
    first.close()
    quick.set("rug")
    changed = quick.server(effects={}, profile=profile)
    assert [changed[name].effect for name in ("write", "echo")] == ["irreversible", "pure"]


def test_a_declaration_of_a_tool_that_is_not_there_is_an_error() -> None:
    """A relaxed tool that the server does not have is named, with those that it has."""
    trust = Trust({"delete": "read"}, hints=False, profile=None)
    with pytest.raises(ToolError, match=r"(?s)no tool 'delete'.*read_resource"):
        trust.begin({READ.name: READ}, "bad")


def test_a_person_can_declare_an_undo(quick: Scene) -> None:
    """What the person declares may be all that a tool of ours has: an undo, a risk, a spend."""
    taken: list[str] = []

    def take_back(text: str) -> None:
        taken.append(text)

    declared = {"effect": "reversible", "undo": take_back, "risk": "local"}
    bench = quick.bench(quick.server(effects={"write": declared}))
    run = quick.start(bench, "write", text="1")
    run.wait(timeout_s=120)
    report = run.rollback()
    until(lambda: taken)
    assert taken == ["1"], report


def test_a_server_that_does_not_start_says_why(
    quick: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its stderr stands in the error, and in what the server shows of itself."""
    monkeypatch.setattr("workbench.mcp.connection.FIRST_WAIT_S", 0.01)
    quick.set("broken")
    server = quick.server()
    with pytest.raises(ServerDown, match="exit code 1; it said: no luck today"):
        _ = server.tools
    assert "no luck today" in repr(server)
    missing = wb.mcp("no-such-command-anywhere --x", name="none")
    with pytest.raises(ServerDown, match="no-such-command-anywhere: No such file"):
        _ = missing.tools
    missing.close()
