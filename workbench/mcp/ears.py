"""What a server may ask of us during a call: the person, a model, the folders it may work in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engine.talks import LimitCrossed
from workbench.mcp.calling import Line, current
from workbench.mcp.errors import BadAnswer, clean
from workbench.models import Message, Model, ModelRequest
from workbench.tools.talking import Asked, Said, host_of

if TYPE_CHECKING:
    from mcp import types

QUESTION = 4000
"""Characters of a question that are shown."""
REJECTED = -1
"""The protocol's number for a request for a model that was refused."""
OUTPUT = 4096
"""Tokens of a model's reply that a server may ask for at most."""


class Ears:
    """Answers the requests of one server; in its own loop."""

    def __init__(self, name: str, model: Model | None, roots: Sequence[str | Path]) -> None:
        """Answer for the server called `name`; without a model every wish for one is refused."""
        self.name, self._model = name, model
        self._roots = [Path(root).resolve() for root in roots]
        self.in_flight: list[Line] = []
        """Calls that are being made, the newest last."""
        self.refused = 0
        """Requests that came outside of any call."""

    def callbacks(self) -> dict[str, Callable[..., Any]]:
        """Give what the library's client is made with; what is not there is refused by it."""
        found: dict[str, Callable[..., Any]] = {"elicitation_callback": self._elicit}
        if self._model is not None:
            found["sampling_callback"] = self._sample
        if self._roots:
            found["list_roots_callback"] = self._list_roots
        return found

    def asked(self, params: Any, note: str = "") -> Asked:
        """Put a server's question into our form.

        Raises:
            BadAnswer: it sends the person to an address that cannot be shown for what it is.
        """
        url = clean(getattr(params, "url", "") or "")
        try:
            _ = url and host_of(url)
        except ValueError as fault:
            raise BadAnswer(
                f"The MCP server {self.name!r} wants you to visit {url[:200]!r}: {fault}.",
                "You were not asked; tell its author.",
            ) from fault
        answers = getattr(params, "requested_schema", None)
        if answers is not None and not isinstance(answers, dict):
            answers = answers.model_dump(by_alias=True, exclude_none=True)
        return Asked(
            by=f"the MCP server {self.name}",
            text=clean(params.message)[:QUESTION],
            answers=answers,
            url=url,
            note=note,
        )

    def result(self, said: Said) -> types.ElicitResult:
        """Put an answer into the form that the server wants."""
        from mcp import types

        content = said.values if said.verdict == "accept" and said.values else None
        return types.ElicitResult(action=said.verdict, content=content)

    async def answer(self, request: Any) -> Any:
        """Answer a request that came as a part of a result, and is no question to the person."""
        from mcp import types

        if isinstance(request, types.CreateMessageRequest):
            if self._model is None:
                return types.ErrorData(code=types.INVALID_REQUEST, message="No model is offered")
            return await self._sample(None, request.params)
        return await self._list_roots(None)

    def _line(self) -> tuple[Line | None, str]:
        """Give the call that a request belongs to; an older server does not say which it is."""
        if (line := current.get()) is not None:
            return line, ""
        if not self.in_flight:
            self.refused += 1
            return None, ""
        count = len(self.in_flight)
        note = f"it makes {count} calls now and does not say which one asks" if count > 1 else ""
        return self.in_flight[-1], note

    async def _elicit(self, _context: Any, params: Any) -> types.ElicitResult:
        line, note = self._line()
        try:
            question = self.asked(params, note)
        except BadAnswer as fault:
            if line is not None:
                line.report(None, str(fault))
            return self.result(Said(verdict="decline"))
        said = Said(verdict="decline") if line is None else await line.ask(question)
        return self.result(said)

    async def _sample(self, _context: Any, params: Any) -> Any:
        from mcp import types

        line, _ = self._line()
        if line is None or self._model is None:
            return types.ErrorData(code=types.INVALID_REQUEST, message="No model is offered here")
        try:
            reply = await line.sample(self._model, _request(params))
        except LimitCrossed as error:  # how much is left is none of the server's business
            for one in [line] if current.get() is not None else self.in_flight:
                one.no_model = error.what
            return types.ErrorData(code=REJECTED, message="Refused: a limit forbids it")
        except ValueError as error:
            return types.ErrorData(code=types.INVALID_PARAMS, message=f"Refused: {error}")
        except Exception:  # noqa: BLE001 - whatever it is, the server only hears that there is no answer
            return types.ErrorData(code=types.INTERNAL_ERROR, message="The model gave no answer")
        ends = {"length": "maxTokens", "stop": "endTurn"}
        return types.CreateMessageResult(
            role="assistant",
            content=types.TextContent(type="text", text=reply.text),
            model=reply.model or self._model.label,
            stop_reason=ends.get(reply.finish),
        )

    async def _list_roots(self, _context: Any) -> types.ListRootsResult:
        from mcp import types
        from pydantic import FileUrl

        roots = [types.Root(uri=FileUrl(root.as_uri()), name=root.name) for root in self._roots]
        return types.ListRootsResult(roots=roots)


def _request(params: Any) -> ModelRequest:
    """Put a server's wish into the form of our port; only text goes through.

    Raises:
        ValueError: it sends something else than text.
    """
    messages = []
    if params.system_prompt:
        messages.append(Message("system", params.system_prompt))
    for message in params.messages:
        parts = message.content_as_list
        if any(part.type != "text" for part in parts):
            raise ValueError("only text can be sent to a model")
        messages.append(Message(message.role, "\n".join(part.text for part in parts)))
    return ModelRequest(
        messages=tuple(messages),
        max_output=max(1, min(params.max_tokens, OUTPUT)),
        temperature=params.temperature,
    )
