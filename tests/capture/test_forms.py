"""What comes back of a variable is what was there, of the same type; or it is named as left out."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import enum
import json
import threading
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, PrivateAttr

from tests.capture.conftest import Disk
from workbench.capture import Bounds

MakeDisk = Callable[..., Disk]


class Colour(enum.Enum):
    RED = 1


class Item(BaseModel):
    name: str
    tags: set[str] = set()
    when: dt.date | None = None
    _seen: int = PrivateAttr(default=0)


@dataclasses.dataclass
class Point:
    x: float
    more: tuple[Any, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Fixed:
    x: int


PLAIN = {
    "number": 7,
    "large": 10**40,
    "minus zero": -0.0,
    "infinite": float("inf"),
    "text": "a\nü\u2028",
    "half a character": "\ud800",
    "nothing": None,
    "truth": True,
    "bytes": b"\x00\xff",
    "array of bytes": bytearray(b"ab"),
    "complex": complex(1, -0.0),
    "range": range(1, 9, 3),
    "tuple": (1, (2.0, "3")),
    "set": {1, "1", (2, 3)},
    "frozen": frozenset({Decimal("1.10")}),
    "keys": {1: "a", (2, 3): "b", "$x": 1, None: 2},
    "one key": {"$tuple": [1]},
    "date": dt.date(2026, 3, 1),
    "time": dt.time(3, 4, 5, tzinfo=dt.UTC),
    "moment": dt.datetime(2026, 3, 1, 1, 2, 3, 4, tzinfo=dt.timezone(dt.timedelta(hours=-3))),
    "zone": dt.datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
    "span": dt.timedelta(days=-1, microseconds=3),
    "decimal": Decimal("1.00"),
    "fraction": Fraction(1, 3),
    "path": Path("a/b"),
    "uuid": UUID(int=5),
    "enum": Colour.RED,
    "model": Item(name="a", tags={"x"}, when=dt.date(2026, 1, 1)),
    "models": {"list": [Item(name="a"), Item(name="b")]},
    "record": Point(1.5, (Colour.RED,)),
    "slots": Fixed(3),
    "numpy number": np.float32(1.5),
    "numpy time": np.datetime64("2026-03-01", "D"),
    "stamp": pd.Timestamp("2026-10-25 01:30", tz=dt.UTC).tz_convert(ZoneInfo("Europe/Berlin")),
    "delta": pd.Timedelta("1h 3us"),
}
FRAMES = {
    "mixed": pd.DataFrame({"a": [1, 2], "b": [1.5, None], "s": ["x", None]}),
    "empty": pd.DataFrame(),
    "no rows": pd.DataFrame({"a": pd.Series([], dtype="float64")}),
    "matrix": pd.DataFrame(np.arange(6.0).reshape(2, 3)),
    "times": pd.DataFrame({"v": [1, 2]}, index=pd.date_range("2026-01-01", periods=2, freq="D")),
    "category": pd.DataFrame({"c": pd.Categorical(["a", "b", "a"], ordered=True)}),
    "nullable": pd.DataFrame({"i": pd.array([1, None], dtype="Int64")}),
    "levels": pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([(1, "a"), (2, "b")])),
    "named": pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="who")),
    "series": pd.Series([1.0, 2.0], name="q"),
    "unnamed": pd.Series([True, False]),
    "dates": pd.DataFrame({"d": [dt.date(2026, 1, 1), dt.date(2026, 1, 2)]}),
}
ARRAYS = {
    "floats": np.arange(6.0).reshape(2, 3),
    "turned": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "a part": np.arange(20).reshape(4, 5)[::2, 1:3],
    "none": np.zeros((0, 3)),
    "one": np.array(5),
    "texts": np.array(["a", "bcd"]),
    "moments": np.array(["2026-01-01", "NaT"], dtype="datetime64[s]"),
    "fields": np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_value_comes_back_as_it_was(disk: MakeDisk, name: str) -> None:
    """Plain values, models and records come back equal, of the same type, as other objects
    [RUNT-6]."""
    value = PLAIN[name]
    back = disk({"v": value}).back("v")
    assert type(back) is type(value)
    assert back == value
    assert repr(back) == repr(value) or isinstance(value, (set, frozenset))


def test_private_fields_of_a_model_come_back(disk: MakeDisk) -> None:
    """Of a pydantic model also its private fields, and which fields were set, come back
    [RUNT-6]."""
    item = Item(name="a")
    item._seen = 4
    back = disk({"v": item}).back("v")
    assert (back._seen, back.model_fields_set) == (4, {"name"})
    back.tags.add("z")
    assert item.tags == set()


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_comes_back_as_it_was(disk: MakeDisk, name: str) -> None:
    """Data frames and series come back with their cells, types, index and names [RUNT-6]."""
    value = FRAMES[name]
    back = disk({"v": value}).back("v")
    check = pd.testing.assert_frame_equal if value.ndim > 1 else pd.testing.assert_series_equal
    check(back, value)
    assert type(back.axes[-1]) is type(value.axes[-1])


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_comes_back_as_it_was(disk: MakeDisk, name: str) -> None:
    """Arrays come back with type, shape and content, and can be written to [RUNT-6]."""
    value = ARRAYS[name]
    back = disk({"v": value}).back("v")
    assert (back.dtype, back.shape) == (value.dtype, value.shape)
    np.testing.assert_array_equal(back, value)
    assert back.flags.writeable


def test_a_figure_comes_back_as_it_was(disk: MakeDisk) -> None:
    """A figure of plotly comes back with its traces and layout, as a figure [RUNT-6]."""
    figure = go.Figure(go.Scatter(x=np.arange(5.0), y=[1, 2, 3, 4, 5]), {"title": {"text": "T"}})
    back = disk({"v": figure}).back("v")
    assert type(back) is go.Figure
    assert json.loads(back.to_json()) == json.loads(figure.to_json())
    made = Disk({"v": back}).look().names["v"]
    assert made.digest == Disk({"v": figure}).look().names["v"].digest


def test_frames_within_a_dict_come_back(disk: MakeDisk) -> None:
    """Frames, arrays and figures that stand within a dict or a list come back in their place
    [RUNT-6]."""
    value = {"frames": [FRAMES["mixed"], FRAMES["times"]], "arrays": (ARRAYS["floats"],)}
    back = disk({"v": value}).back("v")
    pd.testing.assert_frame_equal(back["frames"][1], FRAMES["times"])
    np.testing.assert_array_equal(back["arrays"][0], ARRAYS["floats"])


class Loaded(dict[str, int]):
    """A subclass, which may hold what nobody knows of."""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (threading.Lock(), "values of type _thread.lock are not captured"),
        ((n for n in ()), "values of type generator are not captured"),
        (Loaded(), "Loaded are not captured"),
        (collections.OrderedDict(), "OrderedDict are not captured"),
        ([1, [threading.Lock()]], "values of type _thread.lock are not captured"),
        (pd.DataFrame({"o": [[1], [2, 3]]}), "would not come back from disk as what it is"),
        (pd.DataFrame({"o": [object()]}), "not"),
        (np.array([object()]), "not captured"),
        (np.ma.masked_array([1, 2], [True, False]), "MaskedArray are not captured"),
    ],
)
def test_what_has_no_form_is_named(disk: MakeDisk, value: Any, words: str) -> None:
    """A value that would not come back as what it is is not captured, and said to be so by name,
    with the reason [RUNT-6]."""
    look = disk({"v": value, "fine": 1}).look()
    assert words in look.left["v"]
    assert set(look.names) == {"fine"}


def test_a_value_that_contains_itself_is_named(disk: MakeDisk) -> None:
    """A list that contains itself, and one nested without end, are named [RUNT-6]."""
    loop: list[Any] = []
    loop.append(loop)
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    left = disk({"loop": loop, "deep": deep}).look().left
    assert "contains itself" in left["loop"]
    assert "nested" in left["deep"]


def test_names_that_are_no_variables_are_left_out(disk: MakeDisk) -> None:
    """Modules, functions, classes, names with an underscore and IPython's own names are no
    variables: neither captured nor complained about [RUNT-6]."""
    names = {"np": np, "f": lambda: 1, "C": Point, "_x": 1, "__y": 2, "In": [], "Out": {}, "x": 1}
    look = disk(names).look()
    assert (set(look.names), look.left) == ({"x"}, {})


def test_a_class_that_is_not_there_is_named(disk: MakeDisk) -> None:
    """A model whose class is not defined any more is not read back: what to do is said, and no
    module is imported for it [RUNT-17]."""

    class Gone(BaseModel):
        x: int

    Gone.__qualname__, Gone.__module__ = "Gone", "__main__"
    kept = disk({"v": Gone(x=1), "Gone": Gone})
    look = kept.look()
    assert kept.back("v", look).x == 1
    del kept.names["Gone"]
    with pytest.raises(Exception, match="run the cell that defines it"):
        kept.back("v", look)


def test_every_bound_names_the_variable(disk: MakeDisk) -> None:
    """Size of a value, number of its parts, size of a capture and its time: each bound says by the
    name of the variable that it bit [RUNT-18]."""
    names = {"big": np.zeros(200_000), "many": list(range(500)), "ok": 1}
    left = disk(names, Bounds(value_bytes=100_000, parts=100)).look().left
    assert "1.5 MiB of memory, more than 97.7 KiB" in left["big"]
    assert "more than 100 parts" in left["many"]
    two = {"a": np.random.default_rng(1).bytes(60_000), "b": np.random.default_rng(2).bytes(60_000)}
    left = disk(two, Bounds(capture_bytes=100_000)).look().left
    assert "one capture would add more than 97.7 KiB" in left["b"]
    left = disk({"a": [1], "b": [2]}, Bounds(seconds=-1)).look().left
    assert "the capture had taken" in left["a"]


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.decimals(allow_nan=False),
    st.dates(),
    st.timedeltas(),
    st.uuids(),
    st.complex_numbers(),
)
KEYS = st.text() | st.integers() | st.none() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner) | st.tuples(inner, inner),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(VALUES)
def test_any_plain_value_comes_back(value: Any) -> None:
    """Whatever is made of plain values comes back as it was, NaN and order included [RUNT-6]."""
    back = Disk({"v": value}).back("v")
    assert type(back) is type(value)
    assert repr(back) == repr(value)
