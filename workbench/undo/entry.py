"""The undo entry: what the intent of a call keeps, with every value that its undo needs.

The arguments stand in the intent in their JSON form. What has none is named there only, so its
exact value is kept beside it, by the place where it belongs; so are arguments that were left out,
for a default may be another one when the undo is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workbench.errors import ToolError, ValueNotStorable
from workbench.events import CallIntended
from workbench.tools import Tool
from workbench.values import Stored, decode
from workbench.values.codec import JSON_MEDIA, to_json

MARK = "$artifact"
"""Key under which the JSON form of an argument names a value that has none."""
SCALARS = (str, int, float, bool, type(None))

Encode = Callable[[Any], tuple[Stored, dict[str, bytes]]]
Place = tuple[str | int, ...]


def entry_of(
    tool: Tool,
    values: Mapping[str, Any],
    shown: Mapping[str, Any],
    known: Callable[[str], Stored | None],
    encode: Encode,
) -> tuple[dict[str, Stored], dict[str, bytes]]:
    """Give what an entry must hold beside the JSON form of the arguments, and its artifacts.

    Args:
        tool: what is about to be called.
        values: its arguments, as its function gets them.
        shown: their JSON form.
        known: gives the stored value whose artifact has a digest: it is not written again.
        encode: makes the stored form of a value.

    Raises:
        ToolError: a value that the undo needs cannot be kept.
    """
    entry: dict[str, Stored] = {}
    artifacts: dict[str, bytes] = {}
    for name in _wanted(tool):
        if name not in values:
            continue
        try:
            kept, made = _kept(tool, name, values, shown, known=known, encode=encode)
        except (ValueNotStorable, LookupError, TypeError) as error:
            if name not in shown:
                continue  # its default is the tool's own, and stays with it
            raise _not_kept(tool, name, str(error)) from error
        entry |= kept
        artifacts |= made
    return entry, artifacts


def entry_values(
    intent: CallIntended, tool: Tool, artifact: Callable[[str], bytes]
) -> dict[str, Any]:
    """Give the arguments of a call as its function got them.

    Raises:
        ToolError: they do not fit the tool as it is now.
        NotFound: an artifact is missing.
    """
    args = decode(intent.args, artifact)
    for written, stored in intent.undo_args.items():
        _put(args, _read(written), decode(stored, artifact))
    return tool.bind(args)


def _kept(
    tool: Tool,
    name: str,
    values: Mapping[str, Any],
    shown: Mapping[str, Any],
    *,
    known: Callable[[str], Stored | None],
    encode: Encode,
) -> tuple[dict[str, Stored], dict[str, bytes]]:
    """Give the stored values that make up one argument, by their places."""
    kept: dict[str, Stored] = {}
    artifacts: dict[str, bytes] = {}
    places = list(_marks(shown[name], (name,))) if name in shown else []
    for place, digest in places:
        stored = known(digest)
        if stored is None:
            stored, made = encode(_at(values, place))
            artifacts |= made
        kept[_written(place)] = stored
    if not places and not _comes_back(tool, name, values[name], shown):
        stored, artifacts = encode(values[name])
        _check(tool, name, values[name], stored)
        kept[_written((name,))] = stored
    return kept, artifacts


def _wanted(tool: Tool) -> list[str]:
    """Name the arguments that the undo, or the probe before it, asks for."""
    if tool.undo is None:
        return []
    own: Mapping[str, Any] = tool.signature.adapters
    found: set[str] = set()
    for companion in (tool.undo, tool.probe):
        if companion is not None:
            found |= tool.companion_args(companion, dict.fromkeys(own)).keys()
    return [name for name in own if name in found]


def _marks(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Go through the places of values that have no JSON form, with their digests."""
    if isinstance(value, dict):
        if isinstance(value.get(MARK), str):
            yield place, value[MARK]
            return
        for key, item in value.items():
            yield from _marks(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _marks(item, (*place, index))


def _at(values: Any, place: Place) -> Any:
    for part in place:
        values = values[part]
    return values


def _put(args: Any, place: list[str], value: Any) -> None:
    for part in place[:-1]:
        args = args[int(part) if isinstance(args, list) else part]
    args[int(place[-1]) if isinstance(args, list) else place[-1]] = value


def _written(place: Place) -> str:
    """Write a place as a JSON pointer without its first slash."""
    return "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in place)


def _read(written: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in written.split("/")]


def _comes_back(tool: Tool, name: str, value: Any, shown: Mapping[str, Any]) -> bool:
    """Whether the JSON form of an argument gives it back, and stands in the intent at all."""
    if name not in shown:
        return False
    if _is_same(value, shown[name]):
        return True
    try:
        return _is_same(tool.signature.adapters[name].validate_python(shown[name]), value)
    except ValueError:
        return False


def _check(tool: Tool, name: str, value: Any, stored: Stored) -> None:
    """Refuse a value that would come back as another one.

    Raises:
        ValueNotStorable: it would.
    """
    media = stored.artifact.media if stored.artifact is not None else JSON_MEDIA
    if not media.startswith(JSON_MEDIA):
        return  # a file form loses nothing, or refuses
    plain = stored.value if stored.artifact is None else to_json(value)
    try:
        if _is_same(tool.signature.adapters[name].validate_python(plain), value):
            return
    except ValueError:
        pass
    raise ValueNotStorable(f"A value of type {type(value).__name__} does not come back from JSON")


def _is_same(one: Any, other: Any) -> bool:
    if type(one) is type(other) and isinstance(one, SCALARS):
        return bool(one == other)
    try:
        if type(one) is not type(other) and not isinstance(other, type(one)):
            return bool(isinstance(one, int | float) and one == other)
        return bool(one == other) or to_json(one) == to_json(other)
    except (ValueError, TypeError, ValueNotStorable):
        return False


def _not_kept(tool: Tool, name: str, why: str) -> ToolError:
    return ToolError(
        f"{tool.name} was not called: its undo needs {name!r}, which cannot be kept: "
        f"{why.rstrip('.')}.",
        "Pass a data frame, an array, bytes, JSON values, or the path of a file that holds it.",
        tool=tool.name,
    )
