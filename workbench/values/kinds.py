"""Live values that have a file form: frames, arrays, figures, bytes.

A kind is chosen by the type's own module and name, so nothing is imported that the user has not
imported. No kind uses pickle: reading an artifact back never runs code. What a file form would lose
or change without a word is refused.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One live type and its file form."""

    media: str
    module: str
    """Top-level package of the type."""
    names: tuple[str, ...]
    """Class names, subclasses included."""
    dump: Callable[[Any], bytes]
    load: Callable[[bytes], Any]
    summarize: Callable[[Any], str]

    def fits(self, value: Any) -> bool:
        """Say whether the value is of this kind, subclasses included."""
        return any(
            base.__name__ in self.names and base.__module__.partition(".")[0] == self.module
            for base in type(value).__mro__
        )


UNNAMED = "workbench: a series without a name"
"""Column name that stands for no name: a file form has no other place to say so."""


def _dump_frame(frame: Any) -> bytes:
    if frame.columns.nlevels == 1 and frame.columns.inferred_type.startswith("mixed"):
        message = "its column names are of mixed types; make them all text"
        raise ValueError(message)
    sink = io.BytesIO()
    frame.to_parquet(sink, engine="pyarrow")
    return sink.getvalue()


def _load_frame(content: bytes) -> Any:
    return importlib.import_module("pandas").read_parquet(io.BytesIO(content), engine="pyarrow")


def _dump_series(series: Any) -> bytes:
    return _dump_frame(series.to_frame(name=UNNAMED if series.name is None else series.name))


def _load_series(content: bytes) -> Any:
    series = _load_frame(content).iloc[:, 0]
    return series.rename(None) if series.name == UNNAMED else series


def _dump_polars(frame: Any) -> bytes:
    sink = io.BytesIO()
    frame.write_parquet(sink)
    return sink.getvalue()


def _load_polars(content: bytes) -> Any:
    return importlib.import_module("polars").read_parquet(io.BytesIO(content))


def _dump_array(array: Any) -> bytes:
    if hasattr(array, "mask"):
        message = "its mask would be lost; use filled()"
        raise ValueError(message)
    sink = io.BytesIO()
    importlib.import_module("numpy").save(sink, array, allow_pickle=False)
    return sink.getvalue()


def _load_array(content: bytes) -> Any:
    return importlib.import_module("numpy").load(io.BytesIO(content), allow_pickle=False)


def _dump_figure(figure: Any) -> bytes:
    text: str = figure.to_json()
    return text.encode()


def _load_figure(content: bytes) -> Any:
    return importlib.import_module("plotly.io").from_json(content.decode(), skip_invalid=True)


def _frame_line(frame: Any) -> str:
    rows, columns = frame.shape
    return f"{rows:,} rows x {columns} columns"


KINDS: tuple[Kind, ...] = (
    Kind(
        "application/vnd.apache.parquet; of=pandas",
        "pandas",
        ("DataFrame",),
        _dump_frame,
        _load_frame,
        _frame_line,
    ),
    Kind(
        "application/vnd.apache.parquet; of=series",
        "pandas",
        ("Series",),
        _dump_series,
        _load_series,
        lambda series: f"series of {len(series):,} values",
    ),
    Kind(
        "application/vnd.apache.parquet; of=polars",
        "polars",
        ("DataFrame",),
        _dump_polars,
        _load_polars,
        _frame_line,
    ),
    Kind(
        "application/x-npy",
        "numpy",
        ("ndarray",),
        _dump_array,
        _load_array,
        lambda array: f"array of {' x '.join(map(str, array.shape))} {array.dtype}",
    ),
    Kind(
        "application/vnd.plotly.v1+json",
        "plotly",
        ("BaseFigure",),
        _dump_figure,
        _load_figure,
        lambda figure: f"figure with {len(figure.data)} traces",
    ),
    Kind(
        "application/octet-stream",
        "builtins",
        ("bytes", "bytearray"),
        bytes,
        bytes,
        lambda content: f"{len(content):,} bytes",
    ),
)


SCALARS = frozenset({str, int, float, bool, type(None)})
PLAIN = SCALARS | {dict, list}
"""Types that are of no kind for sure: nearly all values are of one of them."""
LARGE = 2**63
FEW, SHORT = 24, 1024
"""So that all of them are well below what an event may hold."""


def kind_of(value: Any) -> Kind | None:
    """Find the kind that the value is of, or None."""
    if type(value) in PLAIN:
        return None
    return next((kind for kind in KINDS if kind.fits(value)), None)


def kind_for(media: str) -> Kind | None:
    """Find the kind that reads this media type, or None."""
    return next((kind for kind in KINDS if kind.media == media), None)


def is_small(value: Any) -> bool:
    """Whether a look shows that it is plain JSON, written in microseconds: a few short parts."""
    if type(value) is dict:
        return len(value) <= FEW and all(
            type(k) is str and _is_short(k) and _is_short(v) for k, v in value.items()
        )
    if type(value) is list:
        return len(value) <= FEW and all(map(_is_short, value))
    return _is_short(value)


def _is_short(part: Any) -> bool:
    kind = type(part)
    if kind is str:
        return len(part) <= SHORT and part.isascii()
    if kind is int:
        return bool(-LARGE < part < LARGE)
    return kind in SCALARS and (kind is not float or isfinite(part))
