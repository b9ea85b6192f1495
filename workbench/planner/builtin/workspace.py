"""What lies in the workspace: files, and of tables their columns and the texts in them."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

FILE_LIMIT = 500
"""Files that a listing holds at most; beyond, a missing name proves nothing."""
DEPTH_LIMIT = 4
"""Folders below the workspace that are looked into."""
HEADER_LIMIT = 65_536
"""Characters of a file that its header may have."""
READ_LIMIT = 4 * 1024 * 1024
"""Characters that are read of all tables together, to know the texts in them."""
TEXTS_LIMIT = 300
"""Different texts of a column; one with more names things one by one, and is left out."""
TABLES = {".csv": ",", ".tsv": "\t"}
"""Endings whose header can be read, with their separator."""


@dataclass(frozen=True)
class Listing:
    """The files of a workspace, by path relative to it, and the columns of its tables."""

    known: bool = False
    """Whether anybody looked; without, every name could exist."""
    files: tuple[str, ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """File to the texts that its columns hold, each with the columns that hold it."""
    complete: bool = True

    def find(self, name: str) -> str | None:
        """Give the file that is called so: by its path, its name, or its name without ending."""
        if name in self.files:
            return name
        wanted = PurePosixPath(name.replace("\\", "/").removeprefix("./")).as_posix()
        for forms in (
            {file: file for file in self.files},
            {file: PurePosixPath(file).name for file in self.files},
            {file: PurePosixPath(file).stem for file in self.files},
        ):
            found = [file for file, form in forms.items() if form == wanted]
            if len(found) == 1:
                return found[0]
            if found:
                return None
        return None

    def close_to(self, name: str) -> list[str]:
        """Give files whose names look alike."""
        by_name = {PurePosixPath(file).name: file for file in self.files}
        close = difflib.get_close_matches(PurePosixPath(name).name, by_name, 5, 0.5)
        return [by_name[match] for match in close]


def list_workspace(folder: Path) -> Listing:
    """List a folder; hidden files are left out, and what cannot be read has no columns."""
    files: list[str] = []
    columns: dict[str, tuple[str, ...]] = {}
    values: dict[str, Mapping[str, tuple[str, ...]]] = {}
    complete, left = True, READ_LIMIT
    for path in _walk(folder, 0):
        if len(files) == FILE_LIMIT:
            complete = False
            break
        name = path.relative_to(folder).as_posix()
        files.append(name)
        header = read_header(path)
        if header:
            columns[name] = header
            left -= path.stat().st_size
            values[name] = read_values(path, header) if left > 0 else {}
    return Listing(True, tuple(files), columns, values, complete)


def _walk(folder: Path, depth: int) -> list[Path]:
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError:
        return []
    files = [entry for entry in entries if entry.is_file()]
    if depth < DEPTH_LIMIT:
        for entry in entries:
            if entry.is_dir() and not entry.is_symlink():
                files += _walk(entry, depth + 1)
    return files


def read_header(path: Path) -> tuple[str, ...]:
    """Read the column names of a table from its first line; empty when it has none to be read."""
    separator = TABLES.get(path.suffix.lower())
    if separator is None:
        return ()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            line = file.readline(HEADER_LIMIT)
    except (OSError, UnicodeDecodeError):
        return ()
    row = next(csv.reader([line], delimiter=separator), [])
    names = tuple(name.strip() for name in row)
    return names if len(set(names)) == len(names) and all(names) else ()


def read_values(path: Path, header: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Read the texts of a table's columns, each with the columns that hold it; no numbers."""
    found: dict[str, dict[str, None]] = {name: {} for name in header}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, delimiter=TABLES[path.suffix.lower()])
            next(rows)
            for row in rows:
                for name, text in zip(header, row, strict=False):
                    if len(found[name]) <= TEXTS_LIMIT:
                        found[name][text.strip()] = None
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}
    values: dict[str, tuple[str, ...]] = {}
    for name, texts in found.items():
        if len(texts) <= TEXTS_LIMIT:
            for text in texts:
                if text and not _is_number(text):
                    values[text] = (*values.get(text, ()), name)
    return values


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
