"""Which variables have changed: none is missed, and what has not changed is not read again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.capture.conftest import Disk
from workbench.capture import Bounds, Capturer, unchanged
from workbench.capture.forms import Form

MakeDisk = Callable[..., Disk]


class Item(BaseModel):
    name: str = "a"
    tags: list[str] = []


def start() -> dict[str, Any]:
    """Make one variable of each kind; some share memory, one is another name of an object."""
    source = np.arange(12.0).reshape(4, 3)
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [1.5, 2.5, None], "s": ["x", "y", None]})
    frame["t"] = pd.date_range("2026-01-01", periods=3)
    return {
        "frame": frame,
        "same": frame,
        "lazy": frame.copy(deep=False),
        "column": frame["b"],
        "over": pd.DataFrame(source, columns=list("xyz"), copy=False),
        "source": source,
        "part": source[1:3],
        "objects": pd.DataFrame({"o": [[1], [2], [3]]}),
        "words": pd.Series(["p", "q"], dtype="category"),
        "numbers": [1, 2, 3],
        "nested": {"a": [1, {"b": 2}], "c": (1, [2])},
        "flat": {"a": 1, "b": 2},
        "model": Item(),
        "figure": go.Figure(go.Scatter(y=[1, 2])),
        "x": 1,
        "bits": bytearray(b"abc"),
    }


def _set(names: dict[str, Any], name: str, n: int) -> None:
    frame = names[name]
    frame.iloc[n % len(frame), 0] = n + 0.5 if name == "over" else n


def bind_both(names: dict[str, Any], frame: pd.DataFrame) -> None:
    """Let two names stand for another frame."""
    names["frame"] = names["same"] = frame


def stamp(n: int) -> pd.Timestamp:
    """Make a moment."""
    return pd.Timestamp(2026, 2, n + 1)


CHANGES: dict[str, Callable[[dict[str, Any], int], Any]] = {
    "a cell": lambda v, n: _set(v, "frame", n),
    "a cell of another name": lambda v, n: _set(v, "same", n),
    "a cell of a lazy copy": lambda v, n: _set(v, "lazy", n),
    "a text cell": lambda v, n: v["frame"].__setitem__("s", ["x", str(n), None]),
    "a text in place": lambda v, n: v["frame"].loc.__setitem__((n % 3, "s"), f"t{n}"),
    "a time in place": lambda v, n: v["frame"].loc.__setitem__((n % 3, "t"), stamp(n)),
    "a column": lambda v, n: v["frame"].__setitem__("new", n),
    "no column": lambda v, n: "new" in v["frame"] and v["frame"].pop("new"),
    "order": lambda v, n: bind_both(v, v["frame"].sort_values("a", ascending=not n % 2)),
    "labels": lambda v, n: setattr(v["frame"], "index", range(n, n + 3)),
    "the index's name": lambda v, n: setattr(v["frame"].index, "name", f"i{n}"),
    "the columns' name": lambda v, n: setattr(v["frame"].columns, "name", f"c{n}"),
    "attributes": lambda v, n: v["frame"].attrs.__setitem__("n", n),
    "a value of a series": lambda v, n: v["column"].__setitem__(n % 3, float(n)),
    "the name of a series": lambda v, n: setattr(v["column"], "name", f"s{n}"),
    "below a frame": lambda v, n: v["source"].__setitem__((n % 4, n % 3), n + 0.25),
    "a part": lambda v, n: v["part"].__setitem__((0, 0), n + 0.75),
    "a frame over an array": lambda v, n: _set(v, "over", n),
    "another array": lambda v, n: v.__setitem__("source", np.zeros((4, 3))),
    "within an object": lambda v, n: v["objects"]["o"].iloc[0].append(n),
    "a category": lambda v, n: v["words"].__setitem__(n % 2, "pq"[n % 2 - 1]),
    "an item": lambda v, n: v["numbers"].__setitem__(n % 3, n),
    "a truth for a number": lambda v, n: v["numbers"].__setitem__(0, (1, 1.0, True)[n % 3]),
    "one more": lambda v, n: v["numbers"].append(n),
    "deep within": lambda v, n: v["nested"]["a"][1].__setitem__("b", n),
    "within a tuple": lambda v, n: v["nested"]["c"][1].append(n),
    "the order of a dict": lambda v, n: v["flat"].__setitem__("a", v["flat"].pop("a")),
    "a field": lambda v, n: setattr(v["model"], "name", f"m{n}"),
    "within a field": lambda v, n: v["model"].tags.append(str(n)),
    "a trace": lambda v, n: v["figure"].add_scatter(y=[n]),
    "a layout": lambda v, n: v["figure"].update_layout(title=f"f{n}"),
    "another object": lambda v, n: v.__setitem__("x", (n, str(n), [n])[n % 3]),
    "a byte": lambda v, n: v["bits"].__setitem__(n % 3, n % 256),
    "a frame in place of a frame": lambda v, n: v.__setitem__("lazy", v["frame"].copy()),
    "one name more": lambda v, n: v.__setitem__(f"n{n % 3}", v["frame"]),
    "one name less": lambda v, n: v.pop(f"n{n % 3}", None),
    "nothing": lambda v, n: None,
}  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(list(CHANGES)), st.integers(0, 7)), max_size=3),
        max_size=5,
    )
)
def test_no_change_of_content_is_missed(rounds: list[list[tuple[str, int]]]) -> None:
    """Whatever is changed, in place or by binding, below or beside a frame: a look that remembers
    says of every variable what a look that knows nothing says [RUNT-6]."""
    names = start()
    kept = Disk(names)
    kept.look()
    for changes in rounds:
        for change, n in changes:
            CHANGES[change](names, n)
        remembers, anew = kept.look(), Disk(names).look()
        assert remembers.names == anew.names
        assert remembers.left == anew.left


def test_every_change_alone_is_seen(disk: MakeDisk) -> None:
    """Each change that the test above draws from is in fact seen as one, but for those that change
    nothing at first: a copy of an equal frame is the same content [RUNT-6]."""
    harmless = {"nothing", "no column", "one name less", "a frame in place of a frame"}
    for change, apply in CHANGES.items():
        names = start()
        kept = disk(names)
        before = kept.look()
        apply(names, 5)
        after = kept.look()
        changed = before.names != after.names or before.left != after.left
        if change == "within an object":
            continue  # such a frame has no form, before and after
        assert changed != (change in harmless), change


def test_what_has_not_changed_is_not_read(disk: MakeDisk) -> None:
    """Of two hundred frames the three that have changed are read, and no other; nothing is stored
    twice [RUNT-18]."""
    frames = {
        f"df{i}": pd.DataFrame({"a": np.arange(100.0) + i, "s": ["x"] * 100}) for i in range(200)
    }
    kept = disk({**frames, "n": 1, "flat": list(range(50))})
    assert kept.look().read == 202
    again = kept.look()
    assert (again.read, again.contents) == (0, {})
    for name in ("df3", "df70", "df199"):
        frames[name].loc[0, "a"] = -1.0
    third = kept.look()
    assert (third.read, len(third.contents)) == (3, 3)


def test_a_name_that_is_bound_back_is_not_stored_again(disk: MakeDisk) -> None:
    """The same content under another name or as another object is the same artifact [RUNT-18]."""
    names = {"a": np.arange(5.0)}
    kept = disk(names)
    first = kept.look()
    names["b"] = names["a"].copy()
    assert kept.look().names["b"].digest == first.names["a"].digest


def test_writing_to_a_frame_leaves_its_copy_alone(disk: MakeDisk) -> None:
    """What was taken of a frame is what it was, even if it is changed before it is written
    [RUNT-6]."""
    names = {"df": pd.DataFrame({"a": [1.0, 2.0]}), "arr": np.arange(3), "l": [1]}
    kept = disk(names)
    taken = kept.capturer.take(kept.capturer.bindings())
    names["df"].loc[0, "a"] = 9.0
    names["arr"][0] = 9
    names["l"].append(9)
    look = kept.capturer.store(taken)
    kept.contents |= look.contents
    assert list(kept.back("df", look).a) == [1.0, 2.0]
    assert list(kept.back("arr", look)) == [0, 1, 2]
    assert kept.back("l", look) == [1]
    assert kept.look().names["df"].digest != look.names["df"].digest


def test_pandas_that_does_not_copy_on_write_is_read(
    disk: MakeDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where frames do not copy on write their content is read each time, and changes are found
    [RUNT-6]."""
    monkeypatch.setattr(unchanged, "copies_on_write", lambda: False)
    names = {"df": pd.DataFrame({"a": [1.0, 2.0]})}
    kept = disk(names)
    before = kept.look().names["df"].digest
    assert kept.look().read == 1
    names["df"].loc[0, "a"] = 5.0
    assert kept.look().names["df"].digest != before


def test_a_frame_is_let_go_at_rest() -> None:
    """When no run is driven no copy of a frame is kept, and the same content is known again
    without being stored [RUNT-18]."""
    names = {"df": pd.DataFrame({"a": np.arange(10.0)})}
    capturer = Capturer(names, Bounds())
    capturer.use()
    capturer.look(names)
    capturer.rest()
    assert all(known.evidence is None for known in capturer.known.values())
    again = capturer.look(names)
    assert (again.read, again.contents) == (1, {})


def test_a_value_that_changes_all_the_time_is_named(
    disk: MakeDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An array that changes at every look at it is named as such, not captured half old, half new
    [RUNT-6]."""
    names = {"arr": np.zeros(400_000)}
    mark = Form.mark

    def disturbed(form: Form) -> str:
        found = mark(form)
        names["arr"] += 1
        return found

    monkeypatch.setattr(Form, "mark", disturbed)

    look = disk(names).look()

    assert "was being changed" in look.left["arr"]
    assert "arr" not in look.names
