"""The picture of a run that a notebook saves: small, without tokens, and made of text."""

from __future__ import annotations

import json

import pytest

import workbench as wb
from workbench.widgets.saved import LIMIT, STEPS, picture_of
from workbench.widgets.show import widget_of

LONG = "long <b>text</b> with \u202eturned parts " * 40


@wb.tool(effect="pure")
def echo(text: str) -> str:
    """Give a text back."""
    return text


@wb.tool(effect="irreversible", risk="public")
def tell(text: str) -> str:
    """Tell everybody."""
    return text


def run_of(bench: wb.Workbench, count: int) -> wb.Run:
    """Run a plan of long texts, which waits for a person at its end."""
    steps = [
        wb.Step(id=f"s{n}", tool="echo", title=LONG, why=LONG, args={"text": LONG})
        for n in range(count)
    ]
    after = tuple(step.id for step in steps)
    asked = wb.Step(id="last", tool="tell", title=LONG, args={"text": LONG}, after=after)
    run = bench.start(plan=wb.Plan(goal=LONG, steps=[*steps, asked]))
    run.wait_until("waiting")
    return run


@pytest.mark.parametrize("count", [3, 600])
def test_a_picture_is_small_whatever_the_run(count: int) -> None:
    """However many steps a run has and however long its texts are, its picture stays below one
    bound; what it leaves out is counted, and the step that waits is in it [ASYN-15]."""
    with wb.Workbench(tools=[echo, tell], planner=None) as bench:
        run = run_of(bench, count)
        picture = picture_of(run)
        assert len(json.dumps(picture)) <= LIMIT
        batch = picture["batch"]
        shown = [step["id"] for step in batch["steps"]]
        assert "last" in shown
        assert len(shown) <= STEPS
        assert picture["left_out"]["steps"] == count + 1 - len(shown)
        assert picture["left_out"]["events"] == run.view.seq - len(batch["trace"])
        assert batch["trace"][-1]["seq"] == run.view.seq
        run.stop()


def test_a_picture_cannot_answer() -> None:
    """The open request is in the picture, and the token that answers it is not; nothing in it turns
    text around [ASYN-15] [AUTH-6]."""
    with wb.Workbench(tools=[echo, tell], planner=None) as bench:
        run = run_of(bench, 1)
        text = json.dumps(picture_of(run), ensure_ascii=False)
        (request,) = run.view.open_requests
        assert request.id in text
        assert len(request.opened.token) > 20
        assert request.opened.token not in text
        assert "\u202e" not in text
        run.stop()


def test_a_view_of_a_closed_workbench_gives_no_sign_of_life() -> None:
    """The view in the cell of a workbench that was closed is not kept up to date, so it does not
    look alive: its page hears nothing any more, and says so [RUNT-15]."""
    heard: list[str] = []
    with wb.Workbench(tools=[echo, tell], planner=None) as bench:
        widget = widget_of(run_of(bench, 1))
        widget.send = lambda message, _buffers=None: heard.append(message["kind"])
        for kind in ("hello", "ping"):
            widget._handle_custom_msg({"kind": kind}, [])
        assert heard == ["batch", "pong"]
    widget._handle_custom_msg({"kind": "ping"}, [])
    assert heard == ["batch", "pong"]
