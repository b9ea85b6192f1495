"""Values cross the journal as they are, or are refused by name; nothing is pickled."""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import math
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

import workbench
from workbench import events as e
from workbench.errors import ValueNotStorable
from workbench.ids import digest_bytes
from workbench.values import INLINE_LIMIT, Artifact, Stored, decode, encode, summarize


def store(value: Any) -> tuple[Stored, Any]:
    """Encode, send through an event and back, and decode with the artifact at hand."""
    stored, content = encode(value)
    event = e.StepGiven(step="a", by="person", output=stored)
    read = e.load(event.kind, e.dump(event))
    assert isinstance(read, e.StepGiven)
    assert read.output == stored
    assert (content is None) == (stored.artifact is None)
    return stored, decode(read.output, {digest_bytes(content or b""): content}.__getitem__)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(json_values)
def test_json_comes_back_exactly(value: Any) -> None:
    """Every JSON value comes back, NaN, huge numbers and half characters included [RUNT-6]."""
    _, again = store(value)

    assert repr(again) == repr(value)


@pytest.mark.parametrize("depth", [100, 140, 200, 250])
def test_a_deep_value_can_be_read_back(depth: int) -> None:
    """A value nested too deep for the reader of events becomes an artifact [RUNT-6]."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]

    assert store(value)[1] == value


def test_large_values_stand_beside_the_journal() -> None:
    """JSON up to 64 KiB stands in the event; one byte more makes an artifact [RUNT-6]."""
    fits, _ = store("x" * (INLINE_LIMIT - 2))
    large, again = store("x" * (INLINE_LIMIT - 1))

    assert INLINE_LIMIT == 64 * 1024
    assert fits.artifact is None
    assert large.artifact is not None
    assert large.artifact.size == INLINE_LIMIT + 1
    assert large.value is None
    assert len(large.summary) <= 120
    assert again == "x" * (INLINE_LIMIT - 1)
    assert encode("x" * (INLINE_LIMIT - 1))[0] == large


def test_the_order_of_keys_is_kept() -> None:
    """Keys keep their order, in the event and beside it: it may be that of columns [RUNT-6]."""
    small = [{"name": "x", "amount": 1}]

    assert list(store(small)[1][0]) == ["name", "amount"]
    assert list(store(small * 5000)[1][0]) == ["name", "amount"]
    assert list(store([*small, math.nan])[1][0]) == ["name", "amount"]


FRAMES = {
    "dtypes": pd.DataFrame(
        {
            "i": pd.array([1, None], dtype="Int64"),
            "u": np.array([1, 2], dtype="uint8"),
            "f": [1.5, math.nan],
            "s": ["ü", None],
            "b": [True, False],
            "t": pd.to_datetime(["2026-01-01", None], utc=True).tz_convert("Europe/Berlin"),
            "d": pd.to_timedelta([1, 2], unit="s"),
            "c": pd.Categorical(["x", "y"], categories=["y", "x", "z"], ordered=True),
            "l": [[1, 2], []],
        }
    ),
    "index": pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="key")),
    "dates": pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2026-01-01", periods=2, tz="UTC")),
    "multi": pd.DataFrame(
        {"a": [1, 2]}, index=pd.MultiIndex.from_tuples([(1, "x"), (2, "y")], names=["n", "s"])
    ),
    "range": pd.DataFrame({"a": [1, 2]}, index=pd.RangeIndex(5, 9, 2)),
    "empty": pd.DataFrame(),
    "no_rows": pd.DataFrame({"a": pd.Series([], dtype="float64")}),
    "unicode": pd.DataFrame({"日本 \N{GRINNING FACE}": ["\0", "a\nb"]}),
    "numbers": pd.DataFrame({1: [1], 2: [2]}),
    "columns": pd.DataFrame({("a", "b"): [1], ("a", "c"): [2]}),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_come_back_exactly(name: str) -> None:
    """A data frame comes back with dtypes, index, categories and time zones [RUNT-6]."""
    frame = FRAMES[name]

    stored, again = store(frame)

    pd.testing.assert_frame_equal(again, frame, check_freq=False)
    assert stored.summary == f"{frame.shape[0]} rows x {frame.shape[1]} columns"


@pytest.mark.parametrize("name", [None, "total", 3, ("a", "b")])
def test_series_come_back_exactly(name: Any) -> None:
    """A series comes back with its name, or without one, and its index [RUNT-6]."""
    series = pd.Series([1.5, math.nan], index=["x", "y"], name=name)

    stored, again = store(series)

    pd.testing.assert_series_equal(again, series)
    assert stored.summary == "series of 2 values"


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype="int16").reshape(2, 3),
        np.array(5),
        np.array([], dtype="float32"),
        np.array(["ü", "bc"]),
        np.array([1 + 2j]),
        np.array(["2026-01-01"], dtype="datetime64[ns]"),
        np.array([(1, "x")], dtype=[("n", "i4"), ("s", "U2")]),
        np.asfortranarray(np.ones((2, 3))),
    ],
    ids=str,
)
def test_arrays_come_back_exactly(array: np.ndarray[Any, Any]) -> None:
    """An array comes back with its shape and dtype [RUNT-6]."""
    _, again = store(array)

    assert again.dtype == array.dtype
    np.testing.assert_array_equal(again, array)


def test_figures_come_back() -> None:
    """A plotly figure comes back with the same traces and layout [RUNT-6]."""
    figure = go.Figure(go.Bar(x=["a"], y=[1]), layout={"title": {"text": "ü"}})

    stored, again = store(figure)

    assert again == figure
    assert stored.summary == "figure with 1 traces"


@pytest.mark.parametrize("content", [b"", b"\0\xff raw", bytearray(b"x")])
def test_bytes_come_back(content: bytes) -> None:
    """Bytes come back as they are [RUNT-6]."""
    assert store(content)[1] == bytes(content)


class Order(BaseModel):
    item: str
    when: dt.date


@dataclasses.dataclass
class Point:
    x: int
    where: Path


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (Order(item="tea", when=dt.date(2026, 1, 31)), {"item": "tea", "when": "2026-01-31"}),
        ([Point(1, Path("a/b"))], [{"x": 1, "where": "a/b"}]),
        ((1, {2}), [1, [2]]),
        ({1: "one", None: 2}, {"1": "one", "None": 2}),
        ([b"hi"], ["aGk="]),
        (np.int64(3), 3),
        (np.bool_(True), True),
        ({"a": np.array([[1, 2]])}, {"a": [[1, 2]]}),
        (np.datetime64("2026-01-31T12:00:00", "ns"), "2026-01-31T12:00:00"),
        ([np.timedelta64(90, "s")], ["PT1M30S"]),
        ([pd.NaT, pd.NA, {"t": pd.NaT}], [None, None, {"t": None}]),
        (pd.NaT, None),
        (pd.Timestamp("2026-01-31T12:00:00Z"), "2026-01-31T12:00:00Z"),
    ],
    ids=str,
)
def test_what_has_a_json_form_is_stored_in_it(value: Any, kept: Any) -> None:
    """Models, dataclasses, paths, dates, sets and numpy's numbers are stored as JSON [RUNT-6]."""
    stored, again = store(value)

    assert again == kept
    assert stored.artifact is None


