"""Forecast against actual: as a frame, and in text and HTML before the end."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench import events as e
from workbench.report import (
    FORECAST_COLUMNS,
    actual_path,
    actual_seconds,
    forecast_frame,
    run_html,
    run_text,
)

HOURS = 3600


@wb.tool(effect="read", estimate=wb.Estimate(seconds=30))
def load(path: str = "") -> str:
    raise NotImplementedError


@wb.tool(effect="irreversible", spend=lambda: {"usd": 2.0})
def sign() -> str:
    raise NotImplementedError


TOOLS = {tool.name: tool for tool in (load, sign)}
STEPS = [
    wb.Step(id="load", tool="load"),
    wb.Step(id="aside", tool="load"),
    wb.Step(
        id="sign", tool="sign", after=["load"], ask=True, estimate=wb.Estimate(seconds=6 * HOURS)
    ),
]


@pytest.fixture
def begun(story):
    story.create().plan(*STEPS)
    story.add(e.RunStarted())
    return story


def test_a_plan_says_what_it_will_take(begun):
    """Before the end, text and HTML show the forecast, six hours for a human step [PLAN-15]."""
    for shown in (run_text(begun.view, TOOLS), run_html(begun.view, TOOLS)):
        assert "Forecast: 6:00:30, $2.00; critical path: load → sign" in shown


def test_what_is_done_is_no_longer_forecast(begun):
    """A finished step is not to come: neither its time nor its name is in the line [PLAN-15]."""
    begun.intend("load").succeed("load", after=4)
    for shown in (run_text(begun.view, TOOLS), run_html(begun.view, TOOLS)):
        assert "Forecast: still to come: 6:00:00, $2.00; critical path: sign" in shown
        assert "load →" not in shown
    begun.intend("aside").succeed("aside", after=4)
    begun.intend("sign")
    assert "still to come: 6:00:00" in run_text(begun.view, TOOLS)
    begun.succeed("sign", after=5)
    assert "Forecast" not in run_text(begun.view, TOOLS)


def test_nothing_is_said_when_what_is_left_was_not_estimated(story):
    """The line goes with the last step that somebody has estimated [PLAN-15]."""
    story.create().plan(wb.Step(id="load", tool="load"), wb.Step(id="sign", tool="other"))
    assert "Forecast: at least 30 s" in run_text(story.view, TOOLS)
    story.add(e.RunStarted())
    story.intend("load").succeed("load", after=4)
    assert "Forecast" not in run_text(story.view, TOOLS)


def test_a_plan_without_estimates_says_nothing(story):
    """Where nobody has estimated anything there is no line about it [PLAN-15]."""
    story.create().plan(wb.Step(id="sign", tool="sign"))
    assert "Forecast" not in run_text(story.view, TOOLS)
    assert "Forecast" not in run_html(story.view, TOOLS)


def test_forecast_against_actual(begun):
    """After the run each step has both, a human step with the time it waited [PLAN-15]."""
    begun.intend("load").succeed("load", after=4)
    begun.intend("aside").succeed("aside", after=100)
    begun.add(
        e.RequestOpened(request="r", step="sign", about="permission", title="sign", token="t")
    )
    begun.add(e.RequestAnswered(request="r", step="sign", verdict="approve", by="ada"), after=7200)
    begun.intend("sign", spend={"usd": 1.5}).succeed("sign", after=5)
    frame = forecast_frame(begun.records, begun.view, TOOLS)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == FORECAST_COLUMNS
    rows = frame.set_index("step")
    assert rows.forecast_s.to_dict() == {"load": 30, "aside": 30, "sign": 6 * HOURS}
    assert rows.actual_s.to_dict() == {"load": 4, "aside": 100, "sign": 7205}
    assert rows.forecast_usd["sign"] == 2.0
    assert rows.actual_usd["sign"] == 1.5
    assert rows.on_critical_path.to_dict() == {"load": True, "aside": False, "sign": True}
    assert set(rows.state) == {"succeeded"}
    assert actual_path(actual_seconds(begun.records), begun.view, TOOLS) == ["load", "sign"]


def test_what_is_to_come_counts_with_its_forecast(begun):
    """While the run goes on, the critical path is made of both [PLAN-15]."""
    begun.intend("load").succeed("load", after=4)
    frame = forecast_frame(begun.records, begun.view, TOOLS).set_index("step")
    assert frame.on_critical_path.to_dict() == {"load": True, "aside": False, "sign": True}
    assert frame.actual_s.isna().to_dict() == {"load": False, "aside": True, "sign": True}
