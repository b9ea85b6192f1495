"""What can be looked up in a journal: runs, events, commands, rules, artifacts and sizes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from workbench.commands import Command
from workbench.errors import JournalDamaged
from workbench.events import Record
from workbench.journal import (
    artifacts,
    checkpoint,
    commands,
    lines,
    retention,
    runs,
    snapshot,
    standing,
)
from workbench.journal.database import open_database
from workbench.journal.retention import Sizes
from workbench.journal.rows import CommandRow, RunRow
from workbench.journal.sound import Sound
from workbench.journal.standing import StandingRule

T = TypeVar("T")


class JournalReader:
    """The reading half of a journal; safe to use from any thread.

    Every method raises `JournalError` when the database cannot be read.
    """

    def __init__(self, place: str | Path, *, read_only: bool = False) -> None:
        """Open or create the journal at a path or a SQLAlchemy URL; see `open_database`.

        With `read_only` it is not created and never written to. Each run is read as far as its
        hash chain holds, so a damaged journal can be looked at; see `fault`.
        """
        self._database = open_database(place, read_only=read_only)
        self.read_only = read_only
        self.sound = Sound(self._database)
        """What can be trusted of it, however damaged it is."""
        self.name = self._database.name
        self.path = self._database.path
        """Its file; None where it is on a server."""
        self.url = self._database.url

    @property
    def closed(self) -> bool:
        """Whether it was closed in this process."""
        return self._database.closed

    @property
    def replaced(self) -> bool:
        """Whether its file was deleted, moved, or replaced by another one since it was opened."""
        return self._database.replaced

    # -- runs --------------------------------------------------------------------------------

    def runs(self) -> list[RunRow]:
        """List all runs, newest first."""
        if self.read_only:
            return self.sound.runs()
        with self._database.reading() as connection:
            return runs.every(connection)

    def driven(self) -> dict[str, str]:
        """Give the runs that somebody drives, with who does."""
        with self._database.reading() as connection:
            return runs.driven(connection)

    def untold_runs(self) -> list[str]:
        """Give the runs that have ended, and of whose end nobody seems to have been told."""
        with self._database.reading() as connection:
            return runs.untold(connection)

    def run(self, run: str) -> RunRow:
        """Give one run's row.

        Raises:
            NotFound: there is no such run.
        """
        if self.read_only:
            return self.sound.run(run)
        with self._database.reading() as connection:
            return runs.find(connection, run)

    # -- events ------------------------------------------------------------------------------

    def records(
        self,
        run: str,
        after: int = 0,
        limit: int | None = None,
        *,
        head: str | None = None,
        kinds: Collection[str] = (),
    ) -> list[Record]:
        """Read events in order, from the one behind `after`.

        Args:
            run: the run.
            after: the event behind which they begin.
            limit: how many at most.
            head: check all that are read against the chain, which ends with this hash.
            kinds: only events of these kinds; empty: of all.

        Raises:
            JournalTampered: one does not fit the chain; it is named.
        """
        if self.read_only:
            read = self.sound.records(run, after, limit)
            return [record for record in read if not kinds or record.kind in kinds]
        with self._database.reading() as connection:
            if head is not None:
                return lines.read_checked(connection, run, after, head)
            if kinds:
                return lines.read_kinds(connection, run, after, kinds)
            return lines.read(connection, run, after, limit)

    def verify(self, run: str) -> int:
        """Check the hash chain of a run; gives the number of events.

        Raises:
            JournalTampered: an event was changed, removed or added; the first one is named.
            JournalDamaged: the same, of a journal that was opened only for reading.
        """
        if self.read_only and (fault := self.sound.fault(run)) is not None:
            raise fault
        with self._database.reading() as connection:
            return lines.verify(connection, run)

    def fault(self, run: str) -> JournalDamaged | None:
        """Say where a run is damaged, and what to do; None when it is whole."""
        return self.sound.fault(run)

    def faults(self) -> dict[str, JournalDamaged]:
        """Give the runs that are damaged, each with its first fault; reads every event."""
        return self.sound.faults()

    def late_outcomes(self, run: str) -> list[tuple[int, str, str]]:
        """Read what fenced hosts wanted to append: (epoch, kind, body)."""
        with self._database.reading() as connection:
            return lines.late(connection, run)

    # -- commands ----------------------------------------------------------------------------

    def was_ordered(self, run: str, command: Command) -> bool:
        """Say whether this order was written already, by its name; one without a name never was."""
        if not command.order:
            return False
        with self._database.reading() as connection:
            return commands.named(connection, run, command.order) is not None

    def open_commands(self, run: str) -> list[CommandRow]:
        """Read the commands that nobody has decided yet, oldest first."""
        with self._database.reading() as connection:
            return commands.waiting(connection, run)

    def decided_commands(self, run: str) -> list[CommandRow]:
        """Read the commands that were carried out or refused, oldest first."""
        with self._database.reading() as connection:
            return commands.decided(connection, run)

    def command_row(self, number: int) -> CommandRow:
        """Read one command.

        Raises:
            NotFound: there is no such command.
        """
        with self._database.reading() as connection:
            return commands.find(connection, number)

    def runs_with_commands(self) -> set[str]:
        """Give the runs that have commands waiting."""
        with self._database.reading() as connection:
            return commands.runs_waiting(connection)

    def errands(self) -> list[CommandRow]:
        """Read what workbenches are asked for and have not begun, of all runs, oldest first."""
        with self._database.reading() as connection:
            return commands.errands(connection)

    # -- standing rules ----------------------------------------------------------------------

    def rules_revision(self) -> int:
        """Give a number that differs after every change of the rules; 0: there never was one."""
        with self._database.reading() as connection:
            if self.read_only and not standing.is_kept(connection):
                return 0
            return standing.revision(connection)

    def rules(self) -> tuple[int, list[StandingRule]]:
        """Give the revision of the rules, and every rule that was ever set, oldest first."""
        with self._database.reading() as connection:
            if self.read_only and not standing.is_kept(connection):
                return 0, []
            # The revision first: a rule that is set in between is only looked at once more.
            return standing.revision(connection), standing.history(connection)

    # -- snapshots and artifacts -------------------------------------------------------------

    def snapshots(self, run: str, fold: int, before: int | None = None) -> list[tuple[int, str]]:
        """Read the snapshots that this fold can use, newest first; damaged ones are left out."""
        if self.read_only:
            return []
        with self._database.reading() as connection:
            return snapshot.read(connection, run, fold, lines.END if before is None else before)

    def artifact(self, digest: str) -> bytes:
        """Read the bytes of an artifact.

        Raises:
            NotFound: it is not in this journal.
            JournalTampered: its bytes are not those that it is named by.
        """
        with self._database.reading() as connection:
            return artifacts.get(connection, digest)

    def missing_artifacts(self, digests: Iterable[str]) -> set[str]:
        """Give those artifacts that are not in this journal."""
        with self._database.reading() as connection:
            return artifacts.missing(connection, digests)

    # -- upkeep ------------------------------------------------------------------------------

    def sizes(self) -> Sizes:
        """Measure what each run and the artifacts take; reads every event."""
        with self._database.reading() as connection:
            return retention.sizes(connection)

    def log_bytes(self) -> int:
        """Give the bytes of SQLite's write-ahead log; 0 where there is none."""
        return checkpoint.log_bytes(self._database)

    def pruned(self) -> list[tuple[str, dict[str, object]]]:
        """Give what was removed and when, oldest first."""
        with self._database.reading() as connection:
            return list(retention.history(connection))

    def read(self, work: Callable[[Connection], T]) -> T:
        """Look something up that has no method of its own."""
        with self._database.reading() as connection:
            return work(connection)
