"""Servers behind a login: OAuth with the library's own server, and tokens that were given."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import anyio.to_thread
import httpx2
import pytest
from mcp.shared.auth import OAuthClientInformationFull

import workbench as wb
from tests.mcp.conftest import asked, until
from tests.mcp.locked import Locked
from workbench.errors import WorkbenchError
from workbench.mcp import OAuthClient, Server, ServerDown
from workbench.mcp.errors import LoginFailed
from workbench.mcp.keeping import InProcess
from workbench.mcp.login import Login
from workbench.mcp.oauth import provider_of
from workbench.mcp.patience import Patience
from workbench.run import Run
from workbench.testing import allow_all
from workbench.tools.talking import Asked, Said


def visit(url: str) -> str:
    """Go to an address as a browser does: what the last page says."""
    try:
        with urllib.request.urlopen(url, timeout=120) as page:
            return str(page.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.code} {error.read().decode()}"


def sent_back(url: str) -> str:
    """Give the address that a browser ends at which cannot reach our loopback."""
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.netloc, timeout=120)
    line.request("GET", f"{parts.path}?{parts.query}")
    location = line.getresponse().headers["location"]
    line.close()
    return location


class Notebook(io.StringIO):
    """What is printed; a person reads it and goes to the address that stands there."""

    def __init__(self) -> None:
        super().__init__()
        self.sent_to: list[str] = []

    def write(self, text: str) -> int:
        for url in re.findall(r"^http\S+$", text, re.MULTILINE):
            self.sent_to.append(url)
            threading.Thread(target=visit, args=(url,)).start()
        return super().write(text)


class Scene:
    """The locked server, a file for its tokens, and what a person sees."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.locked, self.notebook = folder, Locked(), Notebook()
        self.kept = folder / "tokens.json"
        self._open: list[Any] = []

    def server(self, **options: Any) -> Server:
        given = {"name": "locked", "tokens": self.kept, "effects": {"leak": "read"}, **options}
        server = wb.mcp(self.locked.url, **given)
        self._open.insert(0, server)
        return server

    def tools(self, server: Server) -> list[str]:
        """Ask for the tools as a cell does."""
        with (
            contextlib.redirect_stdout(self.notebook),
            contextlib.redirect_stderr(self.notebook),
        ):
            return [tool.listed.name for tool in server.tools]

    def bench(self, server: Server, **options: Any) -> wb.Workbench:
        self.tools(server)
        bench = wb.Workbench(self.folder / "runs.db", tools=[server], planner=None, **options)
        self._open.insert(0, bench)
        return bench

    def start(self, bench: wb.Workbench, how: str = "result") -> Run:
        step = wb.Step(id="a", tool="locked.leak", args={"how": how})
        return bench.start(plan=wb.Plan(goal="leak", steps=[step]))

    @property
    def written(self) -> bytes:
        """All that is in the journal."""
        return b"".join(path.read_bytes() for path in self.folder.glob("runs.db*"))

    def close(self) -> None:
        for one in self._open:
            one.close()
        self.locked.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    shared = Scene(tmp_path_factory.mktemp("locked"))
    yield shared
    shared.close()


