"""What each tool takes and makes: from its schema, the names of arguments, and its first line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from workbench.planner.builtin.lexicon import GENERIC, concept, singular, stem
from workbench.tools import Tool

PortKind = Literal[
    "live",
    "path",
    "email",
    "url",
    "choice",
    "number",
    "flag",
    "column",
    "columns",
    "label",
    "text",
    "value",
    "other",
]

_GROUP = frozenset({"by", "group", "groupby", "key", "category", "x", "per"})
_MEASURE = frozenset({"column", "col", "field", "measure", "metric", "y"})
_COLUMN_LIST = frozenset({"column", "field", "required", "by", "key"})
_LABEL = frozenset({"title", "subject", "caption", "heading", "headline"})
_CONTENT = frozenset({"text", "body", "content", "message", "markdown", "html"})
_PATH = frozenset({"path", "file", "filename", "folder"})
_EMAIL = frozenset({"to", "recipient", "email", "mail", "cc", "bcc", "sender", "from"})
_PARTS = frozenset({"section", "part", "table", "frame"})
_URL = frozenset({"url", "endpoint"})


@dataclass(frozen=True)
class Port:
    """One argument of a tool, by what it can take."""

    name: str
    kind: PortKind
    required: bool
    live: str = ""
    """Of a live port: the type, `pandas.DataFrame`."""
    many: bool = False
    """Takes a list."""
    choices: tuple[str, ...] = ()
    group: bool = False
    """Of a column: it names the groups, not what is measured."""

    @property
    def words(self) -> frozenset[str]:
        """Stems of the words of its name."""
        return frozenset(stem(word) for word in _split(self.name))


@dataclass(frozen=True)
class ToolPorts:
    """A tool with typed ports and the words that call for it."""

    tool: Tool
    inputs: tuple[Port, ...]
    makes: str
    """A live type, `text`, or nothing that another step could take."""

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.tool.name

    @property
    def acts(self) -> bool:
        """Whether it changes the world; then its output is a receipt, not material."""
        return not self.tool.repeatable

    @cached_property
    def cues(self) -> frozenset[str]:
        """Concepts that call for it: words of its name that are no generic nouns."""
        words = _split(self.name)
        strong = frozenset(concept(word) for word in words if singular(word) not in GENERIC)
        return strong or frozenset(concept(word) for word in words)

    @cached_property
    def name_words(self) -> frozenset[str]:
        """All concepts of its name, generic nouns included."""
        return frozenset(concept(word) for word in _split(self.name))

    @cached_property
    def hints(self) -> frozenset[str]:
        """Concepts of the first line of its description: they decide between tools, no more."""
        return frozenset(concept(word) for word in re.findall(r"\w+", self.tool.summary))

    @cached_property
    def columns(self) -> tuple[Port, ...]:
        """Ports that take a column, or several."""
        return tuple(port for port in self.inputs if port.kind in ("column", "columns"))

    @cached_property
    def takes(self) -> frozenset[str]:
        """Kinds of values that earlier steps can hand to it."""
        live = {port.live for port in self.inputs if port.kind == "live"}
        return frozenset(live | {"text" for port in self.inputs if port.kind == "text"})

    def things(self) -> frozenset[str]:
        """Kinds of things that the tool is about, for generic nouns."""
        made = {self.makes} | {port.live for port in self.inputs}
        kinds: set[str] = {port.kind for port in self.inputs}
        kinds |= {"frame" for live in made if live.endswith("DataFrame")}
        kinds |= {"figure" for live in made if live.endswith("Figure")}
        kinds |= {"text"} & {self.makes}
        return frozenset(kinds | ({"column"} & {"column" if "columns" in kinds else ""}))


def read_ports(tool: Tool) -> ToolPorts:
    """Read what a tool takes and makes."""
    schema = tool.signature.args_schema
    required = set(schema.get("required", ()))
    properties: Mapping[str, Any] = schema.get("properties", {})
    on_frame = any("x-live" in _plain(item, schema)[0] for item in properties.values())
    inputs = tuple(
        _read_port(name, _plain(item, schema), required=name in required, on_frame=on_frame)
        for name, item in properties.items()
    )
    return ToolPorts(tool, inputs, _makes(tool))


def _read_port(
    name: str, plain: tuple[Mapping[str, Any], bool], *, required: bool, on_frame: bool
) -> Port:
    schema, many = plain
    words = {word.lower() for word in _split(name)} | {singular(word) for word in _split(name)}
    kind: PortKind = "other"
    if "x-live" in schema:
        return Port(name, "live", required, live=str(schema["x-live"]), many=many)
    if "enum" in schema and all(isinstance(item, str) for item in schema["enum"]):
        return Port(name, "choice", required, many=many, choices=tuple(schema["enum"]))
    if many and not schema and words & _PARTS:
        # A list of anything that is named for tables takes the tables that are there.
        return Port(name, "live", required, live="pandas.DataFrame", many=True)
    types = _types(schema)
    if types <= {"integer", "number"} and types:
        kind = "number"
    elif types == {"boolean"}:
        kind = "flag"
    elif types == {"string"}:
        kind = _string_kind(schema, words, many=many, on_frame=on_frame)
    elif "string" in types or not types:
        kind = "value"
    group = kind in ("column", "columns") and bool(words & _GROUP)
    return Port(name, kind, required, many=many, group=group)


def _string_kind(
    schema: Mapping[str, Any], words: set[str], *, many: bool, on_frame: bool
) -> PortKind:
    spelled = str(schema.get("format", ""))
    rules: tuple[tuple[bool, PortKind], ...] = (
        ("path" in spelled or (not spelled and bool(words & _PATH)), "path"),
        (spelled == "email" or (not on_frame and bool(words & _EMAIL)), "email"),
        (spelled in ("uri", "url") or bool(words & _URL), "url"),
        (on_frame and many and bool(words & _COLUMN_LIST), "columns"),
        (on_frame and not many and bool(words & (_GROUP | _MEASURE)), "column"),
        (bool(words & _LABEL), "label"),
        (bool(words & _CONTENT) and not many, "text"),
    )
    return next((kind for holds, kind in rules if holds), "value")


def _plain(schema: Mapping[str, Any], root: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """Look through references, `| None` and lists: the schema of one item, and if it is many."""
    if "$ref" in schema:
        target = root.get("$defs", {}).get(str(schema["$ref"]).rpartition("/")[2], {})
        return _plain(target, root)
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        return _plain(options[0], root)
    singles = [option for option in options if option.get("type") != "array"]
    lists = [option.get("items") for option in options if option not in singles]
    if len(singles) == 1 and lists == singles:  # one, or a list of it
        return _plain(singles[0], root)
    if schema.get("type") == "array" and "items" in schema:
        return _plain(schema["items"], root)[0], True
    return schema, False


def _types(schema: Mapping[str, Any]) -> set[str]:
    if "anyOf" in schema:
        return {t for option in schema["anyOf"] for t in _types(option)} - {"null"}
    return {str(schema["type"])} if "type" in schema else set()


def _makes(tool: Tool) -> str:
    schema = tool.signature.output_schema or {}
    item, many = _plain(schema, schema)
    if many:
        return ""
    if "x-live" in item:
        return str(item["x-live"])
    is_text = item.get("type") == "string" and not item.get("format") and tool.repeatable
    return "text" if is_text else ""


def _split(name: str) -> list[str]:
    """Cut `read_table`, `readTable` and `HTTP-get` into words."""
    return re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
