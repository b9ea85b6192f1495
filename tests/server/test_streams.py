"""Streams: taken up again without a gap and without a repetition."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.jupyter import Jupyter, Kernel

MANY = """
run = bench.start(key="many", plan=wb.Plan(goal="many", steps=[
    wb.Step(id=f"s{n}", tool="add", args={"a": n, "b": 1}, after=[f"s{n-1}"] if n else [])
    for n in range(30)]))
run.wait(60)
"""


def test_a_stream_that_broke_off_goes_on_behind_what_was_heard(
    jupyter: Jupyter, kernel: Kernel
) -> None:
    """A page that hangs up after every few batches of a run under way, and comes back with
    `Last-Event-ID`, has every row of the trace once, in order, and every batch [REL-20]."""
    kernel.begin(MANY.replace("run.wait(60)", "").replace('"many"', '"going"'))
    kernel.run("pass")
    place, last = jupyter.place("going"), ""
    rows: list[int] = []
    numbers: list[int] = []
    steps: dict[str, Any] = {}
    state = ""
    while state != "succeeded":
        heard = (one for one in jupyter.events(f"{place}/stream", last) if one["event"] == "batch")
        for event in itertools.islice(heard, 2 if last else 1):
            batch, last, state = event["data"], event["id"], event["data"]["header"]["state"]
            assert batch["full"] is (not numbers)
            numbers.append(batch["n"])
            rows += [row["seq"] for row in batch["trace"]]
            steps |= {step["id"]: step for step in batch["steps"]}
            if state == "succeeded":
                break
    whole = jupyter.get(place)
    assert numbers == list(range(1, len(numbers) + 1))
    assert rows == [row["seq"] for row in whole["trace"]]
    assert steps == {step["id"]: step for step in whole["steps"]}


def test_a_mark_from_nowhere_begins_anew(jupyter: Jupyter, kernel: Kernel) -> None:
    """A `Last-Event-ID` that this run never had gives a full batch, never a gap [REL-20]."""
    kernel.run(MANY)
    place = jupyter.place("many")
    for mark in ("7.99999999", "nonsense", "0.0", "1." + "9" * 30):
        assert next(jupyter.batches(place, mark))["full"] is True


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(size=st.integers(1, 200))
def test_pages_of_the_trace_are_the_trace(jupyter: Jupyter, kernel: Kernel, size: int) -> None:
    """Whatever the size of a page, all pages together are the trace, each row once [REL-20]."""
    kernel.run(MANY)
    place, after, rows = jupyter.place("many"), 0, []
    while after is not None:
        page = jupyter.get(f"{place}/trace", params={"after": after, "limit": size})
        assert 0 < len(page["rows"]) <= size
        rows += page["rows"]
        after = page["next"]
    assert rows == jupyter.get(place)["trace"]


def test_the_inbox_is_told_when_it_changes(jupyter: Jupyter) -> None:
    """Its stream says at once what waits, again when something new waits, and again when it was
    answered; none of it holds a token [RUNT-10]."""
    from tests.server.test_doors import MAIL

    kernel = jupyter.kernel("inbox")
    events = jupyter.events("/inbox/stream")
    told = (event["data"]["requests"] for event in events if event["event"] == "inbox")
    next(told)
    kernel.run(MAIL.format(name="inbox"))
    waiting = next(rows for rows in told if any(row["goal"] == "inbox" for row in rows))
    assert "token" not in str(waiting)
    place = jupyter.place("inbox")
    assert jupyter.answer(place, jupyter.request(place)).status_code == 200
    assert (
        next(rows for rows in told if not any(row["goal"] == "inbox" for row in rows)) is not None
    )
    events.close()
