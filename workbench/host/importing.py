"""Tools by `module:attribute`: how another process comes by the same tools."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench.errors import ToolError
from workbench.tools import Tool


def load(name: str, kind: str = "tools") -> Any:
    """Import something by `module:attribute`; modules of the present folder count.

    Raises:
        ToolError: there is nothing of that name; it is called a `kind` then.
    """
    module, _, attribute = name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        value: Any = importlib.import_module(module)
        for part in attribute.split("."):
            value = getattr(value, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise ToolError(
            f"No {kind} {name!r} can be imported: {error}.", f"Write --{kind} module:attribute."
        ) from error
    return value


def load_tools(name: str) -> list[Tool]:
    """Import tools by `module:attribute`; modules of the present folder count.

    Raises:
        ToolError: there is none of that name, or it is no tool.
    """
    value = load(name)
    if isinstance(value, Tool):
        return [value]
    if callable(value):
        value = value()
    if not isinstance(value, Iterable):
        raise ToolError(
            f"{name!r} gives no tools.",
            "Name a tool, a list of tools, or a function that makes it.",
        )
    made = list(value)
    if not all(isinstance(item, Tool) for item in made):
        raise ToolError(f"{name!r} gives something else than tools.", "Decorate them: @wb.tool(…).")
    return made


def where_from(tools: Iterable[Tool], given: Iterable[str]) -> list[str]:
    """Name where another process can import these very tools from.

    Args:
        tools: those that it needs.
        given: names that are known to give them; without any, each tool is looked for in the module
            that defines it.

    Raises:
        ToolError: one cannot be had elsewhere; the message says which and why.
    """
    names = list(given)
    if not names:
        return [_home(tool) for tool in tools]
    known = {tool.name: tool for name in names for tool in load_tools(name)}
    for tool in tools:
        found = known.get(tool.name)
        if found is None:
            raise ToolError(f"{', '.join(names)} has no tool {tool.name!r}")
        if found is not tool and found.digest != tool.digest:
            raise ToolError(f"{', '.join(names)} has another tool {tool.name!r}")
    return names


def _home(tool: Tool) -> str:
    module, name = tool.function.__module__, tool.function.__qualname__
    if module == "__main__":
        raise ToolError(f"the tool {tool.name!r} is defined in this notebook or script")
    value: Any = sys.modules.get(module)
    if getattr(value, "__spec__", None) is None or getattr(value, "__file__", None) is None:
        raise ToolError(f"the module {module!r} of the tool {tool.name!r} is no file")
    for part in name.split("."):
        value = getattr(value, part, None)
    if value is not tool:
        raise ToolError(f"the tool {tool.name!r} cannot be imported as {module}:{name}")
    return f"{module}:{name}"
