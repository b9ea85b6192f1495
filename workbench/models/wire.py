"""Our messages as pydantic-ai's, and its answers as ours; imported with it, on first use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from pydantic_ai import messages as m
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.tools import ToolDefinition

from workbench.models.errors import ModelCallError
from workbench.models.port import (
    Finish,
    Message,
    ModelReply,
    ModelRequest,
    ModelUsage,
    ToolCall,
)

Structured = Literal["native", "tool", "prompted"]
"""How a model is kept to a schema."""

_FINISH: dict[str, Finish] = {
    "stop": "stop",
    "length": "length",
    "tool_call": "calls",
    "content_filter": "refusal",
}


def conversation(request: ModelRequest, structured: Structured) -> list[m.ModelMessage]:
    """Give the turns of a request; a schema that is only asked for stands at the end."""
    turns: list[m.ModelMessage] = []
    parts: list[m.ModelRequestPart] = []
    names = {call.id: call.name for message in request.messages for call in message.calls}
    for message in request.messages:
        if message.role != "assistant":
            parts.append(_part(message, names))
            continue
        if parts:
            turns.append(m.ModelRequest(parts=parts))
            parts = []
        turns.append(m.ModelResponse(parts=list(_said(message))))
    if request.output_schema is not None and structured == "prompted":
        schema = json.dumps(dict(request.output_schema), ensure_ascii=False)
        parts.append(
            m.UserPromptPart(content=f"Answer with JSON alone, by this JSON schema:\n{schema}")
        )
    if parts:
        turns.append(m.ModelRequest(parts=parts))
    return turns


def _part(message: Message, names: dict[str, str]) -> m.ModelRequestPart:
    if message.role == "system":
        return m.SystemPromptPart(content=message.text)
    if message.role == "user":
        return m.UserPromptPart(content=message.text)
    call_id = message.call_id or ""
    return m.ToolReturnPart(
        tool_name=names.get(call_id, "tool"), content=message.text, tool_call_id=call_id
    )


def _said(message: Message) -> Iterator[m.ModelResponsePart]:
    # Some providers refuse a turn without any part.
    if message.text or not message.calls:
        yield m.TextPart(content=message.text or "(nothing)")
    for call in message.calls:
        yield m.ToolCallPart(tool_name=call.name, args=dict(call.args), tool_call_id=call.id)


def has_free_fields(schema: Any) -> bool:
    """Whether a part of a JSON schema is an object whose fields it does not name."""
    if isinstance(schema, list):
        return any(map(has_free_fields, schema))
    if not isinstance(schema, dict):
        return False
    if schema.get("type") == "object" and schema.get("additionalProperties", True) is not False:
        closed = "additionalProperties" not in schema and schema.get("properties")
        if not closed:
            return True
    return any(map(has_free_fields, schema.values()))


def parameters(request: ModelRequest, structured: Structured) -> ModelRequestParameters:
    """Give the tools and the schema of a request as the provider takes them."""
    tools = [
        ToolDefinition(
            name=tool.name,
            description=tool.description,
            parameters_json_schema=dict(tool.args_schema),
        )
        for tool in request.tools
    ]
    if request.output_schema is None or structured == "prompted":
        return ModelRequestParameters(function_tools=tools)
    schema = dict(request.output_schema)
    if structured == "native":
        wanted = OutputObjectDefinition(json_schema=schema, name=request.output_name)
        return ModelRequestParameters(
            function_tools=tools, output_mode="native", output_object=wanted
        )
    answer = ToolDefinition(
        name=request.output_name,
        description="The answer.",
        parameters_json_schema=schema,
        kind="output",
    )
    return ModelRequestParameters(
        function_tools=tools, output_mode="tool", output_tools=[answer], allow_text_output=False
    )


def reply(
    response: m.ModelResponse, request: ModelRequest, label: str, cost: float | None
) -> ModelReply:
    """Give an answer as ours.

    Raises:
        ModelCallError: it breaks off, or asks for a call with arguments that are no JSON object.
    """
    if response.finish_reason is None:
        raise ModelCallError.of("connection", label, "the answer broke off")
    if response.finish_reason == "error":
        raise ModelCallError.of("server", label, "the provider ended the answer with an error")
    finish = _FINISH[response.finish_reason]
    text = "".join(part.content for part in response.parts if isinstance(part, m.TextPart))
    structured: Any = None
    calls: list[ToolCall] = []
    for part in response.parts:
        if not isinstance(part, m.ToolCallPart):
            continue
        if request.output_schema is not None and part.tool_name == request.output_name:
            text, structured, finish = _answer(part, finish)
        else:
            calls.append(_call(part, label))
    details = response.provider_details or {}
    if not text and finish == "refusal":
        text = str(details.get("refusal") or "")
    return ModelReply(
        text=text,
        structured=structured,
        calls=tuple(calls),
        finish="calls" if calls and finish == "stop" else finish,
        usage=ModelUsage(
            tokens_in=response.usage.input_tokens,
            tokens_out=response.usage.output_tokens,
            cached=response.usage.cache_read_tokens,
        ),
        cost_usd=cost,
        model=response.model_name or label,
    )


def _answer(part: m.ToolCallPart, finish: Finish) -> tuple[str, Any, Finish]:
    """Give the answer that came as a tool's arguments; bad JSON stays text, for the repair."""
    text = part.args if isinstance(part.args, str) else json.dumps(part.args or {})
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return text, value, "stop" if finish == "calls" else finish


def _call(part: m.ToolCallPart, label: str) -> ToolCall:
    # Not args_as_dict: it hides broken JSON behind a key of its own.
    try:
        args = json.loads(part.args or "{}") if isinstance(part.args, str | None) else part.args
    except ValueError:
        args = None
    if not isinstance(args, dict):
        raise ModelCallError.of(
            "malformed", label, f"the arguments of {part.tool_name} are no JSON object"
        )
    return ToolCall(id=part.tool_call_id, name=part.tool_name, args=args)
