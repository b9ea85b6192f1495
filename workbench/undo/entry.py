"""The undo entry: what the intent of a call keeps, with every value that its undo needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.events import CallIntended
from workbench.tools import Tool
from workbench.values import decode


def entry_values(
    intent: CallIntended, tool: Tool, artifact: Callable[[str], bytes]
) -> dict[str, Any]:
    """Give the arguments of a call as its function got them.

    Raises:
        ToolError: they do not fit the tool as it is now.
        NotFound: an artifact is missing.
    """
    return tool.bind(decode(intent.args, artifact))
