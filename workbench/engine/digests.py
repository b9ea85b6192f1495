"""What a run records of its tools, to notice later that they have changed. No I/O."""

from __future__ import annotations

from typing import Any

from workbench.tools import Registry


def digests(tools: Registry) -> dict[str, Any]:
    """Give what a run records of its tools: `tools`, `sources` and `schemas`, by name."""
    return {
        "tools": {tool.name: tool.digest for tool in tools},
        "sources": {tool.name: tool.source_digest for tool in tools if tool.source_digest},
        "schemas": {tool.name: tool.schema_digest for tool in tools},
    }
