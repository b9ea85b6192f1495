"""Why a finished run stays all the same: an undo that is not over, a fork, or anything in use."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from workbench.journal import commands
from workbench.journal import schema as t
from workbench.journal.lease import is_dead
from workbench.journal.rows import RunRow
from workbench.states import RUN_FINAL

DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
RUN_ID = re.compile(r"\brun-[0-9a-z]+\b")
TIES = ("run.created", "rollback.begun", "rollback.ended")
"""Kinds of the events that tie one run to another."""


@dataclass(frozen=True)
class Staying:
    """What stays of a journal when the others go."""

    artifacts: set[str] = field(default_factory=set)
    """Digests that what stays refers to."""
    why: dict[str, str] = field(default_factory=dict)
    """Runs that were to go and stay, each with the reason in words."""


@dataclass
class _Ties:
    """How runs hang together."""

    open: dict[str, str] = field(default_factory=dict)
    """Runs with a rollback begun and not ended, each with the run that undoes."""
    undoes: dict[str, str] = field(default_factory=dict)
    """Runs that undo, each with the run whose effects it takes back."""
    fork_of: dict[str, str] = field(default_factory=dict)


def staying(connection: Connection, rows: list[RunRow], wanted: set[str], now: datetime) -> Staying:
    """Find what stays when the runs `wanted` are to go, whose undo is not over or that are in use.

    What stays keeps whatever it names, and so on to the end.
    """
    ties = _ties(connection)
    why = _held(connection, rows, ties, wanted, now)
    artifacts: set[str] = set()
    todo = [row.id for row in rows if row.id not in wanted or row.id in why]
    while todo:
        run = todo.pop()
        for body in bodies(connection, run):
            artifacts.update(DIGEST.findall(body))
            for named in set(RUN_ID.findall(body)) & wanted - why.keys():
                why[named] = _named(ties, run, named)
                todo.append(named)
    return Staying(artifacts, why)


def driven(row: RunRow, now: datetime) -> bool:
    """Whether somebody who may be alive drives a run."""
    return bool(row.owner) and row.lease_until > now and not is_dead(row.owner)


def bodies(connection: Connection, run: str) -> Iterator[str]:
    """Go through all text of a run in which a digest or an id may stand."""
    for table in (t.events, t.commands, t.late_outcomes):
        yield from connection.execute(select(table.c.body).where(table.c.run == run)).scalars()


def digests(texts: Iterable[str]) -> set[str]:
    """Give all that looks like a digest."""
    return {digest for text in texts for digest in DIGEST.findall(text)}


def _held(
    connection: Connection, rows: list[RunRow], ties: _Ties, wanted: set[str], now: datetime
) -> dict[str, str]:
    """Give the runs that are held by what they are in the middle of."""
    busy, why = commands.runs_waiting(connection), {}
    for row in rows:
        if driven(row, now):
            why[row.id] = "it is being driven"
        elif row.id in busy:
            why[row.id] = "an order for it is not decided"
    for undo, run in ties.undoes.items():
        state = next((row.state for row in rows if row.id == undo), None)
        if state is not None and state not in RUN_FINAL:
            why[run] = f"run {undo}, which takes it back, is {state}"
    for run, undo in ties.open.items():
        why[run] = f"it is being taken back by run {undo}"
        why[undo] = f"it takes back run {run}, which is not over"
    return {run: words for run, words in why.items() if run in wanted}


def _named(ties: _Ties, run: str, named: str) -> str:
    """Say why a run stays that another one names, which stays."""
    if ties.undoes.get(run) == named:
        return f"run {run}, which has taken it back, stays"
    if ties.fork_of.get(run) == named:
        return f"run {run}, which is a fork of it, stays"
    return f"run {run}, which names it, stays"


def _ties(connection: Connection) -> _Ties:
    ties = _Ties()
    events = select(t.events.c.run, t.events.c.kind, t.events.c.body)
    events = events.where(t.events.c.kind.in_(TIES)).order_by(t.events.c.run, t.events.c.seq)
    for run, kind, body in connection.execute(events):
        said = json.loads(body)
        if kind == "rollback.begun":
            ties.open[run] = said["undo"]
        elif kind == "rollback.ended":
            ties.open.pop(run, None)
        else:
            for made, name in ((ties.undoes, "undoes"), (ties.fork_of, "fork_of")):
                if said.get(name):
                    made[run] = said[name]
    return ties
