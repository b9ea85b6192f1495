"""The public names have types that help: mypy accepts what is right and refuses what is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE = "tests/typing/api.py"


def test_mypy_accepts_what_a_user_writes() -> None:
    """The usage file passes mypy in strict mode, and its wrong lines are refused [HARN-2]."""
    pytest.importorskip("mypy")
    # The options and the cache of `make check`, so that after it this takes a second.
    done = subprocess.run(
        [sys.executable, "-m", "mypy", FILE], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert "checked 1 source file" in done.stdout or "no issues found in 1" in done.stdout
    assert [line for line in done.stdout.splitlines() if line.startswith(FILE)] == []
