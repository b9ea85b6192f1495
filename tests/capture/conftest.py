"""What the tests of captures share: a namespace, and the disk beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workbench.capture import Bounds, Capturer, Look, class_finder, read


class Disk:
    """Captures one namespace and reads it back from the bytes that it gave."""

    def __init__(self, names: dict[str, Any], bounds: Bounds | None = None) -> None:
        self.names = names
        self.capturer = Capturer(names, bounds or Bounds())
        self.capturer.use()
        self.contents: dict[str, bytes] = {}

    def look(self) -> Look:
        """Look at all, and keep the bytes."""
        found = self.capturer.look(self.capturer.bindings())
        self.contents |= found.contents
        return found

    def back(self, name: str, look: Look | None = None) -> Any:
        """Give a variable as it comes back."""
        captured = (look or self.look()).names[name]
        return read(captured, self.contents.__getitem__, class_finder(self.names))


@pytest.fixture
def disk() -> Callable[..., Disk]:
    """Make a namespace with a disk."""
    return Disk
