"""Plain values as JSON trees that keep the types: what comes back is what was there.

Only exact types are taken, so no code of the user runs; a subclass may hold what nobody knows of.
Reading back runs no code either: a class is looked up among those that are there, never imported.
"""

from __future__ import annotations

import base64
import dataclasses
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from math import isfinite
from pathlib import Path, PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from workbench.errors import ValueNotStorable
from workbench.ids import canonical
from workbench.values.kinds import kind_of

PATHS = {cls.__name__: cls for cls in (PurePosixPath, PureWindowsPath, PosixPath, WindowsPath)}
SIMPLE = frozenset({bool, type(None)})
LARGE, DEEP = 2**63, 40
"""Numbers and nesting that every reader of JSON takes."""
FLAT = frozenset({str, int, float, bool, type(None)})

Keep = Callable[[Any], dict[str, Any]]
"""Stores a live value that stands within another one; gives what stands for it."""
FindClass = Callable[[str, str], type]
"""Finds a class by module and name."""


class TreeWriter:
    """Writes one value; counts its parts."""

    def __init__(self, most: int, keep: Keep) -> None:
        """Take `most` parts at most; live values go through `keep`."""
        self._left, self._most, self._keep = most, most, keep
        self._within: set[int] = set()

    def write(self, value: Any) -> Any:
        """Give the tree.

        Raises:
            ValueNotStorable: something in it has no form that brings it back.
        """
        self._left -= 1
        if self._left < 0:
            raise ValueNotStorable(f"it has more than {self._most:,} parts")
        kind = type(value)
        if kind in SIMPLE:
            return value
        if kind is str:
            return _text(value)
        if kind is int:
            return value if -LARGE < value < LARGE else {"$int": str(value)}
        if kind is float:
            return value if isfinite(value) else {"$float": repr(value)}
        if (leaf := LEAVES.get(kind)) is not None:
            return {f"${leaf[0]}": leaf[1](value)}
        return self._compound(value, kind)

    def _compound(self, value: Any, kind: type) -> Any:
        if id(value) in self._within:
            raise ValueNotStorable("it contains itself")
        if len(self._within) >= DEEP:
            raise ValueNotStorable(f"it is nested more than {DEEP} levels deep")
        self._within.add(id(value))
        try:
            if kind is list:
                return [self.write(item) for item in value]
            if kind is dict:
                return self._mapping(value)
            if kind is tuple:
                return {"$tuple": [self.write(item) for item in value]}
            if kind in (set, frozenset):
                items = [self.write(item) for item in value]
                return {f"${kind.__name__}": sorted(items, key=canonical)}
            return self._object(value, kind)
        finally:
            self._within.discard(id(value))

    def _mapping(self, value: dict[Any, Any]) -> Any:
        if all(type(key) is str and key.isascii() and key[:1] != "$" for key in value):
            return {key: self.write(item) for key, item in value.items()}
        return {"$dict": [[self.write(key), self.write(item)] for key, item in value.items()]}

    def _object(self, value: Any, kind: type) -> Any:  # noqa: PLR0911 - one line for each form
        if isinstance(value, datetime) and kind is datetime:
            return {"$datetime": [value.replace(tzinfo=None).isoformat(), value.fold, _zone(value)]}
        if isinstance(value, Enum):
            return {"$enum": [*_class(kind), value.name]}
        if isinstance(value, BaseModel):
            return {"$model": [*_class(kind), self._model(value)]}
        if dataclasses.is_dataclass(value):
            fields = {field.name for field in dataclasses.fields(value)}
            own = getattr(value, "__dict__", None)
            if own is not None and set(own) - fields:
                raise ValueNotStorable("it holds more than its fields")
            pairs = [[name, self.write(getattr(value, name))] for name in sorted(fields)]
            return {"$dataclass": [*_class(kind), pairs]}
        if kind.__module__ == "numpy" and _is_number(value):
            return {"$numpy": [value.dtype.str, _b64(value.tobytes())]}
        if (pandas := _pandas_scalar(value, kind)) is not None:
            return pandas
        if (live := kind_of(value)) is not None and live.module != "builtins":
            return self._keep(value)
        raise ValueNotStorable(f"values of type {name_of(kind)} are not captured")

    def _model(self, value: BaseModel) -> Any:
        extra, private = value.__pydantic_extra__, value.__pydantic_private__
        return [
            self.write(dict(value.__dict__)),
            sorted(value.__pydantic_fields_set__),
            self.write(None if extra is None else dict(extra)),
            self.write(None if private is None else dict(private)),
        ]


