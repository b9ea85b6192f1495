"""What a right is about: one call, with all that a decision may depend on of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from workbench.tools import Tool

DELETING = re.compile(
    "delet|destroy|discard|eras(e|ing)|expunge|purg(e|ing)|remov(e|al|ing)|rmdir|rmtree|shred|"
    "truncat|uninstall|unlink|wip(e|ing)"
)
"""What says in a name that it deletes, wherever it stands there."""
DELETING_WORDS = frozenset(
    {"cleanup", "clear", "del", "drop", "dropped", "drops", "prune", "rm", "trash"}
)
"""The same, where it is a whole word of the name."""
DOING = frozenset(
    {"bash", "command", "eval", "exec", "execute", "python", "script", "shell", "sql"}
)
"""Words in the name of a tool that does what its arguments say, which may be to delete."""


class Subject(NamedTuple):
    """A call that a rule or a grant is asked about."""

    tool: Tool
    args: dict[str, Any]
    """As JSON, with references resolved."""
    step: str = ""
    environment: str = ""
    spend: Mapping[str, float] = MappingProxyType({})
    """What it declares to spend, by unit."""
    now: datetime | None = None

    @property
    def values(self) -> dict[str, Any]:
        """What predicates look at: the arguments, and amounts as `spend.<unit>`."""
        return {**{f"spend.{unit}": amount for unit, amount in self.spend.items()}, **self.args}


def has(tool: Tool, name: str) -> bool:
    """Whether its calls can have what a predicate of this name looks at; see `Subject.values`."""
    return name.startswith("spend.") or tool.signature.may_take(name)


def writes(tool: Tool) -> bool:
    """Whether it changes anything; undeclared: yes."""
    return not tool.repeatable


def deletes(call: Subject) -> bool:
    """Whether it may delete something, as far as anybody has said so.

    By a unit that it spends, as `rows_deleted`; by what the tool declares; else by its name or its
    function's, by that it runs what its arguments say, or because nobody declared what it does.
    """
    tool = call.tool
    if tool.repeatable:
        return False
    if any(amount and _says_delete(_words(unit)) for unit, amount in call.spend.items()):
        return True
    if tool.deletes is not None:
        return tool.deletes
    names = {tool.name, getattr(tool.function, "__name__", "")}
    return not tool.declared or any(_may_delete(_words(name)) for name in names)


def _words(name: str) -> list[str]:
    split = re.sub(r"([a-z])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", name).lower()
    return re.split(r"[\W_\d]+", split)


def _says_delete(words: list[str]) -> bool:
    found = DELETING.search("".join(words).replace("undelete", ""))
    return found is not None or not DELETING_WORDS.isdisjoint(words)


def _may_delete(words: list[str]) -> bool:
    return _says_delete(words) or not DOING.isdisjoint(words)
