"""Write the page's types from the models of Python; `--check` only compares.

`extensions/src/generated/` gets three files: the rows that a page is sent, each as a shape that
checks it at the boundary and as its type; the orders that a page may give; the events of a journal.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from workbench.commands import AnyCommand  # noqa: E402 - of this tree, not of an installed one
from workbench.events.union import BareEvent  # noqa: E402 - the same
from workbench.report import wire  # noqa: E402 - the same

FOLDER = ROOT / "extensions" / "src" / "generated"
ABOUT = "Written by scripts/make_types.py from {source}: don't edit it, call `make types`."
FILLED_IN_BY_PYTHON = frozenset({"by", "surface", "order"})
COMBINATORS = frozenset(
    "dict flag jsonObject list maybe number object oneOf pair text".split()  # noqa: SIM905 - one line
)
WIDTH = 110
Schema = dict[str, Any]


def shapes() -> str:
    """Write the rows as shapes, in the order in which they need each other."""
    schema = TypeAdapter(wire.FromPython).json_schema()
    lines: list[str] = []
    for name, model in in_order(schema["$defs"]):
        lines += doc(model)
        lines.append(f"export const {lower(name)} = object({{")
        for field, found in model["properties"].items():
            lines += [f"  {line}" for line in doc(found)]
            lines.append(f"  {field}: {shape(found, len(field))},")
        lines += ["});", f"export type {name} = Of<typeof {lower(name)}>;", ""]
    used = sorted(COMBINATORS & set(re.findall(r"\w+", "\n".join(lines))))
    needed = f'import {{ {", ".join(used)}, type Of }} from "../shape.ts";'
    return "\n".join([about("workbench/report/wire.py"), needed, "", *lines]).rstrip() + "\n"


def shape(schema: Schema, indent: int = 0) -> str:  # noqa: C901, PLR0911 - a case for each kind
    """Write one field as a shape.

    Raises:
        TypeError: there is no shape for it.
    """
    match schema:
        case {"$ref": reference}:
            return lower(reference.rpartition("/")[2])
        case {"const": value}:
            return f"oneOf({json.dumps(value)})"
        case {"enum": values}:
            return words(values, indent)
        case {"anyOf": [one, {"type": "null"}]}:
            return f"maybe({shape(one, indent)})"
        case {"type": "array", "prefixItems": items}:
            return f"pair({', '.join(map(shape, items))})"
        case {"type": "array", "items": item}:
            return f"list({shape(item)})"
        case {"type": "object", "additionalProperties": dict() as value}:
            return f"dict({shape(value)})"
        case {"type": "object"}:
            return "jsonObject"
        case {"type": "string"}:
            return "text"
        case {"type": "number" | "integer"}:
            return "number"
        case {"type": "boolean"}:
            return "flag"
    raise TypeError(f"There is no shape for {schema}.")


def words(values: list[str], indent: int) -> str:
    """Write the words that a field may have, one a line where they do not fit into one."""
    written = [json.dumps(value) for value in values]
    line = f"oneOf({', '.join(written)})"
    if len(line) + indent + 5 <= WIDTH:
        return line
    return "oneOf(\n" + "".join(f"    {word},\n" for word in written) + "  )"


def in_order(models: dict[str, Schema]) -> Iterator[tuple[str, Schema]]:
    """Give models so that each comes behind those it is made of."""
    given: set[str] = set()

    def give(name: str) -> Iterator[tuple[str, Schema]]:
        if name in given:
            return
        given.add(name)
        for needed in re.findall(r'"#/\$defs/(\w+)"', json.dumps(models[name])):
            yield from give(needed)
        yield name, models[name]

    for name in models:
        yield from give(name)


def types(schema: Schema, union: str, source: str, left_out: frozenset[str]) -> str:
    """Write the models of a union as types, and the union."""
    members = [one["$ref"].rpartition("/")[2] for one in schema["oneOf"]]
    lines = [about(source), 'import type { Json, JsonObject } from "../shape.ts";', ""]
    for name, model in in_order(schema["$defs"]):
        lines += doc(model)
        required = {*model.get("required", ()), "kind", "op"}
        lines.append(f"export type {name} = {{")
        for field, found in model.get("properties", {}).items():
            if name not in members or field not in left_out:
                lines += [f"  {line}" for line in doc(found)]
                mark = "" if field in required else "?"
                lines.append(f"  readonly {field}{mark}: {typed(found)};")
        lines += ["};", ""]
    lines += [f"export type {union} =", *(f"  | {name}" for name in members)]
    return "\n".join(lines) + ";\n"


def typed(schema: Schema) -> str:  # noqa: C901, PLR0911 - a case for each kind
    """Write one field as a type; what is not described is any JSON."""
    match schema:
        case {"$ref": reference}:
            return str(reference.rpartition("/")[2])
        case {"const": value}:
            return json.dumps(value)
        case {"enum": values}:
            return " | ".join(json.dumps(value) for value in values)
        case {"anyOf": options} | {"oneOf": options}:
            return " | ".join(dict.fromkeys(typed(option) for option in options))
        case {"type": "array", "prefixItems": items}:
            return f"readonly [{', '.join(map(typed, items))}]"
        case {"type": "array", "items": item} if item:
            inner = typed(item)
            return f"readonly ({inner})[]" if " | " in inner else f"readonly {inner}[]"
        case {"type": "object", "additionalProperties": dict() as value}:
            return f"{{ readonly [name: string]: {typed(value)} }}"
        case {"type": "object"}:
            return "JsonObject"
        case {"type": "string"}:
            return "string"
        case {"type": "number" | "integer"}:
            return "number"
        case {"type": "boolean"}:
            return "boolean"
        case {"type": "null"}:
            return "null"
    return "Json"


def doc(schema: Schema) -> list[str]:
    """Write a description as a comment."""
    text = " ".join(str(schema.get("description", "")).split())
    return [f"/** {text} */"] if text else []


def about(source: str) -> str:
    """Say where a file comes from."""
    return f"/** {ABOUT.format(source=source)} */\n"


def lower(name: str) -> str:
    """Give the name of a model's shape."""
    return name[0].lower() + name[1:]


def files() -> dict[str, str]:
    """Give the text of each file by its name."""
    events = TypeAdapter(BareEvent).json_schema()
    events["oneOf"] = events.pop("anyOf")
    return {
        "rows.ts": shapes(),
        "commands.ts": types(
            AnyCommand.json_schema(), "AnyCommand", "workbench/commands", FILLED_IN_BY_PYTHON
        ),
        "events.ts": types(events, "AnyEvent", "workbench/events", frozenset()),
    }


def main(*, check: bool) -> int:
    """Write the files, or say how they differ."""
    stale = False
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        path = FOLDER / name
        now = path.read_text(encoding="utf-8") if path.exists() else ""
        if not check:
            path.write_text(text, encoding="utf-8")
        elif now != text:
            stale = True
            lines = difflib.unified_diff(now.splitlines(), text.splitlines(), name, "as it should")
            print("\n".join([*lines][:40]))
    if stale:
        print("The page's types do not fit Python's models: call `make types`.")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
