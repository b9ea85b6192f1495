"""From a Python value to what the journal stores, and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import copy, deepcopy
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_jsonable_python

from workbench.errors import ValueNotStorable
from workbench.ids import digest_bytes
from workbench.values.kinds import is_small, kind_for, kind_of
from workbench.values.stored import Artifact, Stored
from workbench.values.summary import summarize

INLINE_LIMIT = 64 * 1024
"""Bytes of JSON that an event may hold; a larger value becomes an artifact."""

JSON_MEDIA = "application/json"
LENIENT_MEDIA = "application/json; nan=allowed"

_strict = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_with_nan = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=True).encode

AROUND = 64
"""Levels of nesting that events, snapshots and arguments may put around a value."""


def encode(value: Any, *, inline_limit: int = INLINE_LIMIT) -> tuple[Stored, bytes | None]:
    """Turn a value into its stored form, and the bytes of its artifact if it needs one.

    JSON values (also paths, dates, sets, enumerations, dataclasses and pydantic models, as their
    JSON form; bytes within them as base64 text) up to `inline_limit` bytes stand in the event;
    larger ones, and frames, arrays, figures and bytes, become artifacts.

    Raises:
        ValueNotStorable: the type has no stored form; the message names it.
    """
    if is_small(value) and inline_limit == INLINE_LIMIT:
        return Stored(value=copy(value)), None
    kind = kind_of(value)
    if kind is not None:
        try:
            content = kind.dump(value)
        except Exception as error:
            raise _not_storable(value, str(error)) from error
        return _artifact(content, kind.media, kind.summarize(value))
    plain = to_json(value)
    try:
        content = _write(plain, allow_nan=False)
    except ValueError:
        return _artifact(_lenient(value, plain), LENIENT_MEDIA, summarize(plain))
    if len(content) > inline_limit or not _fits_an_event(content):
        return _artifact(content, JSON_MEDIA, summarize(plain))
    return Stored(value=plain), None


def decode(stored: Stored, load: Callable[[str], bytes]) -> Any:
    """Turn a stored value back, into one that nobody else holds.

    `load` gives the bytes of an artifact by its digest.

    Raises:
        ValueNotStorable: the media type is unknown to this version.
    """
    if stored.artifact is None:
        return deepcopy(stored.value)
    content = load(stored.artifact.digest)
    media = stored.artifact.media
    if media in (JSON_MEDIA, LENIENT_MEDIA):
        return json.loads(content)
    kind = kind_for(media)
    if kind is None:
        raise ValueNotStorable(
            f"The artifact {stored.artifact.digest[:12]} has the media type {media!r}, "
            "which this version cannot read.",
            "Open the journal with the version that wrote it.",
            media=media,
        )
    return kind.load(content)


def to_json(value: Any) -> Any:
    """Turn a value into plain JSON types.

    Raises:
        ValueNotStorable: something in it has no JSON form; the message names its type.
    """
    try:
        return to_jsonable_python(value, bytes_mode="base64", fallback=_fallback)
    except TypeError as error:
        # pandas' NaT passes for a datetime and then is none.
        plain = _without_nat(value)
        if plain is value:
            raise _not_storable(value, str(error)) from error
        return to_json(plain)
    except (PydanticSerializationError, ValueError, OverflowError, RecursionError) as error:
        if isinstance(error.__cause__, ValueNotStorable):
            raise error.__cause__ from error
        raise _not_storable(value, str(error)) from error


def _fits_an_event(content: bytes) -> bool:
    """Say whether the reader of events takes it: neither half characters nor too deep."""
    if content.isascii() and content.count(b"[") + content.count(b"{") < AROUND:
        return True
    try:
        from_json(b"[" * AROUND + content + b"]" * AROUND)
    except ValueError:
        return False
    return True


def _write(plain: Any, *, allow_nan: bool) -> bytes:
    """Write JSON with its keys in their order, which may be the order of columns."""
    write = _strict if not allow_nan else _with_nan
    return write(plain).encode("utf-8", "surrogatepass")


def _lenient(value: Any, plain: Any) -> bytes:
    try:
        return _write(plain, allow_nan=True)
    except ValueError as error:
        raise _not_storable(value, str(error)) from error


def _fallback(value: Any) -> Any:
    module = type(value).__module__.partition(".")[0]
    if module == "numpy" and hasattr(value, "tolist"):
        if value.dtype.kind in "mM":  # in nanoseconds they would come out as mere numbers
            value = value.astype(f"{value.dtype.kind}8[us]")
        return value.tolist()
    if module == "pandas" and hasattr(value, "isoformat"):
        return value.isoformat()
    if _is_nat(value):
        return None
    inside = "it stands inside another value" if kind_of(value) is not None else ""
    raise _not_storable(value, inside)


def _is_nat(value: Any) -> bool:
    return type(value).__name__ in ("NAType", "NaTType")


def _without_nat(value: Any) -> Any:
    """Replace NaT by None; gives the very same object when there is none in it."""
    if _is_nat(value):
        return None
    if isinstance(value, dict):
        items = {_without_nat(key): _without_nat(item) for key, item in value.items()}
        changed = any(items.get(key, items) is not item for key, item in value.items())
        return items if changed else value
    if isinstance(value, (list, tuple, set, frozenset)):
        parts = [_without_nat(item) for item in value]
        return parts if any(a is not b for a, b in zip(parts, value, strict=True)) else value
    return value


def _not_storable(value: Any, detail: str) -> ValueNotStorable:
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    why = f": {detail.rstrip('.')}" if detail else ""
    return ValueNotStorable(
        f"A value of type {name} cannot be stored in the journal{why}.",
        "Return JSON values, a data frame, an array, a figure, bytes, or the path of a file "
        "that holds it.",
        type=name,
    )


def _artifact(content: bytes, media: str, summary: str) -> tuple[Stored, bytes]:
    artifact = Artifact(digest=digest_bytes(content), media=media, size=len(content))
    return Stored(artifact=artifact, summary=summary), content
