"""The scenes of the crash tests: on a file, or on the shared PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.scene import KILLED, Nursery, Scene

__all__ = ["KILLED", "Nursery", "Scene"]

DATABASES = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Give the one process that raises all children."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the place of a journal that is not there yet, on each database."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return str(tmp_path / "runs.db")


@pytest.fixture
def scene(tmp_path: Path, nursery: Nursery, place: str) -> Scene:
    """Give a world with a journal."""
    return Scene(tmp_path, nursery, place)