class TreeReader:
    """Makes a value of its tree."""

    def __init__(self, find: FindClass, live: Callable[[list[Any]], Any]) -> None:
        """Look classes up with `find`, and read live values with `live`."""
        self._find, self._live = find, live

    def read(self, tree: Any) -> Any:
        """Give the value.

        Raises:
            ValueNotStorable: a class is not there, or the form is unknown to this version.
        """
        if type(tree) is list:
            return [self.read(item) for item in tree]
        if type(tree) is not dict:
            return tree
        if len(tree) == 1:
            ((key, body),) = tree.items()
            if key[:1] == "$":
                return self._special(key[1:], body)
        return {key: self.read(item) for key, item in tree.items()}

    def _special(self, key: str, body: Any) -> Any:  # noqa: PLR0911 - one line for each form
        if (leaf := READERS.get(key)) is not None:
            return leaf(body)
        match key:
            case "dict":
                return {self.read(k): self.read(v) for k, v in body}
            case "tuple":
                return tuple(self.read(body))
            case "set":
                return set(self.read(body))
            case "frozenset":
                return frozenset(self.read(body))
            case "enum":
                return self._find(body[0], body[1])[body[2]]  # type: ignore[index]  # an Enum class
            case "model":
                return self._model(self._find(body[0], body[1]), body[2])
            case "dataclass":
                return _remade(
                    self._find(body[0], body[1]), self.read([p[1] for p in body[2]]), body
                )
            case "live":
                return self._live(body)
        raise ValueNotStorable(f"the form {key!r} is unknown to this version")

    def _model(self, cls: type, parts: list[Any]) -> Any:
        made: Any = object.__new__(cls)
        fields, were_set, extra, private = parts
        object.__setattr__(made, "__dict__", self.read(fields))
        object.__setattr__(made, "__pydantic_fields_set__", set(were_set))
        object.__setattr__(made, "__pydantic_extra__", self.read(extra))
        object.__setattr__(made, "__pydantic_private__", self.read(private))
        return made


def is_flat(value: list[Any] | tuple[Any, ...]) -> bool:
    """Whether all items are of types that never change."""
    return set(map(type, value)) <= FLAT


def name_of(kind: type) -> str:
    """Name a type for people: `pandas.DataFrame`, `int`."""
    module = kind.__module__.partition(".")[0]
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def class_finder(names: dict[str, Any]) -> FindClass:
    """Find classes among the modules that are loaded, and those of the notebook in `names`."""

    def find(module: str, name: str) -> type:
        place: Any = sys.modules.get(module)
        found = place
        for part in name.split("."):
            found = getattr(found, part, None)
        if module == "__main__" and found is None:
            found = names.get(name)
        if isinstance(found, type):
            return found
        do = "run the cell that defines it" if module == "__main__" else f"import {module}"
        raise ValueNotStorable(f"its class {name} is not there: {do}, and restore again")

    return find


def _class(kind: type) -> list[str]:
    if "<locals>" in kind.__qualname__:
        raise ValueNotStorable(f"its class {kind.__name__} is defined within a function")
    return [kind.__module__, kind.__qualname__]


def _text(value: str) -> Any:
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return {"$text": _b64(value.encode("utf-8", "surrogatepass"))}
    return value


def _b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _is_number(value: Any) -> bool:
    dtype = getattr(value, "dtype", None)
    return dtype is not None and not hasattr(value, "__len__") and dtype.kind in "biufcmM"


