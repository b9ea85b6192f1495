"""A grant: a right to call some tools, with limits and an end."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from workbench.grants.rule import names_tool
from workbench.grants.subject import Subject
from workbench.values.predicate import Predicate, demands, unmet


class Grant(BaseModel):
    """A right; what it does not name it does not give.

    Attributes:
        tools: exact names; only one written with `*` is a pattern.
        where: what the arguments must be, by name; a plain value demands that value.
        environment: where it holds, as "test" or "prod"; empty: everywhere.
        expires: from when on it gives nothing, in UTC; None: it does not end by time.
        uses: calls that it gives; None: any number.
        step: the step that may use it; empty: every step of the run.
        why: what it was given for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tools: tuple[str, ...] = Field(min_length=1)
    where: dict[str, Predicate] = {}
    environment: str = ""
    expires: datetime | None = None
    uses: int | None = Field(default=None, ge=1)
    step: str = ""
    why: str = ""

    def __init__(self, *tools: str, **fields: Any) -> None:
        """Take the tools by position, too."""
        super().__init__(**({"tools": tools} if tools else {}), **fields)

    @field_validator("tools", mode="before")
    @classmethod
    def _one(cls, tools: Any) -> Any:
        return (tools,) if isinstance(tools, str) else tools

    @field_validator("where", mode="before")
    @classmethod
    def _read(cls, where: Any) -> Any:
        return demands(where) if isinstance(where, dict) else where

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.expires is not None and self.expires.tzinfo is None:
            raise ValueError("expires needs a time zone")
        return self

    def names(self, tool: str) -> bool:
        """Say whether it is about a tool at all."""
        return any(names_tool(pattern, tool) for pattern in self.tools)

    def lacks(self, call: Subject, used: int = 0) -> str | None:
        """Say why it does not give the right to a call; None: it does.

        Args:
            call: what is to be called.
            used: calls that it has given already.
        """
        if not self.names(call.tool.name):
            return f"it is for {', '.join(self.tools)}"
        if (elsewhere := self._elsewhere(call)) is not None:
            return elsewhere
        if self.expires is not None and (call.now is None or call.now >= self.expires):
            return f"it expired at {self.expires:%Y-%m-%d %H:%M:%S} UTC"
        if self.uses is not None and used >= self.uses:
            return f"its {self.uses} uses are used up"
        try:
            return unmet(self.where, call.values) if self.where else None
        except Exception as error:  # noqa: BLE001 - what cannot be read gives no right
            return f"its limits could not be compared ({type(error).__name__})"

    def _elsewhere(self, call: Subject) -> str | None:
        if self.step and self.step != call.step:
            return f"it is for the step {self.step!r}"
        if self.environment and self.environment != call.environment:
            here = f"in {call.environment!r}" if call.environment else "in no environment"
            return f"it is for the environment {self.environment!r}, and this run is {here}"
        return None

    def __str__(self) -> str:
        """Put it into words."""
        where = ", ".join(f"{name}: {demand}" for name, demand in self.where.items())
        ends = [
            f" in {self.environment}" if self.environment else "",
            f" for step {self.step}" if self.step else "",
            f", {self.uses} times" if self.uses else "",
            f", until {self.expires:%Y-%m-%d %H:%M} UTC" if self.expires else "",
        ]
        return f"{', '.join(self.tools)}{f' ({where})' if where else ''}{''.join(ends)}"
