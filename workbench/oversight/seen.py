"""Which ends of runs a person has seen: kept in the journal, for every process."""

from __future__ import annotations

from collections.abc import Iterator, MutableSet
from functools import partial

from workbench.journal import Journal, marks

SEEN = "seen"


class Seen(MutableSet[str]):
    """The ids of runs whose end was seen: `bench.seen.add(run.id)`."""

    def __init__(self, journal: Journal) -> None:
        """Use a journal; each look reads it."""
        self._journal = journal

    def _names(self) -> set[str]:
        return self._journal.read(partial(marks.names, kind=SEEN))

    def __contains__(self, run: object) -> bool:
        """Whether the end of a run was seen."""
        return run in self._names()

    def __iter__(self) -> Iterator[str]:
        """Go through them."""
        return iter(sorted(self._names()))

    def __len__(self) -> int:
        """Count them."""
        return len(self._names())

    def add(self, run: str) -> None:
        """Note, on disk, that the end of a run was seen.

        Raises:
            JournalError: the journal was opened only for reading.
        """
        self._journal.refuse_writing()
        self._journal.write(partial(marks.put, kind=SEEN, name=run)).result()

    def discard(self, run: str) -> None:
        """Note that it was not."""
        self._journal.refuse_writing()
        self._journal.write(partial(marks.drop, kind=SEEN, name=run)).result()

    def __repr__(self) -> str:
        """Show them."""
        return f"Seen({sorted(self._names())})"
