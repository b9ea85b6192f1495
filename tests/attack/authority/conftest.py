"""These attacks are on what decides, which knows nothing of the loop: one backend is enough."""

from __future__ import annotations

import pytest

from tests.engine.harness import drives, lab, world

__all__ = ["backend", "drives", "lab", "world"]


@pytest.fixture
def backend() -> str:
    """Name the backend of the engine's loop."""
    return "asyncio"
