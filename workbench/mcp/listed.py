"""A tool as a server lists it: what of its words we take over, and what we make of its hints.

Nothing that a server says makes us less careful. Its hints are believed only where the person said
so, and only as long as it lists the same tool.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.ids import canonical, digest
from workbench.mcp.checking import unfold
from workbench.mcp.errors import clean
from workbench.tools import Effect
from workbench.tools.masking import Mask

if TYPE_CHECKING:
    from mcp.types import Tool as Listing

DESCRIPTION = 4000
"""Characters of a description that are taken over."""
TOOLS = 256
"""Tools of one server that are taken over at most."""
SCHEMA = 64 << 10
"""Bytes of a schema that are read; a tool with a larger one is left out."""


_READ_ARGS = {
    "type": "object",
    "properties": {"uri": {"type": "string"}},
    "required": ["uri"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Listed:
    """One tool, as far as we take a server at its word."""

    name: str
    """The server's own name of it."""
    description: str
    args: Mapping[str, Any]
    """JSON schema of its arguments."""
    checks: Mapping[str, Any]
    """The same, as far as we check it."""
    output: Mapping[str, Any] | None
    hints: Mapping[str, bool]
    """What the server says it does: a hint, and no declaration."""
    digest: str
    """Names all that was listed."""

    @property
    def hinted(self) -> dict[str, Any]:
        """What the hints come to for one who believes them: a read, or still the strictest.

        They never say that a call can be undone, nor that it may be repeated. A read that reaches
        out into the open tells the world something, so it is asked about like what goes out.
        """
        if not self.hints.get("readOnlyHint") or self.hints.get("destructiveHint"):
            return {}
        effect: Effect = "read"
        outward = self.hints.get("openWorldHint", True)
        return {"effect": effect, "risk": "public" if outward else "read"}


READ = Listed(
    name="read_resource",
    description="Read a resource of the server, by its URI.",
    args=_READ_ARGS,
    checks=_READ_ARGS,
    output=None,
    hints={"readOnlyHint": True, "openWorldHint": True},
    digest="resources",
)
"""Not listed by any server: the tool by which a run reads the resources of one that has some."""


def read_listing(listing: Listing) -> Listed:
    """Take over what a server lists.

    Raises:
        ValueError: its name or its schema cannot be used.
    """
    raw = listing.model_dump(mode="json", by_alias=True, exclude_none=True)
    name = listing.name
    if not name or not name.isprintable() or any(sign.isspace() or sign == "*" for sign in name):
        raise ValueError("its name cannot be written into a plan or a rule")
    if len(canonical(raw)) > SCHEMA:
        raise ValueError(f"its description and schema take more than {SCHEMA >> 10} KiB")
    args = _closed({"type": "object", **listing.input_schema})
    hints = raw.get("annotations", {})
    return Listed(
        name=name,
        description=clean(listing.description or listing.title or "")[:DESCRIPTION],
        args=args,
        checks=unfold(args),
        output=listing.output_schema,
        hints={key: value for key, value in hints.items() if isinstance(value, bool)},
        digest=digest({key: value for key, value in raw.items() if key != "icons"}),
    )


def take_over(listings: list[Listing], mask: Mask) -> tuple[dict[str, Listed], dict[str, str]]:
    """Take over a list; gives also the names that are left out, and why."""
    found: dict[str, Listed] = {}
    left_out: dict[str, str] = {}
    for listing in listings[:TOOLS]:
        name = mask.text(repr(listing.name))[:80]
        if mask and mask.text(raw := listing.model_dump_json()) != raw:
            left_out[name] = "it holds a secret of yours"
            continue
        try:
            found.setdefault(listing.name, read_listing(listing))
        except ValueError as fault:
            left_out[name] = str(fault)
    return found, left_out


_OPEN = frozenset(
    {"additionalProperties", "patternProperties", "unevaluatedProperties", "$ref", "allOf", "anyOf",
     "oneOf", "if"}
)  # fmt: skip
"""Parts by which a schema says what further arguments there may be."""


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Let a schema that names its arguments have no others, unless it says so: a slip is found."""
    if "properties" not in schema:
        return {**schema, "properties": {}}
    return schema if _OPEN & set(schema) else {**schema, "additionalProperties": False}
