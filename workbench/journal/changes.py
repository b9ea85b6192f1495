"""Whether anything was committed since one last asked, cheaply enough to ask all the time."""

from __future__ import annotations

import sqlite3

from workbench.journal.engines import watching_connection
from workbench.journal.reader import JournalReader


class Changes:
    """Watches one journal for commits, of whichever process; for one caller in one thread.

    SQLite counts them: https://sqlite.org/pragma.html#pragma_data_version. A server is not asked:
    there every answer is that something may have changed.
    """

    def __init__(self, journal: JournalReader) -> None:
        """Open nothing yet."""
        self._journal = journal
        self._connection: sqlite3.Connection | None = None
        self._seen: int | None = None
        self._closed = False

    def any(self) -> bool:
        """Say whether something may have been committed since this was last asked; never waits.

        Closed, it opens nothing again, and nothing has changed.
        """
        if self._closed or self._journal.path is None:
            return not self._closed
        before = self._seen
        try:
            if self._connection is None:
                self._connection = watching_connection(self._journal.url)
            ((self._seen,),) = self._connection.execute("pragma data_version").fetchall()
        except sqlite3.Error:  # it is locked, or gone: whoever reads it now hears why
            return True
        return self._seen != before

    def close(self) -> None:
        """Let go of the journal."""
        self._closed = True
        if self._connection is not None:
            self._connection.close()
            self._connection = None
