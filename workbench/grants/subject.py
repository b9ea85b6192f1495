"""What a right is about: one call, with all that a decision may depend on of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workbench.tools import Tool

DELETING = re.compile(
    "delet|destroy|discard|eras(e|ing)|expunge|purg(e|ing)|remov(e|al|ing)|rmdir|rmtree|shred|"
    "truncat|uninstall|unlink|wip(e|ing)"
)
"""What says in a tool's name that it deletes, wherever it stands there; no declaration says it."""
DELETING_WORDS = frozenset(
    {"cleanup", "clear", "del", "drop", "dropped", "drops", "prune", "rm", "trash"}
)
"""The same, where it is a whole word of the name."""
DOING = frozenset(
    {"bash", "command", "eval", "exec", "execute", "python", "script", "shell", "sql"}
)
"""Words in the name of a tool that does what its arguments say, which may be to delete."""


@dataclass(frozen=True)
class Subject:
    """A call that a rule or a grant is asked about."""

    tool: Tool
    args: dict[str, Any]
    """As JSON, with references resolved."""
    step: str = ""
    environment: str = ""
    spend: dict[str, float] = field(default_factory=dict)
    """What it declares to spend, by unit."""
    now: datetime | None = None

    @property
    def values(self) -> dict[str, Any]:
        """What predicates look at: the arguments, and amounts as `spend.<unit>`."""
        return {**{f"spend.{unit}": amount for unit, amount in self.spend.items()}, **self.args}


def writes(tool: Tool) -> bool:
    """Whether it changes anything; undeclared: yes."""
    return not tool.repeatable


def deletes(tool: Tool) -> bool:
    """Whether it may delete something: by its name, or because nobody declared what it does.

    Its function's name counts as well, and so does that it runs what its arguments say.
    """
    if tool.repeatable:
        return False
    names = {tool.name, getattr(tool.function, "__name__", "")}
    return not tool.declared or any(map(_says_delete, names))


def _says_delete(name: str) -> bool:
    split = re.sub(r"([a-z])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", name).lower()
    words = re.split(r"[\W_\d]+", split)
    found = DELETING.search("".join(words).replace("undelete", ""))
    return found is not None or not (DELETING_WORDS | DOING).isdisjoint(words)
