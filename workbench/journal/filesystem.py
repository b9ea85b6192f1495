"""The file system under a journal: what SQLite can rely on there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psutil

from workbench.errors import JournalError

REMOTE = frozenset(
    {"nfs", "nfs3", "nfs4", "cifs", "smbfs", "smb2", "smb3", "afs", "9p", "lustre", "beegfs"}
    | {"ceph", "glusterfs", "gpfs", "afpfs", "fuse.glusterfs", "fuse.ceph", "virtiofs"}
)
"""Shared with other machines: their locks work, the write-ahead log's shared memory does not."""

WITHOUT_LOCKS = frozenset(
    {"fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone", "fuse.davfs", "davfs"}
)
"""Shared with other machines, whose locks nobody there hears of."""


def mounts() -> dict[str, str]:
    """Give the mount points of this process with the kind of file system on each."""
    return {part.mountpoint: part.fstype for part in psutil.disk_partitions(all=True)}


def file_system(folder: Path, table: Mapping[str, str] | None = None) -> str:
    """Name the kind of file system that a folder is on; empty when it is not known."""
    known = mounts() if table is None else table
    for place in (folder, *folder.parents):
        if str(place) in known:
            return known[str(place)].lower()
    return ""


def journal_mode(path: Path) -> str:
    """Say how SQLite keeps a journal at this path safe: `wal`, or `truncate` on a remote one.

    Raises:
        JournalError: locks do not work there, so two processes could write at once.
    """
    kind = file_system(path.parent)
    if kind in WITHOUT_LOCKS:
        raise JournalError(
            f"{path.parent} is on a file system without locks between machines ({kind}).",
            "Keep the journal on a local disk, or in PostgreSQL.",
            journal=str(path),
        )
    return "truncate" if kind in REMOTE else "wal"
