"""The runtime with more than one process; the others are children of the crash tests' nursery."""

from __future__ import annotations

import pytest

from tests.crash.conftest import nursery, scene
from tests.engine.harness import drives, lab, world

__all__ = ["backend", "drives", "lab", "nursery", "place", "scene", "world"]


@pytest.fixture
def place() -> str:
    """Let each scene have a journal of its own, in a file."""
    return ""


@pytest.fixture
def backend() -> str:
    """Name the backend of the engine's loop."""
    return "asyncio"
