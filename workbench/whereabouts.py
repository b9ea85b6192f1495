"""Where this user's journals are: what kernels leave for the Jupyter server, and what it believes.

A kernel that opens a journal leaves a note in the user's own runtime directory of Jupyter: the
file's path, and what is declared of the tools, which the server doesn't have. A note is believed
only if nobody else could have written it, and only files of this same user are journals then.
Databases on a server are not noted, because their address may hold a password.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from workbench.ids import digest_bytes

if TYPE_CHECKING:
    from workbench.tools import Tool

FOLDER = "workbench"
LARGEST_NOTE = 4_000_000
"""Bytes; a larger one is not read."""
KEPT_S = 24 * 3600.0
"""Seconds that a note stays without its journal: a drive may come back, a story be told anew."""


@dataclass(frozen=True)
class Note:
    """One journal of this user."""

    id: str
    """Names it in addresses; says nothing of its path."""
    path: Path
    tools: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    """What is declared of the tools: rows of `oversight.terms.declared_row`."""
    terms: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    """On what terms runs act, for each principal; see `oversight.terms`."""

    def tool_map(self) -> dict[str, Tool]:
        """Give what the rows of a view need to know of the tools, by name."""
        known = {row["name"]: _seen(row) for row in self.tools}
        return cast("dict[str, Tool]", known)


def journal_id(path: Path) -> str:
    """Name a journal by its place."""
    return digest_bytes(os.fsencode(path))[:16]


def in_kernel() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell = sys.modules.get("IPython")
    active = shell.get_ipython() if shell is not None else None
    return getattr(active, "kernel", None) is not None


def leave_note(
    path: Path, tools: Iterable[Mapping[str, Any]], terms: Mapping[str, Any] | None = None
) -> None:
    """Tell the server of a journal that this kernel has opened; without a place for it, nothing.

    Of one principal the newest terms count.
    """
    with suppress(OSError):
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = folder / f"{journal_id(path)}.json"
        old = read_note(place)
        known = {row["name"]: row for row in (old.tools if old is not None else ())}
        known |= {row["name"]: row for row in tools}
        earlier = old.terms if old is not None else ()
        given = () if terms is None else (terms,)
        agreed = list({(one["agent"], one["person"]): one for one in (*earlier, *given)}.values())
        text = json.dumps({"journal": str(path), "tools": list(known.values()), "terms": agreed})
        number, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(place)
        _forget_gone(folder, place.stat().st_mtime - KEPT_S)


def _forget_gone(folder: Path, before: float) -> None:
    """Remove the notes that are so old and whose journal is gone: nobody else ever does."""
    for place in folder.glob("*.json"):
        with suppress(OSError):
            note = read_note(place) if place.stat().st_mtime < before else None
            if note is not None and not note.path.exists():
                place.unlink()


def notes() -> list[Note]:
    """Give the journals that kernels of this user have opened and that are still there."""
    folder = _folder()
    try:
        if not _is_own(folder.stat()):
            return []
        found = [read_note(place) for place in sorted(folder.glob("*.json"))]
    except OSError:
        return []
    return [note for note in found if note is not None and is_own_file(note.path)]


def note_of(journal: str) -> Note | None:
    """Give the journal of this id as `notes` would, without reading the others."""
    folder = _folder()
    try:
        place = folder / f"{journal}.json"
        if place.parent != folder or not _is_own(folder.stat()):
            return None
        note = read_note(place)
    except (OSError, ValueError):
        return None
    return note if note is not None and is_own_file(note.path) else None


def read_note(place: Path) -> Note | None:
    """Read one note; None for what is none, or may be another's."""
    try:
        with os.fdopen(os.open(place, _READ), "rb") as file:
            kept = os.fstat(file.fileno())
            if not stat.S_ISREG(kept.st_mode) or not _is_own(kept) or kept.st_size > LARGEST_NOTE:
                return None
            note = _understood(file.read())
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return note if note.path.is_absolute() and place.stem == note.id else None


def is_own_file(path: Path) -> bool:
    """Whether a plain file of this user is there."""
    try:
        kept = path.stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(kept.st_mode) and _owner_is_me(kept)


@lru_cache(maxsize=1000)  # a page that is open has all of them read four times a second
def _understood(text: bytes) -> Note:
    read = json.loads(text)
    path = Path(read["journal"])
    rows = tuple(row for row in read["tools"] if set(row) >= _ROW)
    terms = tuple(one for one in read.get("terms", ()) if set(one) >= {"agent", "person"})
    return Note(journal_id(path), path, rows, terms)


_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_ROW = {"name", "description", "effect", "risk", "schema"}


def _seen(row: Mapping[str, Any]) -> SimpleNamespace:
    signature = SimpleNamespace(args_schema=row["schema"])
    facts = {name: row[name] for name in ("name", "description", "effect", "risk")}
    facts["on_pause"] = row.get("on_pause", "finish")  # a note of before says nothing of it
    function = SimpleNamespace(__name__=row.get("function", row["name"]))
    known = {name: row.get(name) is True for name in ("declared", "outward")}
    deletes = said if isinstance(said := row.get("deletes"), bool) else None
    takes = row.get("estimate")
    estimate = SimpleNamespace(seconds=takes["seconds"], usd=takes["usd"]) if takes else None
    return SimpleNamespace(
        **facts, **known, deletes=deletes, function=function, signature=signature, estimate=estimate
    )


def _folder() -> Path:
    from jupyter_core.paths import jupyter_runtime_dir

    return Path(jupyter_runtime_dir()) / FOLDER


def _is_own(kept: os.stat_result) -> bool:
    writable = stat.S_IWGRP | stat.S_IWOTH
    return _owner_is_me(kept) and (os.name != "posix" or not kept.st_mode & writable)


def _owner_is_me(kept: os.stat_result) -> bool:
    return os.name != "posix" or kept.st_uid == os.getuid()
