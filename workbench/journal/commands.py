"""The commands: written by any surface, decided by the holder of the run's lease."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from workbench.commands import AnyCommand, Command
from workbench.errors import NotFound
from workbench.journal import schema as t
from workbench.journal.prepared import Change, Query
from workbench.journal.rows import CommandRow
from workbench.journal.times import from_us, to_us

OPEN = Query(
    select(t.commands)
    .where(t.commands.c.state == bindparam("state"), t.commands.c.run == bindparam("run"))
    .order_by(t.commands.c.number)
)
DECIDED = ("done", "refused")
RUNS = Query(select(t.commands.c.run).where(t.commands.c.state == bindparam("state")).distinct())
ONE = Query(select(t.commands).where(t.commands.c.number == bindparam("number")))
DECIDE = Change(
    update(t.commands)
    .where(t.commands.c.number == bindparam("decided"))
    .values(state=bindparam("state"), error=bindparam("error"))
)


def write(connection: Connection, run: str, command: Command, now: datetime) -> int:
    """Write a command; gives its number."""
    row = {"run": run, "at_us": to_us(now), "body": command.model_dump_json()}
    row |= {"state": "open", "error": ""}
    key: Any = connection.execute(t.commands.insert(), row).inserted_primary_key
    return int(key[0])


def decide(connection: Connection, handled: Iterable[tuple[int, str, str]]) -> None:
    """Note what became of commands: (number, `done` or `refused`, error)."""
    names = ("decided", "state", "error")
    DECIDE.each(connection, [dict(zip(names, values, strict=True)) for values in handled])


def waiting(connection: Connection, run: str) -> list[CommandRow]:
    """Read the commands of a run that nobody has decided yet, oldest first."""
    return [_command_row(row) for row in OPEN(connection, run=run, state="open")]


def decided(connection: Connection, run: str) -> list[CommandRow]:
    """Read the commands of a run that were carried out or refused, oldest first."""
    rows = [row for state in DECIDED for row in OPEN(connection, run=run, state=state)]
    return [_command_row(row) for row in sorted(rows, key=lambda row: int(row.number))]


def runs_waiting(connection: Connection) -> set[str]:
    """Give the runs that have commands waiting."""
    return set(RUNS(connection, state="open").scalars())


def find(connection: Connection, number: int) -> CommandRow:
    """Read one command.

    Raises:
        NotFound: there is no such command.
    """
    row = ONE(connection, number=number).first()
    if row is None:
        raise NotFound(f"There is no command {number}.", number=number)
    return _command_row(row)


def _command_row(row: Row[Any]) -> CommandRow:
    command = AnyCommand.validate_json(row.body)
    return CommandRow(row.number, row.run, from_us(row.at_us), command, row.state, row.error)
