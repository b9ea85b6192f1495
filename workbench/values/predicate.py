"""Typed predicates over one argument: what a rule or a grant demands of a value.

A predicate never coerces: a text is no number, True is no number, NaN is at most nothing. Paths
are compared after links and `..` are resolved, texts as they are, code point by code point.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator

LONGEST = 10_000
"""Characters of a text up to which a pattern is tried."""
SHOWN = 80
"""Characters of a value in a sentence."""


class Predicate(BaseModel):
    """What a value must be; all that is given must hold.

    Attributes:
        equals: the value, of the same type.
        one_of: values of which it must be one.
        under: a folder that the path must lie in, after links are resolved.
        matches: a regular expression for the whole text.
        at_most: the largest number.
        at_least: the smallest number.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    equals: Any = None
    one_of: tuple[Any, ...] | None = None
    under: str | None = None
    matches: str | None = None
    at_most: float | None = Field(default=None, allow_inf_nan=False)
    at_least: float | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _leave_out(cls, fields: Any) -> Any:
        """Take None as not given, but for the value that is to be None."""
        if not isinstance(fields, dict):
            return fields
        return {
            name: value for name, value in fields.items() if value is not None or name == "equals"
        }

    @model_serializer
    def _given(self) -> dict[str, Any]:
        """Write what is demanded and nothing else: what is read back demands the same."""
        return {name: getattr(self, name) for name in self._in_order()}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("a predicate demands something: equals, one_of, under, …")
        if self.matches is not None:
            try:
                re.compile(self.matches)
            except re.error as error:
                raise ValueError(f"the pattern {self.matches!r} is none: {error}") from error
        return self

    def holds(self, value: Any) -> bool:
        """Say whether a value, as JSON, is what is demanded."""
        given = self.model_fields_set
        return all(
            test(getattr(self, name), value) for name, test in _TESTS.items() if name in given
        )

    def __str__(self) -> str:
        """Put it into words."""
        parts = [_WORDS[name].format(_shown(getattr(self, name))) for name in self._in_order()]
        return " and ".join(parts)

    def _in_order(self) -> list[str]:
        return [name for name in type(self).model_fields if name in self.model_fields_set]


def equals(value: Any) -> Predicate:
    """Demand exactly this value."""
    return Predicate(equals=value)


def one_of(*values: Any) -> Predicate:
    """Demand one of these values."""
    return Predicate(one_of=values)


def under(folder: str | os.PathLike[str]) -> Predicate:
    """Demand a path in this folder, or the folder itself; links are followed first."""
    return Predicate(under=os.path.realpath(os.fspath(folder)))


def matches(pattern: str) -> Predicate:
    """Demand a text that this regular expression covers as a whole."""
    return Predicate(matches=pattern)


def at_most(limit: float) -> Predicate:
    """Demand a number that is no larger."""
    return Predicate(at_most=limit)


def at_least(limit: float) -> Predicate:
    """Demand a number that is no smaller."""
    return Predicate(at_least=limit)


def demands(where: Mapping[str, Any]) -> dict[str, Predicate]:
    """Read predicates by argument; a plain value demands exactly that value."""
    found: dict[str, Predicate] = {}
    for name, demand in where.items():
        if isinstance(demand, Predicate):
            found[name] = demand
        elif isinstance(demand, Mapping) and demand and set(demand) <= set(Predicate.model_fields):
            found[name] = Predicate.model_validate(demand)
        else:
            found[name] = equals(demand)
    return found


def unmet(where: Mapping[str, Predicate], values: Mapping[str, Any]) -> str | None:
    """Name the first demand that the values do not meet; None when they meet all.

    Args:
        where: predicates by argument; `a.b` looks into an object.
        values: the arguments as JSON. One that is not there meets nothing.
    """
    for name, demand in where.items():
        value, found = _find(name, values)
        if not found:
            return f"{name} is not given and must be {demand}"
        if not demand.holds(value):
            return f"{name} is {_shown(value)} and must be {demand}"
    return None


def _find(name: str, values: Mapping[str, Any]) -> tuple[Any, bool]:
    if name in values:
        return values[name], True
    here: Any = values
    for part in name.split("."):
        if not isinstance(here, Mapping) or part not in here:
            return None, False
        here = here[part]
    return here, True


def _same(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, bool) != isinstance(value, bool):
        return False
    if _is_number(wanted) and _is_number(value):
        return bool(wanted == value)
    if isinstance(wanted, Iterable) and not isinstance(wanted, (str, bytes, Mapping)):
        if not isinstance(value, (list, tuple)):
            return False
        wanted = list(wanted)
        return len(wanted) == len(value) and all(map(_same, wanted, value))
    return type(wanted) is type(value) and bool(wanted == value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)


def _in_folder(folder: str, value: Any) -> bool:
    if not isinstance(value, str) or not value or "\0" in value:
        return False
    whole = Path(os.path.realpath(Path(value).expanduser()))
    return whole.is_relative_to(os.path.realpath(folder))


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": _same,
    "one_of": lambda wanted, value: any(_same(one, value) for one in wanted),
    "under": _in_folder,
    "matches": lambda wanted, value: (
        isinstance(value, str) and len(value) <= LONGEST and re.fullmatch(wanted, value) is not None
    ),
    "at_most": lambda wanted, value: _is_number(value) and value <= wanted,
    "at_least": lambda wanted, value: _is_number(value) and value >= wanted,
}
_WORDS = {
    "equals": "{}",
    "one_of": "one of {}",
    "under": "under {}",
    "matches": "a text that matches {}",
    "at_most": "at most {}",
    "at_least": "at least {}",
}
