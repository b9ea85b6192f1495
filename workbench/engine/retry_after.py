"""How long the other side asks to wait: read from an error, in seconds. No I/O."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST_S = 24 * 3600.0
"""Longest wait that is taken from the other side's word."""


def wait_asked_by(error: BaseException, now: datetime | None = None) -> float | None:
    """Give the seconds to wait before another attempt; None when the error does not say.

    Without `now`, a date in its word counts as 0 seconds.

    An error says it by `retry_after_s` or `retry_after` (seconds, a number as text, an HTTP date),
    as an attribute or in the fields of a `WorkbenchError`, or by a `Retry-After` header of its
    `response`.
    """
    try:
        for said in _said(error):
            seconds = _seconds(said, now)
            if seconds is not None:
                return seconds
    except Exception:  # noqa: BLE001 - a foreign error's attributes may raise anything
        return None
    return None


def _said(error: BaseException) -> list[Any]:
    fields = getattr(error, "fields", None)
    named = fields if isinstance(fields, dict) else {}
    said = [
        *(getattr(error, name, None) for name in ("retry_after_s", "retry_after")),
        *(named.get(name) for name in ("retry_after_s", "retry_after")),
    ]
    headers = getattr(getattr(error, "response", None), "headers", None)
    if headers is not None:
        said += [headers.get("retry-after"), headers.get("Retry-After")]
    return said


def _seconds(said: Any, now: datetime | None) -> float | None:
    if isinstance(said, timedelta):
        said = said.total_seconds()
    if isinstance(said, str):
        try:
            said = float(said)
        except ValueError:
            said = _until(said, now)
    if isinstance(said, bool) or not isinstance(said, (int, float)):
        return None
    return min(LONGEST_S, float(said)) if 0 <= said < math.inf else None


def _until(date: str, now: datetime | None) -> float | None:
    try:
        at = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    if now is None:
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, at.timestamp() - now.timestamp())
