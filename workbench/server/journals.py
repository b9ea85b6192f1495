"""The journals that the server shows: those of this user, and no others.

A journal is shown if a kernel of this user has left a note of it (`workbench.whereabouts`), if the
server's own configuration names it, or if somebody who may write has added it by its path below the
server's root folder. Addresses name it by a digest, so no address can hold a path.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path, PurePosixPath

from workbench.errors import JournalError, NotFound
from workbench.journal import Journal
from workbench.whereabouts import Note, is_own_file, journal_id, note_of, notes

MOST_OPEN = 64
"""Journals that pages have open at the same time: as many as there can be streams. The one not
asked for longest is closed."""

Stamp = tuple[tuple[int, int, int], ...]
"""What the system says of a journal's files: of each its number, time in nanoseconds and bytes."""


class Journals:
    """Finds journals by id and keeps those open that pages look at; safe from any thread."""

    def __init__(self, root: Path | None, named: Iterable[str] = ()) -> None:
        """Open nothing yet.

        Args:
            root: below which files can be added; None: nowhere.
            named: files that the configuration names, wherever they are.
        """
        self._root = root.resolve() if root is not None else None
        self._named = [Path(name).expanduser().resolve() for name in named]
        self._added: list[Path] = []
        self._open: OrderedDict[str, Journal] = OrderedDict()
        self._lock = threading.Lock()

    def notes(self) -> list[Note]:
        """List what is shown; those that kernels have opened come with their tools."""
        found = {journal_id(path): Note(journal_id(path), path) for path in self._others()}
        return list((found | {note.id: note for note in notes()}).values())

    def find(self, journal: str) -> Note:
        """Give one.

        Raises:
            NotFound: it is not shown, or not there any more.
        """
        others = (Note(journal, path) for path in self._others() if journal_id(path) == journal)
        note = note_of(journal) or next(others, None)
        if note is None:
            self._forget(journal)
            raise NotFound(f"There is no journal {journal!r}.", "List them again.")
        return note

    def add(self, name: str) -> Note:
        """Show a file below the root folder, too.

        Raises:
            NotFound: there is no such file of this user below the root folder.
            JournalError: it is no journal.
        """
        path = self._below_root(name)
        if path is None or not is_own_file(path):
            raise NotFound("There is no such file.", "Give a path below the server's folder.")
        note = Note(journal_id(path), path)
        Journal(path, read_only=True).close()
        with self._lock:
            if path not in self._added:
                self._added.append(path)
        return note

    def shown(self, note: Note) -> str:
        """Name a journal to people: by its path below the root folder, or by the file alone."""
        if self._root is not None and note.path.is_relative_to(self._root):
            return note.path.relative_to(self._root).as_posix()
        return note.path.name

    def opened(self, note: Note) -> Journal:
        """Give the open journal; one that was deleted and made anew is opened anew.

        Raises:
            JournalError: it cannot be opened.
        """
        with self._lock:
            journal = self._open.pop(note.id, None)
            if journal is not None and journal.replaced:
                journal.close()
                journal = None
            if journal is None:
                journal = Journal(note.path)
            self._open[note.id] = journal
            if len(self._open) > MOST_OPEN:
                _, oldest = self._open.popitem(last=False)
                oldest.close()
        return journal

    def each(
        self, work: Callable[[Note, Journal], None], wanted: Callable[[Note], bool] = lambda _: True
    ) -> dict[str, str]:
        """Do something with every journal; gives what is wrong with those that cannot be read.

        One that no page has open is closed behind it, so that a walk over hundreds takes none from
        a page that looks at it.

        Args:
            work: what to do.
            wanted: says which to open at all.
        """
        faults: dict[str, str] = {}
        for note in filter(wanted, self.notes()):
            try:
                if note.id in self._open:
                    work(note, self.opened(note))
                else:
                    with closing(Journal(note.path)) as journal:
                        work(note, journal)
            except JournalError as fault:
                faults[note.id] = str(fault)
                self._forget(note.id)
        return faults

    def close(self) -> None:
        """Close all that are open."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def _others(self) -> list[Path]:
        return [path for path in (*self._named, *self._added) if is_own_file(path)]

    def _below_root(self, name: str) -> Path | None:
        parts = PurePosixPath(name).parts
        if self._root is None or not parts or "\0" in name or ".." in parts:
            return None
        try:
            path = self._root.joinpath(*(part for part in parts if part != "/")).resolve()
        except (OSError, RuntimeError, ValueError):
            return None
        return path if path.is_relative_to(self._root) else None

    def _forget(self, journal: str) -> None:
        with self._lock:
            if (gone := self._open.pop(journal, None)) is not None:
                gone.close()


def stamp_of(path: Path) -> Stamp:
    """Say how a journal's files are; another stamp means that something was written."""
    found = []
    for name in (path, path.with_name(path.name + "-wal")):
        with suppress(OSError):
            kept = name.stat()
            if kept.st_size:
                found.append((kept.st_ino, kept.st_mtime_ns, kept.st_size))
    return tuple(found)