def _zone(value: datetime | time) -> Any:
    zone = value.tzinfo
    if zone is None:
        return None
    if type(zone) is timezone:
        offset = zone.utcoffset(None)
        return [offset.days, offset.seconds, offset.microseconds]
    if type(zone) is ZoneInfo and zone.key:
        return zone.key
    raise ValueNotStorable(f"times with a zone of type {name_of(type(zone))} are not captured")


def _zone_of(body: Any) -> Any:
    if body is None or isinstance(body, str):
        return ZoneInfo(body) if body else None
    return timezone(timedelta(*body)) if any(body) else UTC


def _pandas_scalar(value: Any, kind: type) -> Any:
    if kind.__module__.partition(".")[0] != "pandas":
        return None
    if kind.__name__ in ("NAType", "NaTType"):
        return {"$pandas": [kind.__name__]}
    if kind.__name__ == "Timestamp":
        return {"$pandas": ["Timestamp", str(value.asm8.view("i8")), value.unit, _zone(value)]}
    if kind.__name__ == "Timedelta":
        return {"$pandas": ["Timedelta", str(value.asm8.view("i8")), value.unit]}
    return None


def _read_pandas(body: list[Any]) -> Any:
    pandas: Any = sys.modules.get("pandas")
    if pandas is None:
        raise ValueNotStorable("pandas is not there: import pandas, and restore again")
    if body[0] in ("NAType", "NaTType"):
        return pandas.NA if body[0] == "NAType" else pandas.NaT
    made = getattr(pandas, body[0])(int(body[1]), unit=body[2]).as_unit(body[2])
    if body[0] == "Timestamp" and body[3] is not None:
        made = made.tz_localize("UTC").tz_convert(_zone_of(body[3]))  # it counts in UTC
    return made


def _read_numpy(body: list[str]) -> Any:
    numpy: Any = sys.modules.get("numpy")
    if numpy is None:
        raise ValueNotStorable("numpy is not there: import numpy, and restore again")
    return numpy.frombuffer(base64.b64decode(body[1]), dtype=body[0])[0]


def _remade(cls: type, values: list[Any], body: list[Any]) -> Any:
    made: Any = object.__new__(cls)
    for (name, _), value in zip(body[2], values, strict=True):
        object.__setattr__(made, name, value)
    return made


LEAVES: dict[type, tuple[str, Callable[[Any], Any]]] = {
    bytes: ("bytes", _b64),
    bytearray: ("bytearray", lambda v: _b64(bytes(v))),
    complex: ("complex", lambda v: [repr(v.real), repr(v.imag)]),
    range: ("range", lambda v: [v.start, v.stop, v.step]),
    date: ("date", date.isoformat),
    time: ("time", lambda v: [v.replace(tzinfo=None).isoformat(), v.fold, _zone(v)]),
    timedelta: ("timedelta", lambda v: [v.days, v.seconds, v.microseconds]),
    Decimal: ("decimal", str),
    Fraction: ("fraction", str),
    UUID: ("uuid", str),
    **{cls: ("path", lambda v: [type(v).__name__, str(v)]) for cls in PATHS.values()},
}
READERS: dict[str, Callable[[Any], Any]] = {
    "int": int,
    "float": float,
    "text": lambda body: base64.b64decode(body).decode("utf-8", "surrogatepass"),
    "bytes": base64.b64decode,
    "bytearray": lambda body: bytearray(base64.b64decode(body)),
    "complex": lambda body: complex(float(body[0]), float(body[1])),
    "range": lambda body: range(*body),
    "date": date.fromisoformat,
    "time": lambda b: time.fromisoformat(b[0]).replace(fold=b[1], tzinfo=_zone_of(b[2])),
    "datetime": lambda b: datetime.fromisoformat(b[0]).replace(fold=b[1], tzinfo=_zone_of(b[2])),
    "timedelta": lambda body: timedelta(*body),
    "decimal": Decimal,
    "fraction": Fraction,
    "uuid": UUID,
    "path": lambda body: PATHS.get(body[0], Path)(body[1]),
    "numpy": _read_numpy,
    "pandas": _read_pandas,
}
