"""What a server gives back, as a value of a step; its text stays text."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from workbench.mcp.errors import ServerError, quoted

if TYPE_CHECKING:
    from mcp.types import CallToolResult, ReadResourceResult


def value_of(result: CallToolResult, server: str, tool: str) -> Any:
    """Give the structured value where there is one, else the text, else a list of all parts.

    Raises:
        ServerError: the server says that it failed.
    """
    if result.is_error:
        said = " ".join(str(part) for part in map(_part, result.content))
        raise ServerError(
            f"{tool} of the MCP server {server!r} answered with an error: {quoted(said)}",
            "Look at the arguments; the words are the server's own.",
            tool=tool,
        )
    if result.structured_content is not None:
        return result.structured_content
    parts = [_part(content) for content in result.content]
    return _alone(parts[0]) if len(parts) == 1 else parts


def content_of(result: ReadResourceResult) -> Any:
    """Give the content of a resource: a text, bytes, or a list of such parts."""
    parts = [_resource(content) for content in result.contents]
    return _alone(parts[0]) if len(parts) == 1 else parts


def _alone(part: Any) -> Any:
    """Give a part that stands alone as what it is; among others it stays JSON, with its type."""
    if isinstance(part, dict) and "base64" in part:
        return _bytes(part["base64"])
    return part["text"] if isinstance(part, dict) and "text" in part else part


def _part(content: Any) -> Any:
    if content.type == "text":
        return content.text
    if content.type in ("image", "audio"):
        return {"type": content.type, "media": content.mime_type, "base64": content.data}
    if content.type == "resource":
        return _resource(content.resource)
    fields: dict[str, Any] = content.model_dump(mode="json", by_alias=True, exclude_none=True)
    return fields


def _resource(resource: Any) -> dict[str, Any]:
    text = getattr(resource, "text", None)
    content = {"text": text} if text is not None else {"base64": resource.blob}
    media = resource.mime_type or ""
    return {"type": "resource", "uri": str(resource.uri), "media": media, **content}


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ServerError(
            f"The server sent content that is no base64: {error}.", "Tell its author."
        ) from error
