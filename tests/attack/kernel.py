"""A real process with a workbench, for attacks that would end the process of the tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import workbench as wb

FOLDER = Path(sys.argv[1])
ATTACK = sys.argv[2]


def note(word: str) -> None:
    """Write a word into a file: where it is, it stays."""
    with (FOLDER / "notes").open("a") as file:
        file.write(f"{word}\n")


@wb.tool(effect="read", name="attack", retry=wb.Retry(attempts=1))
def attack() -> str:
    note("called")
    if ATTACK == "exit":
        os._exit(9)
    if ATTACK == "close":
        for number in (0, 1, 2):
            os.close(number)
    if ATTACK == "fork" and os.fork() == 0:
        return "child"
    return "parent"


@wb.tool(effect="read", name="attack")
async def attack_in_loop() -> str:
    note("called")
    if ATTACK == "fork in loop" and os.fork() == 0:
        return "child"
    return "parent"


@wb.tool(effect="irreversible", name="attack")
def effect_that_exits() -> str:
    note("called")
    os._exit(9)


@wb.tool(effect="pure")
def after(value: Any) -> str:
    note(f"after {value}")
    return f"after {value}"


def main() -> None:
    """Run two steps; on a second start, open the run again."""
    tool = {"fork in loop": attack_in_loop, "exit in doubt": effect_that_exits}.get(ATTACK, attack)
    bench = wb.Workbench(
        FOLDER / "runs.db", tools=[tool, after], planner=None, policy=wb.testing.allow_all()
    )
    plan = wb.Plan(
        goal="attack",
        steps=[
            wb.Step(id="a", tool="attack"),
            wb.Step(id="b", tool="after", args={"value": wb.ref("a")}),
        ],
    )
    run = bench.start(plan=plan, key="one")
    if "--look" not in sys.argv:
        run.wait_until("succeeded", "failed", "waiting", timeout_s=60)
        note(f"run {run.state}")
    bench.close()
    os._exit(0)


if __name__ == "__main__":
    main()
