"""A model that follows a script: for tests and demos without key and network."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import anyio
import anyio.lowlevel

from workbench.errors import ModelError
from workbench.models import (
    Capabilities,
    ModelCallError,
    ModelReply,
    ModelRequest,
    ModelUsage,
)

MALFORMED = '{"kind": "plan", "steps": [{"id": "load", "tool":'
"""A reply that was meant to be JSON and breaks off."""


class Never:
    """A reply that never comes: for tests of cancellation and of timeouts outside the model."""


NEVER = Never()

Reply = (
    str
    | dict[str, Any]
    | list[Any]
    | ModelReply
    | Exception
    | Never
    | Callable[[ModelRequest], "str | dict[str, Any] | list[Any] | ModelReply"]
)
"""One line of a script: text; a JSON value; a whole reply; an error to raise; `NEVER`; or a
function of the request that gives one of the first three."""


def rate_limited(retry_after_s: float | None = None) -> ModelCallError:
    """Make the error of a 429: the provider asks to wait `retry_after_s` seconds."""
    return ModelCallError.of(
        "rate_limit", "scripted", "429 Too Many Requests", retry_after_s=retry_after_s
    )


def timed_out() -> ModelCallError:
    """Make the error of a model that did not answer in time."""
    return ModelCallError.of("timeout", "scripted", "no answer in time")


class ScriptedModel:
    """Replays `replies`, one for each request, and records the requests in `requests`.

        model = ScriptedModel([MALFORMED, {"kind": "plan", "steps": [...]}])
        bench = wb.Workbench("runs.db", tools=[...], planner=ModelPlanner(model))
        ...
        assert "not JSON" in model.requests[1].messages[-1].text

    Args:
        replies: see `Reply`. When they are used up, the next request raises `ModelError`.
        label: what it is called.
        capabilities: what it claims to be able to do.
        cost_usd: US dollars that each reply costs; None: unknown.
        chunk: characters of a piece, when it streams.
    """

    def __init__(
        self,
        replies: Iterable[Reply],
        *,
        label: str = "scripted",
        capabilities: Capabilities | None = None,
        cost_usd: float | None = 0.0,
        chunk: int = 16,
    ) -> None:
        """Take the script."""
        self.replies = tuple(replies)
        self.requests: list[ModelRequest] = []
        self.label = label
        self.capabilities = capabilities or Capabilities(
            structured="native", tools=True, streaming=True
        )
        self.cost_usd = cost_usd
        self.chunk = chunk

    def __repr__(self) -> str:
        """Say how far the script is."""
        return f"<ScriptedModel {self.label}: {len(self.requests)} of {len(self.replies)} replies>"

    @property
    def remaining(self) -> int:
        """Replies that were not asked for yet."""
        return max(0, len(self.replies) - len(self.requests))

    def price(self, _tokens_in: int, _tokens_out: int) -> float | None:
        """Give what each reply costs, however many tokens it has."""
        return self.cost_usd

    async def request(self, request: ModelRequest) -> ModelReply:
        """Give the next reply of the script.

        Raises:
            ModelError: the script is used up.
            Exception: the script says so.
        """
        self.requests.append(request)
        await anyio.lowlevel.checkpoint()
        line = self._next()
        if isinstance(line, Never):
            await anyio.sleep_forever()
        if isinstance(line, Exception):
            raise line
        return self._reply(request, line)

    async def stream(self, request: ModelRequest) -> AsyncIterator[str | ModelReply]:
        """Give the next reply in pieces of `chunk` characters, then as a whole."""
        reply = await self.request(request)
        for start in range(0, len(reply.text), self.chunk):
            await anyio.lowlevel.checkpoint()
            yield reply.text[start : start + self.chunk]
        yield reply

    def _next(self) -> Reply:
        number = len(self.requests)
        if number > len(self.replies):
            raise ModelError(
                f"The script of the model {self.label!r} has {len(self.replies)} replies, and "
                f"request number {number} came.",
                "Add a reply to the script, or find out why the model is asked once more.",
                model=self.label,
                requests=number,
            )
        return self.replies[number - 1]

    def _reply(self, request: ModelRequest, line: Any) -> ModelReply:
        value = line(request) if callable(line) else line
        if isinstance(value, ModelReply):
            return value
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        asked = sum(len(message.text) for message in request.messages)
        return ModelReply(
            text=text,
            usage=ModelUsage(tokens_in=_tokens(asked), tokens_out=_tokens(len(text))),
            cost_usd=self.cost_usd,
            model=self.label,
        )


def _tokens(characters: int) -> int:
    """Count four characters as a token, so that numbers in tests can be foreseen."""
    return -(-characters // 4)
