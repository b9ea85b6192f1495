"""Deleting and moving files so that it can be undone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from workbench.ids import digest_bytes
from workbench.toolkit.faults import Refused, changed
from workbench.toolkit.folder import Folder
from workbench.toolkit.kept_file import pack, unpack
from workbench.toolkit.seen import NO_KEY, Seen
from workbench.tools import Happened, Key

SHOWN = 200
"""Characters of a line that a preview shows."""


class Moving:
    """`delete_file` and `move_file` of one folder, with undo, probe and preview."""

    def __init__(self, folder: Folder, image_limit: int) -> None:
        self.folder, self.image_limit = folder, image_limit
        self.seen = Seen()

    def delete_file(self, path: Path, key: Key = NO_KEY) -> Path:
        """Delete a file; gives its full path."""
        target = self._existing(path)
        self.seen.check(key, self.folder.fingerprint(target), repr(self.folder.name(target)))
        self.folder.remove(target)
        return target

    def key_of_one(self, path: Path) -> list[str]:
        """Name what a deletion takes away."""
        return [self.folder.key(path)]

    def keys_of_both(self, path: Path, to: Path) -> list[str]:
        """Name both places of a move."""
        return [self.folder.key(path), self.folder.key(to)]

    def whole_file(self, path: Path, key: str = "") -> bytes:
        """Keep the file with its rights, as a tar archive of one member."""
        target = self._existing(path)
        self.seen.remember(key, self.folder.fingerprint(target))
        content = self.folder.image(target, self.image_limit)
        return pack(target.name, content, self._status(target))

    def is_gone(self, path: Path) -> Happened | bool:
        """Say whether the file is not there."""
        target = self.folder.place(path)
        return False if self._is_there(target) else Happened(output=target)

    def undo_delete(self, path: Path, before: bytes) -> str:
        """Put the deleted file back, with its rights and its time."""
        target = self.folder.place(path)
        name, (content, mode, modified) = self.folder.name(target), unpack(before)
        current = self.folder.fingerprint(target)
        if current == digest_bytes(content):
            return f"{name} is as it was before; nothing to do"
        if current:
            raise changed(name)
        self.folder.write(target, content, mode=mode, modified=modified)
        return f"restored {name} ({len(content):,} bytes)"

    def preview_delete(self, path: Path) -> str:
        """Show what would be deleted."""
        target = self._existing(path)
        with self.folder.opened(target) as stream:
            head = stream.read(2000).decode(errors="replace")
        lines = "\n".join(_cut(line) for line in head.splitlines()[:10])
        size = self._status(target).st_size
        return f"would delete {self.folder.name(target)}, {size:,} bytes:\n{lines}"

    def move_file(self, path: Path, to: Path, key: Key = NO_KEY) -> Path:
        """Move or rename a file to a place where there is none; gives its new full path."""
        source, goal = self._existing(path), self._free(to)
        self.seen.check(key, self.folder.fingerprint(source), repr(self.folder.name(source)))
        self.folder.move(source, goal)
        return goal

    def digest_of_source(self, path: Path, to: Path, key: str = "") -> dict[str, Any]:
        """Read the file's digest, and which folders the move will make."""
        current = self.folder.fingerprint(self._existing(path))
        self.seen.remember(key, current)
        return {"sha256": current, "folders": self.folder.missing_folders(self._free(to))}

    def is_moved(self, path: Path, to: Path, before: dict[str, Any]) -> Happened | bool:
        """Say whether that very file is at its new place and no longer at the old one."""
        source, goal = self.folder.place(path), self.folder.place(to)
        moved = not self._is_there(source) and self.folder.fingerprint(goal) == before["sha256"]
        return Happened(output=goal) if moved else False

    def undo_move(self, path: Path, to: Path, before: dict[str, Any]) -> str:
        """Move the file back."""
        source, goal = self.folder.place(path), self.folder.place(to)
        name = self.folder.name(source)
        if self.folder.fingerprint(source) == before["sha256"] and not self._is_there(goal):
            return f"{name} is where it was before; nothing to do"
        if self._are_one(source, goal):
            self.folder.remove(goal)
            return f"took away the second name of {name}"
        if self._is_there(source) or self.folder.fingerprint(goal) != before["sha256"]:
            raise changed(f"{name} or {self.folder.name(goal)}")
        self.folder.move(goal, source)
        self.folder.remove_empty(before["folders"])
        return f"moved {self.folder.name(goal)} back to {name}"

    def preview_move(self, path: Path, to: Path) -> str:
        """Name both places."""
        source, goal = self._existing(path), self._free(to)
        return f"would move {self.folder.name(source)} to {self.folder.name(goal)}"

    def _existing(self, path: Path) -> Path:
        target = self.folder.place(path)
        with self.folder.opened(target):
            return target

    def _free(self, path: Path) -> Path:
        target = self.folder.place(path)
        if self._is_there(target):
            raise Refused(
                f"There already is {self.folder.name(target)!r}; nothing was moved.",
                "Choose another name, or delete it first.",
            )
        return target

    def _is_there(self, target: Path) -> bool:
        return self.folder.status(target) is not None

    def _status(self, target: Path) -> os.stat_result:
        status = self.folder.status(target)
        if status is None:
            raise Refused(
                f"There is no file {self.folder.name(target)!r} in {self.folder.root}.",
                "list_files shows what is there.",
            )
        return status

    def _are_one(self, source: Path, goal: Path) -> bool:
        """Whether both are names of one file, as a move leaves them that was cut off."""
        one, other = self.folder.status(source), self.folder.status(goal)
        return one is not None and other is not None and os.path.samestat(one, other)


def _cut(line: str) -> str:
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"
