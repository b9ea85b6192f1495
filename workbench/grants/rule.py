"""A rule: deny, ask about or allow the calls that it covers."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from workbench.errors import ToolError
from workbench.grants.subject import Subject, deletes, has, writes
from workbench.tools import Tool
from workbench.values.predicate import Predicate, demands, unmet

Verdict = Literal["deny", "ask", "allow"]
Kind = Literal["any", "writes", "deletes"]
"""Which calls of the named tools: all, those that change something, those that say they delete."""
Frozen = Literal["writes", "deletes", "tool", "everything"]
"""What a freeze holds: all that changes something, all that deletes, one tool, or every call."""


class Rule(BaseModel):
    """One rule; of all that cover a call `deny` is stronger than `ask`, and `ask` than `allow`.

    Attributes:
        verdict: what it says.
        tool: the exact name; only one written with `*` is a pattern.
        where: what the arguments must be, by name; a plain value demands that value.
        kind: of the tools named, all calls, or only those that change or delete something.
        environment: where it holds; empty: everywhere.
        besides: tools that a pattern leaves out.
        freeze: whether a call that it denies pauses its run, so that nothing is lost.
        why: said with every decision of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: Verdict
    tool: str = Field(min_length=1, max_length=200)
    where: dict[str, Predicate] = {}
    kind: Kind = "any"
    environment: str = ""
    besides: tuple[str, ...] = ()
    freeze: bool = False
    why: str = ""

    def __init__(
        self, verdict: Verdict | None = None, tool: str | None = None, **fields: Any
    ) -> None:
        """Take verdict and tool by position, too: `Rule("deny", "drop_*")`."""
        words = {"verdict": verdict, "tool": tool}
        given = {name: word for name, word in words.items() if word is not None}
        super().__init__(**given, **fields)

    @field_validator("where", mode="before")
    @classmethod
    def _read(cls, where: Any) -> Any:
        return demands(where) if isinstance(where, dict) else where

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.freeze and self.verdict != "deny":
            raise ValueError("only a rule that denies can freeze")
        return self

    def covers(self, call: Subject) -> bool:
        """Say whether the rule is about this call.

        A rule that fails on it covers it, unless it would allow: what cannot be read is not let
        through.
        """
        try:
            return self._covers(call)
        except Exception:  # noqa: BLE001 - whatever a value or a pattern does, nothing may slip by
            return self.verdict != "allow"

    def _covers(self, call: Subject) -> bool:
        if not self.covers_tool(call.tool):
            return False
        if self.environment and self.environment != call.environment:
            return False
        if self.kind == "writes" and not writes(call.tool):
            return False
        if self.kind == "deletes" and not deletes(call):
            return False
        return not self.where or unmet(self.where, call.values) is None

    def covers_tool(self, tool: Tool) -> bool:
        """Say whether it names a tool; one that denies finds it under its function's name, too."""
        if tool.name in self.besides:
            return False
        alias = getattr(tool.function, "__name__", "") if self.verdict == "deny" else ""
        return names_tool(self.tool, tool.name) or bool(alias and names_tool(self.tool, alias))

    def idle(self, tools: Iterable[Tool]) -> tuple[str, str] | None:
        """Say why it can match no call of these tools, so that it would protect nothing.

        Gives what is wrong and what there is; None when it can match one.
        """
        known = list(tools)
        covered = [tool for tool in known if self.covers_tool(tool)]
        if not covered and self.tool != "*":
            return f"The rule {self} matches no tool.", f"Known tools are: {_list(known)}."
        for name in self.where if covered else ():
            if not any(has(tool, name) for tool in covered):
                return (
                    f"The rule {self} matches no call: {_list(covered)} takes no {name!r}.",
                    f"Its arguments are: {_arguments(covered)}.",
                )
        return None

    @property
    def frozen(self) -> Frozen:
        """What it holds, if it is a freeze."""
        if self.kind != "any":
            return self.kind
        return "everything" if self.tool == "*" else "tool"

    @property
    def always(self) -> bool:
        """Whether it covers its tools whatever the arguments and wherever."""
        return not self.where and not self.environment and self.kind == "any" and not self.besides

    def __str__(self) -> str:
        """Put it into words."""
        return self._words

    @cached_property
    def _words(self) -> str:
        if self.freeze:
            named = "everything" if self.tool == "*" else f"not tool {self.tool}"
            return f"freeze: {_FROZEN.get(self.kind, named)}"
        kind = "" if self.kind == "any" else f" that {_KINDS[self.kind]}"
        where = ", ".join(f"{name}: {demand}" for name, demand in self.where.items())
        place = f" in {self.environment}" if self.environment else ""
        return f"{self.verdict} {self.tool!r}{kind}{f' ({where})' if where else ''}{place}"


def _list(tools: Iterable[Tool]) -> str:
    return ", ".join(sorted(tool.name for tool in tools)) or "none"


def _arguments(tools: Iterable[Tool]) -> str:
    names = {name for tool in tools for name in tool.signature.names}
    return ", ".join(sorted(names)) or "none"


def names_tool(pattern: str, name: str) -> bool:
    """Say whether a pattern names a tool: exactly, or by `*` where it is written."""
    return pattern == name or ("*" in pattern and fnmatch.fnmatchcase(name, _only_stars(pattern)))


def freeze_rule(text: str, why: str = "") -> Rule:
    """Read what is to be frozen: `no writes`, `no deletes`, `not tool X` or `everything`.

    Raises:
        ToolError: it says something else.
    """
    words = text.split()
    match words:
        case ["no", "writes"]:
            return Rule("deny", "*", kind="writes", freeze=True, why=why)
        case ["no", "deletes"]:
            return Rule("deny", "*", kind="deletes", freeze=True, why=why)
        case ["not", "tool", name]:
            return Rule("deny", name, freeze=True, why=why)
        case ["everything"]:
            return Rule("deny", "*", freeze=True, why=why)
    raise ToolError(
        f"{text!r} names nothing that can be frozen.",
        "Say 'no writes', 'no deletes', 'not tool NAME' or 'everything'.",
    )


def _only_stars(pattern: str) -> str:
    """Take `?` and `[` literally: only `*` is a sign of a pattern."""
    return pattern.replace("[", "[[]").replace("?", "[?]")


_FROZEN = {"writes": "no writes", "deletes": "no deletes"}
_KINDS = {"writes": "change something", "deletes": "delete something"}
