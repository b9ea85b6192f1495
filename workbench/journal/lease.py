"""The timed right to drive a run, and who holds it."""

from __future__ import annotations

import functools
import os
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil

from workbench.errors import LeaseLost

LEASE_S = 15.0
"""Seconds that a lease lasts without being renewed; every append renews it."""
PROC = Path("/proc")


@dataclass(frozen=True)
class Lease:
    """The right to append to a run, as long as nobody has a higher epoch."""

    run: str
    epoch: int
    seq: int
    """Last event at the time of taking it."""
    head: str
    """Hash of that event."""
    owner: str
    ttl_s: float = LEASE_S
    """Seconds for which each append or renewal keeps it."""
    rules: int = 0
    """Revision of the journal's standing rules at the time of taking it."""
    ordered: bool = True
    """Whether commands of the run were waiting when it was taken."""
    held: tuple[tuple[str, int, str], ...] = ()
    """What earlier holders had set aside in the ledger: (step, attempt, unit)."""


@functools.cache
def machine() -> str:
    """Name this machine, its present boot and the space in which its process ids count."""
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        space = str((PROC / "self/ns/pid").readlink())
    except OSError:
        boot, space = str(int(psutil.boot_time())), ""
    return f"{socket.gethostname()}/{boot}/{space}".replace(" ", "_")


def this_owner(instance: str) -> str:
    """Name a host in this process: machine, process, its start, and the instance within it."""
    pid = os.getpid()
    return f"{machine()} {pid} {_life(pid)} {instance}"


def is_dead(owner: str) -> bool:
    """Say whether the owner was a process of this machine that is surely gone.

    Of another machine, container or boot nothing is known: its lease runs out.
    """
    place, pid, life = (*owner.split(" "), "", "")[:3]
    if place != machine() or not pid.isdigit():
        return False
    try:
        return not _exists(int(pid)) or _life(int(pid)) != life
    except (OSError, psutil.Error):
        return False


def _exists(pid: int) -> bool:
    if os.name != "posix":
        return psutil.pid_exists(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _life(pid: int) -> str:
    """Tell one process from the next with the same id; a zombie has none.

    Linux counts the start in ticks since boot, which no correction of the clock can change.
    """
    if (PROC / "self/stat").exists():
        stat = (PROC / str(pid) / "stat").read_text(errors="replace")
        state, *fields = stat.rpartition(")")[2].split()
        return "" if state in ("Z", "X") else fields[18]
    process = psutil.Process(pid)
    zombie = process.status() == psutil.STATUS_ZOMBIE
    return "" if zombie else f"{process.create_time():.2f}"


def lease_lost(run: str) -> LeaseLost:
    """Say that a host was fenced."""
    return LeaseLost(
        f"Run {run} is not driven by this process any more: another took it over.",
        "This one wrote nothing; follow the run with bench.open(run_id).",
        run=run,
    )
