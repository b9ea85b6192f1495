"""Write tests/golden/pages.json: the frozen corpus as pages are sent it; `--check` only compares.

The test of each language folds it. Call it (`make types`) after a change of the rows.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.golden.pages import PAGES, pages, written  # noqa: E402 - found by the line above


def main(*, check: bool) -> int:
    """Write the file, or say that it is stale."""
    with tempfile.TemporaryDirectory() as made:
        text = written(pages(Path(made)))
    if not check:
        PAGES.write_text(text, encoding="utf-8")
        return 0
    stale = not PAGES.exists() or PAGES.read_text(encoding="utf-8") != text
    if stale:
        print("tests/golden/pages.json is not what Python sends now: call `make types`.")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
