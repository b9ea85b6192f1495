"""Names: short random ids that people can read, and digests that name content."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o or u, so an id can be read out and typed in."""


_write = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode
"""Made once: `json.dumps` makes an encoder for each call with options."""


foreseen: ContextVar[Callable[[str], str | None] | None] = ContextVar(
    "workbench_foreseen", default=None
)
"""Says by prefix what the next id is, where ids are known before: in a replay."""


def new_id(prefix: str, length: int = 10) -> str:
    """Make an id such as `run-7f2k9qxz3m`: `prefix`, a dash, `length` random characters."""
    if (known := foreseen.get()) is not None and (told := known(prefix)) is not None:
        return told
    return f"{prefix}-{''.join(secrets.choice(ALPHABET) for _ in range(length))}"


def canonical(value: Any) -> bytes:
    """Encode a JSON value in the one way that digests are taken of.

    Raises:
        ValueError: the value holds NaN or an infinity.
        TypeError: the value is not JSON.
    """
    return _write(value).encode("utf-8", "surrogatepass")


def digest_bytes(content: bytes) -> str:
    """Name bytes by their SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def digest(value: Any) -> str:
    """Name a JSON value by the SHA-256 of its canonical form."""
    return digest_bytes(canonical(value))


def chance(seed: str) -> float:
    """Draw a number from 0 to 1 that is always the same for the same seed."""
    return int(digest_bytes(seed.encode("utf-8", "surrogatepass"))[:8], 16) / 0xFFFFFFFF


def idempotency_key(run: str, step: str, tool: str, args_digest: str, turns: int = 0) -> str:
    """Name one intended action: the same for every attempt, new when the arguments change.

    Of a step that repeats, each turn is a new action: `turns` counts those that are done.
    """
    return digest([run, step, tool, args_digest, *([turns] if turns else ())])[:32]
