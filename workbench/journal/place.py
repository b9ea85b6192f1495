"""Where a journal is: a file or a server, and what is refused before anything is opened."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from workbench.errors import JournalError, NotAJournal

SMALLEST_DATABASE = 512
"""Bytes of the smallest SQLite file."""


def url_of(place: str | Path) -> URL:
    """Understand a path or a SQLAlchemy URL.

    Raises:
        JournalError: it names no place where a journal can be kept.
    """
    text = str(place)
    url = _parsed(text) if "://" in text else URL.create("sqlite", database=text)
    backend = url.get_backend_name()
    if backend == "sqlite":
        return URL.create("sqlite", database=str(_path(url)))
    if backend != "postgresql":
        raise JournalError(f"A journal cannot be kept in {backend}.", "Use SQLite or PostgreSQL.")
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def check_path(path: Path) -> None:
    """Refuse what can be no journal, without opening it.

    To open and close a SQLite file by other means than SQLite would drop the locks that this
    process holds on it, so only its outside is looked at.

    Raises:
        NotAJournal: a folder or a small foreign file is there.
        JournalError: its folder does not exist, or may not be looked into.
    """
    name = str(path)
    try:
        is_folder, has_folder = path.is_dir(), path.parent.is_dir()
        size = path.stat().st_size if path.exists() else 0
    except OSError as error:
        what, cure = f"{name} cannot be used: {error.strerror}.", "Choose a place of your own."
        raise JournalError(what, cure, journal=name) from error
    if is_folder:
        raise NotAJournal(f"{name} is a folder.", "Give the name of a file in it.", journal=name)
    if not has_folder:
        raise JournalError(
            f"The folder {path.parent} does not exist.",
            "Create it first, or choose another place for the journal.",
            journal=name,
        )
    if 0 < size < SMALLEST_DATABASE:
        raise not_a_database(name)


def not_a_database(name: str) -> NotAJournal:
    """Say that a file is something else."""
    return NotAJournal(
        f"{name} exists and is not a workbench journal (it is no SQLite file).",
        "Choose another file name; the file was left as it is.",
        journal=name,
    )


def _parsed(text: str) -> URL:
    try:
        url = make_url(text)
        if url.get_dialect().is_async:
            raise ArgumentError(f"{url.drivername} is asynchronous")  # noqa: TRY301 - said below
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise JournalError(
            f"{text.partition('://')[0]}://… is no database URL that can be used: {error}.",
            "Give a file name, or a URL such as postgresql+psycopg://user@host/name.",
        ) from error
    return url


def _path(url: URL) -> Path:
    database = url.database or ""
    if database in ("", ":memory:") or url.query:
        raise JournalError(
            f"{url.render_as_string()} is no plain file, and a journal must outlive its process.",
            "Give a file name, such as runs.db.",
        )
    try:
        return Path(database).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise JournalError(f"{database!r} is no usable path: {error}.", "Give another.") from error
