"""What all tests share: a real PostgreSQL, with a fresh database for each test that asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import databases, postgres

# How long an example takes says how busy the machine is, and nothing about the promise.
settings.register_profile("promises", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("promises")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Share one real PostgreSQL server, gone at the end of the session: its URL."""
    with postgres() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Give an empty database of a real PostgreSQL: its URL."""
    with databases(postgres_server) as make:
        yield make()
