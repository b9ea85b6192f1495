"""The ledger: what all runs have spent, and what is set aside for calls that are being made.

An amount is `reserved` before its call, and then `settled` or `returned`, each exactly once: the
latter in the same transaction as the event that says what became of the call.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    func,
    literal_column,
    select,
    text,
    update,
)

from workbench.budget import Cap
from workbench.journal import schema as t
from workbench.journal.lease import Lease, lease_lost
from workbench.journal.prepared import Change, Query, Value
from workbench.journal.rows import Move
from workbench.journal.runs import BY_ID_LOCKED
from workbench.journal.times import from_us, to_us

LOCK = 887_767
"""The advisory lock under which PostgreSQL lets one transaction at a time set amounts aside."""
SLACK = 1e-9
"""Part of a cap that sums of decimal fractions may be off by."""
RAISED = "cap: "
"""What the keys of raised caps begin with, in `wb_meta`."""
LEDGER = t.ledger.c
RESERVED: ColumnElement[str] = literal_column("'reserved'")
RETURNED: ColumnElement[str] = literal_column("'returned'")
LAST = Value(
    select(LEDGER.at_us).where(LEDGER.number == select(func.max(LEDGER.number)).scalar_subquery())
)
HELD = Query(
    select(LEDGER.step, LEDGER.attempt, LEDGER.unit, LEDGER.amount)
    .where(LEDGER.run == bindparam("run"), LEDGER.state == RESERVED)
    .order_by(LEDGER.number)
)
COLUMNS = [name for name in LEDGER.keys() if name != "number"]  # noqa: SIM118 - a collection of columns
WRITE = Change(t.ledger.insert().values({name: bindparam(name) for name in COLUMNS}))
MOVE = Change(
    update(t.ledger)
    .where(LEDGER.run == bindparam("of_run"), LEDGER.step == bindparam("of_step"))
    .where(LEDGER.unit == bindparam("of_unit"), LEDGER.state == RESERVED)
    .values(state=bindparam("state"), amount=func.coalesce(bindparam("amount"), LEDGER.amount))
)
RAISES = Value(select(t.meta.c.value).where(t.meta.c.key == bindparam("key")))


def _sums(*conditions: Any) -> Query:
    own = (LEDGER.run == bindparam("run")) & (LEDGER.step == bindparam("step"))
    return Query(
        select(LEDGER.state, func.sum(LEDGER.amount), func.min(LEDGER.at_us))
        .where(LEDGER.unit == bindparam("unit"), LEDGER.at_us >= bindparam("since"))
        .where(LEDGER.state != RETURNED, *conditions)
        .where(~(own & (LEDGER.state == RESERVED)))
        .group_by(LEDGER.state)
    )


SUMS = {
    "everyone": _sums(),
    "agent": _sums(LEDGER.agent == bindparam("who")),
    "person": _sums(LEDGER.on_behalf_of == bindparam("who")),
}


@dataclass(frozen=True)
class Claim:
    """What a call would take, of which run, for whom."""

    run: str
    step: str
    attempt: int
    agent: str
    person: str
    amounts: dict[str, float]
    at: datetime
    unsure: bool = False
    """Whether an earlier attempt of it may have spent what is still set aside for it."""
    anyway: frozenset[str] = frozenset()
    """Caps that it may cross, by name: the person said so."""

    def who(self, cap: Cap) -> str:
        """Name whose spending the cap adds up."""
        return {"agent": self.agent, "person": self.person}.get(cap.of, "")


@dataclass(frozen=True)
class Raise:
    """Somebody set a cap anew."""

    to: float
    before: float
    by: str
    at: datetime


@dataclass(frozen=True)
class CapState:
    """How one cap stands now."""

    cap: Cap
    who: str
    """The agent or the person whose spending is added up; empty: everyone."""
    used: float
    """Settled within the window: what was spent, or may have been."""
    reserved: float
    """Set aside for calls that are being made, wait for another attempt, or are in doubt."""
    limit: float
    """As it was last raised."""
    resets: datetime | None
    """When the window ends; of one without fixed ends, when its oldest amount leaves it."""
    raises: tuple[Raise, ...] = field(default=(), repr=False)
    """Who set it anew, oldest first."""

    @property
    def left(self) -> float:
        """What may still be used."""
        return max(0.0, self.limit - self.used - self.reserved)


@dataclass(frozen=True)
class Crossing:
    """A cap that a call would cross."""

    state: CapState
    amount: float

    def __str__(self) -> str:
        """Say it on one line."""
        state, unit = self.state, self.state.cap.unit
        aside = f" + {state.reserved:g} set aside" if state.reserved else ""
        for_whom = f" for {state.who}" if state.who else ""
        raised = f", raised to {state.limit:g}" if state.limit != state.cap.limit else ""
        free = f"; it has room again at {state.resets:%Y-%m-%d %H:%M} UTC" if state.resets else ""
        more = f" + {self.amount:g}{for_whom} would cross this cap"
        what = more if self.amount else f"{for_whom}, so nothing is left of this cap"
        return f"{state.cap.name}: {state.used:g} {unit} used{aside}{what}{raised}{free}"


def reserve(
    connection: Connection, caps: Sequence[Cap], claim: Claim, lease: Lease
) -> list[Crossing]:
    """Set amounts aside, all or none; gives the caps that stand against it. Once is enough.

    What is still set aside for the same step, in the same amount, is kept; no cap is asked again.

    Raises:
        LeaseLost: another host has taken the run over.
    """
    _lock(connection)
    row = BY_ID_LOCKED.first(connection, run=claim.run)
    if row is None or (row.epoch, row.owner) != (lease.epoch, lease.owner):
        raise lease_lost(claim.run)
    own = {r.unit: r.amount for r in HELD(connection, run=claim.run) if r.step == claim.step}
    new = {unit: amount for unit, amount in claim.amounts.items() if own.get(unit) != amount}
    found = crossings(connection, [cap for cap in caps if cap.unit in new], claim)
    if found:
        return found
    stale: Literal["settled", "returned"] = "settled" if claim.unsure else "returned"
    gone = [u for u in own if u in new or u not in claim.amounts]
    move(connection, claim.run, [Move(claim.step, unit, stale) for unit in gone])
    at_us = to_us(_now(connection, claim.at))
    for unit, amount in sorted(new.items()):
        WRITE(
            connection,
            run=claim.run,
            step=claim.step,
            attempt=claim.attempt,
            agent=claim.agent,
            on_behalf_of=claim.person,
            unit=unit,
            amount=amount,
            state="reserved",
            at_us=at_us,
        )
    return []


def crossings(connection: Connection, caps: Iterable[Cap], claim: Claim) -> list[Crossing]:
    """Give the caps that a call would cross now, save those that it may."""
    found = []
    for cap in caps:
        if cap.name in claim.anyway or not cap.spans_runs:
            continue
        stands, amount = standing(connection, cap, claim), claim.amounts[cap.unit]
        spent = stands.used + stands.reserved
        if spent + amount > stands.limit * (1 + SLACK) or (not amount and spent >= stands.limit):
            found.append(Crossing(stands, amount))
    return found


def standing(connection: Connection, cap: Cap, claim: Claim) -> CapState:
    """Say how a cap stands, what is set aside for the claim's own step left out."""
    who, raises = claim.who(cap), raises_of(connection, cap)
    limit = raises[-1].to if raises else cap.limit
    if not cap.spans_runs:
        return CapState(cap, "", 0.0, 0.0, limit, None, raises)
    now = _now(connection, claim.at)
    asked = {"unit": cap.unit, "since": to_us(cap.since(now)), "run": claim.run, "step": claim.step}
    if cap.of != "everyone":
        asked["who"] = who
    rows: list[Any] = list(SUMS[cap.of](connection, **asked))
    sums = {row[0]: float(row[1]) for row in rows}
    oldest = min((row[2] for row in rows), default=None)
    return CapState(
        cap,
        who,
        sums.get("settled", 0.0),
        sums.get("reserved", 0.0),
        limit,
        cap.resets(now, None if oldest is None else from_us(oldest)),
        raises,
    )


