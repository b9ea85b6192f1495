"""`workbench rollback`: shown first, ordered with --yes, carried out by whoever drives the run."""

from __future__ import annotations

import workbench as wb

JOURNAL = ("--journal", "runs.db")


def test_a_run_is_taken_back_from_a_terminal(terminal, tmp_path):
    """Without --yes each effect and its fate are shown and nothing happens; with it whoever drives
    the run undoes them [COMP-8, COMP-7]."""
    there: list[str] = []

    @wb.tool(effect="reversible", undo=lambda line: there.remove(line) or None)
    def put(line: str) -> str:
        there.append(line)
        return line

    @wb.tool(effect="irreversible")
    def send(line: str) -> str:
        return line

    steps = [
        wb.Step(id="a", tool="put", args={"line": "one"}),
        wb.Step(id="b", tool="send", args={"line": "two"}, after=["a"]),
    ]
    policy = wb.testing.allow_all()
    with wb.Workbench(
        tmp_path / "runs.db", tools=[put, send], planner=None, policy=policy
    ) as bench:
        run = bench.start(plan=wb.Plan(goal="Put and send", steps=steps))
        run.wait()

        shown = terminal.ok("rollback", *JOURNAL)
        assert "put" in shown
        assert "will be undone" in shown
        assert "cannot be undone: it stays" in shown
        assert "Nothing was done" in shown
        assert there == ["one"]

        terminal.ok("rollback", *JOURNAL, "--to", "start", "--yes", "-m", "wrong")
        for record in run.events(follow=False):
            assert record.seq
        while run.view.rollback is not None or not run.view.rollbacks:
            bench.journal.turned.wait(0.2, bench.journal.turned.count)

        assert there == []
        assert run.view.rollbacks[-1].reason == "wrong"
        assert run.undo_reports[-1].outcomes == {"a": "undone", "b": "not_undoable"}


def test_a_checkpoint_that_is_not_there_is_named(terminal, waiting):
    """A place that the run does not have is refused, with those that it has."""
    done = terminal("rollback", *JOURNAL, "--to", "nowhere")

    assert done.returncode != 0
    assert "no checkpoint 'nowhere'" in done.stderr
    assert "'start'" in done.stderr
