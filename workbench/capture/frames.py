"""Whether a frame comes back from disk as what it is, and what its form on disk leaves out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

Plain = Callable[[Any], bytes]
"""Writes objects that stand in a frame."""


def differs(one: Any, other: Any, plain: Plain) -> str:
    """Say what differs between a frame or series and what was read back of it; empty: nothing."""
    if type(one) is not type(other) or one.shape != other.shape:
        return "its shape"
    flags = one.flags.allows_duplicate_labels == other.flags.allows_duplicate_labels
    if not flags or plain(dict(one.attrs)) != plain(dict(other.attrs)):
        return "its flags or attributes"
    if one.ndim == 1 and not _same_label(one.name, other.name):
        return "its name"
    for mine, its, word in zip(one.axes, other.axes, ("index", "columns"), strict=False):
        if _axis_differs(mine, its, plain):
            return f"its {word}"
    return _cells_differ(one, other, plain)


def _cells_differ(one: Any, other: Any, plain: Plain) -> str:
    if one.ndim == 1:
        return "its values" if _column_differs(one, other, plain) else ""
    for place in range(one.shape[1]):
        if _column_differs(one.iloc[:, place], other.iloc[:, place], plain):
            return f"its column {one.columns[place]!r}"
    return ""


def _column_differs(mine: Any, its: Any, plain: Plain) -> bool:
    if mine.dtype != its.dtype or not mine.equals(its):
        return True
    return bool(mine.dtype == object) and plain(mine.tolist()) != plain(its.tolist())


def leaves_out(frame: Any) -> dict[str, Any]:
    """Give what the form on disk leaves out: the frequency of times, columns that are a range."""
    found: dict[str, Any] = {}
    if _is_times(frame.index) and (freq := getattr(frame.index, "freqstr", None)):
        found["freq"] = freq
    if frame.ndim > 1 and type(frame.columns).__name__ == "RangeIndex":
        columns = frame.columns
        found["columns"] = [columns.start, columns.stop, columns.step]
    return found


def put_back(frame: Any, left_out: dict[str, Any]) -> Any:
    """Give a frame back what its form on disk has left out."""
    if "freq" in left_out:
        frame.index.freq = left_out["freq"]
    if "columns" in left_out:
        start, stop, step = left_out["columns"]
        index = sys.modules["pandas"].RangeIndex(start, stop, step, name=frame.columns.name)
        frame.columns = index
    return frame


def _is_times(index: Any) -> bool:
    return type(index).__name__ in ("DatetimeIndex", "TimedeltaIndex")


def _axis_differs(mine: Any, its: Any, plain: Plain) -> bool:
    if type(mine) is not type(its) or mine.nlevels != its.nlevels:
        return True
    if not all(map(_same_label, mine.names, its.names)):
        return True
    if mine.nlevels > 1:
        levels = range(mine.nlevels)
        return any(
            _axis_differs(mine.get_level_values(i), its.get_level_values(i), plain) for i in levels
        )
    if mine.dtype != its.dtype or not mine.equals(its):
        return True
    return bool(mine.dtype == object) and plain(mine.tolist()) != plain(its.tolist())


def _same_label(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
