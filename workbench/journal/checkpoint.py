"""Checkpoints of SQLite's write-ahead log: by one process at a time, and in quiet moments.

Versions 3.7.0 to 3.51.2 of SQLite can corrupt a database when two processes checkpoint and reset
the log at once. So no connection does it by itself; of the processes that hold leases one is named
in the journal, and only its writer does it. The last connection that closes cleans up: it is alone.
"""

from __future__ import annotations

import sqlite3
import time
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, text

from workbench.journal import schema as t
from workbench.journal.database import Database
from workbench.journal.engines import LOG_LEFT_BYTES
from workbench.journal.lease import is_dead
from workbench.journal.prepared import Change, Query, Value
from workbench.journal.times import to_us

KEY = "checkpointer"
EVERY = 16
"""Commits after which the size of the log is looked at."""
COMMITS = 48
"""Commits after which it is checkpointed in the middle of work, too."""
LIMIT_BYTES = 768 * 1024
"""Size beyond which it is, when it has grown since the last time: an emptied log keeps its size."""
QUIET_S = 0.5
"""Seconds without work after which it is checkpointed, whatever its size."""

NAMED = Value(select(t.meta.c.value).where(t.meta.c.key == bindparam("key")))
ACTIVE = Query(
    select(t.runs.c.id).where(
        t.runs.c.owner == bindparam("owner"), t.runs.c.lease_until_us > bindparam("now_us")
    )
)
NAME = Change(
    text("insert into wb_meta (key, value) values (:key, :owner)"),
    "on conflict (key) do update set value = excluded.value",
)


def claim(connection: Connection, owner: str, now: datetime) -> bool:
    """Become the one that checkpoints, unless another living holder of a lease is."""
    if connection.dialect.name != "sqlite":
        return False
    named = NAMED(connection, key=KEY)
    if named == owner:
        return True
    if named and not is_dead(named) and ACTIVE.first(connection, owner=named, now_us=to_us(now)):
        return False
    NAME(connection, key=KEY, owner=owner)
    return True


class Checkpoints:
    """Decides when the log is checkpointed; the writer's thread does it."""

    def __init__(self, database: Database) -> None:
        """Nothing is due."""
        self._database = database
        self.owner = ""
        """Under which name this process may checkpoint; empty: it may not."""
        self._commits = 0
        """Since the last checkpoint."""
        self._last = 0.0
        self._full = False
        self._resting = True
        self._emptied_bytes = 0

    @property
    def patience_s(self) -> float | None:
        """Seconds that the writer's thread waits for work before it looks; None: for ever."""
        return None if self._resting else QUIET_S

    def rest(self) -> None:
        """Let the writer's thread wait for ever, unless there was a commit."""
        self._resting = True
        if self._commits:  # looked at after: a commit that came between has seen it, or is seen
            self._resting = False

    @property
    def due(self) -> bool:
        """Whether the log is too long, or nothing was written for a while."""
        return self._full or (self._commits > 0 and time.monotonic() - self._last >= QUIET_S)

    def committed(self) -> bool:
        """Note a commit; True when the writer's thread should look."""
        if not self.owner:
            return False
        self._commits += 1
        self._last = time.monotonic()
        rested, self._resting = self._resting, False
        if self._commits % EVERY == 0:
            self._full = self._full or self._commits >= COMMITS or self._has_grown()
            return self._full or rested
        return rested

    def _has_grown(self) -> bool:
        known = min(self._emptied_bytes, LOG_LEFT_BYTES)
        return log_bytes(self._database) > max(LIMIT_BYTES, known)

    def now(self, connection: Connection | None) -> None:
        """Put into the database what can be, without waiting for anybody."""
        self._commits, self._full = 0, False
        if connection is None or not self.owner:
            return
        cursor = connection.connection.cursor()
        try:
            named = cursor.execute("select value from wb_meta where key = ?", [KEY]).fetchone()
            if named == (self.owner,):
                cursor.execute("pragma wal_checkpoint(passive)").fetchall()
                self._emptied_bytes = log_bytes(self._database)
            else:
                self.owner = ""
        except sqlite3.Error:
            # What is wrong with the file is told to whoever commits next.
            return
        finally:
            cursor.close()


def log_bytes(database: Database) -> int:
    """Give the bytes of a journal's write-ahead log; 0 when there is none."""
    if database.path is None:
        return 0
    try:
        return database.path.with_name(database.path.name + "-wal").stat().st_size
    except OSError:
        return 0