@pytest.fixture
def scene(shared: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    shared.notebook = Notebook()
    monkeypatch.setattr("webbrowser.open", lambda *_: pytest.fail("nobody opens it"))
    return shared


def test_a_person_signs_in_once_and_the_tokens_are_kept_and_renewed(scene: Scene) -> None:
    """By hand the address is printed; the browser comes back to loopback with a code that only who
    asked can use (PKCE). What is kept in a file of the owner's is used by the next server object,
    and renewed when its time is over; nobody is asked again [AUTH-13].
    """
    door = scene.locked.door
    assert scene.tools(scene.server()) == ["leak", "read_resource"]
    (url,) = scene.notebook.sent_to
    assert url.startswith(f"{scene.locked.place}/authorize?")
    assert "Sign in at 127.0.0.1:" in scene.notebook.getvalue()
    assert len(door.clients) == len(door.asked) == 1
    assert (door.asked[0].code_challenge, door.asked[0].resource) != (None, None)
    assert scene.kept.stat().st_mode & 0o077 == 0
    kept = json.loads(scene.kept.read_text())
    inner = json.loads(kept["mcp/locked"])
    assert inner["url"] == scene.locked.url
    inner["expires_at"] = 1.0
    scene.kept.write_text(json.dumps({"mcp/locked": json.dumps(inner)}))
    assert "leak" in scene.tools(scene.server())
    assert (door.renewed, len(door.asked), len(door.clients)) == (1, 1, 1)
    scene.kept.chmod(0o644)
    with pytest.raises(ServerDown, match="can be read by others"):
        _ = scene.server().tools
    scene.kept.chmod(0o600)


def test_a_login_in_a_run_is_a_request_and_no_approval_of_the_call(scene: Scene) -> None:
    """When the tokens are taken back, the run asks the person to go to the address: confirmed too
    early it asks again; then the call itself is still asked about; refused, it is not made; and no
    token is in the journal, whatever the server says [AUTH-13, AUTH-16].
    """
    door = scene.locked.door
    server = scene.server(effects={})
    bench = scene.bench(server)
    door.forget()
    calls = scene.locked.calls
    run = scene.start(bench)
    first = asked(run)
    until(lambda: run.state == "waiting")
    assert first.kind == "elicitation"
    assert first.title.startswith("the MCP server locked wants you to visit 127.0.0.1:")
    url = first.evidence["url"]
    strange = parse_qs(urlsplit(url).query)["redirect_uri"][0]
    assert visit(f"{strange}?code=stolen&state=guessed").startswith("400 ")
    first.approve()
    again = until(lambda: run.inbox and run.inbox[0].id != first.id and run.inbox[0])
    assert (again.evidence["url"], scene.locked.calls) == (url, calls)
    assert visit(url).startswith("Done.")
    again.approve()
    call = until(lambda: run.inbox and run.inbox[0].kind == "permission" and run.inbox[0])
    assert scene.locked.calls == calls
    call.approve()
    assert run.wait(timeout_s=120) == {"result": "you are <secret of the MCP server locked>"}
    run = scene.start(bench, "error")
    asked(run).approve()
    until(lambda: run.state == "failed")
    assert "you are <secret" in (run.view.steps["a"].error or "")
    run = scene.start(bench, "question")
    asked(run).approve()
    question = until(lambda: run.inbox and run.inbox[0].kind == "elicitation" and run.inbox[0])
    assert question.evidence["asks"] == "you are <secret of the MCP server locked>"
    question.approve()
    until(lambda: run.state == "succeeded")
    door.forget()
    run = scene.start(bench)
    refused = asked(run)
    refused.deny("not me")
    until(lambda: run.state == "succeeded")
    assert (run.view.steps["a"].state, scene.locked.calls) == ("denied", calls + 4)
    with pytest.raises(WorkbenchError, match="waits for this address"):
        server.redirected(f"{strange}?code=stolen&state=guessed")
    server.redirected(sent_back(refused.evidence["url"]))  # from a browser on another machine
    assert "leak" in scene.tools(server)
    bench.replay(run).check()
    written = scene.written
    assert b"you are" in written
    assert [text for text in door.given if text and text.encode() in written] == []


def test_the_keyring_keeps_a_login(scene: Scene, tmp_path: Path) -> None:
    """With `tokens="keyring"` the next server object needs no login: the real package, with a
    backend that keeps passwords in a folder [AUTH-13].
    """
    import keyring
    from keyrings.alt.file import PlaintextKeyring

    class InFolder(PlaintextKeyring):  # type: ignore[misc]
        file_path = str(tmp_path / "passwords")

    before, asked_before = keyring.get_keyring(), len(scene.locked.door.asked)
    keyring.set_keyring(InFolder())
    try:
        assert "leak" in scene.tools(scene.server(tokens="keyring"))
        assert "leak" in scene.tools(scene.server(tokens="keyring"))
        assert keyring.get_password("workbench", "mcp/locked")
    finally:
        keyring.set_keyring(before)
    assert len(scene.locked.door.asked) == asked_before + 1


def test_a_login_that_is_refused_says_so(scene: Scene) -> None:
    """The words of who refuses are shown as text; nothing is tried again by itself."""
    door = scene.locked.door
    door.forget()
    door.refuses, before = True, len(door.asked)
    try:
        with pytest.raises(ServerDown, match=r"failed: not \[31myou"):
            scene.tools(scene.server(tokens=None))
    finally:
        door.refuses = False
    assert len(door.asked) == before + 1


def test_a_login_that_is_refused_at_once_says_so(scene: Scene) -> None:
    """A browser that is back before the address is read to its end changes nothing: the refusal is
    heard, and nobody is asked a second time."""
    door, server = scene.locked.door, scene.server(tokens=None)
    login = server._connection.login
    assert login is not None

    class Quick(Notebook):
        def write(self, text: str) -> int:
            for url in re.findall(r"^http\S+$", text, re.MULTILINE):
                visit(url)
                until(lambda: login.asked is None)
            return len(text)

    scene.notebook = Quick()
    door.forget()
    door.refuses, before = True, len(door.asked)
    try:
        with pytest.raises(ServerDown, match=r"failed: not \[31myou"):
            scene.tools(server)
    finally:
        door.refuses = False
    assert len(door.asked) == before + 1


def test_a_refused_login_is_not_asked_for_twice_over_one_connection(scene: Scene) -> None:
    """When the first request of a connection has come to a login that was refused, the library may
    send another at once, for an older protocol: nobody is asked again."""
    door = scene.locked.door
    door.forget()
    door.refuses, before = True, len(door.asked)
    login = Login("locked", scene.locked.url, InProcess(), Patience(), limit_s=20)

    async def person(asked: Asked) -> Said:
        await anyio.to_thread.run_sync(visit, asked.url)
        return Said(verdict="accept")

    login.ask = lambda: person

    async def connect() -> None:
        auth = await provider_of(login)
        async with httpx2.AsyncClient(auth=auth) as http:
            for _ in range(2):
                with pytest.raises(LoginFailed, match=r"not \[31myou"):
                    await http.post(login.url, json={})

    try:
        anyio.run(connect)
    finally:
        login.forget()
        door.refuses = False
    assert (len(door.asked), login.failures) == (before + 1, 1)


def test_no_step_of_a_login_goes_in_the_clear() -> None:
    """A server that sends us for tokens to another machine, not over https, is not followed."""
    locked = Locked(issuer="http://tokens.example.org")
    server = wb.mcp(locked.url, name="locked")
    try:
        with pytest.raises(ServerDown, match=r"in the clear to tokens\.example\.org"):
            _ = server.tools
    finally:
        server.close()
        locked.stop()


def test_a_client_of_ones_own_signs_in_where_nobody_is_registered(tmp_path: Path) -> None:
    """A server that registers nobody says what to give; with the client that the user has there,
    its secret by name, the person signs in, the tokens are renewed, and the secret is in no file.
    Where a server leads to anybody else than who gave out the client, it is not shown [AUTH-13].
    """
    locked = Locked(registers=False)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    known = OAuthClientInformationFull(
        client_id="mine",
        client_secret="s3cret-of-mine",
        redirect_uris=[f"http://127.0.0.1:{port}/signed-in"],
        token_endpoint_auth_method="client_secret_basic",
        scope="use",
    )
    locked.door.clients["mine"] = known
    kept, notebook, servers = tmp_path / "tokens.json", Notebook(), list[Server]()

    def names(issuer: str | None, **options: Any) -> list[str]:
        secret = wb.Secret["door"]
        mine = OAuthClient("mine", secret, issuer, port) if issuer else None
        given = {"tokens": kept, "secrets": {"door": "s3cret-of-mine"}, **options}
        servers.append(wb.mcp(locked.url, name="locked", client=mine, **given))
        with contextlib.redirect_stdout(notebook), contextlib.redirect_stderr(notebook):
            return [tool.listed.name for tool in servers[-1].tools]

    try:
        with pytest.raises(ServerDown, match=r"client=…, where nobody is registered"):
            names(None)
        assert notebook.sent_to == []
        assert "leak" in names(locked.place)
        texts = json.loads(kept.read_text())
        inner = json.loads(texts["mcp/locked"])
        inner["expires_at"] = 1.0
        kept.write_text(json.dumps({"mcp/locked": json.dumps(inner)}))
        with pytest.raises(ServerDown, match="and your client is of https://else"):
            names("https://else.example.org")
        assert locked.door.renewed == 0
        assert "leak" in names(locked.place)
        assert (locked.door.renewed, len(locked.door.asked)) == (1, 1)
        assert list(locked.door.clients) == ["mine"]
        assert "s3cret" not in kept.read_text() + repr(servers)
        assert "s3cret-of-mine" in servers[-1].secrets()
        while servers:
            servers.pop().close()
        locked.door.forget()
        taken = socket.create_server(("127.0.0.1", port))
        with pytest.raises(ServerDown, match=f"port {port} of this machine is taken"):
            names(locked.place)
        taken.close()
    finally:
        for server in servers:
            server.close()
        locked.stop()
    with pytest.raises(WorkbenchError, match="nobody said to whom it may be shown"):
        OAuthClient("mine", "s3cret")


def test_nothing_private_of_the_library_is_used() -> None:
    """What the MCP library calls private may change with any version: none of its methods is
    replaced, and none of its private modules imported."""
    import workbench.mcp.oauth as ours

    of_library = {name for base in ours.Provider.__mro__[1:] for name in vars(base)}
    replaced = [n for n in vars(ours.Provider) if re.fullmatch(r"_[a-z]\w*", n) and n in of_library]
    assert replaced == ["_abc_impl"] * ("_abc_impl" in replaced)
    folder = Path(ours.__file__).parent
    lines = [line for file in folder.glob("*.py") for line in file.read_text().splitlines()]
    imports = [line for line in lines if re.match(r"\s*(from|import) (mcp|httpx2)\b", line)]
    assert [line for line in imports if re.search(r"[. ]_", line.strip())] == []
    assert len(imports) > 10


def test_unattended_a_login_pauses_the_run(scene: Scene) -> None:
    """Without a person nothing is called, and the run says what it waits for."""
    server = scene.server()
    bench = scene.bench(server, attended=False, policy=allow_all())
    scene.locked.door.forget()
    run = scene.start(bench)
    until(lambda: run.state == "paused")
    assert "Sign in at 127.0.0.1:" in run.view.reason


def test_a_token_that_is_given_is_a_secret_by_name(scene: Scene) -> None:
    """`wb.Secret["door"]` is looked up when the server starts, and masked in what comes back; a
    wrong one is refused in plain words, and nobody is asked to sign in [AUTH-13].
    """
    token = scene.locked.door.mint().access_token
    server = scene.server(token=wb.Secret["door"], secrets={"door": token})
    bench = scene.bench(server, policy=allow_all())
    result = scene.start(bench).wait(timeout_s=120)
    assert result == {"result": "you are <secret of the MCP server locked>"}
    assert token.encode() not in scene.written
    by_hand = anyio.run(lambda: server["leak"](how="result"))
    assert by_hand == {"result": "you are <secret of the MCP server locked>"}
    before = len(scene.locked.door.asked)
    with pytest.raises(ServerDown, match="401"):
        _ = scene.server(token="wrong").tools
    with pytest.raises(ServerDown, match="needs the secret 'door', which is not set"):
        _ = scene.server(token=wb.Secret["door"], secrets={}).tools
    assert (len(scene.locked.door.asked), scene.notebook.sent_to) == (before, [])
