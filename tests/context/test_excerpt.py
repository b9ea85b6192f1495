"""What a model is shown of a value: whole when it is short, else its ends, its size, its place."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from workbench.context import excerpt

REF = '{"$ref": "load"}'


@pytest.mark.parametrize("value", ["short", 7, None, [1, 2], {"a": "ä"}])
def test_a_short_value_is_shown_whole(value: Any) -> None:
    """Text as it is, other values as JSON [HARN-8]."""
    shown = excerpt(value, REF)
    assert shown == (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def test_five_megabytes_take_a_fixed_length() -> None:
    """A text of 5 MB is shown as head, tail, size and reference, in less than 2,000 characters; ten
    times as much takes as much [HARN-8]."""
    text = "begin " + "filler " * 714_000 + "the end"
    shown = excerpt(text, REF)
    assert shown.startswith("begin filler")
    assert shown.endswith("the end")
    assert f"of {len(text):,} characters" in shown
    assert REF in shown
    assert len(shown) < 2000
    assert len(excerpt(text * 10, REF)) == pytest.approx(len(shown), abs=10)


def test_a_long_list_says_how_many_items_it_has() -> None:
    """JSON is cut like text, with the number of its items [HARN-8]."""
    assert "9,000 items" in excerpt(list(range(9000)), REF)


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "region": ["north", "south", None, "north"] * 500,
            "units": [1.0, 2.0, 3.0, float("nan")] * 500,
            "when": [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3, 4)] * 500,
            "tags": [["a"], ["b"], [], ["c"]] * 500,
            "note": ["x" * 5000] * 2000,
        }
    )


def test_a_frame_is_shown_as_schema_statistics_and_sample() -> None:
    """Of a frame the model sees rows, columns with types, ranges, gaps, and rows of both ends; no
    cell is shown longer than 60 characters [HARN-8]."""
    shown = excerpt(frame(), REF)
    lines = shown.splitlines()
    assert lines[0] == f"table of 2,000 rows x 5 columns; the whole is {REF}"
    assert "  units: float64, from 1 to 3, mean 2, 500 gaps" in lines
    assert any(line.startswith("  region: ") and "2 different values" in line for line in lines)
    assert any("from 2026-01-01 00:00:00+00:00 to 2026-01-04" in line for line in lines)
    assert lines.count("first rows:") == lines.count("last rows:") == 1
    assert len(shown) < 2500
    assert "x" * 61 not in shown


def test_a_wide_frame_is_cut_at_its_columns() -> None:
    """Of 500 columns 30 are described, and it says how many are not [HARN-8]."""
    wide = pd.DataFrame({f"c{n}": [n] for n in range(500)})
    assert "… 470 more columns" in excerpt(wide)
    assert "c30" not in excerpt(wide).split("more columns")[0]


def test_an_empty_frame_and_one_of_another_class() -> None:
    """A frame without rows, and one of a subclass, are shown as well [HARN-8]."""

    class Mine(pd.DataFrame):
        """A frame of one's own."""

    assert "0 rows x 1 columns" in excerpt(pd.DataFrame({"a": []}))
    assert "a: int64, from 1 to 2, mean 1.5, no gaps" in excerpt(Mine({"a": [1, 2]}))


def test_the_context_imports_no_pandas() -> None:
    """The package measures and cuts without pandas, until there is a frame [HARN-8]."""
    code = (
        "import sys\nfrom workbench.context import excerpt\nexcerpt('x' * 9999)\n"
        "print('pandas' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "False\n"
