"""Reading on in what was too large to be shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import workbench as wb
from workbench.testing import allow_all
from workbench.toolkit import Refused, parts

(READ,) = parts()


def read(value: Any, **more: Any) -> dict[str, Any]:
    return READ.function(value, **more)  # type: ignore[no-any-return]


@given(st.text(max_size=300), st.integers(1, 50))
def test_the_parts_of_a_text_are_the_text(text: str, length: int) -> None:
    """Read from its beginning to its end in parts, a text comes whole [HARN-8]."""
    got, at = "", 0
    while at < len(text):
        part = read(text, start=at, length=length)
        assert (part["start"], part["of"], part["unit"]) == (at, len(text), "characters")
        got, at = got + part["part"], part["end"]
    assert got == text


def test_rows_items_and_the_end() -> None:
    """A table is read by rows, a list by items, another value as JSON; a negative start counts from
    the end [HARN-8]."""
    frame = pd.DataFrame({"a": range(10), "b": ["x"] * 10})
    assert read(frame, start=-2)["part"] == [{"a": 8, "b": "x"}, {"a": 9, "b": "x"}]
    assert read(list(range(10)), start=3, length=2)["part"] == [3, 4]
    assert read({"a": 1}, start=1, length=3)["part"] == '"a"'
    assert read("abc", start=99) == {
        "part": "", "start": 3, "end": 3, "of": 3, "unit": "characters",
    }  # fmt: skip


def test_a_part_is_never_too_large() -> None:
    """However much is asked for, a part has at most about 20,000 characters and says where it ends;
    nothing is refused but nothing [HARN-8]."""
    part = read(["x" * 1000] * 500, length=500)
    assert 1 <= part["end"] <= 20
    assert len(read("x" * 99_999, length=99_999)["part"]) == 20_000
    with pytest.raises(Refused):
        read("x", length=0)


def test_a_step_reads_on_by_the_reference(tmp_path: Path) -> None:
    """The reference that a model is shown beside an excerpt is what a step reads by [HARN-8]."""

    @wb.tool(effect="pure")
    def much() -> str:
        return "0123456789" * 500_000

    steps = [
        wb.Step(id="much", tool="much"),
        wb.Step(
            id="read",
            tool="read_part",
            args={"value": wb.ref("much"), "start": 2_500_000, "length": 12},
        ),
    ]
    tools = [much, *parts()]
    with wb.Workbench(tmp_path / "runs.db", tools=tools, planner=None, policy=allow_all()) as bench:
        said = bench.start(plan=wb.Plan(steps=steps)).wait(30)
    assert said["part"] == "012345678901"
    assert said["of"] == 5_000_000
