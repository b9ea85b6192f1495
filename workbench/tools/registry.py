"""The tools of one workbench, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from workbench.errors import ToolError
from workbench.tools.limit import Limit
from workbench.tools.tool import Tool
from workbench.tools.undoing import PREFIX, UndoTool, undo_of


class Registry:
    """Holds tools by name; a plain function becomes an undeclared, so irreversible, tool."""

    def __init__(self, tools: Iterable[Tool | Callable[..., Any]] = ()) -> None:
        """Register `tools`."""
        self._tools: dict[str, Tool] = {}
        self._undos: dict[str, UndoTool] = {}
        self._limits: dict[str, Limit] = {}
        self._shifting: list[Tool] = []
        for item in tools:
            self.add(item)

    def add(self, item: Tool | Callable[..., Any]) -> Tool:
        """Register one more tool.

        Raises:
            ToolError: the name is taken by another tool.
        """
        made = item if isinstance(item, Tool) else Tool(item)
        if self._tools.get(made.name, made) is not made:
            raise ToolError(
                f"Two tools are called {made.name!r}.",
                "Give one of them another name: @wb.tool(name=…).",
                tool=made.name,
            )
        if made.name.startswith(PREFIX):
            raise ToolError(
                f"{made.name!r} is the name of an undo, which the workbench makes by itself.",
                f"Give the tool another name, or declare undo=… for {made.name[len(PREFIX) :]!r}.",
                tool=made.name,
            )
        self._check_limit(made)
        if made.shifting and made.name not in self._tools:
            self._shifting.append(made)
        self._tools[made.name] = made
        return made

    def _check_limit(self, tool: Tool) -> None:
        """Refuse two meanings of one shared limit."""
        if tool.limit is None:
            return
        name = tool.limit.name or tool.name
        known = self._limits.setdefault(name, tool.limit)
        if (known.in_flight, known.per_s) != (tool.limit.in_flight, tool.limit.per_s):
            raise ToolError(
                f"Tool {tool.name!r} declares the limit {name!r} as {tool.limit}, another tool "
                f"as {known}.",
                "Declare one wb.Limit and give it to both.",
                tool=tool.name,
            )

    def get(self, name: str) -> Tool | None:
        """Give the tool of that name, or None; `undo.NAME` is the undo of a tool."""
        found = self._tools.get(name)
        if found is None and name.startswith(PREFIX):
            return self._undo(name)
        return found

    def _undo(self, name: str) -> UndoTool | None:
        of = self._tools.get(name.removeprefix(PREFIX))
        known = self._undos.get(name)
        if known is None or known.of is not of:
            known = undo_of(of)
            if known is not None:
                self._undos[name] = known
        return known

    def tool_map(self) -> dict[str, Tool]:
        """Give all tools by name; undos are none that a plan could be made of."""
        return dict(self._tools)

    def undo_map(self) -> dict[str, Tool]:
        """Give the undo of each tool that has one, by its name `undo.NAME`."""
        undos = (self._undo(PREFIX + name) for name in self._tools)
        return {undo.name: undo for undo in undos if undo is not None}

    @property
    def changes(self) -> int:
        """How often tools that somebody else describes have become other ones."""
        return sum(tool.changes for tool in self._shifting) if self._shifting else 0

    @property
    def owners(self) -> list[Any]:
        """What these tools belong to and are closed with."""
        return list({id(tool.owner): tool.owner for tool in self._shifting}.values())

    def __getitem__(self, name: str) -> Tool:
        """Give the tool of that name.

        Raises:
            ToolError: there is none.
        """
        found = self._tools.get(name)
        if found is None:
            raise ToolError(
                f"No tool {name!r} is registered with this workbench.",
                f"Known are: {', '.join(sorted(self._tools)) or 'none'}.",
                tool=name,
            )
        return found

    def __contains__(self, name: object) -> bool:
        """Say whether a tool of that name is registered."""
        return name in self._tools

    def __iter__(self) -> Iterator[Tool]:
        """Iterate over the tools, in the order of registration."""
        return iter(self._tools.values())

    def __len__(self) -> int:
        """Count the tools."""
        return len(self._tools)
