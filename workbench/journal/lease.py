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
    """Name this machine and its present boot."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = str(int(psutil.boot_time()))
    return f"{socket.gethostname()}/{boot}"


def this_owner(instance: str) -> str:
    """Name a host in this process: machine, process, its start, and the instance within it."""
    process = psutil.Process(os.getpid())
    return f"{machine()} {process.pid} {process.create_time():.2f} {instance}"


def is_dead(owner: str) -> bool:
    """Say whether the owner was a process of this machine that is surely gone."""
    try:
        place, pid, started, _instance = owner.split(" ")
    except ValueError:
        return False
    if place != machine():
        return place.partition("/")[0] == machine().partition("/")[0]
    try:
        process = psutil.Process(int(pid))
        same = abs(process.create_time() - float(started)) < 1
        return not same or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False
