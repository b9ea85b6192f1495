"""The connection to one server: started when it is needed, and again when it ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from workbench.credentials import Keyed, Lookup
from workbench.engine.parts import secret_from_environment
from workbench.errors import WorkbenchError
from workbench.mcp.client import OAuthClient
from workbench.mcp.errors import LoginFailed, ServerDown, quoted
from workbench.mcp.given import Text, text_of
from workbench.mcp.keeping import TokenStore
from workbench.mcp.login import Login
from workbench.mcp.patience import Patience
from workbench.mcp.process import ServerProcess, Words
from workbench.tools import SecretValue

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import Tool

STARTS = 3
"""Times that a server is started for one call before the call is given up."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 30.0
"""Before the second start, and before any; each wait is twice as long as the one before."""
LAST_WORDS_S = 1.0
"""Seconds in which a process that broke off may still say why."""
UNWANTED = (401, 403)
"""By which it says that it does not want us: to come again would change nothing."""
FAULTS = 400
"""The least of the numbers by which HTTP says that something is wrong."""
CONNECT_S, SILENCE_S = 30.0, 300.0
"""Seconds to reach an address, and in which an answer that has begun may say nothing."""
PAGES = 50
"""Of a list of tools that are read at most."""


@dataclass(frozen=True)
class Spec:
    """How to reach a server."""

    name: str
    command: tuple[str, ...] = ()
    url: str = ""
    env: Mapping[str, Text] = field(default_factory=dict)
    headers: Mapping[str, Text] = field(default_factory=dict)
    token: Text | None = None
    oauth: OAuthClient | None = None
    cwd: str | Path | None = None
    secrets: Keyed | Lookup = secret_from_environment
    start_timeout_s: float = 30.0

    @property
    def place(self) -> str:
        """The command or the address, for people; without what may be a secret in it."""
        if not self.url:
            return " ".join(self.command)
        scheme, _, rest = self.url.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


