"""The commands: written by any surface, decided by the holder of the run's lease."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from workbench.commands import ERRANDS, AnyCommand, Command
from workbench.errors import NotFound
from workbench.journal import schema as t
from workbench.journal.prepared import Change, Query, Row, Value
from workbench.journal.rows import CommandRow
from workbench.journal.times import from_us, to_us

OPEN, ERRAND, TAKEN = "open", "errand", "taken"
"""States of what is not decided: for the engine; for the workbench; begun by the workbench."""
OF_RUN = Query(
    select(t.commands)
    .where(t.commands.c.state == bindparam("state"), t.commands.c.run == bindparam("run"))
    .order_by(t.commands.c.number)
)
ALL = Query(
    select(t.commands).where(t.commands.c.state == bindparam("state")).order_by(t.commands.c.number)
)
FIRST = Value(
    select(func.min(t.commands.c.number)).where(
        t.commands.c.state == bindparam("state"), t.commands.c.run == bindparam("run")
    )
)
TAKE = Change(
    update(t.commands)
    .where(t.commands.c.number == bindparam("taken"), t.commands.c.state == bindparam("was"))
    .values(state=bindparam("state"))
)
DECIDED = ("done", "refused")
RUNS = Query(select(t.commands.c.run).where(t.commands.c.state == bindparam("state")).distinct())
ONE = Query(select(t.commands).where(t.commands.c.number == bindparam("number")))
NAMED = Value(
    select(func.min(t.commands.c.number)).where(
        t.commands.c.number > bindparam("after"),
        t.commands.c.run == bindparam("run"),
        t.commands.c.body.like(bindparam("written")),
    )
)
REPEATED_WITHIN = 10_000
"""Orders of a journal among which a repeated one is looked for."""
DECIDE = Change(
    update(t.commands)
    .where(t.commands.c.number == bindparam("decided"))
    .values(state=bindparam("state"), error=bindparam("error"))
)


def write(connection: Connection, run: str, command: Command, now: datetime) -> int:
    """Write a command; gives its number. One that was written already gives the number it had."""
    if (known := named(connection, run, command.order)) is not None:
        return known
    body = command.model_dump_json(exclude=None if command.order else {"order"})
    row = {"run": run, "at_us": to_us(now), "body": body}
    row |= {"state": ERRAND if isinstance(command, ERRANDS) else OPEN, "error": ""}
    key: Any = connection.execute(t.commands.insert(), row).inserted_primary_key
    return int(key[0])


def named(connection: Connection, run: str, order: str) -> int | None:
    """Find the order of this name among the newest; a sender repeats within seconds."""
    if not order:
        return None
    written = f'%"order":"{order}"%'
    newest: int = connection.execute(select(func.max(t.commands.c.number))).scalar() or 0
    found = NAMED(connection, run=run, written=written, after=newest - REPEATED_WITHIN)
    return None if found is None else int(found)


def decide(connection: Connection, handled: Iterable[tuple[int, str, str]]) -> None:
    """Note what became of commands: (number, `done` or `refused`, error)."""
    names = ("decided", "state", "error")
    DECIDE.each(connection, [dict(zip(names, values, strict=True)) for values in handled])


def any_waiting(connection: Connection, run: str) -> bool:
    """Whether any command of a run is not decided."""
    return FIRST(connection, run=run, state=OPEN) is not None


def waiting(connection: Connection, run: str) -> list[CommandRow]:
    """Read the commands of a run that nobody has decided yet, oldest first."""
    return [_command_row(row) for row in OF_RUN(connection, run=run, state=OPEN)]


def errands(connection: Connection) -> list[CommandRow]:
    """Read the errands of all runs that nobody has begun, oldest first."""
    return [_command_row(row) for row in ALL(connection, state=ERRAND)]


def take(connection: Connection, number: int) -> bool:
    """Begin an errand; False when another process has."""
    return TAKE(connection, taken=number, was=ERRAND, state=TAKEN) == 1


def decided(connection: Connection, run: str) -> list[CommandRow]:
    """Read the commands of a run that were carried out or refused, oldest first."""
    rows = [row for state in DECIDED for row in OF_RUN(connection, run=run, state=state)]
    return [_command_row(row) for row in sorted(rows, key=lambda row: int(row.number))]


def runs_waiting(connection: Connection) -> set[str]:
    """Give the runs that have commands waiting."""
    return {row.run for row in RUNS(connection, state=OPEN)}


def find(connection: Connection, number: int) -> CommandRow:
    """Read one command.

    Raises:
        NotFound: there is no such command.
    """
    row = ONE.first(connection, number=number)
    if row is None:
        raise NotFound(f"There is no command {number}.", number=number)
    return _command_row(row)


def _command_row(row: Row) -> CommandRow:
    command = AnyCommand.validate_json(row.body)
    return CommandRow(row.number, row.run, from_us(row.at_us), command, row.state, row.error)
