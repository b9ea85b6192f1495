"""What all tests share: a real PostgreSQL, with a fresh database for each test that asks."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import databases, postgres

# How long an example takes says how busy the machine is, and nothing about the promise.
settings.register_profile("promises", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("promises")


CONNECT_S = 120
"""How long a busy machine may take to reach its own loopback; libraries of providers allow 5 s."""


@pytest.fixture(autouse=True, scope="session")
def _time_to_connect() -> Iterator[None]:
    """Let every HTTP client of the tests have it."""
    if find_spec("httpx2") is None:
        yield
        return
    import httpx2

    send = httpx2.AsyncHTTPTransport.handle_async_request

    async def patient(self: Any, request: httpx2.Request) -> httpx2.Response:
        request.extensions.get("timeout", {})["connect"] = CONNECT_S
        return await send(self, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", patient)
        yield


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
