"""A run at rest is looked at again whenever something happens, however near its rest that is."""

from __future__ import annotations

import threading

import pytest

from tests.engine.harness import PATIENCE_S, Lab, World, chain
from workbench.journal.rows import CommandRow


def test_an_undo_that_ends_while_its_run_comes_to_rest_is_noticed(
    lab: Lab, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that undoes ends in the very moment in which the drive of the other one, on its way
    to rest, has asked the journal for open orders and not yet heard: the rollback ends at once
    all the same, and nobody waits for a word that never comes [COMP-9, ASYN-6]."""
    bench = lab.bench()
    run = bench.start(plan=chain("a", tool="put"))
    run.wait(20)
    journal, host, held = bench.journal, bench.host, threading.Event()
    ask = journal.open_commands

    def is_over(undo: str) -> bool:
        made = {row.id: row.state for row in journal.runs()}
        return made.get(undo) == "succeeded" and not host.driving(undo)

    def ask_slowly(name: str) -> list[CommandRow]:
        found, rollback = ask(name), run.view.rollback
        if name == run.id and rollback is not None and not held.is_set():
            held.set()
            while not is_over(rollback.undo):
                journal.committed.wait(0.01)
        return found

    monkeypatch.setattr(journal, "open_commands", ask_slowly)

    report = run.rollback(timeout_s=PATIENCE_S)

    assert held.is_set()
    assert report.counts["undone"] == 1
    assert world.effects == []
