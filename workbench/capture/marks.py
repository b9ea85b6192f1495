"""What a live value is known by: a hash of its content, read in place and without a copy.

The hash is XXH3 with 128 bits, which reads memory as fast as it comes and lets other threads run
meanwhile. It only says whether a value has changed; what is stored is named by SHA-256.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import xxhash

from workbench.errors import ValueNotStorable

CHUNK = 4 * 1024 * 1024
"""Bytes that are hashed at once."""

Writer = Callable[[Any], bytes]


class Hash:
    """The mark of one value, made part by part; every part is told apart from the next."""

    def __init__(self, *, check: Callable[[], None] = lambda: None) -> None:
        """Start; `check` is called between chunks, and may raise when the time is over."""
        self._hash, self._check = xxhash.xxh3_128(), check

    def text(self, *parts: object) -> None:
        """Take in what identifies a part: types, shapes, names."""
        for part in parts:
            content = str(part).encode("utf-8", "surrogatepass")
            self._hash.update(f"{len(content)}:".encode())
            self._hash.update(content)

    def bytes(self, content: Any) -> None:
        """Take in bytes, whoever holds them."""
        view = memoryview(content)
        view = view.cast("B") if view.nbytes else memoryview(b"")
        self.text(view.nbytes)
        for start in range(0, view.nbytes, CHUNK):
            self._hash.update(view[start : start + CHUNK])
            self._check()

    def array(self, array: Any, plain: Writer) -> None:
        """Take in an array of numpy; `plain` writes what its objects are.

        Raises:
            ValueNotStorable: it holds objects that have no form.
        """
        self.text("array", array.dtype.str, array.dtype.descr if array.dtype.names else "",
                  array.shape)  # fmt: skip
        if array.dtype.hasobject:
            self.bytes(plain(array.tolist()))
            return
        if array.dtype.kind in "mM":
            array = array.view("i8")
        if not (array.flags.c_contiguous or array.flags.f_contiguous):
            array = array.copy(order="K")  # a part of an array is marked as a copy of it would be
        if array.flags.f_contiguous and not array.flags.c_contiguous:
            self.text("transposed")
            array = array.T
        self.bytes(array.reshape(-1).view("u1") if array.size else b"")

    def column(self, values: Any, plain: Writer) -> None:
        """Take in the values of a block or an index of pandas, whatever array holds them."""
        self.text(type(values).__name__, getattr(values, "dtype", ""))
        kind = type(values).__name__
        if hasattr(values, "flags") and hasattr(values, "strides"):
            self.array(values, plain)
        elif hasattr(values, "_pa_array"):
            self._arrow(values._pa_array)  # noqa: SLF001 - its buffers have no public name
        elif kind in ("DatetimeArray", "TimedeltaArray", "PeriodArray"):
            self.array(values.view("i8") if kind == "PeriodArray" else values._ndarray, plain)  # noqa: SLF001
        elif kind == "Categorical":
            self.array(values.codes, plain)
            self.text(values.ordered)
            self.column(values.categories.array, plain)
        elif hasattr(values, "_data") and hasattr(values, "_mask"):
            self.array(values._data, plain)  # noqa: SLF001 - masked arrays have no other way in
            self.array(values._mask, plain)  # noqa: SLF001
        else:
            self.bytes(plain(list(values)))

    def _arrow(self, chunked: Any) -> None:
        chunks = getattr(chunked, "chunks", [chunked])
        self.text("arrow", chunked.type, len(chunks))
        for chunk in chunks:
            self.text(chunk.offset, len(chunk))
            for buffer in chunk.buffers():
                self.bytes(buffer if buffer is not None else b"")

    def digest(self) -> str:
        """Give the mark."""
        return self._hash.hexdigest()


def frame_mark(hashed: Hash, frame: Any, plain: Writer) -> None:
    """Take in a data frame or a series: cells, labels, types, names, attributes.

    Raises:
        ValueNotStorable: it holds objects that have no form.
    """
    inner = frame._mgr  # noqa: SLF001 - so the cells are read in place, column by column would copy
    hashed.text(type(frame).__name__, frame.shape, getattr(frame, "name", ""), frame.flags)
    hashed.bytes(plain(dict(frame.attrs)))
    for axis in inner.axes:
        axis_mark(hashed, axis, plain)
    for block in inner.blocks:
        hashed.text(block.mgr_locs.as_array.tolist() if len(inner.blocks) > 1 else "all")
        hashed.column(block.values, plain)


def axis_mark(hashed: Hash, axis: Any, plain: Writer) -> None:
    """Take in an index."""
    hashed.text(type(axis).__name__, list(axis.names), [type(name).__name__ for name in axis.names])
    if type(axis).__name__ == "RangeIndex":
        hashed.text(axis.start, axis.stop, axis.step)
    elif axis.nlevels > 1:
        for level, codes in zip(axis.levels, axis.codes, strict=True):
            axis_mark(hashed, level, plain)
            hashed.array(codes, plain)
    else:
        if hasattr(axis, "freqstr"):
            hashed.text(axis.freqstr)
        hashed.column(axis.array if not _is_numpy(axis) else axis.to_numpy(), plain)


def _is_numpy(axis: Any) -> bool:
    return type(axis.array).__name__ == "NumpyExtensionArray"


def nothing_of(_value: Any) -> bytes:
    """Refuse objects: where a form can hold none."""
    raise ValueNotStorable("it holds objects of Python")
