"""Whether a value is so small and plain that the engine's loop may look at it itself."""

from __future__ import annotations

from typing import Any

PARTS = 200
"""Parts of a value that may be looked at in the loop."""
CHARACTERS = 32 * 1024
"""Characters of all its texts together."""

_PLAIN = frozenset({int, float, bool, type(None)})


def is_plain(value: Any) -> bool:
    """Say whether a value is plain JSON of at most so many parts.

    Only exact types count: the methods of anything else are a tool's code, which may block.
    """
    parts, characters, open_parts = PARTS, CHARACTERS, [value]
    while open_parts:
        part = open_parts.pop()
        kind = type(part)
        if kind is str:
            characters -= len(part)
        elif kind is dict:
            if len(part) > parts:
                return False
            open_parts += part
            open_parts += part.values()
        elif kind is list or kind is tuple:
            if len(part) > parts:
                return False
            open_parts += part
        elif kind not in _PLAIN or (kind is int and part.bit_length() > CHARACTERS):
            return False
        parts -= 1
        if parts < len(open_parts) or characters < 0:
            return False
    return True
