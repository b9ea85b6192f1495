"""A server as a process of ours: its pipes, its words on stderr, and its end.

The library has a transport of its own; ours also knows the process, bounds what it says, and lets
it not outlive us.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import Process

from workbench.mcp.errors import clean

GUARD = Path(__file__).parent / "guard.py"
INHERITED = ("HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "USER")
"""Variables of our environment that a server sees; the rest, secrets among them, it does not."""
LINES, LINE = 200, 2000
"""Lines of stderr that are kept, and characters of each."""
MESSAGE = 64 << 20
"""Bytes of one message; a server that sends a longer one is ended."""
LEAVE_S = 1.0
"""Seconds that a server has to end when its stdin is closed, and again after a SIGTERM."""


class Words:
    """What a server writes to stderr; the last lines of it."""

    def __init__(self) -> None:
        """Begin empty."""
        self.lines: deque[str] = deque(maxlen=LINES)
        self.count = 0

    @property
    def text(self) -> str:
        """All that is kept."""
        return "\n".join(self.lines)

    def since(self, count: int) -> str:
        """Give what is kept of the lines behind the first `count`."""
        new = min(self.count - count, len(self.lines))
        return "\n".join([*self.lines][len(self.lines) - new :]) if new else ""

    def add(self, line: str) -> None:
        """Keep one more line."""
        self.lines.append(clean(line).strip("\n")[:LINE])
        self.count += 1


class ServerProcess:
    """One server process, as a transport of the library.

    Attributes:
        words: its stderr, and what on its stdout is no message.
        gone: set when it says nothing more.
        ended: set when its stderr is closed, too, or it was ended.
    """

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], cwd: str | Path | None, words: Words
    ) -> None:
        """Prepare; `streams` starts it."""
        self._command, self._env, self._cwd, self.words = list(command), dict(env), cwd, words
        self._process: Process | None = None
        self.gone, self.ended = anyio.Event(), anyio.Event()

    @property
    def pid(self) -> int | None:
        """Its process id; None: it was not started."""
        return None if self._process is None else self._process.pid

    @property
    def exit_words(self) -> str:
        """How it ended; empty: it has not."""
        code = None if self._process is None else self._process.returncode
        if code is None:
            return ""
        if code < 0:
            return f"it was ended by {signal.Signals(-code).name}"
        return f"it ended with exit code {code}"

    @asynccontextmanager
    async def streams(self) -> AsyncIterator[tuple[Any, Any]]:
        """Start it and give the two ends of the conversation; it is gone when this is left.

        Raises:
            OSError: it cannot be started.
        """
        from mcp.shared.message import SessionMessage

        ours = {name: os.environ[name] for name in INHERITED if name in os.environ}
        self._process = process = await anyio.open_process(
            [sys.executable, "-I", "-S", str(GUARD), str(os.getpid()), *self._command],
            env={**ours, **self._env},
            cwd=self._cwd,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        heard, said = anyio.create_memory_object_stream[SessionMessage | Exception](16)
        writes, written = anyio.create_memory_object_stream[SessionMessage](0)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._listen, process, heard)
                tasks.start_soon(self._speak, process, written)
                tasks.start_soon(self._overhear, process)
                try:
                    yield said, writes
                finally:
                    with anyio.CancelScope(shield=True):
                        await self._end(process)
                    tasks.cancel_scope.cancel()
        finally:
            for stream in (heard, said, writes, written):
                stream.close()

    async def _listen(self, process: Process, heard: Any) -> None:
        """Pass messages on; what is none is kept with its other words."""
        from mcp.shared.message import SessionMessage
        from mcp.types import jsonrpc_message_adapter

        assert process.stdout is not None  # noqa: S101 - it was started with a pipe
        rest = b""
        try:
            async for chunk in process.stdout:
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > MESSAGE:
                    self.words.add(f"(a message of more than {MESSAGE >> 20} MiB on stdout)")
                    break
                for line in lines:
                    if not line.strip():
                        continue
                    try:
                        message = jsonrpc_message_adapter.validate_json(line, by_name=False)
                    except ValueError:
                        self.words.add(f"(on stdout) {line[:LINE].decode('utf-8', 'replace')}")
                        continue
                    await heard.send(SessionMessage(message))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            pass
        finally:
            self.gone.set()
            heard.close()

    async def _speak(self, process: Process, written: Any) -> None:
        assert process.stdin is not None  # noqa: S101 - it was started with a pipe
        try:
            async for item in written:
                text = item.message.model_dump_json(by_alias=True, exclude_unset=True)
                await process.stdin.send(text.encode() + b"\n")
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            self.gone.set()

    async def _overhear(self, process: Process) -> None:
        assert process.stderr is not None  # noqa: S101 - it was started with a pipe
        rest = b""
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            async for chunk in process.stderr:
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self.words.add(line.decode("utf-8", "replace"))
                rest = rest[-LINE:]
        if rest:
            self.words.add(rest.decode("utf-8", "replace"))
        await process.wait()
        self.ended.set()

    async def _end(self, process: Process) -> None:
        """Close its stdin and wait; then SIGTERM, then SIGKILL, to all that it has started."""
        with contextlib.suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            assert process.stdin is not None  # noqa: S101 - it was started with a pipe
            await process.stdin.aclose()
        for sign in (None, signal.SIGTERM, signal.SIGKILL):
            if sign is not None:
                _signal(process.pid, sign)
            with anyio.move_on_after(LEAVE_S):
                await process.wait()
            if process.returncode is not None:
                break
        _signal(process.pid, signal.SIGKILL)
        with contextlib.suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            await process.aclose()


def _signal(group: int, sign: signal.Signals) -> None:
    """Signal a whole group, what the server has started included."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, sign)
