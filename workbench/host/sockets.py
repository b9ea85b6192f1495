"""Whose a connection on this machine is, as Linux tells it: much quicker than to list all of them.

A process may reach an IPv4 address by a socket of IPv6. It is the same connection, so addresses are
compared in one form.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

Address = tuple[str, int]
"""Of one end of a connection: host and port."""
TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
LOCAL, REMOTE, INODE = 1, 2, 9
"""Columns of these tables."""


def plain(address: Sequence[Any]) -> Address | None:
    """Write an address in the one form of its host; None where nothing is at the other end."""
    if not address:
        return None
    host = ipaddress.ip_address(address[0].partition("%")[0])
    mapped = getattr(host, "ipv4_mapped", None)
    return str(mapped or host), int(address[1])


def socket_between(near: Address, far: Address) -> str | None:
    """Name the socket at the near end of a connection, as the processes that have it do.

    None: there is none, or this system does not say.
    """
    wanted = (plain(near), plain(far))
    for row in _rows():
        if int(row[LOCAL][-4:], 16) != near[1] or int(row[REMOTE][-4:], 16) != far[1]:
            continue
        if (_decoded(row[LOCAL]), _decoded(row[REMOTE])) == wanted:
            return f"socket:[{row[INODE]}]"
    return None


def holds(process: int, socket: str) -> bool:
    """Whether a process has this socket open; False where it may not be looked at."""
    folder = f"/proc/{process}/fd"
    try:
        with os.scandir(folder) as files:
            return any(_leads_to(file.path) == socket for file in files)
    except OSError:
        return False


def _rows() -> Iterator[list[str]]:
    for table in TABLES:
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        yield from (line.split() for line in lines[1:])


def _decoded(coded: str) -> Address | None:
    """Read `0100007F:1F90`: words of four bytes, each in the order of this machine."""
    host, _, port = coded.partition(":")
    words = (int(host[at : at + 8], 16) for at in range(0, len(host), 8))
    packed = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    return plain((str(ipaddress.ip_address(packed)), int(port, 16)))


def _leads_to(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115 - a process has hundreds of them
    except OSError:
        return ""
