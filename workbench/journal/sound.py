"""What can be trusted of a damaged journal: each run up to its first fault, which is named.

Every line is checked against the chain from the first one on, so what is read is what was written,
or it is not read. Snapshots are left aside, and where the row of a run and its events disagree, the
events count.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Row, TextClause, text

from workbench.errors import JournalDamaged, JournalError, NotFound
from workbench.events import Record, load
from workbench.journal import runs
from workbench.journal.chain import GENESIS, link
from workbench.journal.database import Database
from workbench.journal.faults import salvage_advice
from workbench.journal.rows import RunRow
from workbench.journal.times import from_us
from workbench.view import RunView, fold

BY_INDEX = text("select * from wb_events where run = :run order by seq")
BY_TABLE = text("select * from wb_events not indexed where run = :run")
"""The same without the index, in the order of writing: for when the index is what is damaged."""
ROWS = (text("select * from wb_runs"), text("select * from wb_runs not indexed"))
NAMES = (
    text("select distinct run from wb_events"),
    text("select distinct run from wb_events not indexed"),
)


@dataclass
class Prefix:
    """The sound beginning of one run."""

    run: str
    rows: list[Row[Any]] = field(default_factory=list)
    """As they are written."""
    records: list[Record] = field(default_factory=list)
    """The same, understood."""
    view: RunView = field(init=False)
    """Their fold."""
    head: str = GENESIS
    why: str = ""
    """What is wrong with the next line; empty: nothing, it ends here."""

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self.view = RunView(run=self.run)

    def take(self, row: Row[Any]) -> bool:
        """Take a line if it is the next one and what was written; False at the first fault."""
        if row.seq != len(self.rows) + 1:
            self.why = "it is missing"
            return False
        head = link(self.head, self.run, row.seq, row.at_us, row.epoch, row.kind, row.body)
        if head != row.hash:
            self.why = "it was changed, because it does not fit its hash"
            return False
        try:
            event = load(row.kind, row.body)
            record = Record(self.run, row.seq, from_us(row.at_us), row.epoch, event, head)
            fold(self.view, record)
        except JournalError as error:
            self.why = error.what
            return False
        self.rows.append(row)
        self.records.append(record)
        self.head = head
        return True


class Sound:
    """Reads a journal as far as it can be trusted; writes nothing."""

    def __init__(self, database: Database) -> None:
        """Read through the database's own door for readers."""
        self._database = database

    def prefix(self, run: str) -> Prefix:
        """Read a run by the index and, if that breaks, by the table; the longer one counts."""
        first = self._follow(run, BY_INDEX)
        if not first.why or self._database.path is None:
            return first
        second = self._follow(run, BY_TABLE)
        return second if len(second.rows) > len(first.rows) else first

    def records(self, run: str, after: int = 0, limit: int | None = None) -> list[Record]:
        """Read the sound events of a run behind `after`."""
        read = self.prefix(run).records
        return read[after:] if limit is None else read[after : after + limit]

    def fault(self, run: str) -> JournalDamaged | None:
        """Say where a run is damaged; None when it is whole."""
        return self._fault(self.prefix(run), self._rows().get(run))

    def faults(self) -> dict[str, JournalDamaged]:
        """Give the runs that are damaged, each with what is wrong."""
        rows = self._rows()
        found = {run: self._fault(self.prefix(run), rows.get(run)) for run in self.names()}
        return {run: fault for run, fault in found.items() if fault is not None}

    def run(self, run: str) -> RunRow:
        """Give one run as its sound events tell it.

        Raises:
            NotFound: there is no such run.
        """
        prefix, row = self.prefix(run), self._rows().get(run)
        if row is None and not prefix.rows:
            raise NotFound(
                f"The journal has no run {run!r}.", "bench.runs() lists those that it has.", run=run
            )
        return _told(prefix, row)

    def runs(self) -> list[RunRow]:
        """List all runs, newest first."""
        rows = self._rows()
        told = [_told(self.prefix(run), rows.get(run)) for run in self.names()]
        return sorted(told, key=lambda row: row.created, reverse=True)

    def names(self) -> list[str]:
        """Give the runs that have a row or an event that can be read."""
        statements = NAMES if self._database.path is not None else NAMES[:1]
        found = [row[0] for statement in statements for row in self.tolerant(statement)]
        names = [*self._rows(), *(n for n in found if isinstance(n, str) and self.prefix(n).rows)]
        return list(dict.fromkeys(names))

    def tolerant(self, statement: TextClause) -> list[Row[Any]]:
        """Read rows up to the first that cannot be read."""
        found: list[Row[Any]] = []
        self._hand_out(statement, found.append)
        return found

    def _follow(self, run: str, statement: TextClause) -> Prefix:
        prefix = Prefix(run)
        broken = self._hand_out(statement, prefix.take, run=run)
        prefix.why = prefix.why or broken
        return prefix

    def _hand_out(
        self, statement: TextClause, take: Callable[[Row[Any]], bool | None], **parameters: str
    ) -> str:
        """Hand rows out one by one until `take` gives False; gives why reading broke off."""
        try:
            with self._database.reading() as connection:
                for row in connection.execute(statement, parameters):
                    if take(row) is False:
                        break
        except JournalError as error:
            return error.what
        return ""

    def _rows(self) -> dict[str, RunRow]:
        """Give the rows of runs that can be understood, by id."""
        found: dict[str, RunRow] = {}
        for statement in ROWS if self._database.path is not None else ROWS[:1]:
            for row in self.tolerant(statement):
                with suppress(ValueError, TypeError, OverflowError):
                    if isinstance(row.id, str):
                        found.setdefault(row.id, runs.row_of(row))
        return found

    def _fault(self, prefix: Prefix, row: RunRow | None) -> JournalDamaged | None:
        why = prefix.why
        if not why and row is None:
            why = "the run is missing in the list of runs"
        elif row is not None and not why and (row.seq, row.head) != (len(prefix.rows), prefix.head):
            why = f"the list of runs says that the run ends with event {row.seq}"
        if not why:
            return None
        name, seq = self._database.name, len(prefix.rows) + 1
        return JournalDamaged(
            f"The journal {name} is damaged: run {prefix.run} can be read up to event {seq - 1}; "
            f"of event {seq}: {why.rstrip('.')}.",
            salvage_advice(name),
            journal=name,
            run=prefix.run,
            seq=seq,
        )


def _told(prefix: Prefix, row: RunRow | None) -> RunRow:
    """Give the row of a run: what its events say goes before what stands in the list of runs."""
    view, never = prefix.view, from_us(0)
    if row is None:
        row = RunRow(prefix.run, None, "", "", never, never, 0, "", 0, "", never, 0, 0, 0)
    return replace(
        row,
        key=view.key,
        goal=view.goal,
        state=view.state,
        created=view.created or never,
        updated=view.at or never,
        seq=view.seq,
        head=prefix.head,
        epoch=view.epoch,
        done=sum(view.counts.get(state, 0) for state in ("succeeded", "skipped")),
        total=len(view.steps),
        open_requests=len(view.open_requests),
    )
