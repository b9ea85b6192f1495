"""Tools of MCP servers: `wb.mcp("command …")` or `wb.mcp("https://…")`.

The module itself can be called: Python puts a submodule where a function of the same name would
stand, whichever of the two is imported first. The library `mcp` is imported when a server is first
started.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from workbench.mcp.client import OAuthClient
from workbench.mcp.connect import mcp
from workbench.mcp.errors import ServerDown, ServerError
from workbench.mcp.server import Server

__all__ = ["OAuthClient", "Server", "ServerDown", "ServerError", "mcp"]


class _Callable(ModuleType):
    def __call__(self, command: str | list[str], **options: Any) -> Server:
        return mcp(command, **options)


_Callable.__call__.__doc__ = mcp.__doc__
sys.modules[__name__].__class__ = _Callable
