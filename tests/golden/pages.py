"""The newest part of the frozen corpus as a page is sent it: batch after batch, and all at once.

Both languages fold these: Python from the events, the page from the batches. What the page has in
the end must be what Python says all at once.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.golden import story
from workbench.events import Record
from workbench.feed import Feed
from workbench.journal import Journal
from workbench.journal.schema import VERSION
from workbench.testing import FakeClock

GOLDEN = Path(__file__).parent
PAGES = GOLDEN / "pages.json"
AT_ONCE = 4
"""Events between two batches."""
LOOKED = datetime(2030, 1, 1, tzinfo=UTC)

Message = dict[str, Any]


class Growing:
    """A journal of which a reader has seen the first events only."""

    def __init__(self, journal: Journal) -> None:
        self._journal, self.grown = journal, 0

    def records(self, run: str, after: int = 0) -> list[Record]:
        """Give the events behind one, as far as it has grown."""
        return self._journal.records(run, after=after, limit=max(0, self.grown - after))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


def told(journal: Journal, run: str, folder: Path) -> Message:
    """Give one run as a page hears it that was open from the first event on, and as one that comes
    at the end."""
    tools = {tool.name: tool for tool in story.tools(folder)}
    growing, clock = Growing(journal), FakeClock(LOOKED)
    feed = Feed(growing, run, tools, clock)  # type: ignore[arg-type]
    last = len(journal.records(run))
    growing.grown = 1
    batches = [feed.full()]
    for growing.grown in [*range(1 + AT_ONCE, last, AT_ONCE), last]:
        batches += [batch] if (batch := feed.next()) is not None else []
    return {"batches": batches, "full": Feed(journal, run, tools, clock).full()}


def briefly(run: Message) -> Message:
    """Leave out what is there twice: the tools, and the details of the rows in the full batch."""
    first, *rest = run["batches"]
    full = run["full"]
    rows = [{**row, "detail": ""} for row in full["trace"]]
    return {
        "batches": [{**first, "tools": []}, *rest],
        "full": {**full, "tools": [], "trace": rows},
    }


def pages(folder: Path) -> Message:
    """Give every run of the corpus that was written in the present version."""
    found: Message = {}
    for sql in sorted(GOLDEN.glob(f"version-{VERSION}*.sql")):
        path = folder / f"{sql.stem}.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(sql.read_text("utf-8"))
        journal = Journal(path)
        for row in sorted(journal.runs(), key=lambda row: row.id):
            found[f"{sql.stem} {row.key or row.id}"] = told(journal, row.id, folder)
        journal.close()
    return found


def written(found: Message) -> str:
    """Write them as JSON with one run a line, so that a difference can be read."""
    lines = (
        f"{json.dumps(name)}:" + json.dumps(briefly(run), ensure_ascii=False, separators=(",", ":"))
        for name, run in found.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"
