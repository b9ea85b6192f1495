"""The page of attacks stays true."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_lists_what_is_tested() -> None:
    """docs/attacks.md is what scripts/draw_attacks.py draws now, and no attack is left out
    [CONC-13].
    """
    command = [sys.executable, str(ROOT / "scripts" / "draw_attacks.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0
    files = {path.name for path in (ROOT / "tests" / "attack").glob("test_*.py")}
    kinds = {
        "test_threads.py",
        "test_loop.py",
        "test_processes.py",
        "test_kernel.py",
        "test_answers.py",
    }
    assert files - {"test_page.py"} == kinds
