"""The scenes of the crash tests: on a file, or on the shared PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.scene import KILLED, Nursery, Scene
from tests.postgres import databases

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
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Give a function that names the place of a journal that is not there yet."""
    if request.param == "postgres":
        with databases(request.getfixturevalue("postgres_server")) as make:
            yield make
        return
    numbers = itertools.count(1)
    yield lambda: str(tmp_path / f"runs{next(numbers)}.db")


@pytest.fixture
def place(places: Callable[[], str]) -> str:
    """Give the place of one journal."""
    return places()


@pytest.fixture
def scene(tmp_path: Path, nursery: Nursery, place: str) -> Scene:
    """Give a world with a journal."""
    return Scene(tmp_path, nursery, place)
