"""The company whose agent deleted its customers during a code freeze: the database and the tools.

The notebook `01-undo.ipynb` tells it. The agent was told to change nothing, deleted 1,206 accounts
all the same, and said that they could not be brought back.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from workbench.demo.folder import take
from workbench.plan import Plan, Step
from workbench.toolkit.database.image import Limit
from workbench.tools import Tool

ACCOUNTS = 1206
REGIONS = ("east", "north", "south", "west")
KIND = ("Atelier", "Bakery", "Café", "Dairy", "Épicerie", "Florist", "Garage", "Hôtel", "Käserei")
PLACE = ("Bridge", "Garden", "Hill", "Île", "Market", "Øst", "Station", "Square", "Town Hall")


class Company:
    """A folder with `accounts.db`, the team's `channel.txt`, and a journal.

        company = Company("code-freeze", fresh=True)
        bench = wb.Workbench(company.journal, tools=company.tools())

    Args:
        folder: where; it is made when it is not there.
        fresh: delete what an earlier story left in the folder.

    Raises:
        WorkbenchError: the folder holds something else.
    """

    def __init__(self, folder: Path | str, *, fresh: bool = False) -> None:
        """Make the database, if it is not there."""
        self.folder = Path(folder).resolve()
        self.database, self.journal = self.folder / "accounts.db", self.folder / "runs.db"
        self.channel = self.folder / "channel.txt"
        take(self.folder, fresh=fresh)
        if not self.database.exists():
            self.restore()

    def __repr__(self) -> str:
        """Say how many accounts there are; the same text wherever the folder is."""
        return f"<Company {self.folder.name}: {self.count():,} accounts>"

    def restore(self) -> None:
        """Make the database anew, always the same."""
        chance = random.Random(ACCOUNTS)  # noqa: S311 - it only makes up names
        rows = [
            (
                number,
                f"{chance.choice(KIND)} {chance.choice(PLACE)}",
                chance.choice(REGIONS),
                round(chance.uniform(-500, 90_000), 2),
                None if chance.random() < 0.2 else chance.randbytes(16),  # noqa: PLR2004 - a fifth
            )
            for number in range(1, ACCOUNTS + 1)
        ]
        with closing(sqlite3.connect(self.database)) as base, base:
            base.execute("DROP TABLE IF EXISTS accounts")
            base.execute(
                "CREATE TABLE accounts "
                "(id INTEGER PRIMARY KEY, name TEXT, region TEXT, balance REAL, avatar BLOB)"
            )
            base.executemany("INSERT INTO accounts VALUES (?, ?, ?, ?, ?)", rows)

    def do(self, statement: str) -> None:
        """Run a statement, as an agent does that has the password and nobody in between."""
        with closing(sqlite3.connect(self.database)) as base, base:
            base.execute(statement)

    def count(self) -> int:
        """Count the accounts."""
        with closing(sqlite3.connect(self.database)) as base:
            return int(base.execute("SELECT count(*) FROM accounts").fetchone()[0])

    def digest(self) -> str:
        """Name the content of the table: each value of each row, with its type."""
        columns = "id, name, region, balance, avatar"
        with closing(sqlite3.connect(self.database)) as base:
            rows = base.execute(f"SELECT {columns} FROM accounts ORDER BY id").fetchall()  # noqa: S608 - no value is in it
        return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]

    def tools(self, *, image_rows: int = 50_000) -> list[Tool]:
        """Give what the agent can do: the toolkit's tools on the database, and a note to the team.

        Args:
            image_rows: rows that are kept for one undo at most.
        """
        from workbench.toolkit import sql

        url = f"sqlite:///{self.database}"
        database = sql(url, image_limit=Limit(rows=image_rows))
        return [*database, Tool(_tell_team(self.channel), effect="irreversible")]


def purge_plan() -> Plan:
    """Give what the agent wants to do: mark some accounts, delete all of them, tell the team."""
    everywhere = {"region": list(REGIONS)}
    args: dict[str, dict[str, Any]] = {
        "mark": {"table": "accounts", "where": {"region": "west"}, "values": {"name": "unused"}},
        "purge": {"table": "accounts", "where": everywhere},
        "tell": {"text": "I have cleaned the database up. It cannot be undone."},
    }
    titles = {
        "mark": ("update_rows", "mark the accounts of the west as unused"),
        "purge": ("delete_rows", "delete what looks unused"),
        "tell": ("tell_team", "tell the team"),
    }
    steps: list[Step] = []
    for name, (tool, title) in titles.items():
        after = (steps[-1].id,) if steps else ()
        steps.append(Step(id=name, title=title, tool=tool, args=args[name], after=after))
    return Plan(goal="Clean the database up", steps=tuple(steps))


def _tell_team(channel: Path) -> Callable[..., Any]:
    def tell_team(text: str) -> str:
        """Write into the team's channel, where everybody reads it at once."""
        with channel.open("a") as file:
            file.write(f"{text}\n")
        return text

    return tell_team
