"""One database that holds a journal: found or founded, and the refusal of what is none of ours."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from workbench.errors import JournalError, NotAJournal
from workbench.journal import schema
from workbench.journal.engines import is_file, reader_engine, vacuum, writer_engine
from workbench.journal.faults import closed, damaged, explain
from workbench.journal.filesystem import journal_mode
from workbench.journal.migrations import migrate, version_of
from workbench.journal.place import check_path, url_of

_opened: weakref.WeakSet[Database] = weakref.WeakSet()
FOUNDING = 887_766
"""The advisory lock under which PostgreSQL lets one process at a time make or change the tables."""


class Database:
    """Two doors to one database: one that writes, one that only reads."""

    def __init__(self, url: URL, *, read_only: bool = False) -> None:
        """Prepare; nothing is opened yet."""
        self.url, self.read_only = url, read_only
        self.path = Path(str(url.database)) if is_file(url) else None
        self.name = str(self.path or url.render_as_string(hide_password=True))
        """What people call it: the file, or the URL without its password."""
        self.writer = writer_engine(url, lambda: self._journal_mode)
        self.reader = reader_engine(url, mode="ro" if read_only else "rw")
        self.closed = False
        self._process = os.getpid()
        self._file: tuple[int, int] | None = None

    def check(self) -> None:
        """Refuse to work on what is no longer this process's open journal.

        Raises:
            JournalError: it was closed, opened before a fork, or its file was deleted.
        """
        if self.closed:
            raise closed(self.name)
        self.refuse_fork()
        if self.replaced:
            raise JournalError(
                f"The file {self.name} was deleted, moved or replaced while it was open.",
                "Put it back where it was and open the journal again.",
                journal=self.name,
            )

    @property
    def replaced(self) -> bool:
        """Whether its file was deleted, moved, or replaced by another one since it was opened."""
        return self._file is not None and self._file != self._identity()

    @property
    def inherited(self) -> bool:
        """Whether a parent process opened it: databases do not survive a fork."""
        return self._process != os.getpid()

    def refuse_fork(self) -> None:
        """Refuse to go on in a forked process; SQLite cannot even open the same file in it.

        Raises:
            JournalError: a parent process opened this journal and has not closed it.
        """
        if self.inherited:
            raise JournalError(
                f"The journal {self.name} was opened before this process was forked off.",
                "Start processes with the method `spawn`, and open the journal in them.",
                journal=self.name,
            )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read; each statement sees what was committed before it.

        Raises:
            JournalError: it cannot be read.
        """
        self.check()
        with self._explaining(), self.reader.connect() as connection:
            try:
                yield connection
            finally:
                if self.closed and not self.inherited:
                    connection.invalidate()  # its pool is gone: nobody else would close it

    def vacuum(self) -> None:
        """Let the database give free room back to the disk.

        Raises:
            JournalError: it is in use, or the disk has no room for the copy that this takes.
        """
        self.check()
        with self._explaining():
            vacuum(self.url)

    def is_fault(self, error: Exception) -> bool:
        """Whether the database or its driver raised it."""
        return isinstance(error, (SQLAlchemyError, self.writer.dialect.loaded_dbapi.Error))

    def close(self) -> None:
        """Close the reader's connections; the writer's thread closes its own."""
        was_closed, self.closed = self.closed, True
        if not (was_closed or self.inherited):
            self.reader.dispose()

    def open(self) -> None:
        """Find the tables; make them where nothing is, bring them up to date where they are old."""
        exists = self.path is None or self.path.exists()
        if self.read_only:
            self._refuse_foreign(exists=exists)
        else:
            self._bring_up(self._found() if exists else None)
        self._file = self._identity()
        _opened.add(self)

    def _bring_up(self, found: int | None) -> None:
        self._leave_log()
        if found != schema.VERSION:
            with self._explaining(), self.writer.begin() as connection:
                self._make(connection)

    def _leave_log(self) -> None:
        """Give the write-ahead log up where the file has come to a file system without one.

        That takes the file for a moment as a whole, so the reader lets go of it first.
        """
        if self.path is not None and self._journal_mode != "wal":
            self.reader.dispose()
            with self._explaining(), self.writer.connect():
                pass

    @cached_property
    def _journal_mode(self) -> str:
        """How SQLite keeps the file safe where it is; elsewhere it would be another file."""
        return journal_mode(Path(os.path.realpath(self.path or "")))

    def _refuse_foreign(self, *, exists: bool) -> None:
        """Refuse what is no journal, without making one; an older version can be read as it is."""
        if not exists or self._found() is None:
            raise NotAJournal(
                f"There is no journal {self.name}.", "Name the right one.", journal=self.name
            )

    def _found(self) -> int | None:
        """Look with the reader, which leaves a file of something else as it is."""
        with self.reading() as connection:
            return _version(connection, self.name)

    def _make(self, connection: Connection) -> None:
        if self.path is None:
            connection.execute(text(f"select pg_advisory_xact_lock({FOUNDING})"))
        version = _version(connection, self.name)
        if version is None:
            schema.metadata.create_all(connection)
            rows = {"format": schema.FORMAT, "version": str(schema.VERSION)}
            values = [{"key": key, "value": value} for key, value in rows.items()]
            connection.execute(schema.meta.insert(), values)
        elif version < schema.VERSION:
            migrate(connection, self.name, version)

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, TypeError, OverflowError) as error:
            raise damaged(error, self.name) from error
        except Exception as error:
            if self.is_fault(error):
                raise explain(error, self.name) from error
            raise

    def _identity(self) -> tuple[int, int] | None:
        if self.path is None:
            return None
        try:
            status = os.stat(self.path)  # noqa: PTH116 - three times as fast, and before each read
        except OSError:
            return None
        return status.st_dev, status.st_ino


def open_database(place: str | Path, *, read_only: bool = False) -> Database:
    """Open or create a journal at a path or a SQLAlchemy URL.

    Raises:
        NotAJournal: something else is there.
        JournalTooNew: a newer version wrote it.
        JournalError: it cannot be opened: no such folder, no permission, no server, full disk.
    """
    url = url_of(place)
    if is_file(url):
        check_path(Path(str(url.database)))
        for other in _opened:
            if other.url == url and not other.closed:
                other.refuse_fork()
    database = Database(url, read_only=read_only)
    try:
        database.open()
    except BaseException:
        database.close()
        database.writer.dispose()
        raise
    return database


def _version(connection: Connection, name: str) -> int | None:
    """Give the version of the journal's tables; None when there is nothing."""
    inspector = inspect(connection)
    tables = [*inspector.get_table_names(), *inspector.get_view_names()]
    if schema.meta.name in tables:
        return version_of(connection, name)
    if tables and connection.dialect.name == "sqlite":
        raise NotAJournal(
            f"{name} is a SQLite database of something else "
            f"(it has the tables {', '.join(sorted(tables)[:5])}).",
            "Choose another file name; the file was left as it is.",
            journal=name,
        )
    return None
