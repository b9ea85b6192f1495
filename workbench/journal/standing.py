"""Rules that stand for every run of a journal, freezes among them: set, and lifted again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from workbench.errors import NotFound
from workbench.grants import Rule
from workbench.journal import schema as t
from workbench.journal.prepared import Query
from workbench.journal.times import from_us, to_us

REVISION = Query(select(func.max(t.rules.c.number)))


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
    return REVISION(connection).scalar() or 0


def put(connection: Connection, rule_id: str, rule: Rule, by: str, now: datetime) -> None:
    """Set a rule."""
    body = rule.model_dump_json(exclude_unset=True)
    row = {"rule": rule_id, "at_us": to_us(now), "action": "set", "by": by, "body": body}
    connection.execute(insert(t.rules), row)


def lift(connection: Connection, rule_id: str, by: str, now: datetime) -> None:
    """Lift a rule.

    Raises:
        NotFound: no such rule stands.
    """
    if all(rule.id != rule_id for rule in history(connection) if not rule.lifted_by):
        raise NotFound(f"No rule {rule_id!r} stands in this journal.", "Look at bench.rules.")
    row = {"rule": rule_id, "at_us": to_us(now), "action": "lifted", "by": by, "body": ""}
    connection.execute(insert(t.rules), row)


def history(connection: Connection) -> list[StandingRule]:
    """Give every rule that was ever set, oldest first."""
    found: dict[str, StandingRule] = {}
    for row in connection.execute(select(t.rules).order_by(t.rules.c.number)):
        at = from_us(row.at_us)
        if row.action == "set":
            found[row.rule] = StandingRule(row.rule, _rule(row.body), row.by, at)
        elif row.rule in found:
            was = found[row.rule]
            found[row.rule] = StandingRule(was.id, was.rule, was.by, was.at, row.by, at)
    return list(found.values())


def _rule(body: str) -> Rule:
    return Rule.model_validate_json(body)