class Odd:
    pass


REFUSED: dict[str, tuple[Any, str]] = {
    "object": (Odd(), "Odd"),
    "object deep inside": ([{"a": (Odd(),)}], "Odd"),
    "lock": (threading.Lock(), "lock"),
    "function": (lambda: None, "function"),
    "frame in a dict": ({"t": pd.DataFrame({"x": [1]})}, "pandas.DataFrame"),
    "period": (pd.Period("2026-01"), "pandas.Period"),
    "memoryview": (memoryview(b"x"), "memoryview"),
    "array of objects": (np.array([Odd()]), "numpy.ndarray"),
    "masked array": (np.ma.array([1, 2], mask=[0, 1]), "MaskedArray"),
    "frame of objects": (pd.DataFrame({"x": [Odd()]}), "pandas.DataFrame"),
    "frame of mixed values": (pd.DataFrame({"x": [1, "a"]}), "pandas.DataFrame"),
    "frame with doubled columns": (pd.DataFrame([[1, 2]], columns=["a", "a"]), "pandas.DataFrame"),
    "frame with mixed columns": (pd.DataFrame({1: [1], "a": [2]}), "pandas.DataFrame"),
    "huge number": (10**5000, "builtins.int"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_stored_is_refused_by_name(name: str) -> None:
    """What has no stored form, or would be changed by it, is refused with its type [RUNT-6]."""
    value, named = REFUSED[name]

    with pytest.raises(ValueNotStorable, match=named) as caught:
        encode(value)

    assert "Return JSON values" in caught.value.next_step
    assert caught.value.fields["type"].endswith(named.rpartition(".")[2])


def test_a_value_that_holds_itself_is_refused() -> None:
    """A list that contains itself is refused and does not exhaust the stack [RUNT-6]."""
    ring: list[Any] = []
    ring.append(ring)

    with pytest.raises(ValueNotStorable, match="list"):
        encode(ring)


def test_an_unknown_artifact_is_named() -> None:
    """An artifact of an unknown media type is refused, with what to do [RUNT-6]."""
    stored = Stored(artifact=Artifact(digest="ab" * 32, media="application/x-pickle", size=1))

    with pytest.raises(ValueNotStorable, match=r"abababababab.*'application/x-pickle'.*version"):
        decode(stored, lambda digest: b"x")


def test_nothing_can_be_unpickled() -> None:
    """Pickle is only the way from here into a child process of our own; nothing that was stored or
    came from elsewhere is unpickled, and an array that holds a pickle is refused [RUNT-6].
    """
    root = Path(workbench.__file__).parent
    for path in set(root.rglob("*.py")) - {root / "executor" / "crossing.py"}:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not {"pickle", "marshal", "shelve", "dill", "cloudpickle"} & set(names), path
    content = b"\x93NUMPY" + b"\x01\0" + (58).to_bytes(2, "little")
    content += b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(57) + b"\n"
    stored = Stored(artifact=Artifact(digest="00", media="application/x-npy", size=len(content)))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        decode(stored, lambda digest: content + b"cos\nsystem\n(S'true'\ntR.")


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (None, "null"),
        ("a\n  b", "a b"),
        ([1, "ü"], '[1, "ü"]'),
        ({"a": 1}, '{"a": 1}'),
        (list(range(1234)), "1,234 items"),
        ({str(n): n for n in range(30)}, "30 fields"),
        ("x" * 5000, "x" * 96 + "… (5,000 characters)"),
        ("\ud800", "?"),
    ],
    ids=lambda value: str(value)[:12].encode("ascii", "replace").decode(),
)
def test_a_summary_is_one_line(value: Any, line: str) -> None:
    """A summary is one line of at most 120 characters that can be written down [PLAN-5]."""
    assert summarize(value) == line


@given(json_values)
def test_a_summary_is_always_short_and_printable(value: Any) -> None:
    """Whatever the value, its summary is short text without line breaks [PLAN-5]."""
    line = summarize(value)

    assert len(line) <= 120
    assert len(line.splitlines()) <= 1
    line.encode()
