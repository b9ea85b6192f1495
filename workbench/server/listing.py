"""What the lists of the panel are made of, in one query each."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, select

from workbench.journal import RunRow
from workbench.journal import schema as t
from workbench.journal.parentage import OF_ALL
from workbench.journal.prepared import Query
from workbench.journal.runs import asking

STATES = Query(select(t.runs.c.id, t.runs.c.state).order_by(t.runs.c.created_us, t.runs.c.id))

Standing = tuple[tuple[tuple[str, int], ...], tuple[tuple[str, str], ...]]
"""Which runs ask, with the place of their last event; and the state of each run."""


def standing(connection: Connection) -> Standing:
    """Give what the lists change with."""
    return tuple(asking(connection)), tuple((row.id, row.state) for row in STATES(connection))


def above(connection: Connection) -> dict[str, str]:
    """Give every run that a call of another one has started, with that one."""
    rows = OF_ALL(connection, like='%"parent":"%')
    return {row.id: parent for row in rows if (parent := json.loads(row.body).get("parent"))}


def pick(rows: list[RunRow], parents: Mapping[str, str], limit: int) -> list[tuple[RunRow, str]]:
    """Give the newest runs that no other has started, then the newest that stand below these.

    Each comes with the run of the first kind that it stands below; empty: none.

    Args:
        rows: all runs of a journal, newest first.
        parents: what `above` gives.
        limit: how many of both kinds.
    """
    known = {row.id for row in rows}
    tops = {row.id: top_of(row.id, parents, known) for row in rows}
    first = [row for row in rows if tops[row.id] == row.id][:limit]
    listed = {row.id for row in first}
    below = [row for row in rows if tops[row.id] != row.id and tops[row.id] in listed][:limit]
    return [*((row, "") for row in first), *((row, tops[row.id]) for row in below)]


def top_of(run: str, parents: Mapping[str, str], known: set[str]) -> str:
    """Give the uppermost run above one that is in the same journal; itself, where there is none."""
    seen = {run}
    while (parent := parents.get(run, "")) in known and parent not in seen:
        seen.add(parent)
        run = parent
    return run
