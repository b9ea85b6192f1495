"""Writing files so that it can be undone: the old bytes are kept, the new ones arrive whole."""

from __future__ import annotations

import difflib
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.ids import digest_bytes
from workbench.toolkit.faults import Refused, changed
from workbench.toolkit.folder import Folder
from workbench.toolkit.frame_files import dump_table, sample
from workbench.toolkit.seen import NO_KEY, Seen
from workbench.tools import Happened, Key

SHOWN_LINES = 120
"""Lines of a difference that a preview shows."""


class Writing:
    """`write_text` and `write_table` of one folder, with undo, probe and preview."""

    def __init__(self, folder: Folder, image_limit: int) -> None:
        self.folder, self.image_limit = folder, image_limit
        self.seen = Seen()

    def write_text(self, path: Path, text: str, key: Key = NO_KEY) -> Path:
        """Write a text file in UTF-8, in place of an old one; gives its full path."""
        return self._write(path, _encoded(text), key)

    def write_table(self, path: Path, frame: pd.DataFrame, key: Key = NO_KEY) -> Path:
        """Write a table as .csv, .tsv or .parquet, in place of an old file; gives its full path."""
        return self._write(path, dump_table(frame, Path(path).name), key)

    def keys(self, path: Path, **_: object) -> list[str]:
        """Name what a write will replace."""
        return [self.folder.key(path)]

    def old_file(self, path: Path, key: str = "") -> bytes | list[str]:
        """Read what a write will replace: bytes, or the folders that it will make."""
        target = self.folder.place(path)
        self.seen.remember(key, self.folder.fingerprint(target))
        if self.folder.status(target) is None:
            return self.folder.missing_folders(target)
        return self.folder.image(target, self.image_limit)

    def text_is_there(
        self, path: Path, text: str, before: Any = None, result: Any = None
    ) -> Happened | bool | None:
        """Say whether the file has exactly this text; None: a call that is over found it there."""
        content = _encoded(text)
        return None if result is not None and before == content else self._is_there(path, content)

    def table_is_there(
        self, path: Path, frame: pd.DataFrame, before: Any = None, result: Any = None
    ) -> Happened | bool | None:
        """Say whether the file holds exactly this table; None: a call that is over found it so."""
        content = dump_table(frame, Path(path).name)
        return None if result is not None and before == content else self._is_there(path, content)

    def undo_text(self, path: Path, text: str, before: bytes | list[str]) -> str:
        """Put the old file back, or delete the new one."""
        return self._put_back(path, _encoded(text), before)

    def undo_table(self, path: Path, frame: pd.DataFrame, before: bytes | list[str]) -> str:
        """Put the old file back, or delete the new one."""
        return self._put_back(path, dump_table(frame, Path(path).name), before)

    def preview_text(self, path: Path, text: str) -> str:
        """Show the lines that would change."""
        target = self.folder.place(path)
        name = self.folder.name(target)
        old = ""
        if self.folder.status(target) is not None:
            try:
                old = self.folder.read(target, self.image_limit, "for a comparison").decode()
            except (Refused, UnicodeDecodeError) as error:
                return f"would replace {name} by {len(text):,} characters; no comparison: {error}"
        lines = difflib.unified_diff(
            old.splitlines(), text.splitlines(), f"{name} (now)", f"{name} (new)", lineterm=""
        )
        shown = list(islice(lines, SHOWN_LINES + 1))
        if len(shown) > SHOWN_LINES:
            shown[-1] = "… and more"
        return "\n".join(shown) or f"{name} has this text already; nothing would change"

    def preview_table(self, path: Path, frame: pd.DataFrame) -> str:
        """Show what would be written, and what it replaces."""
        target = self.folder.place(path)
        status = self.folder.status(target)
        old = f", replacing {status.st_size:,} bytes" if status is not None else ""
        return f"would write {self.folder.name(target)}{old}: {sample(frame)}"

    def _write(self, path: Path, content: bytes, key: str) -> Path:
        target = self.folder.place(path)
        current = self.folder.fingerprint(target)
        if current != digest_bytes(content):
            self.seen.check(key, current, repr(self.folder.name(target)))
            self.folder.write(target, content)
        return target

    def _is_there(self, path: Path, content: bytes) -> Happened | bool:
        target = self.folder.place(path)
        same = self.folder.fingerprint(target) == digest_bytes(content)
        return Happened(output=target) if same else False

    def _put_back(self, path: Path, written: bytes, before: bytes | list[str]) -> str:
        target = self.folder.place(path)
        name, current = self.folder.name(target), self.folder.fingerprint(target)
        old = before if isinstance(before, bytes) else None
        if current == ("" if old is None else digest_bytes(old)):
            if not isinstance(before, bytes):
                self.folder.remove_empty(before)
            return f"{name} is as it was before; nothing to do"
        if current != digest_bytes(written):
            raise changed(name)
        if old is not None:
            self.folder.write(target, old)
            return f"restored {name} ({len(old):,} bytes)"
        self.folder.remove(target)
        if not isinstance(before, bytes):
            self.folder.remove_empty(before)
        return f"deleted {name}, which was not there before"


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Refused(
            f"The text has a character at position {error.start} that UTF-8 cannot hold.",
            "Remove it in the step that makes the text.",
        ) from error
