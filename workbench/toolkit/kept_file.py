"""A file kept whole for an undo: content, rights and time, as a tar archive."""

from __future__ import annotations

import io
import os
import stat
import tarfile


def pack(name: str, content: bytes, status: os.stat_result) -> bytes:
    """Put one file into an archive."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = stat.S_IMODE(status.st_mode)
    member.mtime = status.st_mtime
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member, io.BytesIO(content))
    return sink.getvalue()


def unpack(archive_bytes: bytes) -> tuple[bytes, int, float]:
    """Give content, rights and time (in seconds since 1970) of the one file in an archive."""
    with tarfile.open(fileobj=io.BytesIO(archive_bytes)) as archive:
        member = archive.getmembers()[0]
        stream = archive.extractfile(member)
        return stream.read() if stream else b"", member.mode, float(member.mtime)
