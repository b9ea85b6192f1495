"""`workbench export`, `replay`, `comment`, `decide`, `checkpoint`, `abandon`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import workbench as wb
from workbench.cli.app import app


def say(*words: str, code: int = 0) -> str:
    """Give what a command prints; in this process, because only the words are looked at."""
    done = CliRunner().invoke(app, [*words])
    assert done.exit_code == code, done.output
    return done.output


def test_a_run_is_taken_to_another_folder_and_played_again(
    terminal: Any, bench: wb.Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file written by `export` replays where there is neither the journal nor the tools, and the
    printed line does it; with another declaration it ends with code 1 and says where [HARN-12,
    REL-30]."""
    plan = wb.Plan(goal="Double", steps=[wb.Step(id="one", tool="double", args={"number": 4})])
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "shed", raising=False)
    bench.start(plan=plan, key="mine").wait(20)
    on = ("--journal", "runs.db", "--tools", "shed:tools")
    without = CliRunner().invoke(app, ["export", "mine", *on[:2]])
    assert "--tools module:attribute" in str(without.exception)

    said = say("export", "mine", *on, "--to", "out.wbrun")

    line = re.search(r"workbench replay out.wbrun --head [0-9a-f]{64}", said)
    assert line is not None
    assert "the same, and nothing was called" in say("replay", "mine", *on)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "out.wbrun").write_bytes(Path("out.wbrun").read_bytes())
    changed = "@wb.tool(effect='irreversible')\ndef double(number: int) -> int: ...\n"
    (elsewhere / "changed_shed.py").write_text(f"import workbench as wb\n\n{changed}")
    monkeypatch.chdir(elsewhere)
    assert "the same, and nothing was called" in say(*line[0].split()[1:])
    said = say("replay", "out.wbrun", "--tools", "changed_shed:double", code=1)
    assert "diverges at event" in said
    assert sorted(file.name for file in elsewhere.iterdir() if file.suffix) == [
        "changed_shed.py",
        "out.wbrun",
    ]


def test_words_and_decisions_reach_a_run(terminal: Any, waiting: wb.Run) -> None:
    """A remark, a decision, a named place and giving up are orders of a terminal, too, and stand
    in the journal with their door [REL-16, MULT-4, PLAN-14]."""
    on = ("--journal", "runs.db")
    say("comment", "no pie", *on, "--step", "note", "--no-replan")
    say("decide", "year", "2007", *on, "--reason", "the last one")
    say("checkpoint", "before the note", *on)
    assert "abandoned" in say("abandon", "the customer cancelled", *on)

    view = waiting.view
    assert (view.state, view.reason) == ("abandoned", "the customer cancelled")
    assert [(d.subject, d.choice) for d in waiting.decisions] == [("year", "2007")]
    assert "before the note" in [mark.name for mark in waiting.checkpoints]
    audit = waiting.audit(events=True)
    assert "no pie" in str(audit.to_dict("records"))
