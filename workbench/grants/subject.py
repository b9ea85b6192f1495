"""What a right is about: one call, with all that a decision may depend on of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workbench.tools import Tool

DELETING = frozenset({"delete", "drop", "erase", "purge", "remove", "rm", "truncate", "wipe"})
"""Words in a tool's name that say that it deletes, where its declaration says nothing."""


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
    """Whether it may delete something: its name says so, or nobody declared what it does."""
    if tool.repeatable:
        return False
    words = set(re.split(r"[\W_\d]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", tool.name).lower()))
    return not tool.declared or bool(words & DELETING)
