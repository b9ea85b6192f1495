"""Recorded answers: `Recording` writes down what a model says, `ReplayModel` says it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from workbench import clock
from workbench.errors import ModelError
from workbench.models.asking import price
from workbench.models.port import Capabilities, Model, ModelReply, ModelRequest

VERSION = 1
"""Of the file's format."""

_REPLY = TypeAdapter(ModelReply)
_REQUEST = TypeAdapter(ModelRequest)


def key_of(request: ModelRequest) -> str:
    """Name a request by what the model sees: its messages, schema and tools, and its limits."""
    text = json.dumps(as_json(request), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def as_json(request: ModelRequest) -> Any:
    """Give a request as JSON, exactly; what is at its default too."""
    return _REQUEST.dump_python(request, mode="json")


def reply_as_json(reply: ModelReply) -> Any:
    """Give an answer as JSON, to be read back by `read_reply`."""
    return _REPLY.dump_python(reply, mode="json")


def read_reply(said: Any) -> ModelReply:
    """Read an answer back."""
    return _REPLY.validate_python(said)


class Recording:
    """Passes each request to `model` and writes its answer into a file, for `ReplayModel`.

    Answers to the same request are kept in their order. An error is not recorded.

    Args:
        model: any model.
        file: a JSON file; answers are added to what it holds.
    """

    def __init__(self, model: Model, file: str | Path) -> None:
        """Take the model; an existing file is read."""
        self.model, self.file = model, Path(file)
        self._said: dict[str, list[Any]] = {}
        if self.file.exists():
            self._said = _read(self.file)["answers"]

    @property
    def label(self) -> str:
        """The label of the model that is recorded."""
        return self.model.label

    @property
    def capabilities(self) -> Capabilities:
        """What the model that is recorded can do."""
        return self.model.capabilities

    def price(self, tokens_in: int, tokens_out: int) -> float | None:
        """Give what so many tokens of the model that is recorded cost."""
        return price(self.model, tokens_in, tokens_out)

    async def request(self, request: ModelRequest) -> ModelReply:
        """Ask the model once and keep its answer."""
        reply = await self.model.request(request)
        self._keep(request, reply)
        return reply

    async def stream(self, request: ModelRequest) -> AsyncIterator[str | ModelReply]:
        """Ask the model once, piece by piece, and keep its whole answer."""
        async with aclosing(self.model.stream(request)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                if isinstance(piece, ModelReply):
                    self._keep(request, piece)
                yield piece

    def _keep(self, request: ModelRequest, reply: ModelReply) -> None:
        said = self._said.setdefault(key_of(request), [])
        said.append(reply_as_json(reply))
        written = {
            "version": VERSION,
            "model": self.model.label,
            "date": clock.SystemClock().now().date().isoformat(),
            "answers": self._said,
        }
        text = json.dumps(written, indent=1, ensure_ascii=False, sort_keys=True)
        # A reader never meets half a file.
        part = self.file.with_name(self.file.name + ".part")
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(self.file)


class ReplayModel:
    """Gives the recorded answers of a file; what was not recorded is an error.

    Answers to the same request come in their order, then the last one again.

    Args:
        file: what `Recording` has written.
        chunk: characters of a piece, when it streams.
    """

    def __init__(self, file: str | Path, *, chunk: int = 64) -> None:
        """Read the file."""
        self.file, self.chunk = Path(file), chunk
        read = _read(self.file)
        self._answers: dict[str, list[Any]] = read["answers"]
        self._given: dict[str, int] = {}
        self.label = f"recorded from {read['model']} on {read['date']}"
        self.capabilities = Capabilities(structured="native", tools=True, streaming=True)

    async def request(self, request: ModelRequest) -> ModelReply:
        """Give the recorded answer; nothing is asked and nothing connected.

        Raises:
            ModelError: this request was not recorded.
        """
        key = key_of(request)
        answers = self._answers.get(key)
        if not answers:
            raise ModelError(
                f"{self.file.name} holds no answer to this request ({key[:12]}): its messages, "
                "schema or tools are other ones than those recorded.",
                "Record it anew: Recording(model, file).",
                model=self.label,
                key=key,
            )
        number = self._given.get(key, 0)
        self._given[key] = number + 1
        return read_reply(answers[min(number, len(answers) - 1)])

    async def stream(self, request: ModelRequest) -> AsyncIterator[str | ModelReply]:
        """Give the recorded answer in pieces of `chunk` characters, then as a whole."""
        reply = await self.request(request)
        for start in range(0, len(reply.text), self.chunk):
            yield reply.text[start : start + self.chunk]
        yield reply


def _read(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
        sound = read["version"] == VERSION and isinstance(read["answers"], dict)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{file.name} cannot be read as a recording: {error}.",
            "Name a file that Recording(model, file) has written.",
        ) from error
    if not sound:
        raise ModelError(
            f"{file.name} is no recording of version {VERSION}.", "Record it anew with Recording."
        )
    return {"model": "", "date": "", **read}
