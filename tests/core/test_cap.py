"""Caps as data: what is a cap, how it is named, and when its window begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

import workbench as wb
from workbench.budget import counted, of_each_run

NOW = datetime(2026, 11, 19, 14, 25, 36, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "limit",
    [-1, float("nan"), float("inf"), -float("inf"), "5000", None, True, 10**400, [1]],
)
def test_a_limit_that_is_no_amount_is_refused(limit: Any) -> None:
    """A cap of NaN, infinity, less than nothing, or of no number would cap nothing [AUTH-4]."""
    with pytest.raises((ValidationError, ValueError)):
        wb.Cap("usd", limit)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"unit": ""}, "at least 1"),
        ({"unit": " usd"}, "pattern"),
        ({"unit": "usd: 5"}, "pattern"),
        ({"unit": "usd", "per": "year"}, "per"),
        ({"unit": "usd", "per": timedelta(0)}, "longer than nothing"),
        ({"unit": "usd", "of": "me"}, "everyone"),
        ({"unit": "repeats", "per": "day"}, "within one run"),
        ({"unit": "seconds", "per": "call"}, "timeout_s"),
    ],
)
def test_a_cap_that_makes_no_sense_is_refused(fields: dict[str, Any], words: str) -> None:
    """A fault in a cap is an error when it is written down, and not a cap that never acts."""
    with pytest.raises(ValidationError, match=words):
        wb.Cap(**{"limit": 5, **fields})


@pytest.mark.parametrize(
    ("cap", "name"),
    [
        (wb.Cap("orders_usd", 500), "500 orders_usd per call"),
        (wb.Cap("usd", 0.25, "run"), "0.25 usd per run"),
        (wb.Cap("mails", 10, per="day", of="person"), "10 mails per day of each person"),
        (wb.Cap("mails", 10, per=timedelta(hours=2)), "10 mails per 2:00:00 before now"),
        (wb.Cap("usd", 5000000.25, "month", "agent"), "5000000.25 usd per month of each agent"),
    ],
)
def test_a_cap_has_one_name_and_survives_json(cap: wb.Cap, name: str) -> None:
    """The name is the same in every process, also after a journey as JSON [AUTH-4]."""
    assert cap.name == name
    again = wb.Cap(**cap.model_dump(mode="json"))
    assert (again, again.name) == (cap, name)
    assert wb.Cap.model_validate_json(cap.model_dump_json()) == cap


@pytest.mark.parametrize(
    ("per", "since", "resets"),
    [
        ("hour", "2026-11-19T14:00", "2026-11-19T15:00"),
        ("day", "2026-11-19T00:00", "2026-11-20T00:00"),
        ("week", "2026-11-16T00:00", "2026-11-23T00:00"),
        ("month", "2026-11-01T00:00", "2026-12-01T00:00"),
    ],
)
def test_a_window_of_the_calendar(per: Any, since: str, resets: str) -> None:
    """Hours, days, weeks from Monday and months begin and end in UTC, wherever one is [AUTH-4]."""
    cap = wb.Cap("usd", 1, per=per)
    for now in (NOW, NOW.astimezone(None)):
        assert cap.since(now) == datetime.fromisoformat(f"{since}+00:00")
        assert cap.resets(now, None) == datetime.fromisoformat(f"{resets}+00:00")


def test_a_window_that_ends_now() -> None:
    """Of a rolling window the oldest amount leaves first, on the microsecond [AUTH-4]."""
    cap = wb.Cap("usd", 1, per=timedelta(hours=1))
    assert cap.since(NOW) == NOW - timedelta(hours=1) + timedelta(microseconds=1)
    assert cap.resets(NOW, NOW - timedelta(minutes=10)) == NOW + timedelta(minutes=50)
    assert cap.resets(NOW, None) is None


def test_only_what_a_cap_concerns_is_counted() -> None:
    """A call takes part in the ledger with the units that are capped, and with no other."""
    caps = [wb.Cap("usd", 1, "day"), wb.Cap("tokens", 1, "day"), wb.Cap("usd", 5, "month")]
    assert counted(caps, {"usd": 2, "orders": 3, "tokens_in": 4, "tokens_out": 5}) == {
        "usd": 2,
        "tokens": 9,
    }
    assert counted(caps, {"orders": 3}) == {}
    assert counted([wb.Cap("steps", 1, "day")], {}) == {"steps": 1}
    assert counted([wb.Cap("seconds", 9, "day")], {}, seconds=3) == {"seconds": 3}


def test_a_cap_of_each_run_is_a_limit_of_its_budget() -> None:
    """The tighter of the two holds, and all else stays [AUTH-4]."""
    caps = [wb.Cap("usd", 3, "run"), wb.Cap("calls", 9, "run"), wb.Cap("usd", 1, "day")]
    assert of_each_run(wb.Budget(usd=5, calls=2), caps).limits == {"usd": 3, "calls": 2}
    assert of_each_run(wb.Budget(), caps).limits == {"usd": 3, "calls": 9}
