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
    folder = ROOT / "tests" / "attack"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("test_*.py")}
    listed = (ROOT / "scripts" / "draw_attacks.py").read_text(encoding="utf-8")
    assert [name for name in files - {"test_page.py"} if f'"{name}":' not in listed] == []
