"""More runs of the frozen corpus: effects with all that their undo needs, and captured variables.

As in `story`, a tool or a plan here is never changed, only added.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

import workbench as wb
from tests.golden.story import Flaky, ended, plan, step
from workbench.testing import allow_all

TO_UNDO = "to be undone"
REMEMBERED = "remembered"


def tools(folder: Path) -> list[wb.Tool]:
    """Give the tools; effects are lines in a file of `folder`."""
    world = Flaky(folder)

    def empty(name: str, rows: pd.DataFrame, into: str) -> None:
        line = f"{name}:{into}:{len(rows)}\n"
        world.effects.write_text(world.effects.read_text().replace(line, ""))

    @wb.tool(effect="compensable", undo=empty, told=lambda into: [into])
    def fill(name: str, rows: pd.DataFrame, into: str = "shelf") -> str:
        return world.note(f"{name}:{into}:{len(rows)}")

    def unlay(name: str) -> None:
        world.effects.write_text(world.effects.read_text().replace(f"{name}\n", ""))

    def lies(name: str) -> bool:
        return world.noted(name)

    @wb.tool(effect="reversible", undo=unlay, probe=lies)
    def lay(name: str) -> str:
        return world.note(name)

    @wb.tool(effect="reversible", undo=unlay)
    def slip(name: str) -> str:
        world.note(name)
        message = "no answer came"
        raise TimeoutError(message)

    return [fill, lay, slip]


def undone(bench: wb.Workbench) -> wb.Run:
    """Effects of each level, with live arguments and defaults in their entries; then taken back to
    a checkpoint, with all outcomes but unknown."""
    run = ended(bench.start(plan=_effects(), key="undone"))
    run.rollback("after laid", reason="not what was wanted")
    return run


def to_be_undone(bench: wb.Workbench) -> wb.Run:
    """The same, left as it is: a later version takes it back."""
    return ended(bench.start(plan=_effects(), key=TO_UNDO))


def undoubted(bench: wb.Workbench) -> wb.Run:
    """A doubt is settled by taking back the one call that it is about."""
    run = bench.start(plan=plan(step("a", "lay"), step("b", "slip", after=["a"])), key="undoubted")
    run.wait_until("waiting", timeout_s=30)
    run.inbox[0].choose("undo", reason="it is not wanted any more")
    while run.view.rollback is not None:
        run._journal.committed.wait(0.02)
    run.wait_until("paused", timeout_s=30)
    run.abandon("the rest is not wanted either")
    return ended(run)


def forked_in_the_past(bench: wb.Workbench) -> wb.Run:
    """A fork at a place behind which the original has changed the world."""
    run = ended(bench.start(plan=_effects(), key="gone on"))
    fork = run.fork(at="after laid", plan=plan(_effects()["table"], _effects()["laid"]), key="past")
    return ended(fork)


def remembered(bench: wb.Workbench) -> wb.Run:
    """Variables are captured, changed, made and removed, and restored; one has no form."""
    names = variables()

    @wb.tool(effect="reversible", undo=lambda **_: None)
    def change(name: str) -> str:
        if name == "first":
            names["sales"].loc[:, "amount"] *= 2
            names["made"] = [1, {"deep": (2, "x")}]
        else:
            del names["count"]
        return name

    path, policy = bench.journal.path, allow_all()
    assert path is not None
    with wb.Workbench(path, tools=[change], variables=names, policy=policy) as other:
        steps = [step("first", "change"), step("second", "change", after=["first"])]
        run = ended(other.start(plan=plan(*steps), key=REMEMBERED))
        run.restore("after first", overwrite=True)
        id_ = run.id
    return bench.look(id_)


def variables() -> dict[str, Any]:
    """Give the variables as they are at the start."""
    frame = pd.DataFrame({"region": ["north", "south"] * 900, "amount": [1.5, 2.5] * 900})
    return {"sales": frame, "same": frame, "count": 3, "lock": threading.Lock()}


def _effects() -> wb.Plan:
    return plan(
        step("table", "table", args={"rows": 2000}),
        step("laid", "lay", after=["table"]),
        step(
            "filled",
            "fill",
            args={"name": "filled", "rows": wb.ref("table")},
            check=wb.Check(not_empty=True),
            after=["laid"],
        ),
        step("sent", "send", after=["filled"]),
    )


STORIES: tuple[tuple[Callable[[wb.Workbench], wb.Run], bool], ...] = (
    (undone, False),
    (to_be_undone, False),
    (undoubted, False),
    (forked_in_the_past, False),
    (remembered, False),
)
