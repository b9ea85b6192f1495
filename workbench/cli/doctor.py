"""`workbench doctor`: what this machine has, and what of it could do harm."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import typer

from workbench.cli.journals import DEFAULT, JournalOption
from workbench.cli.upkeep import in_words
from workbench.errors import JournalError
from workbench.journal import Journal
from workbench.journal.filesystem import REMOTE, WITHOUT_LOCKS, file_system
from workbench.journal.retention import RunSize
from workbench.report import short_id

Mark = Literal["ok", "note", "bad"]
SIGNS: dict[Mark, str] = {"ok": "✓", "note": "!", "bad": "✕"}

WAL_RESET = ((3, 7, 0), (3, 51, 2))
"""First and last version of SQLite in which resetting the WAL can corrupt a database."""

PACKAGES = ("anyio", "pydantic", "sqlalchemy", "pandas", "plotly", "anywidget")
OPTIONAL = {
    "ipykernel": "extra `lab`",
    "jupyterlab": "extra `lab`",
    "notebook": "extra `lab`",
    "aiosmtpd": "extra `demo`, for the story's mail server",
    "psycopg": "extra `postgres`",
}
PROGRAMS = {
    "node": (("node",), "builds the front end; not needed to use it"),
    "chromium": (
        ("chromium", "chromium-browser", "google-chrome", "chrome"),
        "drives the browser tests; not needed to use it",
    ),
}


LONG_LOG = 64 * 1024 * 1024
"""Bytes of a write-ahead log that nobody has put into the database for long."""
LARGEST = 5
"""Runs whose size is shown."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    mark: Mark
    name: str
    words: str


def doctor(journal: JournalOption = DEFAULT) -> None:
    """Say which versions are here, and whether the journal's place is a safe one."""
    findings = [
        Finding("ok", "python", platform.python_version()),
        sqlite_finding(sqlite3.sqlite_version_info),
        *(_package(name, "") for name in PACKAGES),
        *(_package(name, hint) for name, hint in OPTIONAL.items()),
        *(_program(name) for name in PROGRAMS),
        journal_finding(journal),
        *content_findings(journal),
    ]
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        print(f"{SIGNS[finding.mark]} {finding.name:<{width}}  {finding.words}")
    if any(finding.mark == "bad" for finding in findings):
        raise typer.Exit(1)


def sqlite_finding(found: tuple[int, ...]) -> Finding:
    """Judge a version of SQLite."""
    shown = ".".join(map(str, found))
    first, last = WAL_RESET
    if first <= found <= last:
        words = (
            f"{shown} has the WAL-reset bug (3.7.0 to 3.51.2): two processes that checkpoint at "
            "once can corrupt a journal. Prefer 3.51.3 or newer where several processes write."
        )
        return Finding("note", "sqlite", words)
    return Finding("ok", "sqlite", shown)


def journal_finding(journal: str) -> Finding:
    """Judge the place of a journal."""
    if "://" in journal and not journal.startswith("sqlite"):
        return Finding("ok", "journal", "on a database server")
    path = Path(journal.partition("///")[2] if "://" in journal else journal).expanduser().resolve()
    folder = path if path.is_dir() else path.parent
    if not folder.is_dir():
        return Finding("bad", "journal", f"the folder {folder} does not exist: create it")
    kind = file_system(folder)
    if kind in WITHOUT_LOCKS:
        words = f"{folder} is on a network file system without locks ({kind}): use a local one, "
        return Finding("bad", "journal", f"{words}or PostgreSQL")
    if kind in REMOTE:
        words = (
            f"{folder} is on a network file system ({kind}): slower, because SQLite goes without "
            "its write-ahead log there; a local one or PostgreSQL is better"
        )
        return Finding("note", "journal", words)
    if not os.access(folder, os.W_OK):
        return Finding("bad", "journal", f"{folder} cannot be written: choose another folder")
    state = "is there" if path.is_file() else "is not there yet"
    return Finding("ok", "journal", f"{path} {state}; file system: {kind or 'not known'}")


def content_findings(journal: str) -> list[Finding]:
    """Judge what is in a journal, if there is one: reads all of it and changes nothing."""
    if "://" not in journal and not Path(journal).expanduser().is_file():
        return []
    try:
        opened = Journal(journal, read_only=True)
    except JournalError as error:
        return [Finding("bad", "content", str(error))]
    try:
        return list(_content(opened))
    finally:
        opened.close()


def _content(journal: Journal) -> Iterator[Finding]:
    faults = journal.faults()
    for fault in faults.values():
        yield Finding("bad", "damage", str(fault))
    try:
        sizes = journal.sizes()
    except JournalError as error:
        yield Finding("bad", "content", str(error))
        return
    if log := journal.log_bytes():
        mark: Mark = "note" if log > LONG_LOG else "ok"
        yield Finding(mark, "log", f"{in_words(log)} wait in the write-ahead log")
    words = f"{len(sizes.runs)}, all whole" if not faults else f"{len(sizes.runs)}"
    yield Finding("ok", "runs", words)
    largest = sorted(sizes.runs, key=_bytes_of, reverse=True)
    for run in largest[:LARGEST]:
        words = f"{run.events} events, {in_words(_bytes_of(run))}, {run.state}"
        yield Finding("ok", short_id(run.run), words)
    words = f"{sizes.artifacts}, {in_words(sizes.artifact_bytes)}"
    yield Finding("ok", "artifacts", words)
    if sizes.orphans:
        words = f"{sizes.orphans} artifacts, {in_words(sizes.orphan_bytes)}, belong to no run"
        yield Finding("note", "orphans", f"{words}: workbench gc")


def _bytes_of(run: RunSize) -> int:
    return run.event_bytes + run.snapshot_bytes + run.artifact_bytes


def _package(name: str, hint: str) -> Finding:
    try:
        return Finding("ok", name, version(name))
    except PackageNotFoundError:
        words = f"not installed ({hint})" if hint else "not installed: reinstall the workbench"
        return Finding("note" if hint else "bad", name, words)


def _program(name: str) -> Finding:
    commands, use = PROGRAMS[name]
    found = next((path for command in commands if (path := shutil.which(command))), None)
    return Finding("ok", name, found or f"not found; it {use}")
