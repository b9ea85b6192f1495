"""Rules that stand for every run of a journal, freezes among them: set, and lifted again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, inspect, select

from workbench.errors import JournalTampered, NotFound
from workbench.grants import Rule
from workbench.ids import digest
from workbench.journal import schema as t
from workbench.journal.prepared import Value
from workbench.journal.times import from_us, to_us

REVISION = Value(select(func.max(t.rules.c.number)))


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
    """Set a rule."""
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
    head = ""
    for row in connection.execute(select(t.rules).order_by(t.rules.c.number)):
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
    return list(found.values())


def _note(connection: Connection, row: tuple[str, int, str, str, str]) -> None:
    """Write a row behind the last one, bound to it by its hash."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        connection.exec_driver_sql(f"lock table {t.rules.name} in exclusive mode")
    last = connection.execute(select(t.rules.c.hash).order_by(t.rules.c.number.desc()).limit(1))
    names = ("rule", "at_us", "action", "by", "body")
    head = digest([last.scalar() or "", *row])
    connection.execute(insert(t.rules), {**dict(zip(names, row, strict=True)), "hash": head})


def _rule(body: str) -> Rule:
    return Rule.model_validate_json(body)
