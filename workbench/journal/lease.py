"""The timed right to drive a run, and who holds it."""

from __future__ import annotations

import functools
import os
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil

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


@functools.cache
def machine() -> str:
    """Name this machine, its present boot and the space in which its process ids count."""
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        space = os.readlink(PROC / "self/ns/pid")
    except OSError:
        boot, space = str(int(psutil.boot_time())), ""
    return "/".join((socket.gethostname(), boot, space)).replace(" ", "_")


def this_owner(instance: str) -> str:
    """Name a host in this process: machine, process, its start, and the instance within it."""
    pid = os.getpid()
    return f"{machine()} {pid} {_life(pid)} {instance}"


def is_dead(owner: str) -> bool:
    """Say whether the owner was a process of this machine that is surely gone.

    Of another machine, container or boot nothing is known: its lease runs out.
    """
    try:
        place, pid, life, _instance = owner.split(" ")
        return place == machine() and _life(int(pid)) != life
    except (ValueError, psutil.AccessDenied):
        return False


def _life(pid: int) -> str | None:
    """Tell one process from the next with the same id; None when there is none, or a zombie.

    Linux counts the start in ticks since boot, which no correction of the clock can change.
    """
    try:
        if not PROC.joinpath("self/stat").exists():
            process = psutil.Process(pid)
            dead = process.status() == psutil.STATUS_ZOMBIE
            return None if dead else f"{process.create_time():.2f}"
        state, *fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess):
        return None
    return None if state in ("Z", "X") else fields[18]
