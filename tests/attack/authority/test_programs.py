"""Rules and caps from a program that a call starts: they are the person's, whatever asks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import workbench as wb
from tests.attack.authority.siege import from_inside
from tests.engine.harness import Lab

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
import workbench as wb

def send(name: str = "") -> str:
    return name

cap = wb.Cap("usd", 5, per="day")
with wb.Workbench(sys.argv[1], planner=None, tools=[send], caps=[cap]) as bench:
    try:
        {change}
    except wb.errors.CommandRefused as error:
        print("refused:", error)
    else:
        print("it went through")
"""
CHANGES = {
    "sets a rule": 'bench.rules.add(wb.Rule("allow", "send"))',
    "lifts a freeze": "bench.unfreeze()",
    "raises a cap": "bench.raise_cap(cap, 1000)",
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("cleaned", [False, True], ids=["marked", "cleaned"])
def test_a_program_of_a_call_changes_no_rule(lab: Lab, change: str, cleaned: bool) -> None:
    """A program below a call sets no rule, lifts no freeze and raises no cap, with the environment
    of the call or with an empty one and a session of its own [AUTH-1, MULT-12].
    """
    said: list[str] = []
    environment = {"PYTHONPATH": str(ROOT)}

    def attack() -> None:
        command = [sys.executable, "-c", PROGRAM.format(change=CHANGES[change]), str(lab.place)]
        done = subprocess.run(
            command,
            env=environment if cleaned else {**os.environ, **environment},
            start_new_session=cleaned,
            capture_output=True,
            text=True,
            check=False,
        )
        said.append(done.stdout + done.stderr)

    with wb.Workbench(lab.place, planner=None, tools=lab.world.tools()) as bench:
        rule = bench.freeze("not tool put")
    run, _ = from_inside(lab, attack)
    assert said[0].startswith("refused:"), said
    assert "nly a person" in said[0]
    assert [standing.id for standing in run.bench.rules] == [rule]
    assert lab.world.effects == []
