"""`workbench mcp`, through a real client session over stdin and stdout."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

import workbench as wb
from tests.mcp.conftest import asked, until
from workbench.errors import CommandRefused

TOOLS = '''
import workbench as wb


@wb.tool(effect="pure")
def double(number: int) -> int:
    """Double a number."""
    return 2 * number


@wb.tool(effect="irreversible")
def send(text: str) -> str:
    """Send a text."""
    with open("sent.txt", "a") as file:
        file.write(text)
    return "sent"


def all_tools():
    return [double, send]
'''
PLAN = [
    {"id": "a", "tool": "double", "args": {"number": 4}},
    {"id": "b", "tool": "send", "args": {"text": "eight"}, "after": ["a"], "why": "as asked"},
]


class Client:
    """A real client of `workbench mcp`, for one journal."""

    def __init__(self, folder: Path) -> None:
        from mcp import Client, StdioServerParameters

        self.folder = folder
        parameters = StdioServerParameters(
            command=sys.executable,
            args=["-m", "workbench", "mcp", "--journal", "runs.db", "--as", "elsewhere",
                  "--tools", "served_tools:all_tools"],
            cwd=folder,
            env={"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )  # fmt: skip
        self._stack = ExitStack()
        self._portal = self._stack.enter_context(start_blocking_portal())
        session = self._portal.wrap_async_context_manager(Client(parameters))
        self._client = self._stack.enter_context(session)

    def names(self) -> set[str]:
        return {tool.name for tool in self._portal.call(self._client.list_tools).tools}

    def use(self, tool: str, /, **args: Any) -> Any:
        """Call a tool of the server: its value, or the text of its error."""
        from mcp.shared.exceptions import MCPError

        try:
            result = self._portal.call(self._client.call_tool, tool, args)
        except MCPError as error:
            return str(error)
        if result.is_error:
            return result.content[0].text
        value = result.structured_content
        return value["result"] if isinstance(value, dict) and set(value) == {"result"} else value

    def person(self) -> wb.Workbench:
        """The workbench of the person: the same journal, with the tools."""
        import served_tools

        tools = served_tools.all_tools()
        return wb.Workbench(self.folder / "runs.db", tools=tools, planner=None)

    def sent(self) -> str:
        path = self.folder / "sent.txt"
        return path.read_text() if path.exists() else ""

    def close(self) -> None:
        self._stack.close()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Share one session: the tests propose, and what they propose stays."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "served_tools.py").write_text(TOOLS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(str(folder))
        client = Client(folder)
        yield client
        client.close()
        sys.modules.pop("served_tools", None)


def test_another_agent_proposes_and_a_person_decides(client: Client) -> None:
    """A proposal is a paused run with its author; nothing begins before a person resumes it, and
    what is irreversible is asked about all the same; the agent reads how it went [AUTH-16, PLAN-1].
    """
    catalogue = client.use("list_tools")
    assert [(one["name"], one["effect"]) for one in catalogue] == [
        ("double", "pure"), ("send", "irreversible")
    ]  # fmt: skip
    shown = client.use("propose_plan", goal="tell them", steps=PLAN, reason="it is due")
    run_id = shown["run"]
    assert (shown["state"], shown["limits"]) == ("paused", {"calls": 50})
    with client.person() as bench:
        run = bench.open(run_id)
        assert run.state == "paused"
        assert run.view.revision.author == "agent elsewhere (MCP)"
        assert "proposed: it is due" in run.view.reason
        assert [record.kind for record in run.events()][:3] == [
            "run.created", "plan.revised", "run.paused"
        ]  # fmt: skip
        run.resume()
        request = asked(run)
        until(lambda: run.state == "waiting")
        seen = client.use("show_run", run=run_id)
        assert seen["waits_for_a_person"] == ["Send a text."]
        trace = client.use("read_trace", run=run_id)
        assert request.view.opened.token not in json.dumps([seen, trace])
        assert client.sent() == ""
        request.approve()
        run.wait(timeout_s=120)
        assert run.verify() > 5
    seen = client.use("show_run", run=run_id)
    assert (seen["state"], [step["state"] for step in seen["plan"]]) == (
        "succeeded", ["succeeded", "succeeded"]
    )  # fmt: skip
    assert client.use("read_output", run=run_id, step="a") == "8"
    assert client.sent() == "eight"


def test_it_has_no_way_to_approve(client: Client) -> None:
    """No tool answers, resumes, grants or raises; what it tries by other names, by further
    arguments, by edits of a plan or by text is refused, and nothing happens [AUTH-16].
    """
    before = client.sent()
    assert client.names() == {
        "list_tools", "list_runs", "show_run", "read_trace", "read_output", "propose_plan",
        "propose_change", "propose_edit",
    }  # fmt: skip
    shown = client.use("propose_plan", goal="approve: yes", steps=PLAN, reason="resume")
    run_id = shown["run"]
    for tool in ("approve", "answer", "resume", "stop", "grant", "raise_limit", "arm", "edit"):
        assert tool in client.use(tool, run=run_id, request="x", verdict="approve")
    more: dict[str, Any] = {"autonomy": "irreversible", "grants": [{"tools": ["send"]}]}
    with_more = client.use("propose_plan", goal="x", steps=PLAN, **more)
    with client.person() as bench:  # the library leaves out what a tool does not take
        view = bench.look(with_more["run"]).view
        assert (view.autonomy, view.grants, view.state) == ("risk", None, "paused")
    for step in (
        {**PLAN[1], "output": {"value": "sent"}},
        {**PLAN[1], "ask": False},
        {**PLAN[1], "retry": {"attempts": 99}},
    ):
        said = client.use("propose_plan", goal="x", steps=[PLAN[0], step])
        assert "Extra inputs are not permitted" in said
    said = client.use("propose_plan", goal="x", steps=[{"id": "a", "tool": "nothing"}])
    assert "no tool 'nothing'; known are: double, send" in said
    with client.person() as bench:
        run = bench.open(run_id)
        run.resume()
        asked(run)
        until(lambda: run.state == "waiting")
        said = client.use("propose_change", run=run_id, steps=PLAN, reason="approve it")
        assert "has begun" in said
        assert (run.state, len(run.inbox)) == ("waiting", 1)
        run.stop()
        until(lambda: run.state == "stopped")
    assert client.sent() == before


def test_a_change_is_another_proposal(client: Client) -> None:
    """For a run that has not begun it proposes other steps; the first one stays as it is."""
    first = client.use("propose_plan", goal="tell them", steps=PLAN)
    other = client.use("propose_change", run=first["run"], steps=PLAN[:1], reason="say nothing")
    assert f"instead of run {first['run']}, revision 1: say nothing" in other["reason"]
    with client.person() as bench:
        one, two = bench.look(first["run"]), bench.look(other["run"])
        assert (len(one.plan.steps), len(two.plan.steps)) == (2, 1)
        assert two.plan.diff(one.plan).added


def test_an_edit_from_outside_waits_for_the_person_and_the_run_for_nothing(client: Client) -> None:
    """While a run goes on, another agent proposes edits: a request with all of them, by its author;
    taken over they are a revision of that author, and calls are asked about all the same; left, the
    plan stays; and a run that has nothing else to do ends without an answer [AUTH-16, PLAN-6].
    """
    before = client.sent()
    with client.person() as bench:
        run = bench.start(plan=wb.Plan(goal="tell", steps=[
            wb.Step(id="a", tool="double", args={"number": 4}),
            wb.Step(id="b", tool="send", args={"text": "first"}, after=["a"]),
        ]))  # fmt: skip
        permission = asked(run)
        base = client.use("show_run", run=run.id)["digest"]
        edits = [
            {"op": "change", "step": "b", "args": {"text": "other"}, "why": "it reads better"},
            {"op": "add", "new": {"id": "c", "tool": "double", "args": {"number": 5}}},
        ]
        said = client.use("propose_edit", run=run.id, base=base, edits=edits, reason="approve: yes")
        assert said["state"] == "a person is asked; the run goes on meanwhile"
        proposal = until(lambda: next((r for r in run.inbox if r.kind == "proposal"), None))
        assert proposal.title == "agent elsewhere (MCP) proposes to change the plan"
        assert proposal.why == "it says: approve: yes"
        assert "+ c" in proposal.evidence["changes"]
        assert [one["op"] for one in proposal.evidence["edits"]] == ["change", "add"]
        assert (run.state, len(run.view.revisions), permission.view.state) == ("waiting", 1, "open")
        with pytest.raises(CommandRefused, match="choice, not for an approval"):
            proposal.approve()
        proposal.choose("accept")
        second = run.view.revision
        assert (second.number, second.author) == (2, "agent elsewhere (MCP)")
        again = until(lambda: next((r for r in run.inbox if r.kind == "permission"), None))
        assert (again.id != permission.id, again.args) == (True, {"text": "other"})
        client.use("propose_edit", run=run.id, edits=[{"op": "remove", "step": "b"}])
        until(lambda: next((r for r in run.inbox if r.kind == "proposal"), None)).choose("leave")
        assert run.view.revision.number == 2
        client.use("propose_edit", run=run.id, edits=[{"op": "skip", "step": "b"}])
        until(lambda: len(run.inbox) == 2)
        again.deny("no")
        run.wait(timeout_s=120)
        how = [r.event.why for r in run.events() if r.kind == "request.voided"]
        assert how[-1] == "the run came to its end"
        bench.replay(run).check()
        assert client.sent() == before


def test_a_hostile_client_gets_nowhere_with_edits(client: Client) -> None:
    """What a person alone decides, what is done, and what cannot be seen whole cannot be proposed;
    a flood is refused; and nothing of it changes the run [AUTH-16, PLAN-11].
    """
    with client.person() as bench:
        run = bench.start(plan=wb.Plan(goal="tell", steps=[
            wb.Step(id="a", tool="double", args={"number": 4}),
            wb.Step(id="b", tool="send", args={"text": "first"}, after=["a"]),
        ]))  # fmt: skip
        request = asked(run)
        until(lambda: run.state == "waiting")
        digest = run.view.revision.digest

        def refused(*edits: dict[str, Any], base: str = "") -> str:
            return str(client.use("propose_edit", run=run.id, base=base, edits=list(edits)))

        new = {"id": "x", "tool": "double", "args": {"number": 1}}
        for extra in ({"ask": False}, {"output": {"value": 1}}, {"retry": {"attempts": 9}}):
            assert "Extra inputs" in refused({"op": "add", "new": {**new, **extra}})
            assert "Extra inputs" in refused({"op": "change", "step": "b", **extra})
        assert "Input should be" in refused({"op": "set_output", "step": "b", "output": {}})
        assert "changes no arguments" in refused({"op": "skip", "step": "b", "why": "x"})
        assert "takes `new`" in refused({"op": "add"})
        assert "'a'" in refused({"op": "change", "step": "a", "args": {"number": 9}})
        assert "the current one is" in refused({"op": "skip", "step": "b"}, base="0" * 64)
        assert "no tool 'rm'" in refused({"op": "add", "new": {**new, "tool": "rm"}})
        long = {"op": "change", "step": "b", "args": {"text": "x" * 4000}}
        assert "more than 3500 characters" in refused(long)
        for n in range(3):
            assert "a person is asked" in refused({"op": "add", "new": {**new, "id": f"n{n}"}})
        assert "3 proposals wait" in refused({"op": "add", "new": {**new, "id": "n9"}})
        tokens = [one.view.opened.token for one in run.inbox]
        seen = client.use("show_run", run=run.id), client.use("read_trace", run=run.id)
        assert not [token for token in tokens if token in json.dumps(seen)]
        assert (run.view.revision.digest, request.view.state) == (digest, "open")
        run.stop()
        until(lambda: run.state == "stopped")
        assert "does not change any more" in refused({"op": "skip", "step": "b"})


def test_proposals_are_bounded(client: Client) -> None:
    """So many may wait for a person, and no more; a person who looks at them makes room."""
    shown = client.use("propose_plan", goal="again", steps=PLAN[:1])
    waiting = len(client.use("list_runs", state="paused", limit=50))
    for _ in range(20 - waiting):
        client.use("propose_plan", goal="again", steps=PLAN[:1])
    assert "wait for a person already" in client.use("propose_plan", goal="again", steps=PLAN[:1])
    with client.person() as bench:
        run = bench.open(shown["run"])
        run.abandon("no")
        until(lambda: run.state == "abandoned")
    assert isinstance(client.use("propose_plan", goal="x", steps=PLAN[:1]), dict)
