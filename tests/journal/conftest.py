"""The journal's contract is one suite: every test that takes `place` runs over each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journal.harness import Holder, create
from workbench import points
from workbench.journal import Journal


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Say where an empty journal can be made."""
    if request.param == "sqlite":
        return str(tmp_path / "runs.db")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def journal(place: str) -> Iterator[Journal]:
    """Open an empty journal."""
    journal = Journal(place)
    yield journal
    journal.close()


@pytest.fixture
def holder(journal: Journal) -> Holder:
    """Take the lease of a new run."""
    return Holder.take(journal, create(journal))


@pytest.fixture
def at_point() -> Iterator[object]:
    """Install a hook at the named points, for this test only."""
    yield points.install
    points.install(None)
