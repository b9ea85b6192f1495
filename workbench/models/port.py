"""The port to a language model: one request, one reply; streamed or not.

It is as narrow as `pydantic_ai.direct`, which will stand behind it: messages in, text, structured
output or tool calls out. It never runs a tool, never retries and never waits: the runtime does,
where the person can see it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Role = Literal["system", "user", "assistant", "tool"]
"""Who speaks: our rules, the task, the model, the output of a tool that the model asked for."""

Finish = Literal["stop", "length", "calls", "refusal"]
"""Why a reply ends: done, cut off by `max_output`, waiting for tool calls, unwilling."""


@dataclass(frozen=True)
class ToolSchema:
    """A tool as the model sees it."""

    name: str
    description: str
    args_schema: Mapping[str, Any]


@dataclass(frozen=True)
class ToolCall:
    """What a model asks for; nothing is called by it."""

    id: str
    """Names the call within the conversation, so that its output can be told apart."""
    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """One turn of the conversation."""

    role: Role
    text: str
    calls: tuple[ToolCall, ...] = ()
    """Of an assistant's turn: the tool calls that it asked for."""
    call_id: str | None = None
    """Of a tool's turn: the call that it answers."""


@dataclass(frozen=True)
class ModelRequest:
    """All that one call of a model needs."""

    messages: tuple[Message, ...]
    output_schema: Mapping[str, Any] | None = None
    """A JSON schema that the reply must follow; None: any text."""
    output_name: str = "reply"
    """The schema's name, for providers that want one."""
    tools: tuple[ToolSchema, ...] = ()
    """Tools that the model may ask for."""
    max_output: int = 4096
    """Tokens that the reply may have."""
    temperature: float | None = None
    """None: the provider's default."""


@dataclass(frozen=True)
class ModelUsage:
    """Tokens of one call, as the provider counted them."""

    tokens_in: int = 0
    tokens_out: int = 0
    cached: int = 0
    """The part of `tokens_in` that the provider had in its cache."""


@dataclass(frozen=True)
class ModelReply:
    """What a model answered: untrusted text until somebody has checked it."""

    text: str = ""
    structured: Any = None
    """The JSON value, where the provider gives it parsed; None: it stands in `text`."""
    calls: tuple[ToolCall, ...] = ()
    finish: Finish = "stop"
    usage: ModelUsage = field(default_factory=ModelUsage)
    cost_usd: float | None = None
    """US dollars; None when the price is not known, which is not 0."""
    model: str = ""
    """The exact model that answered, as the provider names it."""


@dataclass(frozen=True)
class Capabilities:
    """What a model can do, so that nobody asks for more."""

    structured: Literal["native", "tool", "prompted"] = "prompted"
    """How it keeps to a schema: by the provider, by a tool's arguments, by asking nicely."""
    tools: bool = False
    streaming: bool = False
    context_tokens: int | None = None
    """Tokens that request and reply may have together; None when it is not known."""


class Model(Protocol):
    """A language model of any provider, a local one, a recording, or a script."""

    @property
    def label(self) -> str:
        """A name for people: `openai:gpt-5`, `scripted`."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    async def request(self, request: ModelRequest) -> ModelReply:
        """Ask once and give the whole reply; cancelling closes the connection.

        Raises:
            ModelCallError: the call failed; its `fault` says how.
        """
        ...

    def stream(self, request: ModelRequest) -> AsyncIterator[str | ModelReply]:
        """Ask once: chunks of text as they come, and at the end the whole reply, always last.

        Raises:
            ModelCallError: the call failed, maybe after some chunks.
        """
        ...
