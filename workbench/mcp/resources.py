"""The resources of a server, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio

from workbench.mcp.result import content_of

if TYPE_CHECKING:
    from mcp import Client


async def list_resources(client: Client, within_s: float) -> list[dict[str, Any]]:
    """List `uri`, `name`, `description` and `media` of each.

    Raises:
        TimeoutError: the list did not come within so many seconds.
    """
    with anyio.fail_after(within_s):
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


async def read_resource(client: Client, uri: str, within_s: float) -> Any:
    """Read one: a text, bytes, or a list of parts.

    Raises:
        TimeoutError: it did not come within so many seconds.
    """
    with anyio.fail_after(within_s):
        return content_of(await client.read_resource(uri, cache_mode="bypass"))
