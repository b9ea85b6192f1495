"""Arguments of a step: JSON values, and references to the outputs of other steps among them.

A plan must come back from the journal exactly as it went in, and have the same digest everywhere.
So an argument is made plain when the step is made, and what JSON cannot hold is refused there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from workbench.errors import ValueNotStorable
from workbench.ids import canonical
from workbench.plan.base import Frozen
from workbench.values.codec import to_json

REF_KEY = "$ref"
"""The key that marks a reference in the JSON form of arguments."""

DEPTH_LIMIT = 64
"""Levels of nesting: readers of JSON stop at 200, and an event puts some of its own around it."""

BITS_LIMIT = 4096
"""Bits of a whole number: Python itself refuses to read more than 4,300 digits."""


class Ref(Frozen):
    """The output of another step, or a part of it."""

    step: str
    path: tuple[str | int, ...] = ()
    """Keys and positions that lead into the output; empty: all of it."""

    def __str__(self) -> str:
        """Show as `step.path[0]`."""
        parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return self.step + "".join(parts)


def ref(step: str, *path: str | int) -> Ref:
    """Refer to the output of a step: `ref("load")`, `ref("top", "rows", 0)`; implies `after`."""
    return Ref(step=step, path=path)


def find_refs(value: Any) -> Iterator[Ref]:
    """Walk an argument and yield every reference in it."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from find_refs(item)
    elif isinstance(value, list):
        for item in value:
            yield from find_refs(item)


def to_arguments(args: Any) -> dict[str, Any]:
    """Make arguments by name plain.

    Raises:
        ValueError: they are not given by name, or one is nothing that JSON holds; the message
            says where and what.
    """
    if not isinstance(args, Mapping):
        message = f"arguments are given by name, as a dict, not as {_type_name(args)}"
        raise ValueError(message)  # noqa: TRY004 - pydantic reports a ValueError as a fault of the field
    return {_text(name, "a name"): _to_argument(item, str(name), 1) for name, item in args.items()}


def from_argument(value: Any) -> Any:
    """Turn an argument into JSON, with each reference as `{"$ref": id, "path": […]}`."""
    if isinstance(value, Ref):
        return {REF_KEY: value.step, **({"path": list(value.path)} if value.path else {})}
    if isinstance(value, dict):
        return {key: from_argument(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_argument(item) for item in value]
    return value


def _to_argument(value: Any, where: str, depth: int) -> Any:
    if depth > DEPTH_LIMIT:
        message = f"{where[:80]}… is nested deeper than {DEPTH_LIMIT} levels, or holds itself"
        raise ValueError(message)
    if isinstance(value, Mapping):
        if REF_KEY in value:
            return _to_ref(value, where)
        return {
            _text(key, where): _to_argument(item, f"{where}.{key}", depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_to_argument(item, f"{where}[{at}]", depth + 1) for at, item in enumerate(value)]
    if isinstance(value, (set, frozenset)):
        items = [_to_argument(item, where, depth + 1) for item in value]
        return sorted(items, key=lambda item: canonical(from_argument(item)))
    return _to_scalar(value, where)


def _to_scalar(value: Any, where: str) -> Any:
    if value is None or isinstance(value, (bool, Ref)):
        return value
    if isinstance(value, str) and not isinstance(value, Enum):
        return _text(value, where)
    if isinstance(value, int) and value.bit_length() > BITS_LIMIT:
        message = f"{where} is a whole number of {value.bit_length()} bits; give it as text"
        raise ValueError(message)
    if isinstance(value, float) and not math.isfinite(value):
        message = f"{where} is {value!r}, which JSON cannot hold; leave it out, or give None"
        raise ValueError(message)
    if type(value) in (int, float):
        return value
    if isinstance(value, (bytes, bytearray)):
        raise _refused(value, where)
    try:
        plain = to_json(value)
    except ValueNotStorable as error:
        raise _refused(value, where) from error
    # A dataclass or a model may hold deep inside what is refused above.
    return _to_argument(plain, where, DEPTH_LIMIT // 2)


def _to_ref(value: Mapping[Any, Any], where: str) -> Ref:
    step, path = value[REF_KEY], value.get("path", [])
    if not set(value) <= {REF_KEY, "path"}:
        message = f"{where} has the key {REF_KEY!r}, so it is a reference and takes only 'path'"
        raise ValueError(message)
    parts = isinstance(path, (list, tuple)) and all(
        isinstance(part, (str, int)) and not isinstance(part, bool) for part in path
    )
    if not isinstance(step, str) or not parts:
        message = (
            f"{where} is no reference: {REF_KEY!r} names a step, "
            "and 'path' is a list of keys and positions"
        )
        raise ValueError(message)
    return Ref(step=step, path=tuple(path))


def _text(value: Any, where: str) -> str:
    text = value if isinstance(value, str) else str(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            message = f"{where} holds half a character (a lone surrogate), which cannot be stored"
            raise ValueError(message) from error
    return text


def _refused(value: Any, where: str) -> ValueError:
    return ValueError(
        f"{where} is of type {_type_name(value)}, which an argument cannot hold; give the path of "
        "a file, or refer to the output of a step that makes it"
    )


def _type_name(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else _full_name(kind)


def _full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
