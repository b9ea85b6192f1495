"""Models of the providers, through `pydantic_ai.direct`; its Agent is not used.

pydantic-ai takes seconds to import: it is loaded in a thread when the first call is made.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Literal

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

from workbench.errors import ModelError
from workbench.models.errors import ModelCallError
from workbench.models.port import Capabilities, ModelReply, ModelRequest

if TYPE_CHECKING:
    from pydantic_ai.models import Model as TheirModel
    from pydantic_ai.settings import ModelSettings

Structured = Literal["native", "tool", "prompted"]
"""How a model is kept to a schema."""

Loading = Literal["not loaded", "loading", "ready"]
"""How far the library behind a model is."""

CLOSE_S = 5.0
"""Seconds that closing the connections of a call may take."""


class ProviderModel:
    """A model of a provider, or of an endpoint that speaks like one.

        ProviderModel("openai:gpt-5")
        ProviderModel("openai-chat:tiny", base_url="http://127.0.0.1:8080/v1", api_key="…")

    One request is one HTTP request: the SDK never retries and never waits. Every call opens its
    own connection and closes it, so the same object serves several loops and leaves no socket.

    Args:
        name: provider and model, as pydantic-ai names them.
        base_url: another endpoint; None: the provider's own.
        api_key: None: from the environment, by the name that the provider gives it.
        structured: how it is kept to a schema; None: the best that it is known to do.
        timeout_s: seconds that a call may take.
        first_s: seconds until a streamed answer begins.
        priced_as: the provider whose prices count; None: the one in `name`, but no one's when
            there is a `base_url`.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        structured: Structured | None = None,
        timeout_s: float = 600.0,
        first_s: float = 120.0,
        priced_as: str | None = None,
    ) -> None:
        """Take the name; nothing is imported and nothing connected yet."""
        self.label = name
        self.loading: Loading = "not loaded"
        self._base_url, self._api_key = base_url, api_key
        self._structured = structured
        self._timeout_s, self._first_s = timeout_s, first_s
        family = name.partition(":")[0].partition("-")[0]
        self._priced_as = priced_as or (None if base_url else family)
        self._known = Capabilities(structured=structured or "prompted", tools=True, streaming=True)
        self._loaded: RunVar[TheirModel] = RunVar(f"model {name}")

    def __repr__(self) -> str:
        """Name it, and say whether it is loaded; never the key."""
        return f"<ProviderModel {self.label}: {self.loading}>"

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; before it is loaded, what any model can."""
        return self._known

    def price(self, tokens_in: int, tokens_out: int) -> float | None:
        """Give the US dollars of so many tokens; loads the table of prices, which takes a while."""
        if self._priced_as is None:
            return None
        from genai_prices import Usage

        from workbench.models.prices import cost_of

        name = self.label.partition(":")[2]
        usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out)
        return cost_of(usage, name, self._priced_as)

    async def request(self, request: ModelRequest) -> ModelReply:
        """Ask once; see `Model.request`."""
        model = await self._load()
        from pydantic_ai.direct import model_request

        from workbench.models import wire

        way = self._way(request)
        with self._our_errors():
            async with _opened(model):
                response = await model_request(
                    model,
                    wire.conversation(request, way),
                    model_settings=self._settings(request),
                    model_request_parameters=wire.parameters(request, way),
                    instrument=False,
                )
        return wire.reply(response, request, self.label, self._cost(response))

    async def stream(self, request: ModelRequest) -> AsyncIterator[str | ModelReply]:
        """Ask once and give the text as it comes; see `Model.stream`."""
        model = await self._load()
        from pydantic_ai.direct import model_request_stream

        from workbench.models import wire

        way = self._way(request)
        with self._our_errors():
            async with (
                _opened(model),
                model_request_stream(
                    model,
                    wire.conversation(request, way),
                    model_settings=self._settings(request),
                    model_request_parameters=wire.parameters(request, way),
                    instrument=False,
                ) as stream,
            ):
                answers: set[int] = set()
                async for event in stream:
                    piece = _text_of(event, request, answers)
                    if piece:
                        yield piece
                response = stream.get()
        if self.label.startswith("openai-chat:") and _is_guessed(response):
            raise ModelCallError.of("connection", self.label, "the answer broke off")
        yield wire.reply(response, request, self.label, self._cost(response))

    def _way(self, request: ModelRequest) -> Structured:
        """Say how the answer is kept to its schema.

        Anthropic closes every object of a native schema: a field that takes any names, such as the
        arguments of a step, would always come empty. A tool's arguments are left open.
        """
        from workbench.models import wire

        way = self._known.structured
        closes = self.label.startswith("anthropic:") and self._known.tools
        if way == "native" and closes and wire.has_free_fields(request.output_schema):
            return "tool"
        return way

    async def _load(self) -> TheirModel:
        """Give the model of this loop; the library is imported in a thread."""
        model = self._loaded.get(None)
        if model is None:
            if self.loading == "not loaded":
                self.loading = "loading"
            try:
                model = await anyio.to_thread.run_sync(self._make)
            except BaseException:
                self.loading = "not loaded"
                raise
            self._loaded.set(model)
            self._known = _capabilities(model, self._structured)
            self.loading = "ready"
        return model

    def _make(self) -> TheirModel:
        try:
            from pydantic_ai.exceptions import UserError
            from pydantic_ai.models import infer_model
            from pydantic_ai.providers import Provider, infer_provider_class
        except ImportError as error:
            raise ModelError(
                f"The model {self.label} needs pydantic-ai, which is not installed ({error}).",
                "pip install 'jupyter-agent-workbench[models]'",
            ) from error

        def provider(name: str) -> Provider[Any]:
            given = {"base_url": self._base_url, "api_key": self._api_key}
            kind: Any = infer_provider_class(name)
            made: Provider[Any] = kind(**{key: value for key, value in given.items() if value})
            return made

        try:
            return infer_model(self.label, provider)
        except UserError as error:
            fault = "authentication" if "API_KEY" in str(error) else "rejected"
            raise ModelCallError.of(fault, self.label, str(error)) from error  # type: ignore[arg-type]
        except (ImportError, ValueError) as error:
            raise ModelError(
                f"There is no model {self.label!r}: {error}",
                "Name it as provider:model, such as openai:gpt-5 or anthropic:claude-sonnet-4-5.",
            ) from error

    def _settings(self, request: ModelRequest) -> ModelSettings:
        settings: ModelSettings = {
            "max_retries": 0,
            "max_tokens": request.max_output,
            "request_timeout": self._timeout_s,
            "first_event_timeout": self._first_s,
        }
        if request.temperature is not None:
            settings["temperature"] = request.temperature
        return settings

    def _cost(self, response: Any) -> float | None:
        from workbench.models.prices import cost_of

        return cost_of(response.usage, response.model_name, self._priced_as)

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        from workbench.models.faults import as_ours

        try:
            yield
        except Exception as error:
            ours = as_ours(error, self.label)
            if ours is error:
                raise
            raise ours from error


@asynccontextmanager
async def _opened(model: TheirModel) -> AsyncIterator[None]:
    """Open a model's connections, and close them whatever happens.

    Shielded: a cancelled `async with model` gives up at its first lock, and leaves the socket open.
    """
    await model.__aenter__()
    try:
        yield
    finally:
        with anyio.move_on_after(CLOSE_S, shield=True):
            await model.__aexit__(None, None, None)


def _capabilities(model: TheirModel, wanted: Structured | None) -> Capabilities:
    profile = model.profile
    tools = bool(profile.get("supports_tools", True))
    native = bool(profile.get("supports_json_schema_output", False))
    best: Structured = "native" if native else "tool" if tools else "prompted"
    return Capabilities(
        structured=wanted or best,
        tools=tools,
        streaming=True,
        context_tokens=profile.get("context_window"),
    )


def _is_guessed(response: Any) -> bool:
    """Whether a stream ended without its end: pydantic-ai then takes it for a stop."""
    said = response.provider_details or {}
    return response.finish_reason == "stop" and "finish_reason" not in said


def _text_of(event: Any, request: ModelRequest, answers: set[int]) -> str:
    """Give the text that an event of a stream adds; "" for all that is no text.

    An answer that comes as a tool's arguments is text, too; `answers` keeps which parts are.
    """
    if event.event_kind == "part_start":
        part = event.part
        if part.part_kind == "text":
            return str(part.content)
        structured = part.part_kind == "tool-call" and request.output_schema is not None
        if structured and part.tool_name == request.output_name:
            answers.add(event.index)
            return part.args if isinstance(part.args, str) else ""
    elif event.event_kind == "part_delta":
        delta = event.delta
        if delta.part_delta_kind == "text":
            return str(delta.content_delta)
        if delta.part_delta_kind == "tool_call" and event.index in answers:
            return delta.args_delta if isinstance(delta.args_delta, str) else ""
    return ""
