"""The lines of a run: written once, read in order, and checked against their chain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, bindparam, select

from workbench.errors import JournalTampered
from workbench.events import Record, load
from workbench.journal import runs
from workbench.journal import schema as t
from workbench.journal.chain import GENESIS, link
from workbench.journal.prepared import Change, Query, Row, Value
from workbench.journal.rows import Line
from workbench.journal.times import from_us

PAGE = 1000
"""Lines that are read at once where all of them are gone through."""
END = 2**62

WRITE = Change(t.events.insert())
READ = Query(
    select(t.events)
    .where(t.events.c.run == bindparam("run"))
    .where(t.events.c.seq > bindparam("after"), t.events.c.seq <= bindparam("until"))
    .order_by(t.events.c.seq)
)
AT = Value(
    select(t.events.c.hash).where(
        t.events.c.run == bindparam("run"), t.events.c.seq == bindparam("seq")
    )
)
LATE = Query(
    select(t.late_outcomes)
    .where(t.late_outcomes.c.run == bindparam("run"))
    .order_by(t.late_outcomes.c.number)
)


def write(connection: Connection, run: str, epoch: int, lines: Iterable[Line]) -> None:
    """Write lines behind those that are there; there is at least one."""
    WRITE.each(connection, [{"run": run, "epoch": epoch, **vars(line)} for line in lines])


def read(connection: Connection, run: str, after: int, limit: int | None) -> list[Record]:
    """Read events in order, from the one behind `after`.

    Raises:
        JournalError: one is of an unknown kind or was damaged.
    """
    until = END if limit is None else after + limit
    return [_record(run, row) for row in READ(connection, run=run, after=after, until=until)]


def raw(connection: Connection, run: str) -> list[Row]:
    """Read all lines as they were written, hashes and all."""
    return list(_all(connection, run))


def read_kinds(connection: Connection, run: str, after: int, kinds: Iterable[str]) -> list[Record]:
    """Read the events of some kinds, in order, from the one behind `after`."""
    wanted = (
        select(t.events)
        .where(t.events.c.run == run, t.events.c.seq > after, t.events.c.kind.in_(sorted(kinds)))
        .order_by(t.events.c.seq)
    )
    return [_record(run, row) for row in connection.execute(wanted)]


def read_checked(connection: Connection, run: str, after: int, head: str) -> list[Record]:
    """Read all events behind `after`, and check them against the chain, which ends with `head`.

    The event at `after` itself is only asked for its hash: what is before it costs nothing.

    Raises:
        JournalTampered: an event behind `after` was changed, removed or added; it is named.
        JournalError: one is of an unknown kind.
    """
    rows = READ(connection, run=run, after=max(0, after - 1), until=END)
    before, seq = GENESIS, after
    if after:
        if not rows or rows[0].seq != after:
            raise _tampered(run, after)
        before, rows = rows[0].hash, rows[1:]
    for row in rows:
        seq += 1
        before = link(before, run, seq, row.at_us, row.epoch, row.kind, row.body)
        if row.seq != seq or row.hash != before:
            raise _tampered(run, seq)
    if before != head:
        raise _tampered(run, seq + 1)
    return [_record(run, row) for row in rows]


def are_there(connection: Connection, run: str, lines: list[Line]) -> bool:
    """Whether these very lines were written already; a hash stands for all before it, too."""
    return bool(lines) and AT(connection, run=run, seq=lines[-1].seq) == lines[-1].hash


def verify(connection: Connection, run: str) -> int:
    """Check the hash chain of a run; gives the number of events.

    Raises:
        JournalTampered: an event was changed, removed or added; the first one is named.
    """
    before, head, count = runs.find(connection, run), GENESIS, 0
    for row in _all(connection, run):
        count += 1
        head = link(head, run, count, row.at_us, row.epoch, row.kind, row.body)
        ends_otherwise = count == before.seq and head != before.head
        if row.seq != count or row.hash != head or ends_otherwise:
            raise _tampered(run, count)
    if count < before.seq:
        raise _tampered(run, count + 1)
    if count > (now := runs.find(connection, run)).seq:
        raise _tampered(run, now.seq + 1)
    return count


def keep_late(connection: Connection, run: str, epoch: int, lines: list[Line]) -> None:
    """Keep what a fenced host wanted to append, as evidence."""
    rows = [
        {"run": run, "epoch": epoch, "at_us": line.at_us, "kind": line.kind, "body": line.body}
        for line in lines
    ]
    if rows:
        connection.execute(t.late_outcomes.insert(), rows)


def late(connection: Connection, run: str) -> list[tuple[int, str, str]]:
    """Read what fenced hosts wanted to append: (epoch, kind, body)."""
    return [(row.epoch, row.kind, row.body) for row in LATE(connection, run=run)]


def _all(connection: Connection, run: str) -> Iterator[Row]:
    """Go through all lines, a page at a time: no lock is held and little memory used."""
    after = 0
    while rows := READ(connection, run=run, after=after, until=after + PAGE):
        yield from rows
        after += PAGE


def _record(run: str, row: Row) -> Record:
    event = load(row.kind, row.body)
    return Record(run, row.seq, from_us(row.at_us), row.epoch, event, row.hash)


def _tampered(run: str, seq: int) -> JournalTampered:
    return JournalTampered(
        f"The hash chain of run {run} breaks at event {seq}: it was changed, removed or added.",
        f"Events before {seq} can be trusted; restore the journal from a copy. To look at it as it "
        "is: Workbench(…, read_only=True).",
        run=run,
        seq=seq,
    )