class Connection:
    """Keeps one connection; all methods are for the server's own loop."""

    def __init__(self, spec: Spec, callbacks: Mapping[str, Any], tokens: TokenStore) -> None:
        """Start nothing yet; `callbacks` are those of the library's client."""
        self.spec, self._callbacks = spec, callbacks
        self._patience = Patience()
        known = spec.token is not None or "authorization" in map(str.lower, spec.headers)
        login = Login(spec.name, spec.url, tokens, self._patience, own=spec.oauth)
        self.login = login if spec.url and not known else None
        """The login, for a server at an address that was given no other proof of who we are."""
        self.given: set[str] = set()
        """What only the server may see."""
        self.words = Words()
        self.starts = self.failures = 0
        """How often it was started; and how often it failed since the last call that came back."""
        self.process: ServerProcess | None = None
        self._client: Client | None = None
        self._scope: anyio.CancelScope | None = None
        self._lock: anyio.Lock | None = None
        self._fault, self._status, self._hopeless = "", 0, False
        self._failed_at = float("-inf")

    @property
    def secrets(self) -> dict[str, SecretValue]:
        """Texts that nobody but the server may see; they are taken out of what it gives back."""
        texts = self.given if self.login is None else self.given | self.login.secrets
        name = f"of the MCP server {self.spec.name}"
        return {text: SecretValue(name, text) for text in texts}

    @property
    def up(self) -> bool:
        """Whether it is connected, as far as is known."""
        return self._client is not None and not (self.process and self.process.gone.is_set())

    async def client(self, tasks: anyio.abc.TaskGroup) -> Client:
        """Give the connected client; starts the server, and waits before it starts it again.

        Raises:
            ServerDown: it does not start; nothing was called.
        """
        self._lock = self._lock or anyio.Lock()
        heard, refused = self.words.count, self.refusals
        async with self._lock:
            for attempt in range(1, STARTS + 1):
                if self._client is not None and self.up:
                    return self._client
                if (why := self.refused_since(refused)) is not None:
                    raise why
                self.drop()
                await self._take_time()
                if await self._start(tasks):
                    assert self._client is not None  # noqa: S101 - that is what True says
                    return self._client
                if attempt == STARTS or self._hopeless:
                    break
        said = quoted(self.words.since(heard))
        raise ServerDown(
            f"The MCP server {self.spec.name!r} does not start: {self._fault}"
            f"{f'; it said: {said}' if said else ''}.",
            f"Look at its command: {self.spec.place}",
        )

    def drop(self) -> None:
        """Let go of a connection that is broken; the next call makes another."""
        if self._scope is not None:
            self._scope.cancel()
        self._client = None

    async def bury(self) -> None:
        """Let go of a connection that broke in a call, when its process has said its last words."""
        scope, ended = self._scope, self.process.ended if self.process else None
        if ended is not None:
            with anyio.move_on_after(LAST_WORDS_S):
                await ended.wait()
        if self._scope is scope:
            self.drop()

    def forget(self) -> None:
        """Be as if it had never been started: its loop has ended."""
        self._client = self._scope = self._lock = None
        if self.login is not None:
            self.login.forget()

    def failed(self, why: str) -> None:
        """Note that it ended by itself, so that it is not started again at once."""
        self.failures += 1
        self._fault, self._failed_at = why, anyio.current_time()

    async def tools(self, client: Client) -> list[Tool]:
        """Read the whole list of its tools, anew."""
        if client.server_capabilities.tools is None:
            return []
        found: list[Tool] = []
        cursor = None
        with self._patience.limit(self.spec.start_timeout_s) as scope:
            for _ in range(PAGES):
                page = await client.list_tools(cursor=cursor, cache_mode="refresh")
                found += page.tools
                cursor = page.next_cursor
                if cursor is None:
                    break
        if scope.cancelled_caught:
            raise TimeoutError(f"no list within {self.spec.start_timeout_s:g} s")
        return found

    async def _take_time(self) -> None:
        if self.failures:
            wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (self.failures - 1))
            await anyio.sleep(max(0.0, self._failed_at + wait_s - anyio.current_time()))

    async def _start(self, tasks: anyio.abc.TaskGroup) -> bool:
        begun = anyio.Event()
        tasks.start_soon(self._hold, begun)
        with self._patience.limit(self.spec.start_timeout_s) as patience:
            await begun.wait()
        if patience.cancelled_caught:
            self.drop()
            self.failed(f"no answer within {self.spec.start_timeout_s:g} s")
        return self._client is not None

    async def _hold(self, begun: anyio.Event) -> None:
        """Keep the connection in one task, as the library wants it, until it breaks."""
        from mcp import Client
        from mcp.types import Implementation

        mine: Client | None = None
        with anyio.CancelScope() as scope:
            self._scope = scope
            try:
                transport, gone = self._transport()
                info = Implementation(name="workbench", version="1")
                async with Client(transport, client_info=info, **self._callbacks) as mine:
                    self._client = mine
                    self.starts += 1
                    begun.set()
                    await gone.wait()
            except Exception as error:  # noqa: BLE001 - whatever a server does, it is only down
                if mine is None:
                    self._hopeless = isinstance(error, WorkbenchError) or self._status in UNWANTED
                    self.failed(self._words_of(error))
            if mine is not None and not scope.cancel_called:
                self.failed(self._ended())
        if self._client is mine:
            self._client = None
        begun.set()

    def _transport(self) -> tuple[AbstractAsyncContextManager[Any], anyio.Event]:
        spec = self.spec
        if not spec.url:
            env = {name: self._given(value) for name, value in spec.env.items()}
            self.process = ServerProcess(spec.command, env, spec.cwd, self.words)
            return self.process.streams(), self.process.gone
        headers = {name: self._given(value) for name, value in spec.headers.items()}
        if spec.token is not None:
            headers["Authorization"] = f"Bearer {self._given(spec.token)}"
        if self.login is not None and spec.oauth is not None and spec.oauth.secret is not None:
            self.login.own_secret = self._given(spec.oauth.secret)
            self.login.secrets.add(self.login.own_secret)
        return _over_http(spec.url, headers, self.login, self._note), anyio.Event()

    async def _note(self, response: Any) -> None:
        """Keep what an address answers in numbers; the library does not say it."""
        self._status = response.status_code

    def _given(self, value: Text) -> str:
        """Give a value; one that was kept back until now is shown to nobody else."""
        text = text_of(value, self.spec.secrets, self.spec.name)
        if not isinstance(value, str):
            self.given.add(text)
        return text

    def refused_since(self, count: int) -> LoginFailed | None:
        """Give why a login came to nothing behind the first `count` of them; None: none did."""
        return self.login.why if self.login is not None and self.refusals != count else None

    @property
    def refusals(self) -> int:
        """How many logins came to nothing."""
        return 0 if self.login is None else self.login.failures

    def _ended(self) -> str:
        return (self.process.exit_words if self.process else "") or "it closed the connection"

    def _words_of(self, error: BaseException) -> str:
        while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        ended = self.process.exit_words if self.process else ""
        number = f" (HTTP {self._status})" if self._status >= FAULTS else ""
        return ended or f"{quoted(str(error) or type(error).__name__)}{number}"


@asynccontextmanager
async def _over_http(
    url: str,
    headers: dict[str, str],
    login: Login | None,
    note: Callable[[Any], Awaitable[None]],
) -> AsyncIterator[Any]:
    """Speak streamable HTTP, with a client that is closed in the end."""
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    from workbench.mcp.oauth import provider_of

    auth = None if login is None else await provider_of(login)
    patience = httpx2.Timeout(CONNECT_S, read=SILENCE_S)
    async with (
        httpx2.AsyncClient(headers=headers, auth=auth, timeout=patience) as http,
        streamable_http_client(url, http_client=http) as streams,
    ):
        http.event_hooks["response"].append(note)
        yield streams


def split(command: str | Sequence[str]) -> tuple[str, ...]:
    """Give the words of a command as a shell would; no shell is involved."""
    import shlex

    return tuple(shlex.split(command)) if isinstance(command, str) else tuple(command)
