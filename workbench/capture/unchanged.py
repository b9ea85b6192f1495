"""Evidence that a value is what it was, without reading it again.

pandas copies on write: whoever changes a frame writes to a new array when somebody else still
refers to the old one. So a shallow copy, which costs microseconds whatever the size, keeps the
content as it was, and a frame whose arrays are still the same objects has not changed. This does
not hold where others can write to those arrays, which their reference counts tell; then, and
under a pandas that does not copy on write, the content is read.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from operator import is_
from typing import Any

from workbench.capture.trees import is_flat

FIXED = frozenset({str, int, float, bool, type(None), bytes, complex, range})
"""Types whose objects never change."""


class Evidence:
    """What a value was made of when it was captured."""

    def still(self, value: Any) -> bool:
        """Whether the value is the same, for sure."""
        raise NotImplementedError


class SameObject(Evidence):
    """For values that cannot change."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def still(self, value: Any) -> bool:
        """Whether it is the same object."""
        return value is self._value


class SameItems(Evidence):
    """For lists and dicts of values that cannot change."""

    def __init__(self, value: list[Any] | dict[Any, Any]) -> None:
        self._of, self._items = value, _items(value)

    def still(self, value: Any) -> bool:
        """Whether it holds the same objects in the same order."""
        if value is not self._of:
            return False
        now = _items(value)
        return _same(now, self._items)


class SameArrays(Evidence):
    """For frames and series, under copy-on-write."""

    def __init__(self, frame: Any) -> None:
        self.kept = frame.copy(deep=False)
        """The frame as it was, which nobody else can reach."""
        self._arrays = _arrays(frame)
        self._axes = list(frame._mgr.axes)  # noqa: SLF001 - see `_arrays`
        self._names = _names(frame)
        self._shared = is_shared(frame, self.kept, self._arrays)

    def still(self, frame: Any) -> bool:
        """Whether it consists of the same arrays, and nobody else can write to them."""
        if not _same(_arrays(frame), self._arrays):
            return False
        axes = list(frame._mgr.axes)  # noqa: SLF001 - see `_arrays`
        if not _same(axes, self._axes):
            return False
        if self._names is None or _names(frame) != self._names or self._shared:
            return False
        return not is_shared(frame, self.kept, self._arrays)


def _same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(map(is_, one, other))


def evidence_of(value: Any) -> Evidence | None:
    """Take evidence of a value as it is now; None: its content must be read each time."""
    kind = type(value)
    if kind in FIXED or (kind is tuple and is_flat(value)):
        return SameObject(value)
    if kind is list and is_flat(value):
        return SameItems(value)
    if kind is dict and is_flat(list(value)) and is_flat(list(value.values())):
        return SameItems(value)
    if is_frame(value) and copies_on_write() and not _has_objects(value):
        return SameArrays(value)
    return None


def still_of(value: Any) -> Any:
    """Give a copy that others do not change: of frames and arrays, all else is read at once."""
    if is_frame(value):
        return value.copy(deep=not copies_on_write())
    is_array = type(value).__module__ == "numpy" and hasattr(value, "strides")
    return value.copy(order="K") if is_array and value.ndim else value


def is_frame(value: Any) -> bool:
    """Whether it is a data frame or a series of pandas itself."""
    kind = type(value)
    return kind.__module__.partition(".")[0] == "pandas" and kind.__name__ in (
        "DataFrame",
        "Series",
    )


def is_shared(frame: Any, kept: Any, held: list[Any]) -> bool:
    """Whether somebody else refers to the memory of a frame, and so might write to it.

    Args:
        frame: the frame.
        kept: a shallow copy of it.
        held: its arrays, once more.
    """
    entries = _roots(frame, kept, held)
    if entries is None:
        return True
    return any(sys.getrefcount(entry[0]) - 2 > entry[1] for entry in entries.values())


def _roots(frame: Any, kept: Any, held: list[Any]) -> dict[int, list[Any]] | None:
    """Give each array that owns memory, with the number of references that are known of.

    None: some memory belongs to something else.
    """
    entries: dict[int, list[Any]] = {}
    for inner in (frame._mgr, kept._mgr):  # noqa: SLF001 - see `_arrays`
        for block in inner.blocks:
            view = _raw(block.values)
            if hasattr(view, "_pa_array"):
                continue  # the memory of arrow is never written to
            root = view if view.base is None else view.base
            if getattr(root, "base", root) is not None:
                return None
            entries.setdefault(id(root), [root, 0])[1] += 1
    for view in held:
        if id(view) in entries:
            entries[id(view)][1] += 1
    return entries


def _arrays(frame: Any) -> list[Any]:
    # The blocks have no public name; `copies_on_write` looks whether they are what is meant here.
    return [_raw(block.values) for block in frame._mgr.blocks]  # noqa: SLF001


def _raw(values: Any) -> Any:
    """Give the array of numpy that times are kept in; any other array as it is."""
    timed = type(values).__name__ in ("DatetimeArray", "TimedeltaArray")
    return values._ndarray if timed else values  # noqa: SLF001 - it has no public name


def _has_objects(frame: Any) -> bool:
    """Whether a cell may hold something that changes, or an array that is not known here."""
    for values in _arrays(frame):
        if hasattr(values, "_pa_array"):
            continue
        if not hasattr(values, "strides") or values.dtype.hasobject:
            return True
    axes = frame._mgr.axes  # noqa: SLF001 - see `_arrays`
    return any(axis.nlevels > 1 for axis in axes)


def _names(frame: Any) -> Any:
    axes = [list(axis.names) for axis in frame._mgr.axes]  # noqa: SLF001 - see `_arrays`
    named = [getattr(frame, "name", None), *(name for names in axes for name in names)]
    if frame.attrs or not is_flat(named):
        return None
    return [(type(name), name) for name in named], bool(frame.flags.allows_duplicate_labels)


def _items(value: list[Any] | dict[Any, Any]) -> list[Any]:
    return [*value, *value.values()] if isinstance(value, dict) else list(value)


@lru_cache(maxsize=1)
def copies_on_write() -> bool:
    """Try out whether this pandas works as told above; it is told from its effects."""
    pandas: Any = sys.modules["pandas"]
    numpy: Any = sys.modules["numpy"]
    try:
        frame = pandas.DataFrame({"a": numpy.arange(3.0), "b": numpy.arange(3.0)})
        kept, arrays = frame.copy(deep=False), _arrays(frame)
        alone = not is_shared(frame, kept, arrays)
        frame.loc[0, "a"] = 9.0
        moved = _arrays(frame)[0] is not arrays[0] and kept.loc[0, "a"] == 0.0
        source = numpy.zeros((3, 2))
        over = pandas.DataFrame(source, copy=False)
        shared = is_shared(over, over.copy(deep=False), _arrays(over))
        del source
        freed = not is_shared(over, over.copy(deep=False), _arrays(over))
    except Exception:  # noqa: BLE001 - an unknown pandas may raise anything: then contents are read
        return False
    return bool(alone and moved and shared and freed)
