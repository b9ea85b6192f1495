"""Tools on the files of one folder: read, write, move, delete; every change can be undone."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from workbench.toolkit.faults import Refused
from workbench.toolkit.file_moving import Moving
from workbench.toolkit.file_writing import Writing
from workbench.toolkit.folder import Folder
from workbench.toolkit.frame_files import load_table
from workbench.tools import Tool, tool

MB = 1_000_000


def files(
    root: Path | str,
    *,
    text_limit: int = 10 * MB,
    table_limit: int = 500 * MB,
    image_limit: int = 50 * MB,
) -> list[Tool]:
    """Make the tools for one folder; no path leads out of it.

    Args:
        root: the folder.
        text_limit: bytes that `read_text` reads at most.
        table_limit: bytes of a file that `read_table` reads at most.
        image_limit: bytes of an old file that are kept for an undo at most; a call that would
            overwrite or delete a larger one is asked about, as one that cannot be undone.

    Raises:
        Refused: there is no such folder.
    """
    folder = Folder(root)
    look = Looking(folder, text_limit, table_limit)
    write, move = Writing(folder, image_limit), Moving(folder, image_limit)
    return [
        tool(effect="read")(look.list_files),
        tool(effect="read")(look.read_text),
        tool(effect="read")(look.read_table),
        tool(
            effect="reversible",
            idempotent=True,
            undo=write.undo_text,
            probe=write.text_is_there,
            preview=write.preview_text,
            before=write.old_file,
            writes=write.keys,
            version=folder.version,
        )(write.write_text),
        tool(
            effect="reversible",
            idempotent=True,
            undo=write.undo_table,
            probe=write.table_is_there,
            preview=write.preview_table,
            before=write.old_file,
            writes=write.keys,
            version=folder.version,
        )(write.write_table),
        tool(
            effect="reversible",
            undo=move.undo_delete,
            probe=move.is_gone,
            preview=move.preview_delete,
            before=move.whole_file,
            writes=move.key_of_one,
            version=folder.version,
        )(move.delete_file),
        tool(
            effect="reversible",
            undo=move.undo_move,
            probe=move.is_moved,
            preview=move.preview_move,
            before=move.digest_of_source,
            writes=move.keys_of_both,
            version=folder.version,
        )(move.move_file),
    ]


class Looking:
    """`list_files`, `read_text` and `read_table` of one folder."""

    def __init__(self, folder: Folder, text_limit: int, table_limit: int) -> None:
        self.folder, self.text_limit, self.table_limit = folder, text_limit, table_limit

    def list_files(self, pattern: str = "**/*", limit: int = 1000) -> list[str]:
        """List the files of the folder by name.

        Args:
            pattern: which ones, such as "*.csv", or "**/*.md" for those in subfolders too.
            limit: how many at most.
        """
        try:
            found = self.folder.root.glob(pattern)
            names = sorted(
                self.folder.name(path)
                for path in found
                if path.is_file() and path.resolve().is_relative_to(self.folder.root)
            )
        except (ValueError, NotImplementedError, IndexError) as error:
            raise Refused(
                f"{pattern!r} is no pattern of names in the folder: {error}.", 'Use one as "*.csv".'
            ) from error
        return names[:limit]

    def read_text(self, path: Path) -> str:
        """Read a text file in UTF-8."""
        target = self.folder.inside(path)
        content = self.folder.read(target, self.text_limit, "for reading text")
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise Refused(
                f"{self.folder.name(target)!r} is no text in UTF-8 (byte {error.start} is not).",
                "For a table use read_table; else convert the file to UTF-8.",
            ) from error

    def read_table(self, path: Path) -> pd.DataFrame:
        """Read a table from a .csv, .tsv, .parquet or .json file."""
        target = self.folder.inside(path)
        with self.folder.opened(target) as stream:
            if os.fstat(stream.fileno()).st_size > self.table_limit:
                raise Refused(
                    f"{self.folder.name(target)!r} has more than {self.table_limit:,} bytes.",
                    "Read a part of it, or raise table_limit in files(…).",
                )
            return load_table(stream, target.name)
