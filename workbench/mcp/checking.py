"""Arguments held against a schema of somebody else, which may be nonsense, or a trap.

Before it is used it is unfolded: references are followed once, within the schema only, up to so
many parts. What is left takes no longer to check than it is long. Patterns are left to the server,
because one can be written that takes for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

PARTS = 20_000
"""Parts of an unfolded schema at most."""
DEPTH = 40
FAULTS = 10
"""Faults of arguments that are named."""
SHOWN = 500
"""Characters of a fault."""
UNCHECKED = frozenset({"pattern", "patternProperties", "format", "$schema", "$id", "$anchor"})
"""Left to the server."""
SHARED = frozenset({"$defs", "definitions"})
NAMED = frozenset({"properties", "dependentSchemas"})
"""Parts whose keys are names, and no words of the language."""
DATA = frozenset({"enum", "const", "default", "examples", "required", "dependentRequired", "type"})
_CODES = {"required": "missing_argument", "additionalProperties": "unknown_argument"}

Fault = tuple[str, str, str]
"""Code, path and message."""


def unfold(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Give a schema without references, patterns and formats.

    Raises:
        ValueError: it is no schema, refers outside of itself, or unfolds into too much.
    """
    left = [PARTS]
    unfolded: dict[str, Any] = _unfold(schema, schema, left, ())
    try:
        Draft202012Validator.check_schema(unfolded)
    except (SchemaError, RecursionError) as error:
        raise ValueError(f"its schema is none: {getattr(error, 'message', error)}") from error
    return unfolded


def faults_of(unfolded: Mapping[str, Any], value: Any, path: str = "args") -> list[Fault]:
    """Say in what way a value does not fit an unfolded schema."""
    found: list[Fault] = []
    for error in Draft202012Validator(unfolded).iter_errors(value):
        where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.path)
        kind = _CODES.get(str(error.validator), "bad_argument")
        found.append((kind, f"{path}{where}", error.message[:SHOWN]))
        if len(found) == FAULTS:
            break
    return found


def _unfold(value: Any, root: Mapping[str, Any], left: list[int], way: tuple[str, ...]) -> Any:
    left[0] -= 1
    if left[0] < 0 or len(way) > DEPTH:
        raise ValueError("its schema unfolds into too much")
    if isinstance(value, list):
        return [_unfold(item, root, left, (*way, "")) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "$ref" in value or "$dynamicRef" in value:
        target = value.get("$ref", value.get("$dynamicRef"))
        rest = {key: item for key, item in value.items() if key not in ("$ref", "$dynamicRef")}
        if not isinstance(target, str) or target in way:
            return _unfold(rest, root, left, way)  # it refers to itself: the server looks deeper
        meant = _unfold(_find(target, root), root, left, (*way, target))
        return {"allOf": [meant, _unfold(rest, root, left, (*way, ""))]} if rest else meant
    return {key: _part(key, item, root, left, way) for key, item in value.items() if _kept(key)}


def _kept(key: str) -> bool:
    return key not in UNCHECKED and key not in SHARED


def _part(key: str, item: Any, root: Mapping[str, Any], left: list[int], way: Any) -> Any:
    if key in DATA:
        return item
    if key in NAMED and isinstance(item, Mapping):
        return {name: _unfold(part, root, left, (*way, "")) for name, part in item.items()}
    return _unfold(item, root, left, (*way, ""))


def _find(target: str, root: Mapping[str, Any]) -> Any:
    found: Any = root
    if not target.startswith("#"):
        raise ValueError(f"its schema refers to {target[:80]!r}, which is not in it")
    for part in target[1:].strip("/").split("/"):
        if part:
            name = part.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, Mapping) else None
        if found is None:
            raise ValueError(f"its schema refers to {target[:80]!r}, which is not in it")
    return found
