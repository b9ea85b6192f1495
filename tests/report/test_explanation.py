"""Why a run failed, in one view: first cause, evidence, what was done, what is open, what next."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, drives, lab, plan, step, world
from workbench.errors import RunFailed
from workbench.feed import Feed
from workbench.planner import Proposal
from workbench.report import run_html, run_text

__all__ = ["drives", "lab", "world"]


@pytest.fixture
def backend() -> str:
    """Use the loop that notebooks have."""
    return "asyncio"


class Silent:
    name = "silent"

    async def propose(self, _context: Any) -> Proposal:
        raise ValueError("no idea")


def broken(lab: Lab, world: World) -> wb.Run:
    world.faults = {"b": [ValueError("no such shop")]}
    return lab.bench().start(plan=chain("a", "b", "c"))


def not_good(lab: Lab, _world: World) -> wb.Run:
    first = step("b", "send", value=[1], check=wb.Check(output_schema={"minItems": 2}))
    return lab.bench().start(plan=plan(step("a"), first.model_copy(update={"after": ("a",)})))


def not_done(lab: Lab, _world: World) -> wb.Run:
    done = wb.Check(where={"output": "good"})
    return lab.bench().start(plan=plan(step("a", value="bad")), done=done)


def not_planned(lab: Lab, _world: World) -> wb.Run:
    return lab.bench(planner=Silent()).start("do something")


PLANTED: dict[str, tuple[Any, str | None, tuple[str, ...]]] = {
    "a call": (broken, "b", ("First cause: b: ValueError: no such shop", "after 1 attempt",
        "Done: 1 step (a)", "Open: not done: 1 step (c)", "fork(at='after a'", "remaining_plan")),
    "a check": (not_good, "b", ("First cause: b: ", "its effect took place all the same",
        "run.output('b', last=True)", "undo_preview")),
    "the result": (not_done, None, ("First cause: the run as a whole: it is not done",
        "the result was looked at", "Done: 1 step (a)")),
    "no plan": (not_planned, None, ("First cause: the run as a whole: the planner failed",
        "Done: nothing", "say it otherwise")),
}  # fmt: skip


@pytest.mark.parametrize(("plant", "first", "said"), PLANTED.values(), ids=PLANTED)
def test_a_failure_is_explained_in_one_view(
    lab: Lab, world: World, plant: Any, first: str | None, said: tuple[str, ...]
) -> None:
    """Each planted failure is explained by its first cause, evidence, what was done, what is open
    and what can be done next: in text, HTML and the rows of the widget [HARN-13]."""
    run = plant(lab, world)
    with pytest.raises(RunFailed):
        run.wait(20)
    why = run.explanation()
    assert why is not None
    assert why.step == first
    feed = Feed(run.bench.journal, run.id, run.bench.tool_map(), run.bench.clock)
    rows = " | ".join(row["text"] for row in feed.full()["remarks"])
    for line in said:
        assert line in str(why)
        assert line in run_text(run.view)
        assert line in rows
    assert "Why it failed" in run_html(run.view)


def test_what_has_not_failed_needs_no_explanation(lab: Lab, world: World) -> None:
    """A run that goes on, or has succeeded, has none [HARN-13]."""
    run = lab.bench().start(plan=chain("a"))
    run.wait(20)
    assert run.explanation() is None
    assert "Why it failed" not in str(run)
