"""How many tools a planner had to choose from is in the journal, and the widget shows it."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, plan, step
from workbench.feed import Feed
from workbench.planner import Proposal


class Planner:
    """Gives the same plan again."""

    name = "scripted"

    async def propose(self, _: Any) -> Proposal:
        return Proposal(plan=plan(step("a", ask=True)), reason="short")


def numbered(n: int) -> wb.Tool:
    """Make one of many tools."""
    return wb.tool(effect="pure", name=f"tool_{n}")(lambda: n)


@pytest.mark.parametrize("count", [49, 50])
def test_many_tools_warn(lab: Lab, count: int) -> None:
    """A planner that is offered 50 tools is warned of in the widget; the number is a row of it for
    any number, and is in the journal [REL-29]."""
    more = [numbered(n) for n in range(count - len(lab.world.tools()))]
    run = lab.bench(*more, planner=Planner()).start("do a")
    run.wait_until("waiting", timeout_s=20)
    called = next(r.event for r in run.events() if r.event.kind == "planner.called")
    assert len(called.context["tools"]) == count
    full = Feed(run.bench.journal, run.id, run.bench.tool_map(), run.bench.clock).full()
    said = f"the planner scripted was asked with {count} tools"
    assert any(said in row["text"] for row in full["trace"])
    codes = [remark.code for remark in run.view.revisions[0].remarks]
    assert ("many_tools" in codes) is (count == 50)
    if count == 50:
        assert full["remarks"][0]["text"].startswith("50 tools were offered to the planner")
