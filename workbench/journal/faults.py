"""Errors of databases, said so that a person knows what to do."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from workbench.errors import JournalDamaged, JournalError
from workbench.journal.lockers import lockers_in_words
from workbench.journal.place import not_a_database

DAMAGED = ("malformed", "no such table", "no such column", "relation ", "decode")
"""Words by which a database says that what it has on disk makes no sense."""
CURES = {
    ("full", "no space"): (
        "Free some space; nothing that was committed is lost, and the run goes on from there."
    ),
    ("disk i/o",): (
        "Check the disk and its free space; nothing that was committed is lost, and the run goes "
        "on from there."
    ),
    ("readonly", "read-only", "permission"): (
        "Choose a place where you may write, or ask for the right to."
    ),
    ("unable to open",): "Check that the folder exists and that you may write to it.",
    ("locked", "lock timeout", "deadlock"): "Close the program that holds it locked; try again.",
    ("does not exist",): "Create it first, or correct the URL.",
    ("authentication failed", "no password"): "Correct the user or the password in the URL.",
    ("constraint",): "This is a fault of the workbench: please report it.",
}
"""What to do, by words of the database's own message; the first that fits counts."""

UNREACHABLE = (
    "Check that the database can be reached; nothing that was committed is lost, and the run goes "
    "on from there."
)
UNSURE = (
    "The connection broke during a commit, so its last events may be on disk or not: open the run "
    "again, it goes on from what is there."
)


def is_disconnect(error: Exception, connection: Connection) -> bool:
    """Whether an error came because the connection is gone."""
    original, dialect = getattr(error, "orig", None) or error, connection.dialect
    if connection.invalidated or not isinstance(original, dialect.loaded_dbapi.Error):
        return connection.invalidated
    return dialect.is_disconnect(original, connection.connection, None)


def closed(name: str) -> JournalError:
    """Say that it was closed."""
    return JournalError(f"The journal {name} is closed.", "Open it again.", journal=name)


def opened_for_reading(name: str) -> JournalError:
    """Say that nothing may be written to it."""
    return JournalError(
        f"The journal {name} was opened only for reading.",
        "Open it without read_only=True to write to it.",
        journal=name,
    )


def damaged(error: Exception, name: str) -> JournalError:
    """Say that what was read makes no sense."""
    text = " ".join(str(error).split())
    what = f"The journal {name} cannot be read: {text}."
    return JournalDamaged(what, salvage_advice(name), journal=name)


def salvage_advice(name: str) -> str:
    """Say what to do with a damaged journal."""
    if "://" in name:
        return "It was left as it is: restore it from a backup."
    return (
        f"It is damaged and was left as it is: `workbench doctor --journal '{name}'` says how far "
        f"each run can be read, `workbench salvage '{name}' NEW` copies that into a new journal."
    )


def explain(error: Exception, name: str, *, unsure: bool = False) -> JournalError:
    """Turn a database error into one that says what to do; `unsure`: it broke during a commit."""
    original = getattr(error, "orig", None) or error
    if getattr(original, "sqlite_errorname", "") == "SQLITE_NOTADB":
        return not_a_database(name)
    text = " ".join(str(original).split()).rstrip(".")
    low = text.lower()
    if not unsure and any(word in low for word in DAMAGED):
        return damaged(original, name)
    fits = (cure for words, cure in CURES.items() if any(word in low for word in words))
    if "locked" in low and "://" not in name:
        text = f"{text}. {lockers_in_words(Path(name))}".rstrip(". ")
    cure = UNSURE if unsure else next(fits, UNREACHABLE)
    return JournalError(f"The journal {name} cannot be used: {text}.", cure, journal=name)
