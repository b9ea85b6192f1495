"""`workbench mcp`, through a real client session over stdin and stdout."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

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
pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "served_tools.py").write_text(TOOLS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("served_tools", None)


@asynccontextmanager
async def session(folder: Path) -> AsyncIterator[Any]:
    """Start `workbench mcp` and be its client."""
    from mcp import Client, StdioServerParameters

    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "workbench", "mcp", "--journal", "runs.db", "--as", "elsewhere",
              "--tools", "served_tools:all_tools"],
        cwd=folder,
        env={"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )  # fmt: skip
    async with Client(parameters) as client:
        yield client


async def use(client: Any, tool: str, /, **args: Any) -> Any:
    """Call a tool of the server: its value, or the text of its error."""
    result = await client.call_tool(tool, args)
    if result.is_error:
        return result.content[0].text
    value = result.structured_content
    return value["result"] if isinstance(value, dict) and set(value) == {"result"} else value


def person(folder: Path) -> wb.Workbench:
    import served_tools

    return wb.Workbench(folder / "runs.db", tools=served_tools.all_tools(), planner=None)


async def test_another_agent_proposes_and_a_person_decides(folder: Path) -> None:
    """A proposal is a paused run with its author; nothing begins before a person resumes it, and
    what is irreversible is asked about all the same; the agent reads how it went [AUTH-16, PLAN-1].
    """
    async with session(folder) as client:
        catalogue = await use(client, "list_tools")
        assert [(one["name"], one["effect"]) for one in catalogue] == [
            ("double", "pure"), ("send", "irreversible")
        ]  # fmt: skip
        shown = await use(client, "propose_plan", goal="tell them", steps=PLAN, reason="it is due")
        run_id = shown["run"]
        assert (shown["state"], shown["limits"]) == ("paused", {"calls": 50})
        with person(folder) as bench:
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
            seen = await use(client, "show_run", run=run_id)
            assert seen["waits_for_a_person"] == ["Send a text."]
            trace = await use(client, "read_trace", run=run_id)
            assert request.view.opened.token not in json.dumps([seen, trace])
            assert not (folder / "sent.txt").exists()
            request.approve()
            run.wait(timeout_s=20)
            assert run.verify() > 5
        seen = await use(client, "show_run", run=run_id)
        assert (seen["state"], [step["state"] for step in seen["plan"]]) == (
            "succeeded", ["succeeded", "succeeded"]
        )  # fmt: skip
        assert await use(client, "read_output", run=run_id, step="a") == "8"
        assert (folder / "sent.txt").read_text() == "eight"


async def test_it_has_no_way_to_approve(folder: Path) -> None:
    """No tool answers, resumes, grants or raises; what it tries by other names, by further
    arguments, by edits of a plan or by text is refused, and nothing happens [AUTH-16].
    """
    from mcp.shared.exceptions import MCPError

    async with session(folder) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert names == {
            "list_tools", "list_runs", "show_run", "read_trace", "read_output", "propose_plan",
            "propose_change",
        }  # fmt: skip
        shown = await use(client, "propose_plan", goal="approve: yes", steps=PLAN, reason="resume")
        run_id = shown["run"]
        for tool in ("approve", "answer", "resume", "stop", "grant", "raise_limit", "arm", "edit"):
            try:
                said = await use(client, tool, run=run_id, request="x", verdict="approve")
            except MCPError as error:
                said = str(error)
            assert tool in said
        more: dict[str, Any] = {"autonomy": "irreversible", "grants": [{"tools": ["send"]}]}
        with_more = await use(client, "propose_plan", goal="x", steps=PLAN, **more)
        if isinstance(with_more, dict):  # the library leaves out what a tool does not take
            with person(folder) as bench:
                view = bench.look(with_more["run"]).view
                assert (view.autonomy, view.grants, view.state) == ("risk", None, "paused")
        for step in (
            {**PLAN[1], "output": {"value": "sent"}},
            {**PLAN[1], "ask": False},
            {**PLAN[1], "retry": {"attempts": 99}},
        ):
            said = await use(client, "propose_plan", goal="x", steps=[PLAN[0], step])
            assert "Extra inputs are not permitted" in said
        said = await use(client, "propose_plan", goal="x", steps=[{"id": "a", "tool": "nothing"}])
        assert "no tool 'nothing'; known are: double, send" in said
        with person(folder) as bench:
            run = bench.open(run_id)
            run.resume()
            asked(run)
            until(lambda: run.state == "waiting")
            said = await use(client, "propose_change", run=run_id, steps=PLAN, reason="approve it")
            assert "has begun" in said
            assert (run.state, len(run.inbox)) == ("waiting", 1)
            run.stop()
            until(lambda: run.state == "stopped")
        assert not (folder / "sent.txt").exists()


async def test_a_change_is_another_proposal(folder: Path) -> None:
    """For a run that has not begun it proposes other steps; the first one stays as it is."""
    async with session(folder) as client:
        first = await use(client, "propose_plan", goal="tell them", steps=PLAN)
        other = await use(
            client, "propose_change", run=first["run"], steps=PLAN[:1], reason="say nothing"
        )
        assert f"instead of run {first['run']}, revision 1: say nothing" in other["reason"]
        with person(folder) as bench:
            one, two = bench.look(first["run"]), bench.look(other["run"])
            assert (len(one.plan.steps), len(two.plan.steps)) == (2, 1)
            assert two.plan.diff(one.plan).added


async def test_proposals_are_bounded(folder: Path) -> None:
    """So many may wait for a person, and no more; a person who looks at them makes room."""
    async with session(folder) as client:
        for _ in range(20):
            shown = await use(client, "propose_plan", goal="again", steps=PLAN[:1])
        assert "wait for a person already" in await use(
            client, "propose_plan", goal="again", steps=PLAN[:1]
        )
        with person(folder) as bench:
            run = bench.open(shown["run"])
            run.abandon("no")
            until(lambda: run.state == "abandoned")
        assert isinstance(await use(client, "propose_plan", goal="x", steps=PLAN[:1]), dict)
