"""The servers that people use, as they come from PyPI and npm: time, git, fetch, files, everything.

Each is started once; what it offers, how it is called and what comes back is its own affair.
"""

from __future__ import annotations

import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.mcp.conftest import NODE_SERVERS, asked, until
from workbench.mcp import Server
from workbench.models import ModelReply, ModelUsage
from workbench.run import Run
from workbench.testing import ScriptedModel, allow_all


def node(server: str, *args: str) -> list[str]:
    """Give the command of a server from npm; `make front` installs it."""
    entry = NODE_SERVERS / server / "dist" / "index.js"
    if not entry.exists() or shutil.which("node") is None:
        pytest.skip(f"{server} is not installed: make front")
    return ["node", str(entry), *args]


def python(module: str, *args: str) -> list[str]:
    return [sys.executable, "-m", module, *args]


def call(bench: wb.Workbench, tool: str, /, **args: Any) -> Run:
    plan = wb.Plan(goal="one call", steps=[wb.Step(id="a", tool=tool, args=args)])
    assert plan.check(bench) == []
    return bench.start(plan=plan)


def done(bench: wb.Workbench, tool: str, /, **args: Any) -> Any:
    return call(bench, tool, **args).wait(timeout_s=120)


def bench_of(server: Server, folder: Path, **options: Any) -> wb.Workbench:
    return wb.Workbench(folder / "runs.db", tools=[server], planner=None, **options)


def test_time(tmp_path: Path) -> None:
    """`mcp-server-time`: a person declares that it computes, and a step uses its parts."""
    server = wb.mcp(python("mcp_server_time"), effects={"convert_time": "pure"})
    assert server.name == "time"
    with bench_of(server, tmp_path) as bench:
        given = {"source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"}
        result = done(bench, "time.convert_time", **given)
        assert "+9.0h" in str(result)
        run = call(bench, "time.convert_time", **{**given, "time": "25:00"})
        until(lambda: run.state == "failed")


def test_git(tmp_path: Path) -> None:
    """`mcp-server-git`: reads by the hints that the person trusts; a commit is asked about."""
    repo = tmp_path / "repo"
    repo.mkdir()
    git = ["git", "-C", str(repo), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    subprocess.run([*git, "config", "user.name", "x"], check=True)
    subprocess.run([*git, "config", "user.email", "x@example.org"], check=True)
    (repo / "a.txt").write_text("new\n")
    server = wb.mcp(
        python("mcp_server_git", "--repository", str(repo)),
        name="git",
        trust_hints=True,
        effects={"git_log": "read", "git_add": "irreversible"},
    )
    with bench_of(server, tmp_path) as bench:
        assert "first" in str(done(bench, "git.git_log", repo_path=str(repo)))
        run = call(bench, "git.git_add", repo_path=str(repo), files=["a.txt"])
        request = asked(run)
        assert request.args == {"repo_path": str(repo), "files": ["a.txt"]}
        request.approve()
        run.wait(timeout_s=120)
        run = call(bench, "git.git_commit", repo_path=str(repo), message="second")
        asked(run).approve()
        run.wait(timeout_s=120)
    log = subprocess.run([*git, "log", "--format=%s"], check=True, capture_output=True, text=True)
    assert log.stdout.split() == ["second", "first"]


@pytest.fixture
def page() -> Iterator[str]:
    """Serve one page on loopback: its address."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html><body><h1>Prices</h1><p>Bolts cost 7 usd.</p></body></html>")

        def log_message(self, *_args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/prices"
    server.shutdown()
    server.server_close()


def test_fetch(tmp_path: Path, page: str) -> None:
    """`mcp-server-fetch`: a read that goes out is asked about, whatever it says of itself."""
    command = python("mcp_server_fetch", "--ignore-robots-txt", "--allow-private-ips")
    server = wb.mcp(command, name="fetch", trust_hints=True)
    with bench_of(server, tmp_path) as bench:
        run = call(bench, "fetch.fetch", url=page, raw=True)  # else it starts Node for each page
        request = asked(run)
        assert request.risk in ("public", "irreversible")
        assert request.args == {"url": page, "raw": True}
        request.approve(confirm=request.gate.value)
        assert "Bolts cost 7 usd." in str(run.wait(timeout_s=120))


def test_filesystem(tmp_path: Path) -> None:
    """`server-filesystem`: writes are asked about, and it keeps to its folder."""
    folder = tmp_path / "files"
    folder.mkdir()
    server = wb.mcp(node("server-filesystem", str(folder)), name="fs", trust_hints=True)
    with bench_of(server, tmp_path) as bench:
        assert (server["read_text_file"].effect, server["write_file"].effect) == (
            "read", "irreversible"
        )  # fmt: skip
        run = call(bench, "fs.write_file", path=str(folder / "a.txt"), content="hello")
        asked(run).approve()
        run.wait(timeout_s=120)
        assert (folder / "a.txt").read_text() == "hello"
        outside = call(bench, "fs.write_file", path=str(tmp_path / "b.txt"), content="x")
        asked(outside).approve()
        until(lambda: outside.state == "failed")
        assert "outside allowed" in (outside.view.steps["a"].error or "").lower()
        assert not (tmp_path / "b.txt").exists()


def test_everything(tmp_path: Path) -> None:
    """`server-everything`, which speaks the older protocol: parts, progress, a question in the
    middle of a call, a model, resources; and its tool that gives the environment away says that it
    only reads.
    """
    usage = ModelUsage(tokens_in=3, tokens_out=4)
    model = ScriptedModel([ModelReply(text="said", usage=usage)])
    server = wb.mcp(node("server-everything"), name="all", sampling=model)
    server.timeout_s = 20
    with bench_of(server, tmp_path, policy=allow_all()) as bench:
        assert server["get-env"].listed.hints["readOnlyHint"] is True
        assert server["get-env"].effect == "irreversible"
        assert done(bench, "all.echo", message="hi") == "Echo: hi"
        image = done(bench, "all.get-tiny-image")
        assert image[1]["base64"].startswith("iVBOR")
        run = call(bench, "all.trigger-long-running-operation", duration=1, steps=4)
        run.wait(timeout_s=120)
        told = [r.event for r in run.events() if r.kind == "call.reported"]
        assert told[0].progress == 0.25
        run = call(bench, "all.trigger-sampling-request", prompt="hi", maxTokens=10)
        assert "said" in str(run.wait(timeout_s=120))
        assert run.usage["tokens_out"] == 4
        _question(bench)
        first = server.resources()[0]
        assert server.read(first["uri"])
        assert done(bench, "all.read_resource", uri=first["uri"])
        pid = server.pid
    assert pid is not None
    assert not Path(f"/proc/{pid}").exists()


def _question(bench: wb.Workbench) -> None:
    """The call is held by the server while the person is asked, for longer than a call may take."""
    run = call(bench, "all.trigger-elicitation-request")
    request = asked(run)
    assert (request.kind, run.state) == ("elicitation", "running")
    assert request.view.opened.args["firstLine"].startswith("It was a dark")
    request.approve(args={"name": "Ada", "check": True})
    assert "Ada" in str(run.wait(timeout_s=120))
    declined = call(bench, "all.trigger-elicitation-request")
    asked(declined).deny()
    assert "declined" in str(declined.wait(timeout_s=120)).lower()
