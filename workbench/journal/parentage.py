"""Which run was started by a call of which other: it is in the first event of each."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, literal_column, select

from workbench.journal import schema as t
from workbench.journal.prepared import Query, Value

IS_FIRST = t.events.c.seq == literal_column("1")
FIRST = (t.events.c.run == t.runs.c.id) & IS_FIRST
OF_ONE = Value(select(t.events.c.body).where(t.events.c.run == bindparam("run"), IS_FIRST))
OF_ALL = Query(
    select(t.runs.c.id, t.events.c.body)
    .select_from(t.runs.join(t.events, FIRST))
    .where(t.events.c.body.like(bindparam("like")))
)


@dataclass(frozen=True)
class Place:
    """Where a run stands in its family."""

    parent: str
    """The run whose call has started it; empty: a person did."""
    apart: bool
    """Whether it was started to be driven by a process of its own."""


def family(connection: Connection, run: str) -> dict[str, Place]:
    """Give the runs above and below a run, itself too; nothing when it is alone."""
    top, above = run, {run}
    while (parent := _place(OF_ONE(connection, run=top)).parent) and parent not in above:
        if OF_ONE(connection, run=parent) is None:
            break  # it is in another journal, or was removed
        above.add(parent)
        top = parent
    rows = OF_ALL(connection, like='%"parent":"%')
    places = {row.id: _place(row.body) for row in rows}
    found = {top: places.get(top) or _place(OF_ONE(connection, run=top))}
    names = [top]
    for name in names:
        for one, place in places.items():
            if place.parent == name and one not in found:
                found[one] = place
                names.append(one)
    return found if len(found) > 1 else {}


def forks(connection: Connection) -> dict[str, str]:
    """Give every run that is a fork, with the run that it was made of."""
    rows = OF_ALL(connection, like='%"fork_of":"%')
    return {row.id: origin for row in rows if (origin := json.loads(row.body).get("fork_of"))}


def _place(body: str | None) -> Place:
    said = json.loads(body) if body else {}
    return Place(said.get("parent", ""), said.get("mode") == "detached")
