"""Rules that stand for every run of a journal, freezes among them: set, and lifted again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, inspect, select, update

from workbench.errors import JournalTampered, NotFound
from workbench.grants import Rule
from workbench.ids import digest
from workbench.journal import schema as t
from workbench.journal.prepared import Query, Row, Value
from workbench.journal.times import from_us, to_us

HEAD = "rules"
"""Key of the number of rows and the hash of the last one, in `wb_meta`."""
REVISION = Value(select(func.max(t.rules.c.number)))
SAID = Value(select(t.meta.c.value).where(t.meta.c.key == bindparam("key")))
ROWS = Query(select(t.rules).order_by(t.rules.c.number))


@dataclass(frozen=True)
class StandingRule:
    """A rule, and who set it."""

    id: str
    rule: Rule
    by: str
    at: datetime
    lifted_by: str = ""
    """Empty: it stands."""
    lifted_at: datetime | None = None


def revision(connection: Connection) -> int:
    """Give a number that differs after every change of the rules."""
    return int(REVISION(connection) or 0)


def is_kept(connection: Connection) -> bool:
    """Whether the journal has rules at all; an older one that is only read has no table of them."""
    return inspect(connection).has_table(t.rules.name)


def put(connection: Connection, rule_id: str, rule: Rule, by: str, now: datetime) -> None:
    """Set a rule; one of this id that was set before is the same one, even if it was lifted since.

    Raises:
        JournalTampered: a row was changed, removed or put in by hand.
    """
    _lock(connection)
    if any(known.id == rule_id for known in history(connection)):
        return
    _note(connection, (rule_id, to_us(now), "set", by, rule.model_dump_json(exclude_unset=True)))


def lift(connection: Connection, rule_id: str, by: str, now: datetime) -> None:
    """Lift a rule.

    Raises:
        NotFound: no such rule stands.
    """
    if all(rule.id != rule_id for rule in history(connection) if not rule.lifted_by):
        raise NotFound(f"No rule {rule_id!r} stands in this journal.", "Look at bench.rules.")
    _note(connection, (rule_id, to_us(now), "lifted", by, ""))


def history(connection: Connection) -> list[StandingRule]:
    """Give every rule that was ever set, oldest first.

    Raises:
        JournalTampered: a row was changed, removed or put in by hand.
    """
    found: dict[str, StandingRule] = {}
    # What is said of them first: rows that are written in between are only more.
    said = SAID(connection, key=HEAD)
    rows, head = _rows(connection), ""
    for row in rows:
        head = digest([head, row.rule, row.at_us, row.action, row.by, row.body])
        if head != row.hash:
            raise JournalTampered(
                f"Rule {row.rule} (row {row.number} of {t.rules.name}) is not what was written.",
                "The journal was changed by hand: no call is made under its rules.",
            )
        at = from_us(row.at_us)
        if row.action == "set":
            found[row.rule] = StandingRule(row.rule, _rule(row.body), row.by, at)
        elif row.rule in found:
            was = found[row.rule]
            found[row.rule] = StandingRule(was.id, was.rule, was.by, was.at, row.by, at)
    _refuse_missing(rows, said)
    return list(found.values())


def _refuse_missing(rows: Sequence[Row], said: str | None) -> None:
    if said is None:  # a journal that is older than this
        return
    count, _, head = said.partition(" ")
    if len(rows) < int(count) or rows[int(count) - 1].hash != head:
        raise JournalTampered(
            f"The journal has {len(rows)} rows of rules, and had {count}.",
            "Rows of them were removed by hand: no call is made under its rules.",
        )


def heads(connection: Connection) -> list[str]:
    """Give the hash of every row of the rules, oldest first; each stands for all before it."""
    return [row.hash for row in _rows(connection)] if is_kept(connection) else []


def _rows(connection: Connection) -> list[Row]:
    return list(ROWS(connection))


def _note(connection: Connection, row: tuple[str, int, str, str, str]) -> None:
    """Write a row behind the last one, bound to it by its hash."""
    _lock(connection)
    before = heads(connection)
    names = ("rule", "at_us", "action", "by", "body")
    head = digest([before[-1] if before else "", *row])
    connection.execute(insert(t.rules), {**dict(zip(names, row, strict=True)), "hash": head})
    said = {"value": f"{len(before) + 1} {head}"}
    if not connection.execute(update(t.meta).where(t.meta.c.key == HEAD).values(said)).rowcount:
        connection.execute(insert(t.meta), {"key": HEAD, **said})


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        connection.exec_driver_sql(f"lock table {t.rules.name} in exclusive mode")


def _rule(body: str) -> Rule:
    return Rule.model_validate_json(body)
