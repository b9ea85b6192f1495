"""Values that a server is given when it is started, secrets among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from workbench.credentials import ANY, Keyed, Lookup, lookup
from workbench.errors import NotFound
from workbench.tools.inject import SecretName

Text = str | Callable[[], str] | Any
"""A value; what gives it when the server is started; or `wb.Secret["name"]`, looked up then."""


def text_of(value: Text, secrets: Keyed | Lookup, server: str) -> str:
    """Give the value itself.

    Raises:
        NotFound: the secret is not set.
    """
    if isinstance(value, str):
        return value
    name = next((one for one in get_args(value) if isinstance(one, SecretName)), None)
    if name is None:
        return str(value())
    found = lookup(secrets, ANY, server)(name)
    if found is None:
        raise NotFound(
            f"The MCP server {server!r} needs the secret {str(name)!r}, which is not set.",
            f"Set the environment variable {name.upper()}, or give secrets=… to wb.mcp.",
            secret=str(name),
        )
    return found
