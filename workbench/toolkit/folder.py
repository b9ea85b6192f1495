"""One folder that tools may not leave, with writes that happen whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from workbench.errors import WorkbenchError
from workbench.toolkit import beneath
from workbench.toolkit.faults import Failed, Refused, TooLarge

OWN = ".workbench"
"""A folder of rules: no tool writes into it, wherever it is."""
CHUNK = 1024 * 1024
KEY = "file:"
HASHED = 4 * CHUNK
"""Bytes of a file up to which it is known again by its content."""


class Folder:
    """A folder on this machine; every path is taken within it, symbolic links included.

    What is opened is what was named: below the folder no link is followed once a path is resolved,
    and what changes anything follows none at all.
    """

    def __init__(self, root: Path | str) -> None:
        """Name the folder.

        Raises:
            Refused: it is not there, or is no folder.
        """
        self.root = Path(root).expanduser().resolve()
        if not self.root.is_dir():
            raise Refused(
                f"There is no folder {str(root)!r} on this machine.",
                "Make it, or name another one.",
            )

    def inside(self, path: Path | str) -> Path:
        """Resolve a path, absolute or relative to the folder.

        Raises:
            Refused: it leads out of the folder, or cannot be a path.
        """
        try:
            found = (self.root / path).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise Refused(
                f"{str(path)!r} cannot be a path: {error}.", "Correct the path in the step."
            ) from error
        if not found.is_relative_to(self.root):
            raise Refused(
                f"The path {str(path)!r} leads out of the folder {self.root}; nothing was touched.",
                "Name a path within it, or give the workbench files(…) for the other folder.",
                path=str(path),
            )
        return found

    def place(self, path: Path | str) -> Path:
        """Give the path of a file that is to be changed; it leads through no link.

        Raises:
            Refused: it leads out of the folder or through a link, or to where rules are kept.
        """
        found, named = self.inside(path), Path(os.path.normpath(self.root / path))
        if not named.is_relative_to(self.root):  # written by another name of the folder
            above = next((one for one in named.parents if _is_same(one, self.root)), named)
            named = self.root / named.relative_to(above)
        if named != found:
            raise Refused(
                f"{str(path)!r} leads through a link to {self.name(found)!r}; nothing was changed.",
                "Name the file itself.",
                path=str(path),
            )
        if OWN in found.relative_to(self.root).parts:
            raise Refused(
                f"{self.name(found)!r} is where rules are kept; nothing was changed.",
                "A person changes rules, never a tool.",
                path=str(path),
            )
        return found

    def status(self, path: Path) -> os.stat_result | None:
        """Look at what is at a path; None: nothing."""
        if path == self.root:
            return path.stat()
        try:
            with beneath.reached(self.root, path) as spot:
                return spot.status()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._not_reached(path, error) from error

    def key(self, path: Path | str) -> str:
        """Give the key of a file, by which the runtime knows what a call writes."""
        return KEY + self.inside(path).as_posix()

    def version(self, key: str) -> str | None:
        """Give something that differs when the file of this key was changed; None: no such file.

        A small file is known by its content, a large one by its size and time.
        """
        try:
            path = self.inside(key.removeprefix(KEY))
            status = self.status(path)
            if status is None:
                return None
            if status.st_size > HASHED:
                return f"{status.st_size} bytes, {status.st_mtime_ns} ns"
            return self.fingerprint(path)
        except (OSError, WorkbenchError):
            return "not readable"  # why, the call itself says best

    def name(self, path: Path) -> str:
        """Show a path relative to the folder."""
        return path.relative_to(self.root).as_posix()

    @contextmanager
    def opened(self, path: Path) -> Iterator[IO[bytes]]:
        """Open a regular file for reading.

        Raises:
            Refused: there is none, or it may not be read.
        """
        with self.explained(path, "read"):
            status = self.status(path)
            if status is not None and not beneath.is_file(status):
                raise Refused(
                    f"{self.name(path)!r} is not a regular file.", "Name a file, not a folder."
                )
            with beneath.reached(self.root, path) as spot:
                stream = beneath.opened(spot)
        with stream:
            yield stream

    def read(self, path: Path, limit: int, purpose: str) -> bytes:
        """Read a whole file of at most `limit` bytes.

        Raises:
            Refused: there is none, or it is larger than the limit for that purpose.
        """
        with self.opened(path) as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > limit:
                raise Refused(
                    f"{self.name(path)!r} has {size:,} bytes; the limit {purpose} is {limit:,}.",
                    "Work on a smaller file, or raise the limit in files(…).",
                )
            return stream.read()

    def image(self, path: Path, limit: int) -> bytes:
        """Read a whole file that an undo is to restore.

        Raises:
            Refused: there is none, or it may not be read.
            TooLarge: it has more bytes than may be kept.
        """
        with self.opened(path) as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > limit:
                raise TooLarge.of(size, limit, next_step="Or raise image_limit in files(…).")
            return stream.read()

    def fingerprint(self, path: Path) -> str:
        """Name the content of a file by its SHA-256; empty when there is no file."""
        if self.status(path) is None:
            return ""
        summed = hashlib.sha256()
        with self.opened(path) as stream:
            while chunk := stream.read(CHUNK):
                summed.update(chunk)
        return summed.hexdigest()

    def write(
        self, path: Path, content: bytes, *, mode: int | None = None, modified: float | None = None
    ) -> None:
        """Replace a file by these bytes at once, on disk when this returns; make its folders.

        Args:
            path: the file, resolved by `inside`.
            content: what it will hold.
            mode: its rights; default: those of the old file.
            modified: its time, in seconds since 1970; default: now.

        Raises:
            Refused: the place cannot be written; the old content is still there.
        """
        with self.explained(path, "write"), self._reached(path, make=True) as spot:
            old = spot.status()
            if old is not None and stat.S_ISDIR(old.st_mode):
                raise Refused(f"{self.name(path)!r} is a folder.", "Name a file in it.")
            if mode is None and old is not None:
                mode = stat.S_IMODE(old.st_mode)
            spot.replace(content, mode=mode, modified=modified)

    def remove(self, path: Path) -> None:
        """Delete a file; the deletion is on disk when this returns."""
        with self.explained(path, "delete"), self._reached(path) as spot:
            spot.remove()
            spot.keep()

    def move(self, source: Path, goal: Path) -> None:
        """Move a file to a free place, without ever overwriting; make its folders.

        Raises:
            Failed: it could not be moved, or the place is taken; nothing was changed.
        """
        with (
            self.explained(goal, "move a file to"),
            self._reached(goal, make=True) as to,
            self._reached(source) as spot,
        ):
            spot.move_to(to)

    def missing_folders(self, path: Path) -> list[str]:
        """List the folders that a write to this path would make, the deepest first."""
        parents = path.relative_to(self.root).parents
        return [p.as_posix() for p in parents if not (self.root / p).exists()]

    def remove_empty(self, folders: list[str]) -> None:
        """Delete those of the folders that are there and empty, the deepest first."""
        for folder in folders:
            with suppress(OSError), beneath.reached(self.root, self.root / folder) as spot:
                os.rmdir(spot.name, dir_fd=spot.folder)

    @contextmanager
    def _reached(self, path: Path, *, make: bool = False) -> Iterator[beneath.Spot]:
        if path == self.root:
            raise Refused("It is the folder itself.", "Name a file in it.")
        with beneath.reached(self.root, path, make=make) as spot:
            yield spot

    def _not_reached(self, path: Path, error: OSError) -> WorkbenchError:
        return Failed(
            f"Cannot look at {self.name(path)!r} in {self.root}: {error.strerror or error}.",
            "Correct the rights there, then run the step again.",
            happened=False,
            path=str(path),
        )

    @contextmanager
    def explained(self, path: Path, verb: str) -> Iterator[None]:
        """Turn an error of the operating system into a sentence with advice."""
        try:
            yield
        except FileNotFoundError as error:
            raise Refused(
                f"There is no file {self.name(path)!r} in {self.root}.",
                "list_files shows what is there.",
                path=str(path),
            ) from error
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise Refused(
                    f"The way to {self.name(path)!r} in {self.root} leads through a link, or "
                    "through what is no folder; nothing was changed.",
                    "Somebody has put it there just now: look who, then run the step again.",
                    path=str(path),
                ) from error
            raise Failed(
                f"Cannot {verb} {self.name(path)!r} in {self.root}: {error.strerror or error}.",
                "Free space or correct the rights there, then run the step again.",
                happened=False,
                path=str(path),
            ) from error


def _is_same(folder: Path, root: Path) -> bool:
    try:
        return folder.samefile(root)
    except OSError:
        return False
