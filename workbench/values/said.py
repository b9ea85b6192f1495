"""Reports that a notebook shows as `print` does."""

from __future__ import annotations

from typing import Any


class Said:
    """Stands in the output of a cell in words; `repr` gives its fields."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Give it to each class itself: IPython takes its `__repr__` before what it inherits."""
        super().__init_subclass__(**kwargs)
        cls._repr_pretty_ = Said._repr_pretty_  # type: ignore[method-assign]  # the same one

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # noqa: FBT001 - IPython calls it so
        printer.text(str(self))
