"""One tool of a server as a tool of ours: the strictest effect, unless the person relaxed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, create_model

from workbench.errors import ToolError
from workbench.ids import digest
from workbench.mcp.checking import Fault, faults_of
from workbench.mcp.listed import Listed
from workbench.plan import find_refs
from workbench.tools import SecretValue, Tool
from workbench.tools.effect import REPEATABLE
from workbench.tools.schema import Signature
from workbench.tools.tool import PART_DIGEST

if TYPE_CHECKING:
    from workbench.mcp.server import Server

_NOTHING = create_model("Nothing")
_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)
_ALONE = ("type", "properties", "required", "additionalProperties")
"""Parts of a schema that can be looked at before all values are known."""


class ServerTool(Tool):
    """A tool that a server describes; it can become another one while a run goes on.

    Attributes:
        listed: the tool as the server lists it.
        gone: whether the server lists it no more.
    """

    source_word = "description"

    def __init__(self, owner: Server, listed: Listed, declared: Mapping[str, Any]) -> None:
        """Take it over with what the person declares of it.

        Raises:
            ToolError: the declaration cannot work.
        """
        self.owner, self.listed, self.gone = owner, listed, False
        self._declare(listed, declared)

    def _declare(self, listed: Listed, declared: Mapping[str, Any]) -> None:
        owner: Server = self.owner

        async def call(**arguments: Any) -> Any:
            return await owner.call(listed, arguments)

        call.__name__, call.__doc__ = owner.tool_name(listed.name), listed.description
        description = listed.description or "The server does not say what it does."
        super().__init__(
            call,
            name=owner.tool_name(listed.name),
            signature=_signature(listed),
            **{"description": description, **_stricter(listed, declared), **declared},
        )
        self.outward = self.repeatable and self.risk == "public"

    async def refresh(self) -> None:
        """Look whether the server still lists the same tool, and become what it lists now.

        Raises:
            ServerDown: the server cannot be reached.
            ToolError: the server lists it no more.
        """
        await self.owner.look_again(self)
        if self.gone:
            raise ToolError(
                f"The MCP server {self.owner.name!r} no longer has the tool {self.listed.name!r}.",
                "Edit the step.",
                tool=self.name,
            )

    def become(self, listed: Listed, declared: Mapping[str, Any]) -> None:
        """Be the tool that the server lists now; whoever knew the other one is asked."""
        self.listed, self.gone = listed, False
        self._declare(listed, declared)
        self.changes += 1

    def held(self) -> Mapping[str, SecretValue]:
        """Give what only the server may see: it is taken out of whatever a call gives back."""
        return self.owner.secrets()  # type: ignore[no-any-return]

    @property
    def summary(self) -> str:
        """Our words: those of a server would stand where a person expects ours."""
        return f"{self.listed.name} of the MCP server {self.owner.name}"

    @property
    def shifting(self) -> bool:
        """It can always change."""
        return True

    def check_args(self, args: dict[str, Any]) -> list[Fault]:
        """Give the faults of a plan's arguments; references pass."""
        schema = self.listed.checks
        filled = {name for name, value in args.items() if next(find_refs(value), None) is not None}
        if not filled:
            return faults_of(schema, args)
        # A reference fits until its value is known; the other arguments are looked at one by one.
        whole = {**schema, "properties": dict.fromkeys(schema["properties"], True)}
        faults = faults_of({key: whole[key] for key in _ALONE if key in whole}, args)
        for name, value in args.items():
            if name in schema["properties"] and name not in filled:
                faults += faults_of(schema["properties"][name], value, f"args.{name}")
        return faults

    def bind(self, args: dict[str, Any]) -> dict[str, Any]:
        """Hold resolved arguments against the server's schema.

        Raises:
            ToolError: they do not fit; all faults are named.
        """
        faults = faults_of(self.listed.checks, args)
        if faults:
            details = "; ".join(f"{path}: {message}" for _, path, message in faults)
            raise ToolError(
                f"The arguments of {self.name} are not valid: {details}.",
                "Edit the step, or the step whose output it uses.",
                tool=self.name,
            )
        return dict(args)

    @property
    def digest(self) -> str:
        """Names what the server lists and the effect that we give it."""
        return digest([self.name, self.effect, self.listed.digest])

    @property
    def source_digest(self) -> str:
        """Names the words of the server: description, hints and output."""
        listed = self.listed
        words = [listed.description, dict(listed.hints), listed.output]
        return digest(words)[:PART_DIGEST]

    @property
    def schema_digest(self) -> str:
        """Names effect and arguments."""
        return digest([self.effect, listed_args(self.listed)])[:PART_DIGEST]


def _stricter(listed: Listed, declared: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a hint makes stricter than what was declared, which does not speak of it."""
    changes = declared.get("effect") not in REPEATABLE
    return {"deletes": True} if changes and listed.hints.get("destructiveHint") else {}


def listed_args(listed: Listed) -> dict[str, Any]:
    """Give the schema of the arguments, as the server wrote it."""
    return dict(listed.args)


def _signature(listed: Listed) -> Signature:
    names = dict(listed.args.get("properties", {}))
    needed = listed.args.get("required", ())
    return Signature(
        arguments=_NOTHING,
        adapters=dict.fromkeys(names, _ANYTHING),
        required=frozenset(needed),
        keys=(),
        secrets={},
        args_schema=listed_args(listed),
        output_schema=dict(listed.output) if listed.output is not None else None,
        parameters=frozenset(names),
    )
