"""What an output must satisfy, and how one looks: schema, predicate, test, query, or a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field, field_serializer, field_validator

from workbench.plan.argument import from_argument, to_arguments
from workbench.plan.base import Frozen
from workbench.values.predicate import demands

OUTPUT = "output"
"""What a query's reference calls the output that is looked at: `wb.ref("output", "id")`."""


class _Demanding(Frozen):
    where: dict[str, Any] = Field(default_factory=dict)
    """Predicates by name; a plain value demands exactly that value.

    `output` is the whole value, `count` the number of its items, rows or characters, any other name
    a field of it; `a.b` looks deeper."""

    @field_validator("where", mode="before")
    @classmethod
    def _read_where(cls, where: Any) -> Any:
        return demands(where) if isinstance(where, dict) else where


class Query(_Demanding):
    """A pure or read tool that is asked after the call: the world must say that it is so."""

    tool: str
    args: dict[str, Any] = Field(default_factory=dict)
    """Arguments by name; references to `output` stand for the output, or a part of it."""

    @field_validator("args", mode="before")
    @classmethod
    def _normalise(cls, args: Any) -> Any:
        return to_arguments(args)

    @field_serializer("args")
    def _serialise(self, args: dict[str, Any]) -> dict[str, Any]:
        return {name: from_argument(value) for name, value in args.items()}


class Check(_Demanding):
    """What an output must satisfy; all that is given must hold."""

    output_schema: dict[str, Any] | None = None
    """A JSON schema for the output (for a data frame: for its list of records)."""
    not_empty: bool = False
    """The output must have at least one item, row or character."""
    tool: str | None = None
    """A test: a pure or read tool called with the output as its first parameter; it returns True,
    or the reason (text) why the output is not right."""
    query: Query | None = None
    """What the world must say."""
    judge: str = ""
    """A criterion in words, for the verifying model: `Workbench(verifier=…)`. It is never the model
    that plans."""

    @property
    def tools(self) -> Iterator[str]:
        """The tools that look."""
        if self.tool is not None:
            yield self.tool
        if self.query is not None:
            yield self.query.tool

    @property
    def looks(self) -> Iterator[str]:
        """What looks, in words: `schema`, `predicates`, `tool …`, `query …`, `model`."""
        if self.output_schema is not None:
            yield "schema"
        if self.where or self.not_empty:
            yield "predicates"
        if self.tool is not None:
            yield f"tool {self.tool}"
        if self.query is not None:
            yield f"query {self.query.tool}"
        if self.judge:
            yield "model"
