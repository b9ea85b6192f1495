"""A server that a person has connected: its tools, its resources, and how it stands."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from workbench.errors import ToolError, WorkbenchError
from workbench.mcp.calling import Line, current
from workbench.mcp.connection import Connection, Spec
from workbench.mcp.ears import Ears
from workbench.mcp.errors import NoModel, ServerDown, ServerError, ServerGone, quoted
from workbench.mcp.keeping import TokenStore
from workbench.mcp.listed import READ, Listed, take_over
from workbench.mcp.login import LOGIN, tell
from workbench.mcp.looping import Looping
from workbench.mcp.requesting import request
from workbench.mcp.resources import list_resources, read_resource
from workbench.mcp.tool import ServerTool
from workbench.mcp.trust import Trust
from workbench.tools import SecretValue
from workbench.tools.masking import Mask
from workbench.tools.talking import Unanswered, talking

if TYPE_CHECKING:
    from mcp import Client

STOP_S = 10.0
"""Seconds that a server has to end in."""


class Server:
    """One MCP server; made by `wb.mcp`, given to `Workbench(tools=[…])`.

    It is started when its tools are first asked for, started again when it ended, and stopped with
    the workbench.
    """

    def __init__(
        self,
        spec: Spec,
        trust: Trust,
        ears: Ears,
        *,
        tokens: TokenStore,
        prefix: str,
        timeout_s: float | None,
    ) -> None:
        """Start nothing yet."""
        self.name, self.timeout_s = spec.name, timeout_s
        self.left_out: dict[str, str] = {}
        """Tools that cannot be used, and why."""
        self._spec, self._trust, self._ears, self._prefix = spec, trust, ears, prefix
        self._looping = Looping(spec.name)
        self._connection = Connection(spec, ears.callbacks(), tokens)
        if (login := self._connection.login) is not None:
            login.ask = lambda: ears.in_flight[-1].ask if ears.in_flight else None
        self._tools: dict[str, ServerTool] | None = None

    # -- what it has -------------------------------------------------------------------------

    @property
    def tools(self) -> list[ServerTool]:
        """Its tools; starts the server when they are asked for the first time.

        Raises:
            ServerDown: it does not start.
            ToolError: something was declared of a tool that it does not have.
        """
        if self._tools is None:
            listed = self._by_hand(self._read_list)
            self._trust.begin(listed, self.name)
            self._tools = {
                name: ServerTool(self, one, self._trust.declared(one))
                for name, one in listed.items()
            }
        return list(self._tools.values())

    def __iter__(self) -> Iterator[ServerTool]:
        """Iterate over its tools, so that a workbench can be given the server as it is."""
        return iter(self.tools)

    def __getitem__(self, name: str) -> ServerTool:
        """Give a tool by the server's own name of it, or by ours.

        Raises:
            ToolError: it has none of that name.
        """
        for tool in self.tools:
            if name in (tool.name, tool.listed.name):
                return tool
        raise ToolError(
            f"The MCP server {self.name!r} has no tool {name!r}.",
            f"It has: {', '.join(tool.listed.name for tool in self.tools)}.",
        )

    def tool_name(self, listed: str) -> str:
        """Give our name of one of its tools."""
        return f"{self._prefix}{listed}"

    def resources(self) -> list[dict[str, Any]]:
        """List its resources: `uri`, `name`, `description`, `media`; by hand, outside of any run.

        Raises:
            ServerDown: it does not start.
        """
        found: list[dict[str, Any]] = self._masked(self._by_hand(self._list_resources))
        return found

    def read(self, uri: str) -> Any:
        """Read a resource, by hand; a run reads one by the tool `read_resource`.

        Raises:
            ServerDown: it does not start.
            Exception: it does not give the resource; whatever the library raises.
        """
        return self._masked(self._by_hand(self._read_resource, uri))

    def secrets(self) -> dict[str, SecretValue]:
        """Give what only the server may see, as masks want it."""
        return self._connection.secrets

    def redirected(self, address: str) -> None:
        """Take the address at which a browser ended that could not come back to this machine.

        Raises:
            WorkbenchError: it is not for the login that is waited for.
        """
        login = self._connection.login
        if login is None or not login.take(address):
            raise WorkbenchError(
                f"No login at the MCP server {self.name!r} waits for this address.",
                "Give the whole of it, as it stands in the browser; or sign in again.",
            )

    def profile(self) -> dict[str, Any]:
        """Give what is declared of its tools now, pinned to what it lists now.

        Review it, keep it in a file, and give it back as `wb.mcp(…, profile=…)`: a tool that is
        listed otherwise by then is not covered by it.
        """
        return self._trust.profile(self.tools)

    def trust(self, *names: str) -> None:
        """Let what was declared of these tools hold for what the server lists of them now."""
        for name in names:
            tool = self[name]
            self._trust.renew(tool.listed)
            tool.become(tool.listed, self._trust.declared(tool.listed))

    # -- how it stands -----------------------------------------------------------------------

    @property
    def state(self) -> str:
        """`not started`, `running`, `down` or `stopped`."""
        if not self._looping.running:
            return "stopped" if self._connection.starts else "not started"
        return "running" if self._connection.up else "down"

    @property
    def starts(self) -> int:
        """How often it was started."""
        return self._connection.starts

    @property
    def pid(self) -> int | None:
        """Process id of a server that we have started; None: there is none."""
        process = self._connection.process
        return process.pid if process is not None and self._connection.up else None

    @property
    def stderr(self) -> str:
        """The last lines that it wrote to stderr, and of its stdout what is no message."""
        return self._connection.words.text

    def close(self) -> None:
        """Stop it; the next call starts it again."""
        self._looping.stop(STOP_S)
        self._connection.forget()

    def __enter__(self) -> Self:
        """Use it as a context that stops it."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop it."""
        self.close()

    def __repr__(self) -> str:
        """Say how it stands, and its last word when it is down."""
        tools = "" if self._tools is None else f", {len(self._tools)} tools"
        out = f", {len(self.left_out)} left out" if self.left_out else ""
        again = f", started {self.starts} times" if self.starts > 1 else ""
        said = quoted(self.stderr, 200)
        last = f"; it said: {said}" if said and self.state != "running" else ""
        return (
            f"<MCP server {self.name}: {self.state}{again}{tools}{out}; {self._spec.place}{last}>"
        )

    # -- for its tools -----------------------------------------------------------------------

    async def call(self, tool: Listed, arguments: Mapping[str, Any]) -> Any:
        """Call one of its tools; in the loop of the engine.

        Raises:
            ServerDown: it does not start; nothing was called.
            ServerGone: it ended, or no answer came in time; what it did is not known.
            ServerError: it answered that it failed; a `NoModel` when a limit refused it a model.
            Unanswered: it has questions first.
        """
        talk = talking.get()
        line = Line(self._looping, talk)
        job = self._looping.submit(self._request, tool, arguments, line)
        try:
            value = await line.follow(job, self.timeout_s)
            return value if talk is not None else self._masked(value)  # the engine masks its own
        except ServerError as error:
            if not line.no_model:
                raise
            raise NoModel(
                f"{error.what} It was refused a model before: {line.no_model}",
                "Raise the limit, or offer it no model.",
                tool=tool.name,
            ) from error

    async def look_again(self, tool: ServerTool) -> None:
        """Read the list anew, and let `tool` become what stands there now.

        Raises:
            ServerDown: it cannot be reached.
            Unanswered: the person must sign in first.
        """
        line = Line(self._looping, None)
        listed = await line.follow(self._looping.submit(self._list), None)
        now = listed.get(tool.listed.name)
        if now is None:
            tool.gone = True
        elif now.digest != tool.listed.digest:
            tool.become(now, self._trust.declared(now))

    # -- in its own loop ---------------------------------------------------------------------

    async def _client(self) -> Client:
        return await self._connection.client(self._looping.tasks)

    async def _list(self) -> dict[str, Listed]:
        """Read the list; see `_may_sign_in`."""
        listed: dict[str, Listed] = await self._may_sign_in(self._read_list)
        return listed

    async def _may_sign_in(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do what may want a login first.

        Raises:
            Unanswered: the person must sign in first.
        """
        login = self._connection.login
        return await (work() if login is None else login.unless_asked(self._looping.tasks, work))

    async def _read_list(self) -> dict[str, Listed]:
        """Read the list; once more where the connection turns out to be broken: nothing was called.

        Raises:
            ServerDown: there is no list to be had.
        """
        refused = self._connection.refusals
        client = await self._client()
        try:
            listings = await self._connection.tools(client)
        except Exception:  # noqa: BLE001 - whatever it is, the connection is not trusted any more
            await self._connection.bury()
            if (why := self._connection.refused_since(refused)) is not None:
                raise why from None
            client = await self._client()
            try:
                listings = await self._connection.tools(client)
            except Exception as error:
                await self._connection.bury()
                raise self._no_list(error) from error
        found, self.left_out = take_over(listings, Mask(self.secrets().values()))
        if client.server_capabilities.resources is not None:
            found.setdefault(READ.name, READ)
        return found

    def _masked(self, value: Any) -> Any:
        """Take out what only the server may see."""
        return Mask(self.secrets().values()).json(value)

    def _no_list(self, error: Exception) -> ServerDown:
        words = Mask(self.secrets().values()).text(str(error) or type(error).__name__)
        self._connection.failed(words)
        said = quoted(self.stderr)
        return ServerDown(
            f"The MCP server {self.name!r} gives no list of its tools: {quoted(words)}"
            f"{f'; it said: {said}' if said else ''}.",
            "Look at its command, and at server.stderr.",
        )

    async def _request(self, tool: Listed, arguments: Mapping[str, Any], line: Line) -> Any:
        self._ears.in_flight.append(line)
        heard = self._connection.words.count
        try:
            client = await self._client()
            current.set(line)
            value = await request(client, tool, arguments, line, self._ears)
        except ServerGone as error:
            await self._connection.bury()
            gone = (
                f"the MCP server {self.name!r} ended in the middle of the call: {self._end(heard)}"
            )
            raise ServerGone(gone) from error
        else:
            self._connection.failures = 0
            return value
        finally:
            self._ears.in_flight.remove(line)
            if self._connection.words.count > heard:
                line.report(None, f"stderr: {quoted(self._connection.words.lines[-1], 300)}")

    def _end(self, heard: int) -> str:
        """Say how it ended, and what it said behind the first `heard` lines."""
        process = self._connection.process
        how = process.exit_words if process is not None else ""
        said = quoted(self._connection.words.since(heard))
        return f"{how or 'the connection was closed'}{f'; it said: {said}' if said else ''}"

    async def _list_resources(self) -> list[dict[str, Any]]:
        return await list_resources(await self._client(), self._spec.start_timeout_s)

    async def _read_resource(self, uri: str) -> Any:
        return await read_resource(await self._client(), uri, self._spec.start_timeout_s)

    def _by_hand(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """Do something in its loop and wait; where it wants a login, say where to go."""
        login = self._connection.login
        while True:
            failures = login.failures if login is not None else 0
            try:
                return self._wait_for(self._may_sign_in, partial(function, *args))
            except Unanswered as signal:
                for asked in signal.questions.values():
                    tell(LOGIN.format(text=asked.text, url=asked.url))
                assert login is not None  # noqa: S101 - it has asked
                self._wait_for(login.signed_in, failures)

    def _wait_for(self, function: Any, *args: Any) -> Any:
        """Do something in its loop and wait, from a thread of the user's."""
        job = self._looping.submit(function, *args)
        with contextlib.ExitStack() as stack:
            stack.callback(lambda: None if job.future.done() else job.cancel())
            return job.future.result()
