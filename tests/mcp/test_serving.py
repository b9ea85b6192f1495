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
        run.wait(timeout_s=20)
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
        "propose_change",
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
