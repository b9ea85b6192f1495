"""The folder of a story: made and deleted by us only, never one that holds something else."""

from __future__ import annotations

import shutil
from pathlib import Path

from workbench.errors import WorkbenchError

MARK = ".gitignore"
MARKED = "# Made by workbench.demo.World, and deleted by it.\n*\n"
"""Content of the file that marks a folder as ours; no other folder is ever deleted."""


def take(folder: Path, *, fresh: bool = False) -> None:
    """Make the folder of a story, or go on with what an earlier one left in it.

    Args:
        folder: where.
        fresh: delete what an earlier story left.

    Raises:
        WorkbenchError: the folder holds something else, or cannot be used.
    """
    if fresh:
        remove(folder)
    if folder.exists() and not _is_ours(folder) and not _is_empty(folder):
        raise WorkbenchError(
            f"The folder {folder} holds something else.",
            "Name a new folder for the story, or an empty one.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).write_text(MARKED)
    except OSError as error:
        raise WorkbenchError(
            f"The folder {folder} cannot be used: {error.strerror or error}.",
            "Choose a place where you may write.",
        ) from error


def remove(folder: Path) -> None:
    """Delete the folder of a story with all that is in it; another one stays."""
    if _is_ours(folder):
        shutil.rmtree(folder)


def _is_ours(folder: Path) -> bool:
    mark = folder / MARK
    return mark.is_file() and mark.read_text(errors="replace") == MARKED


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())
