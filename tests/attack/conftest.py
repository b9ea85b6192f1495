"""Attacks run on both backends: the engine must not care which."""

from __future__ import annotations

import pytest

from tests.engine.harness import drives, lab, world

__all__ = ["backend", "drives", "lab", "world"]


@pytest.fixture(params=["asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    """Name the backend of the engine's loop [CONC-16]."""
    return str(request.param)
