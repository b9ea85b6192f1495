"""What the attacks on rights share: a run that is tried, and what must have come of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, plan, step
from workbench.errors import RunFailed, WorkbenchError

SENT_A = "a"
"""The name that rules of these tests let through."""


def refused(lab: Lab, right: wb.Grant | None = None, **options: Any) -> wb.Run:
    """Try one `send` with these arguments against a right; it must fail, with nothing done."""
    grants = [] if right is None else [right]
    args = options.pop("args")
    more = options.pop("tools", ())
    tool = options.pop("tool", "send")
    one = wb.Step(id="a", tool=tool, args=args)
    bench = lab.bench(*more, policy=options.pop("policy", wb.Policy()), **options)
    run = bench.start(plan=plan(one), grants=grants)
    with pytest.raises(RunFailed):
        run.wait(20)
    assert lab.world.effects == []
    return run


def from_inside(lab: Lab, attack: Callable[[], Any], **options: Any) -> tuple[wb.Run, list[str]]:
    """Let a tool's call attack while another step waits for its approval; gives what it was told.

    The step `a` asks for a `send`; `sneak` attacks once the request is open.
    """
    said: list[str] = []

    def sneak() -> None:
        try:
            attack()
        except WorkbenchError as error:
            said.append(str(error))

    gate = lab.world.gate("x")
    tool = wb.Tool(sneak, effect="read", runs_in=options.pop("runs_in", "thread"))
    steps = [
        step("a", "send", **options.pop("fields", {})),
        step("x"),
        wb.Step(id="s", tool="sneak", after=["x"]),
    ]
    run = lab.bench(tool, policy=wb.Policy(), **options).start(plan=plan(*steps))
    lab.run = run  # type: ignore[attr-defined]
    gate.wait_reached()
    while not run.inbox:
        run._journal.committed.wait(0.02)
    gate.open()
    while not run.view.steps["s"].final:
        run._journal.committed.wait(0.02)
    return run, said


def sql(lab: Lab, statement: str, *values: Any) -> list[Any]:
    """Change the journal behind its back, as whoever may write the file can."""
    with closing(sqlite3.connect(lab.place, timeout=20)) as connection, connection:
        return connection.execute(statement, values).fetchall()
