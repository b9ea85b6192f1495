"""One folder that tools may not leave, with writes that happen whole or not at all."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from workbench.errors import WorkbenchError
from workbench.ids import new_id
from workbench.toolkit.faults import Failed, Refused, TooLarge

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
CHUNK = 1024 * 1024
KEY = "file:"
HASHED = 4 * CHUNK
"""Bytes of a file up to which it is known again by its content."""


class Folder:
    """A folder on this machine; every path is taken within it, symbolic links included."""

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

    def key(self, path: Path | str) -> str:
        """Give the key of a file, by which the runtime knows what a call writes."""
        return KEY + self.inside(path).as_posix()

    def version(self, key: str) -> str | None:
        """Give something that differs when the file of this key was changed; None: no such file.

        A small file is known by its content, a large one by its size and time.
        """
        path = self.inside(key.removeprefix(KEY))
        try:
            status = path.stat()
            if status.st_size > HASHED:
                return f"{status.st_size} bytes, {status.st_mtime_ns} ns"
            return self.fingerprint(path)
        except FileNotFoundError:
            return None
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
            if path.exists() and not path.is_file():
                raise Refused(
                    f"{self.name(path)!r} is not a regular file.", "Name a file, not a folder."
                )
            descriptor = os.open(path, os.O_RDONLY | NO_FOLLOW)
        with os.fdopen(descriptor, "rb") as stream:
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
        if not path.exists():
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
        with self.explained(path, "write"):
            if path.is_dir():
                raise Refused(f"{self.name(path)!r} is a folder.", "Name a file in it.")
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{new_id('wb')}.tmp")
            try:
                _write_new(temporary, content, _mode_of(path) if mode is None else mode)
                if modified is not None:
                    os.utime(temporary, (modified, modified))
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        _sync_folder(path.parent)

    def remove(self, path: Path) -> None:
        """Delete a file; the deletion is on disk when this returns."""
        with self.explained(path, "delete"):
            path.unlink()
        _sync_folder(path.parent)

    def move(self, source: Path, goal: Path) -> None:
        """Move a file to a free place, without ever overwriting; make its folders.

        Raises:
            Failed: it could not be moved, or the place is taken; nothing was changed.
        """
        with self.explained(goal, "move a file to"):
            goal.parent.mkdir(parents=True, exist_ok=True)
            goal.hardlink_to(source)
            source.unlink()
        _sync_folder(goal.parent)
        _sync_folder(source.parent)

    def missing_folders(self, path: Path) -> list[str]:
        """List the folders that a write to this path would make, the deepest first."""
        parents = path.relative_to(self.root).parents
        return [p.as_posix() for p in parents if not (self.root / p).exists()]

    def remove_empty(self, folders: list[str]) -> None:
        """Delete those of the folders that are there and empty, the deepest first."""
        for folder in folders:
            with suppress(OSError):
                self.inside(folder).rmdir()

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
            raise Failed(
                f"Cannot {verb} {self.name(path)!r} in {self.root}: {error.strerror or error}.",
                "Free space or correct the rights there, then run the step again.",
                happened=False,
                path=str(path),
            ) from error


def _mode_of(path: Path) -> int | None:
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else None


def _write_new(path: Path, content: bytes, mode: int | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW
    with os.fdopen(os.open(path, flags, 0o666), "wb") as stream:
        stream.write(content)
        stream.flush()
        if mode is not None:
            path.chmod(mode)
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    """Put a folder's entries on disk, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
