"""What a run has left in the world when it has ended, and how each thing is ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, plan
from workbench.errors import ToolError
from workbench.policy import Rights
from workbench.toolkit import files


def rows(run: wb.Run, **options: Any) -> dict[str, list[str]]:
    """Give what is left by kind."""
    frame = run.leftovers_report(**options)
    return {kind: list(frame[frame.kind == kind].what) for kind in dict.fromkeys(frame.kind)}


def write(step: str, path: str, after: list[str] | None = None) -> wb.Step:
    """Write a small text."""
    args = {"path": path, "text": step}
    return wb.Step(id=step, tool="write_text", args=args, after=after or [])


def test_files_are_listed_while_they_stand(lab: Lab, tmp_path: Path) -> None:
    """Files that a run has written are listed with what takes them back, also when they stand
    somewhere else by then; what was deleted, by the run or by hand, or taken back is not left
    [REL-17]."""
    folder = tmp_path / "folder"
    folder.mkdir()
    run = lab.bench(*files(folder)).start(
        plan=plan(
            write("kept", "kept.txt"),
            write("moved", "old.txt"),
            wb.Step(id="move", tool="move_file", args={"path": "old.txt", "to": "new.txt"},
                    after=["moved"]),
            write("gone", "gone.txt"),
            wb.Step(id="delete", tool="delete_file", args={"path": "gone.txt"}, after=["gone"]),
            write("hand", "hand.txt"),
        )
    )  # fmt: skip
    run.wait(20)
    (folder / "hand.txt").unlink()

    frame = run.leftovers_report()

    assert set(frame.kind) == {"file"}
    assert {Path(one).name for one in frame.what} == {"kept.txt", "new.txt"}
    assert dict(zip(frame.step, frame.next, strict=True))["kept"].endswith("run.rollback()")
    assert not any(frame.since.isna())
    run.rollback(timeout_s=20)
    assert run.leftovers_report().empty


def scheduler(jobs: list[str]) -> wb.Tool:
    """Give a tool that begins something which outlives the run, and says so."""

    def unschedule(name: str) -> None:
        jobs.remove(name)

    def left(name: str, result: str) -> dict[str, list[str]]:
        return {"schedule": [f"{name}, {result}"], "token": [f"key of {name}"]}

    @wb.tool(effect="compensable", undo=unschedule, leaves=left, risk="local")
    def schedule(name: str) -> str:
        jobs.append(name)
        return "every night"

    return schedule


def test_schedules_and_tokens_are_listed(lab: Lab, world: World) -> None:
    """What a tool says that its calls leave behind is listed by kind until it was taken back; where
    the tool is not registered any more, the report says that nobody can tell; those of a run below
    stand in the report of the run above it, too [REL-17]."""
    jobs: list[str] = []
    made: list[wb.Workbench] = []

    @wb.tool(effect="read")
    def hand_on(name: str) -> str:
        below = made[-1].start(plan=plan(job(name)))
        below.wait(20)
        return below.id

    def job(name: str) -> wb.Step:
        return wb.Step(id=name, tool="schedule", args={"name": name})

    made.append(lab.bench(hand_on, scheduler(jobs)))
    on = wb.Step(id="on", tool="hand_on", args={"name": "below"})
    run = made[0].start(plan=plan(job("mine"), on))
    run.wait(20)
    below = made[0].look(run.output("on"))

    everything = {
        "schedule": ["mine, every night", "below, every night"],
        "token": ["key of mine", "key of below"],
    }
    assert rows(run) == everything
    assert list(run.leftovers_report().step)[-1] == f"below of {below.id}"
    assert run.leftovers_report().next.iloc[-1].endswith(f"bench.open({below.id!r}).rollback()")
    again = lab.reopen(run, hand_on)
    assert rows(again) == {"not known": ["what schedule has left: it is not registered here"] * 2}
    again = lab.reopen(run, hand_on, scheduler(jobs))
    again.rollback(timeout_s=20)
    assert rows(again) == {"schedule": ["below, every night"], "token": ["key of below"]}
    assert jobs == ["below"]


def test_a_plain_viewer_reads_only_that_something_is_left(lab: Lab) -> None:
    """Of what a tool has left that the viewer may not know, its name is not shown; nor is the rule
    of an answer about it [REL-13, REL-17]."""
    rights = Rights(person=(wb.Grant("think"),))
    run = lab.bench(scheduler([]), policy=wb.Policy(ask=["schedule"])).start(
        plan=plan(wb.Step(id="a", tool="schedule", args={"name": "secret-job"}))
    )
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].approve()
    run.wait(20)
    lab.close()
    run = lab.bench(scheduler([]), rights=rights).look(run.id)

    plain = run.leftovers_report(viewer="plain")

    assert list(plain.kind) == ["not shown", "not shown"]
    assert "schedule" not in plain.to_csv()
    assert "secret-job" not in plain.to_csv()
    assert "secret-job" in run.leftovers_report(viewer="operator").to_csv()


def test_a_rule_that_an_answer_has_set_outlives_the_run(lab: Lab) -> None:
    """An answer for always sets a rule for every run: it is left over until it is lifted
    [REL-17, REL-4]."""
    run = lab.bench(policy=wb.Policy()).start(
        plan=plan(wb.Step(id="a", tool="send", args={"name": "a"}))
    )
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].approve(scope="always")
    run.wait(20)

    frame = run.leftovers_report()

    (rule,) = run.bench.rules
    assert (list(frame.kind), list(frame.what)) == (["standing rule"], [str(rule.rule)])
    assert frame.next[0] == f"bench.rules.lift({rule.id!r})"
    run.bench.rules.lift(rule.id)
    assert run.leftovers_report().empty


def test_what_a_tool_leaves_must_be_told(lab: Lab) -> None:
    """A tool that changes nothing leaves nothing, and a declaration that raises is a row and no
    error [REL-17]."""
    with pytest.raises(ToolError, match="says what it leaves behind"):
        wb.tool(effect="read", leaves=lambda **_: {})(lambda: None)

    def broken(name: str) -> Any:
        raise KeyError(name)

    odd = wb.tool(effect="irreversible", leaves=broken, name="odd")(lambda name: None)
    run = lab.bench(odd).start(plan=plan(wb.Step(id="a", tool="odd", args={"name": "x"})))
    run.wait(20)
    (what,) = rows(run)["not known"]
    assert "KeyError: 'x'" in what
