"""Freeze a journal as this version writes it: `python scripts/make_golden.py NAME [STORY…]`.

Carries out the stories of `tests/golden/story.py` and `undo_story.py` with the real engine and
writes two files that are never changed again: `tests/golden/NAME.sql`, the journal as SQL, and
`tests/golden/NAME.json`, what this version makes of it. Call it before each release, and after each
change of the tables.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.golden import story, undo_story  # noqa: E402 - found by the line above
from tests.golden.frozen import freeze  # noqa: E402 - found by the line above
from workbench.engine import log, model_calls  # noqa: E402 - found by the line above
from workbench.journal import Journal, lease  # noqa: E402 - found by the line above
from workbench.testing import CrashPoint  # noqa: E402 - found by the line above

GOLDEN = ROOT / "tests" / "golden"


def tell(path: Path, folder: Path, only: list[str]) -> None:
    """Carry out stories in one journal: those named, or all."""
    log.SNAPSHOT_AT_REST = 15
    model_calls.EVERY_S = 0
    lease.machine = lambda: "corpus/boot/space"
    for one, ask in (*story.STORIES, *undo_story.STORIES):
        if only and one.__name__ not in only:
            continue
        with story.bench(path, folder, *undo_story.tools(folder), ask=ask) as bench:
            run = one(bench)
            print(f"{run.view.key}: {run.state}, {run.verify()} events")


def crash(path: Path, folder: Path) -> None:
    """Carry the last story out until this process dies."""
    lease.machine = lambda: "corpus/boot/space"
    CrashPoint("after-effect", 2)
    story.crashed(story.bench(path, folder))


def _lines(frozen: dict[str, Any]) -> str:
    """Write JSON with one run a line, so that a difference can be read."""
    compact: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":")}
    runs = ",\n".join(
        f"{json.dumps(run)}:{json.dumps(fold, **compact)}"
        for run, fold in frozen.pop("runs").items()
    )
    rest = json.dumps(frozen, **compact)
    return f'{rest[:-1]},"runs":{{\n{runs}\n}}}}\n'


def main(name: str, *only: str) -> None:
    """Tell the stories and write both files."""
    with tempfile.TemporaryDirectory() as made:
        folder, path = Path(made), Path(made) / "runs.db"
        tell(path, folder, list(only))
        subprocess.run([sys.executable, __file__, "--crash", str(path), made], check=False)
        with closing(sqlite3.connect(path)) as connection:
            sql = "\n".join(connection.iterdump())
        journal = Journal(path)
        frozen = freeze(journal)
        journal.close()
    (GOLDEN / f"{name}.sql").write_text(sql + "\n", encoding="utf-8")
    (GOLDEN / f"{name}.json").write_text(_lines(frozen), encoding="utf-8")
    print(f"wrote tests/golden/{name}.sql and {name}.json")


if __name__ == "__main__":
    if sys.argv[1] == "--crash":
        crash(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main(*sys.argv[1:])
