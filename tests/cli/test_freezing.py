"""`workbench freeze`: a terminal holds every run of a journal, without having its tools."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

import workbench as wb
from tests.engine.harness import eventually, states
from workbench.cli.app import app
from workbench.errors import CommandRefused


def workbench(place, *words: str) -> str:
    """Run `workbench WORDS…` in this process; gives what it printed."""
    done = CliRunner().invoke(app, [*words, "--journal", str(place)])
    if done.exception is not None:
        raise done.exception
    return done.stdout


def test_a_terminal_freezes_and_lifts(bench, waiting, tmp_path):
    """A freeze that a terminal sets holds the run that this process drives, although it was allowed
    before: nothing is written and the run is paused; lifted there, it goes on when it is resumed.
    A tool that no run has is refused as a slip, and so is what freezes nothing [COMP-10]."""
    place = tmp_path / "runs.db"
    said = workbench(place, "freeze", "not tool note", "--reason", "an audit")
    (rule,) = bench.rules
    assert f"Frozen: not tool note ({rule.id})." in said
    with pytest.raises(CommandRefused, match="matches no tool"):
        workbench(place, "freeze", "not tool noet")
    with pytest.raises(wb.errors.ToolError, match="can be frozen"):
        workbench(place, "freeze", "nothing")

    frozen = (
        f"Frozen in every run: not tool note (by person: an audit). To lift it: unfreeze {rule.id}"
    )
    assert frozen in workbench(place, "show").splitlines()
    assert frozen in workbench(place, "runs").splitlines()
    waiting.inbox[0].approve()
    eventually(waiting, lambda view: view.state == "paused")

    assert "an audit" in waiting.view.reason
    assert states(waiting)["note"] == "ready"
    assert not (tmp_path / "notes.txt").exists()
    assert workbench(place, "unfreeze") == f"Lifted: freeze: not tool note ({rule.id}).\n"
    waiting.resume()
    waiting.wait(20)
    assert (tmp_path / "notes.txt").read_text() == "42\n"


def test_a_terminal_refuses_and_freezes(bench, waiting, tmp_path):
    """`workbench deny --then freeze` says what stands frozen now and how it is lifted; the run is
    held and the tool is not called by another run, until it is lifted [REL-4, COMP-10]."""
    place = tmp_path / "runs.db"

    said = workbench(place, "deny", "--then", "freeze", "--reason", "not by hand")

    (rule,) = bench.rules
    assert f"Frozen: not tool note ({rule.id})." in said
    assert f"workbench unfreeze {rule.id}" in said
    assert (waiting.state, waiting.view.reason) == ("paused", "not by hand")
    with wb.Workbench(place, tools=bench.tools, policy=wb.testing.allow_all()) as other:
        run = other.start(plan=wb.Plan(steps=[wb.Step(id="n", tool="note", args={"line": "x"})]))
        run.wait_until("paused", timeout_s=20)
        assert "not by hand" in run.view.reason
        workbench(place, "unfreeze", rule.id)
        run.resume()
        run.wait(20)
    assert (tmp_path / "notes.txt").read_text() == "x\n"


def test_a_terminal_freezes_where_nobody_drives(bench, waiting, tmp_path):
    """A refusal that waits until its run is opened freezes at once all the same [COMP-10]."""
    place = tmp_path / "runs.db"
    bench.close()

    said = workbench(place, "deny", "--then", "freeze")

    assert "it will be carried out when the run is opened" in said
    assert "Frozen: not tool note" in said
