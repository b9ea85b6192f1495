"""Times as the tables hold them: whole microseconds since 1970, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_us(at: datetime) -> int:
    """Turn a time into microseconds."""
    return (at - EPOCH) // MICROSECOND


def from_us(at_us: int) -> datetime:
    """Turn microseconds into a time."""
    return EPOCH + timedelta(microseconds=at_us)
