"""The hash chain: each line names the one before it, so a change anywhere shows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

GENESIS = "0" * 64
"""What stands before the first line."""


@dataclass
class Chain:
    """The end of a run's chain, while it is being extended."""

    run: str
    seq: int = 0
    head: str = GENESIS

    def extend(self, at_us: int, epoch: int, kind: str, body: str) -> tuple[int, str]:
        """Add a line; gives its position and hash."""
        self.seq += 1
        self.head = link(self.head, self.run, self.seq, at_us, epoch, kind, body)
        return self.seq, self.head


def link(  # noqa: PLR0917 - the fields of one line, in the order in which they are hashed
    before: str, run: str, seq: int, at_us: int, epoch: int, kind: str, body: str
) -> str:
    """Hash one line together with the hash before it."""
    line = f"{before}\n{run}\n{seq}\n{at_us}\n{epoch}\n{kind}\n{body}"
    return hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()