def move(connection: Connection, run: str, moves: Iterable[Move]) -> None:
    """Settle amounts that were set aside, or give them back; what is so already stays."""
    rows = [
        {"of_run": run, "of_step": m.step, "of_unit": m.unit, "state": m.state, "amount": m.amount}
        for m in moves
    ]
    MOVE.each(connection, rows)


def held(connection: Connection, run: str) -> list[tuple[str, int, str]]:
    """Give what is set aside for a run: (step, attempt, unit)."""
    return [(row.step, row.attempt, row.unit) for row in HELD(connection, run=run)]


# -- raising a cap ---------------------------------------------------------------------------


def raise_cap(
    connection: Connection, cap: Cap, to: float, *, by: str, at: datetime, order: str
) -> None:
    """Set a cap anew, for every process that has it; an `order` that was carried out is no more."""
    _lock(connection)
    key = RAISED + cap.name
    said: list[dict[str, Any]] = json.loads(RAISES(connection, key=key) or "[]")
    if any(one["order"] == order for one in said):
        return
    before = said[-1]["to"] if said else cap.limit
    said.append({"to": to, "before": before, "by": by, "at_us": to_us(at), "order": order})
    value = json.dumps(said)
    if len(said) == 1:
        connection.execute(t.meta.insert().values(key=key, value=value))
    else:
        connection.execute(update(t.meta).where(t.meta.c.key == key).values(value=value))


def raises_of(connection: Connection, cap: Cap) -> tuple[Raise, ...]:
    """Give who has set a cap anew, oldest first; a cap with another limit is another cap."""
    said = json.loads(RAISES(connection, key=RAISED + cap.name) or "[]")
    return tuple(Raise(o["to"], o["before"], o["by"], from_us(o["at_us"])) for o in said)


def limits_of(connection: Connection, caps: Iterable[Cap]) -> list[float]:
    """Give the limits that caps have now."""
    raises = [(cap, raises_of(connection, cap)) for cap in caps]
    return [said[-1].to if said else cap.limit for cap, said in raises]


def _lock(connection: Connection) -> None:
    """Let nobody else read the sums before this is written; on SQLite who writes is alone."""
    if connection.dialect.name != "sqlite":
        connection.execute(text(f"select pg_advisory_xact_lock({LOCK})"))


def _now(connection: Connection, at: datetime) -> datetime:
    """Give a time that never goes backwards: no earlier than anything in the ledger."""
    last = LAST(connection)
    return at if last is None else max(at, from_us(last))
