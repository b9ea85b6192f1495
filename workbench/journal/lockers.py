"""Who holds a file locked: asked only when waiting for it was in vain."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.journal.lease import PROC


def who_locks(path: Path) -> list[int]:
    """Give the processes that hold a lock for writing on a SQLite file; empty when not known."""
    places = {}
    for name in (path, path.with_name(path.name + "-shm")):
        try:
            status = name.stat()
        except OSError:
            continue
        device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
        places[f"{device}:{status.st_ino}"] = name
    try:
        lines = (PROC / "locks").read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        # 1: POSIX  ADVISORY  WRITE 4711 fe:00:1234 120 120
        fields = line.split()
        if len(fields) == 8 and fields[3] == "WRITE" and fields[5] in places:  # noqa: PLR2004 - see the line above
            found.append(int(fields[4]))
    return sorted({pid for pid in found if pid > 0})


def lockers_in_words(path: Path) -> str:
    """Say who holds a file locked, and whether that process is frozen; empty when not known."""
    return " ".join(_words(pid) for pid in who_locks(path))


def _words(pid: int) -> str:
    if pid == os.getpid():
        return "This process itself holds it locked, through another connection."
    try:
        stat = (PROC / str(pid) / "stat").read_text(errors="replace")
        command = (
            (PROC / str(pid) / "cmdline")
            .read_bytes()
            .replace(b"\0", b" ")
            .decode("utf-8", "replace")
        )
    except OSError:
        return f"Process {pid} holds it locked."
    named = f"Process {pid} ({command.strip()[:80]})"
    if stat.rpartition(")")[2].split()[0] in ("T", "t"):
        return f"{named} holds it locked and is stopped: continue it (kill -CONT {pid}) or end it."
    return f"{named} holds it locked."
