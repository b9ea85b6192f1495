"""A model in a GGUF file, computed on this machine by llama.cpp in a process of its own."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import anyio.to_thread

from workbench.errors import ModelError
from workbench.models.port import Capabilities, ModelReply, ModelRequest
from workbench.models.provider import ProviderModel

CONTEXT = 8192
"""Tokens that request and answer may have together."""
END_S = 5.0
"""Seconds that the process may take to end."""
TAIL = 600
"""Characters of what it said before it failed."""


class LocalModel:
    """A model of a file; no network beyond loopback, no price.

        LocalModel("models/small.gguf")

    The process starts with the first request and ends with this one, with `close`, or when this
    process dies. It keeps to a schema by a grammar, so its answers always have the right shape,
    whatever their sense.

    Args:
        file: a GGUF file.
        context_tokens: what request and answer may have together.
        threads: of the processor; None: as llama.cpp chooses.
        timeout_s: seconds that a call may take.
    """

    def __init__(
        self,
        file: str | Path,
        *,
        context_tokens: int = CONTEXT,
        threads: int | None = None,
        timeout_s: float = 600.0,
    ) -> None:
        """Take the file; nothing is started yet.

        Raises:
            ModelError: there is no such file.
        """
        self.file = Path(file)
        if not self.file.is_file():
            raise ModelError(f"There is no file {self.file.name}.", "Name a GGUF file.")
        self.label = f"local:{self.file.name}"
        self.capabilities = Capabilities(
            structured="native", streaming=True, context_tokens=context_tokens
        )
        self._threads, self._timeout_s = threads, timeout_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._served: ProviderModel | None = None

    def __repr__(self) -> str:
        """Name it, and say whether its process is there."""
        there = self._process is not None and self._process.poll() is None
        return f"<LocalModel {self.file.name}: {'running' if there else 'not running'}>"

    def price(self, _tokens_in: int, _tokens_out: int) -> float:
        """Give 0: nobody is paid."""
        return 0.0

    async def request(self, request: ModelRequest) -> ModelReply:
        """Ask once; see `Model.request`."""
        served = await anyio.to_thread.run_sync(self._start)
        return replace(await served.request(request), cost_usd=0.0, model=self.label)

    async def stream(self, request: ModelRequest) -> AsyncIterator[str | ModelReply]:
        """Ask once and give the text as it comes; see `Model.stream`."""
        served = await anyio.to_thread.run_sync(self._start)
        async with aclosing(served.stream(request)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                whole = isinstance(piece, ModelReply)
                yield replace(piece, cost_usd=0.0, model=self.label) if whole else piece  # type: ignore[type-var]

    def close(self) -> None:
        """End the process; the next request starts it again."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        process, self._process, self._served = self._process, None, None
        if process is None:
            return
        assert process.stdin is not None  # noqa: S101 - it was made with pipes
        assert process.stdout is not None  # noqa: S101 - the same
        process.stdin.close()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def _start(self) -> ProviderModel:
        """Give the model that is served, and start its process where there is none."""
        with self._lock:
            there = self._process is not None and self._process.poll() is None
            if not there or self._served is None:
                self._end()
                self._served = self._serve()
            return self._served

    def _serve(self) -> ProviderModel:
        if find_spec("xllamacpp") is None:
            raise ModelError(
                f"The model {self.label} needs xllamacpp, which is not installed.",
                "pip install 'jupyter-agent-workbench[local,models]'",
            )
        key = secrets.token_urlsafe(24)
        job: dict[str, Any] = {
            "file": str(self.file.resolve()),
            "key": key,
            "context_tokens": self.capabilities.context_tokens,
            "threads": self._threads,
        }
        with tempfile.TemporaryFile("w+") as said:
            process = self._process = subprocess.Popen(
                [sys.executable, "-m", "workbench.models.local_server"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )
            assert process.stdin is not None  # noqa: S101 - it was made with pipes
            assert process.stdout is not None  # noqa: S101 - the same
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            address = _address(process.stdout)
            if address is None:
                self._end()
                said.seek(0)
                why = said.read()[-TAIL:].strip()
                raise ModelError(
                    f"The file {self.file.name} could not be loaded: {why}",
                    "Is it a GGUF file that this llama.cpp knows, and is there memory for it?",
                )
        return ProviderModel(
            f"openai-chat:{self.file.stem}",
            base_url=f"{address}/v1",
            api_key=key,
            structured="native",
            timeout_s=self._timeout_s,
            first_s=self._timeout_s,
        )


def _address(lines: Any) -> str | None:
    """Read where it is served; None: it has ended before it could say so."""
    for line in lines:
        try:
            said = json.loads(line)
        except ValueError:  # llama.cpp may print there
            continue
        if isinstance(said, dict) and "address" in said:
            return str(said["address"])
    return None
