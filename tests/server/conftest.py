"""One server and one kernel for all tests of the folder that don't need their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.jupyter import Jupyter, Kernel, jupyter_server


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    with jupyter_server(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture(scope="session")
def kernel(jupyter: Jupyter) -> Kernel:
    return jupyter.kernel("shared")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
