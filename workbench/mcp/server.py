"""A server that a person has connected: its tools, its resources, and how it stands."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

import anyio

from workbench.errors import ToolError
from workbench.mcp.calling import Line, current
from workbench.mcp.connection import Connection, Spec
from workbench.mcp.ears import Ears
from workbench.mcp.errors import ServerDown, ServerGone, quoted
from workbench.mcp.listed import READ, Listed, read_listing
from workbench.mcp.looping import Looping
from workbench.mcp.requesting import request
from workbench.mcp.result import content_of
from workbench.mcp.tool import ServerTool
from workbench.mcp.trust import Trust
from workbench.tools.talking import talking

if TYPE_CHECKING:
    from mcp import Client

STOP_S = 10.0
"""Seconds that a server has to end in."""
TOOLS = 256
"""Tools of one server that are taken over at most."""


class Server:
    """One MCP server; made by `wb.mcp`, given to `Workbench(tools=[…])`.

    It is started when its tools are first asked for, started again when it ended, and stopped with
    the workbench.
    """

    def __init__(
        self, spec: Spec, trust: Trust, ears: Ears, *, prefix: str, timeout_s: float | None
    ) -> None:
        """Start nothing yet."""
        self.name, self.timeout_s = spec.name, timeout_s
        self.left_out: dict[str, str] = {}
        """Tools that cannot be used, and why."""
        self._spec, self._trust, self._ears, self._prefix = spec, trust, ears, prefix
        self._looping = Looping(spec.name)
        self._connection = Connection(spec, ears.callbacks())
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
            listed = self._wait_for(self._list)
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
        found: list[dict[str, Any]] = self._wait_for(self._list_resources)
        return found

    def read(self, uri: str) -> Any:
        """Read a resource, by hand; a run reads one by the tool `read_resource`.

        Raises:
            ServerDown: it does not start.
            Exception: it does not give the resource; whatever the library raises.
        """
        return self._wait_for(self._read_resource, uri)

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
            ServerError: it answered that it failed.
            Unanswered: it has questions first.
        """
        line = Line(self._looping, talking.get())
        job = self._looping.submit(self._request, tool, arguments, line)
        return await line.follow(job, self.timeout_s)

    async def look_again(self, tool: ServerTool) -> None:
        """Read the list anew, and let `tool` become what stands there now.

        Raises:
            ServerDown: it cannot be reached.
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
        """Read the list; once more where the connection turns out to be broken: nothing was called.

        Raises:
            ServerDown: there is no list to be had.
        """
        for last in (False, True):
            client = await self._client()
            try:
                listings = await self._connection.tools(client)
                has_resources = client.server_capabilities.resources is not None
                return self._read(listings, has_resources=has_resources)
            except Exception as error:
                await self._connection.bury()
                if last:
                    raise self._no_list(error) from error
        raise AssertionError  # the second time it was raised above

    def _read(self, listings: list[Any], *, has_resources: bool) -> dict[str, Listed]:
        found: dict[str, Listed] = {}
        self.left_out = {}
        for listing in listings[:TOOLS]:
            try:
                found.setdefault(listing.name, read_listing(listing))
            except ValueError as fault:
                self.left_out[repr(listing.name)[:80]] = str(fault)
        if has_resources:
            found.setdefault(READ.name, READ)
        return found

    def _no_list(self, error: BaseException) -> ServerDown:
        words = str(error) or type(error).__name__
        self._connection.failed(words)
        said = quoted(self.stderr)
        return ServerDown(
            f"The MCP server {self.name!r} gives no list of its tools: {quoted(words)}"
            f"{f'; it said: {said}' if said else ''}.",
            "Look at its command, and at server.stderr.",
        )

    async def _request(self, tool: Listed, arguments: Mapping[str, Any], line: Line) -> Any:
        client = await self._client()
        current.set(line)
        self._ears.in_flight.append(line)
        heard = self._connection.words.count
        try:
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
        client = await self._client()
        with anyio.fail_after(self._spec.start_timeout_s):
            page = await client.list_resources(cache_mode="refresh")
        return [
            {
                "uri": str(one.uri),
                "name": one.name,
                "description": one.description or "",
                "media": one.mime_type or "",
            }
            for one in page.resources
        ]

    async def _read_resource(self, uri: str) -> Any:
        client = await self._client()
        with anyio.fail_after(self._spec.start_timeout_s):
            return content_of(await client.read_resource(uri, cache_mode="bypass"))

    def _wait_for(self, function: Any, *args: Any) -> Any:
        """Do something in its loop and wait, from a thread of the user's."""
        job = self._looping.submit(function, *args)
        with contextlib.ExitStack() as stack:
            stack.callback(lambda: None if job.future.done() else job.cancel())
            return job.future.result()
