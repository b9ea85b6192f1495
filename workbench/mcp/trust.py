"""What a person declares of a server's tools, and of which listing it was said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import ToolError
from workbench.mcp.listed import Listed
from workbench.tools import Effect

if TYPE_CHECKING:
    from workbench.mcp.tool import ServerTool

Declared = Effect | Mapping[str, Any]
"""An effect, or what `wb.tool` takes by keyword: `effect`, `undo`, `probe`, `risk`, `spend`, …"""


class Trust:
    """Relaxes tools of one server, each for one listing of it."""

    def __init__(
        self,
        effects: Mapping[str, Declared],
        *,
        hints: bool,
        profile: Mapping[str, Any] | None,
    ) -> None:
        """Hold what was declared.

        Args:
            effects: by the server's own name of the tool.
            hints: whether the server's hints are believed where nothing else is declared.
            profile: what `Server.profile` gave: declarations, each for one listing.
        """
        self._effects = {name: _as_mapping(one) for name, one in effects.items()}
        self._hints, self._profile = hints, profile
        self._known: dict[str, str] = {}
        """Digest of the listing that each declaration was made about."""

    def begin(self, listed: Mapping[str, Listed], server: str) -> None:
        """Take the first list as that which the declarations are about; a profile names its own.

        Raises:
            ToolError: something is declared of a tool that is not there.
        """
        pinned = (self._profile or {}).get("tools", {})
        if missing := sorted(set(self._effects) - set(listed)):
            raise ToolError(
                f"The MCP server {server!r} has no tool {missing[0]!r}, of which an effect was "
                "declared.",
                f"It has: {', '.join(listed) or 'none'}.",
            )
        self._known = {name: one.digest for name, one in listed.items()}
        self._known.update({name: str(one.get("listed", "")) for name, one in pinned.items()})
        self._effects = {
            **{name: dict(one.get("declared", {})) for name, one in pinned.items()},
            **self._effects,
        }

    def renew(self, listed: Listed) -> None:
        """Let what was declared of a tool hold for this listing of it."""
        self._known[listed.name] = listed.digest

    def declared(self, listed: Listed) -> dict[str, Any]:
        """Give what holds of a tool as it is listed; empty: nothing, so it is the strictest."""
        if self._known.get(listed.name) != listed.digest:
            return {}
        found = self._effects.get(listed.name)
        if found is not None:
            return dict(found)
        return listed.hinted if self._hints else {}

    def profile(self, tools: Iterable[ServerTool]) -> dict[str, Any]:
        """Give the declarations with the listings that they are about, as JSON."""
        return {
            "tools": {
                tool.listed.name: {
                    "listed": tool.listed.digest,
                    "declared": {
                        key: value
                        for key, value in self.declared(tool.listed).items()
                        if key in ("effect", "risk", "deletes", "idempotent", "timeout_s")
                    },
                }
                for tool in tools
            }
        }


def _as_mapping(declared: Declared) -> dict[str, Any]:
    return {"effect": declared} if isinstance(declared, str) else dict(declared)
