"""A host at rest: it notices what others order, and asks the journal nothing meanwhile."""

from __future__ import annotations

import threading

import pytest

import workbench as wb
from tests.engine.harness import PATIENCE_S, Lab, World, plan, step
from workbench.journal.changes import Changes


def test_at_rest_the_journal_is_left_alone(
    lab: Lab, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host whose runs wait for a person reads nothing twenty times a second: it looks for orders
    only when something was committed. The answer of another process is noticed then [ASYN-7]."""
    bench = lab.bench(policy=wb.Policy())
    if bench.journal.path is None:
        pytest.skip("a server is asked")
    run = bench.start(plan=plan(step("a", "send")))
    run.wait_until("waiting", timeout_s=PATIENCE_S)
    looks, quiet, resting = [0], [0], threading.Event()
    look, ask = bench.journal.runs_with_commands, Changes.any

    def looking() -> set[str]:
        looks[0] += 1
        quiet[0] = 0
        return look()

    def asking(changes: Changes) -> bool:
        changed = ask(changes)
        quiet[0] = 0 if changed else quiet[0] + 1
        if quiet[0] == 20:
            resting.set()
        return changed

    monkeypatch.setattr(bench.journal, "runs_with_commands", looking)
    monkeypatch.setattr(Changes, "any", asking)
    assert resting.wait(PATIENCE_S), "it asks on and on"
    before = looks[0]
    with wb.Workbench(lab.place, planner=None) as elsewhere:
        elsewhere.look(run.id).inbox[0].approve()
        assert run.wait(PATIENCE_S) == "a"
    assert looks[0] > before
    assert world.effects == ["a"]
