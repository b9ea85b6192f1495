"""`workbench fork` and `compare`: another way, from another terminal."""

from __future__ import annotations

import workbench as wb

JOURNAL = ("--journal", "runs.db")


def test_a_run_is_forked_and_compared_from_a_terminal(terminal, bench):
    """A fork made in a terminal, where the tools are not, is paused, and goes on where they are;
    what both share and where they differ is shown side by side [RUNT-11] [REL-26]."""
    steps = [
        wb.Step(id="one", tool="double", args={"number": 1}),
        wb.Step(id="two", tool="double", args={"number": wb.ref("one")}),
    ]
    run = bench.start(plan=wb.Plan(goal="Double", steps=steps), key="first")
    assert run.wait(20) == 4

    said = terminal.ok("fork", *JOURNAL, "first", "--at", "after one", "--key", "second")

    assert f"Fork of {run.id}" in said
    assert "1 step shared." in said
    fork = bench.open(next(row.id for row in bench.journal.runs() if row.key == "second"))
    assert fork.state == "paused"
    with fork.editing() as draft:
        draft.change("two", args={"number": 50}, after=["one"])
    fork.resume()
    assert fork.wait(20) == 100
    shown = terminal.ok("compare", *JOURNAL, "first", "second")
    assert f"{fork.id} is a fork of {run.id}" in shown
    assert "~ two.args" in shown


def test_a_place_that_is_none_is_refused_with_those_that_are(terminal, bench):
    """A wrong place is answered by the right ones, and nothing is made."""
    plan = wb.Plan(goal="g", steps=[wb.Step(id="one", tool="double", args={"number": 1})])
    bench.start(plan=plan).wait(20)

    done = terminal("fork", *JOURNAL, "--at", "after zwei")

    assert done.returncode != 0
    assert "'after one'" in done.stderr + done.stdout
    assert len(bench.journal.runs()) == 1
