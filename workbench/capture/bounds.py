"""How much a capture may take."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Bounds:
    """Limits of captures; where one of them bites, the variable is named with the reason.

    Attributes:
        value_bytes: of one value, as it lies in memory.
        capture_bytes: that one capture adds to the journal.
        parts: items within one plain value: lists, dicts, models and what they hold.
        seconds: that one capture may take. A single value that takes longer is not waited for.
    """

    value_bytes: int = 64 * MIB
    capture_bytes: int = 256 * MIB
    parts: int = 200_000
    seconds: float = 10.0


def in_words(size: int) -> str:
    """Write a number of bytes for people."""
    if size < MIB:
        return f"{size / 1024:.1f} KiB"
    return f"{size / MIB:.1f} MiB"
