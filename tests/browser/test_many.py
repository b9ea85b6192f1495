"""A plan of five hundred steps."""

from __future__ import annotations

import json
import struct
from itertools import pairwise

import pytest

from tests.browser.lab import Notebook, expect, open_gate

STEPS = 500
ROW = 1_200
"""Bytes that each row or step of a batch may add."""


class Batches(list[dict]):
    """The batches that came to the page, each with its size in bytes."""

    def listen(self, page) -> None:
        page.on("websocket", lambda socket: socket.on("framereceived", self._frame))

    def _frame(self, payload: bytes | str) -> None:
        if not isinstance(payload, bytes) or b'"batch"' not in payload:
            return
        count = struct.unpack_from("<Q", payload)[0]
        offsets = struct.unpack_from(f"<{count}Q", payload, 8)
        parts = [payload[a:b] for a, b in pairwise(offsets)]
        content = json.loads(parts[4])
        data = content.get("data", {}).get("content", {})
        if data.get("kind") == "batch":
            self.append({"size": len(payload), **data})


@pytest.fixture(scope="module")
def batches(page) -> Batches:
    found = Batches()
    found.listen(page)
    return found


def pause_and_go_on(batches: Batches, notebook: Notebook) -> int:
    """Press Pause, then Resume; gives the bytes that both cost."""
    before = len(batches)
    notebook.press("pause")
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    notebook.press("resume")
    expect(notebook.widget).to_have_attribute("data-state", "running")
    return sum(batch["size"] for batch in batches[before:])


def test_an_update_of_a_long_run_is_as_small_as_that_of_a_short_one(
    batches: Batches, notebook: Notebook, start
) -> None:
    """An update carries what has changed and nothing else, so after five hundred steps it is no
    bigger than after none; no event is missing, and the page still answers
    [RUNT-15] [PLAN-17 begun]."""
    adds = f"step(f's{{n}}', 'add', f'add {{n}}', a=n, b=1) for n in range({STEPS})"
    start(
        f"step('begin', 'gate', name='begin'), *[{adds}], "
        "step('end', 'gate', name='end'), step('last', 'say', text='x')"
    )
    expect(notebook.at("step-begin")).to_have_attribute("data-state", "running")
    early = pause_and_go_on(batches, notebook)
    open_gate(notebook, "begin")
    expect(notebook.at("progress")).to_have_text(f"{STEPS + 1} of {STEPS + 3}")
    expect(notebook.widget.locator(".wb-trace")).to_contain_text('calls gate: {"name": "end"}')
    late = pause_and_go_on(batches, notebook)
    assert late <= 1.1 * early
    for batch in batches:
        if not batch["full"]:
            assert batch["size"] <= early + ROW * (len(batch["trace"]) + len(batch["steps"]))
    numbers = [batch["n"] for batch in batches]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    seen = [row["seq"] for batch in batches for row in batch["trace"]]
    assert seen == list(range(1, len(seen) + 1))
    notebook.picture("many")
    notebook.at("trace-filter").fill("add 499")
    expect(notebook.widget.locator(".wb-trace")).to_contain_text("2 rows")
    notebook.at("trace-filter").fill("")
    steps = notebook.widget.locator(".wb-plan .wb-scroll")
    steps.evaluate("box => box.scrollTo(0, 0)")
    notebook.press("step-s0")
    expect(notebook.at("step-detail")).to_contain_text("add 0")
    notebook.press("edit-plan")
    expect(notebook.at("draft")).to_be_visible()
    steps.evaluate("box => box.scrollTo(0, box.scrollHeight)")
    notebook.press("draft-open-last")
    notebook.at("step-title").fill("the very end")
    notebook.press("apply")
    open_gate(notebook, "end")
