"""Files below a folder, reached without following a link: what was named is what is opened.

Each folder on the way is opened in the one before, and a link is refused wherever it turns up. So
nobody can lead a call elsewhere by a link that is put there after the path was looked at.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workbench.ids import new_id

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | NO_FOLLOW
WALKING = {os.open, os.mkdir, os.stat, os.unlink, os.rename, os.link, os.rmdir}
CAN_WALK = os.supports_dir_fd >= WALKING
"""Whether folders can be opened and looked into one by one; where not, paths are taken whole."""


@dataclass(frozen=True)
class Spot:
    """A name in a folder that is open."""

    folder: int | None
    """The folder's descriptor; None where this machine has none."""
    name: str
    """The name in it; where there is no descriptor, the whole path."""

    def status(self) -> os.stat_result | None:
        """Look at what is there, a link itself; None: nothing."""
        try:
            return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def open(self, flags: int, mode: int = 0o666) -> int:
        """Open it; a link is refused."""
        return os.open(self.name, flags | NO_FOLLOW, mode, dir_fd=self.folder)

    def beside(self, name: str) -> Spot:
        """Give another name in the same folder."""
        whole = name if self.folder is not None else str(Path(self.name).with_name(name))
        return Spot(self.folder, whole)

    def replace(self, content: bytes, *, mode: int | None, modified: float | None) -> None:
        """Put a file here, whole or not at all, in place of an old one."""
        new = self.beside(f".{new_id('wb')}.tmp")
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(new.open(flags), "wb") as stream:
                stream.write(content)
                stream.flush()
                known = stream.fileno() if self.folder is not None else new.name
                if mode is not None:
                    os.chmod(known, mode)  # noqa: PTH101 - a descriptor, where there is one
                os.fsync(stream.fileno())
                if modified is not None:
                    os.utime(known, (modified, modified))
            os.replace(new.name, self.name, src_dir_fd=self.folder, dst_dir_fd=self.folder)
        except BaseException:
            new.remove(missing_ok=True)
            raise
        self.keep()

    def remove(self, *, missing_ok: bool = False) -> None:
        """Delete the file."""
        try:
            os.unlink(self.name, dir_fd=self.folder)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def move_to(self, goal: Spot) -> None:
        """Move the file to a name that is free, without ever overwriting."""
        os.link(
            self.name,
            goal.name,
            src_dir_fd=self.folder,
            dst_dir_fd=goal.folder,
            follow_symlinks=os.link not in os.supports_follow_symlinks,
        )
        self.remove()
        goal.keep()
        self.keep()

    def keep(self) -> None:
        """Put the folder's entries on disk, where the system can."""
        if self.folder is not None:
            os.fsync(self.folder)
        elif os.name != "nt":
            descriptor = os.open(Path(self.name).parent, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


@contextmanager
def reached(root: Path, path: Path, *, make: bool = False) -> Iterator[Spot]:
    """Go to a path below a folder.

    Args:
        root: the folder.
        path: below it, without `..`.
        make: whether folders that are not there are made.

    Raises:
        OSError: a folder on the way is not there, is none, or is a link.
    """
    *folders, name = path.relative_to(root).parts
    if not CAN_WALK:
        if make:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield Spot(None, str(path))
        return
    here = os.open(root, FOLDER)
    try:
        for folder in folders:
            there = _enter(here, folder, make=make)
            os.close(here)
            here = there
        yield Spot(here, name)
    finally:
        os.close(here)


def _enter(here: int, folder: str, *, make: bool) -> int:
    try:
        return os.open(folder, FOLDER, dir_fd=here)
    except FileNotFoundError:
        if not make:
            raise
    with suppress(FileExistsError):  # somebody else may have made it just now
        os.mkdir(folder, dir_fd=here)
    return os.open(folder, FOLDER, dir_fd=here)


def opened(spot: Spot) -> IO[bytes]:
    """Open a file for reading."""
    return os.fdopen(spot.open(os.O_RDONLY), "rb")


def is_file(status: os.stat_result | None) -> bool:
    """Whether it is a regular file."""
    return status is not None and stat.S_ISREG(status.st_mode)
