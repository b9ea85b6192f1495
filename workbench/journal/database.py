"""Opening a database: connections, pragmas, and the refusal of what is no journal of ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from workbench.errors import JournalError, JournalTooNew, NotAJournal
from workbench.journal import schema

SQLITE_MAGIC = b"SQLite format 3\x00"
BUSY_TIMEOUT_MS = 10_000
"""How long a connection waits for another process's commit."""


@dataclass(frozen=True)
class Database:
    """Two doors to one database: one that writes, one that only reads."""

    url: URL
    writer: Engine
    reader: Engine

    @property
    def name(self) -> str:
        """What people call it: the file, or the URL without its password."""
        if self.url.get_backend_name() == "sqlite":
            return str(self.url.database)
        return self.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Close all connections."""
        self.writer.dispose()
        self.reader.dispose()


def open_database(place: str | Path) -> Database:
    """Open or create a journal at a path or a SQLAlchemy URL.

    Raises:
        NotAJournal: something else is there.
        JournalTooNew: a newer version wrote it.
        JournalError: it cannot be opened: no such folder, no permission, no server, full disk.
    """
    url = _url_of(place)
    if url.get_backend_name() == "sqlite":
        _check_file(url)
    database = Database(url, _engine(url, read_only=False), _engine(url, read_only=True))
    try:
        with database.writer.begin() as connection:
            _adopt(connection, database.name)
    except SQLAlchemyError as error:
        database.close()
        raise explain(error, database.name) from error
    except JournalError:
        database.close()
        raise
    return database


def explain(error: SQLAlchemyError, name: str) -> JournalError:
    """Turn a database error into one that says what to do."""
    text_of = str(getattr(error, "orig", None) or error).strip()
    low = text_of.lower()
    if "full" in low or "no space" in low:
        cure = (
            "Free some space; nothing that was committed is lost, and the run goes on from there."
        )
    elif "readonly" in low or "read-only" in low or "permission" in low:
        cure = "Choose a place where you may write."
    elif "unable to open" in low:
        cure = "Check that the folder exists and that you may write to it."
    elif "malformed" in low or "not a database" in low:
        cure = "The file is damaged: copy it away and run `workbench verify` on the copy."
    elif "locked" in low:
        cure = "Another program holds the file locked; close it and try again."
    else:
        cure = "Check that the database is reachable."
    return JournalError(f"The journal {name} cannot be used: {text_of}.", cure, journal=name)


def _url_of(place: str | Path) -> URL:
    text_of = str(place)
    if "://" not in text_of:
        return URL.create("sqlite", database=str(Path(text_of).expanduser().resolve()))
    try:
        url = make_url(text_of)
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise JournalError(
            f"{text_of.partition('://')[0]}://… is no database URL that can be used: {error}.",
            "Give a file name, or a URL such as postgresql+psycopg://user@host/name.",
        ) from error
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise JournalError(
            f"A journal cannot be kept in {url.get_backend_name()}.", "Use SQLite or PostgreSQL."
        )
    return url


def _check_file(url: URL) -> None:
    path = Path(str(url.database))
    if path.is_dir():
        raise NotAJournal(
            f"{path} is a folder.", "Give the name of a file in it.", journal=str(path)
        )
    if not path.parent.is_dir():
        raise JournalError(
            f"The folder {path.parent} does not exist.",
            "Create it first, or choose another place for the journal.",
            journal=str(path),
        )
    if path.exists() and path.stat().st_size:
        try:
            with path.open("rb") as file:
                head = file.read(len(SQLITE_MAGIC))
        except OSError as error:
            cure = "Choose a place where you may read and write."
            raise JournalError(f"{path} cannot be read: {error}.", cure) from error
        if head != SQLITE_MAGIC:
            raise NotAJournal(
                f"{path} exists and is not a workbench journal (it is no SQLite file).",
                "Choose another file name; the file was left as it is.",
                journal=str(path),
            )


def _engine(url: URL, *, read_only: bool) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 10})
        event.listen(engine, "connect", _read_only_pragmas if read_only else _writer_pragmas)
        if not read_only:
            event.listen(engine, "begin", _begin_immediate)
        return engine
    options = {"isolation_level": "REPEATABLE READ"} if read_only else {}
    return create_engine(url, pool_pre_ping=True, **options)


def _writer_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute(f"pragma busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")


def _read_only_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute(f"pragma busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("pragma query_only=on")


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once: the driver's own late BEGIN could fail after work was done."""
    connection.exec_driver_sql("begin immediate")


def _adopt(connection: Connection, name: str) -> None:
    """Make the tables, or check that those there are ours and of a version that we know."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(887766)"))
    tables = set(inspect(connection).get_table_names())
    if "wb_meta" not in tables:
        if tables and connection.dialect.name == "sqlite":
            raise NotAJournal(
                f"{name} is a SQLite database of something else "
                f"(it has the tables {', '.join(sorted(tables)[:5])}).",
                "Choose another file name; the file was left as it is.",
                journal=name,
            )
        schema.metadata.create_all(connection)
        rows = [{"key": "format", "value": schema.FORMAT}]
        rows.append({"key": "version", "value": str(schema.VERSION)})
        connection.execute(schema.meta.insert(), rows)
        return
    known = {row.key: row.value for row in connection.execute(select(schema.meta))}
    if known.get("format") != schema.FORMAT:
        raise NotAJournal(
            f"{name} is not a workbench journal.", "Choose another one.", journal=name
        )
    if int(known["version"]) > schema.VERSION:
        raise JournalTooNew(
            f"The journal {name} has version {known['version']}; this workbench knows "
            f"{schema.VERSION}.",
            "Upgrade jupyter-agent-workbench to open it; the file was left as it is.",
            journal=name,
        )
