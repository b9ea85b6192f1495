"""The magics in a real IPython shell."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

import workbench as wb
from workbench.capture.namespace import set_default
from workbench.errors import NotFound, RunFinished, WorkbenchError


@pytest.fixture
def shell(tmp_path, monkeypatch) -> Iterator[InteractiveShell]:
    monkeypatch.chdir(tmp_path)
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    made.run_line_magic("load_ext", "workbench")
    yield made
    made.history_manager.end_session()
    bench = made.user_ns.get("bench")
    if isinstance(bench, wb.Workbench):
        bench.close()
    InteractiveShell.clear_instance()
    set_default(None)  # later tests of this process have no kernel


@pytest.fixture
def written() -> list[str]:
    return []


@pytest.fixture
def bench(shell, tmp_path, written) -> wb.Workbench:
    """A workbench in the user's namespace, with a tool that is asked about."""

    @wb.tool(effect="irreversible")
    def note(line: str) -> str:
        """Write a line."""
        written.append(line)
        return line

    shell.user_ns["bench"] = wb.Workbench(tmp_path / "runs.db", tools=[note])
    return shell.user_ns["bench"]


def ask(bench: wb.Workbench, *lines: str) -> wb.Run:
    """Start a run that waits with one request for each line."""
    steps = [
        wb.Step(id=f"note{at}", title=f"note {line}", tool="note", args={"line": line})
        for at, line in enumerate(lines)
    ]
    run = bench.start(plan=wb.Plan(goal="Notes", steps=steps))
    run.wait_until("waiting")
    return run


def test_agent_starts_a_run_from_plain_words_and_returns_at_once(shell, tmp_path, capsys):
    """`%%agent` makes a workbench for this folder and gives the run as `run` [ASYN-1] [RUNT-1]."""
    pd.DataFrame({"region": ["n", "s"], "sales": [1, 2]}).to_csv("sales.csv", index=False)

    run = shell.run_cell_magic("agent", "", "Read sales.csv and show\nthe top 1 rows by sales")

    assert isinstance(run, wb.Run)
    assert shell.user_ns["run"] is run
    assert run.view.goal == "Read sales.csv and show\nthe top 1 rows by sales"
    assert (tmp_path / "workbench.db").exists()
    assert "Made bench" in capsys.readouterr().out
    run.wait_until("waiting", timeout_s=60)


def test_agent_with_the_same_key_gives_the_same_run(shell, bench):
    """The cell run twice starts one run [ASYN-4]."""
    first = shell.run_cell_magic("agent", "--key weekly", "Note the sum")
    again = shell.run_cell_magic("agent", "", "--key weekly\nNote the sum")

    assert again.id == first.id
    assert first.view.key == "weekly"


def test_agent_takes_options_and_leaves_dashes_within_the_goal(shell, bench):
    """Options stand at the beginning of a line; a dash elsewhere belongs to the goal."""
    run = shell.run_line_magic("agent", "--on-failure continue Note the well-known --draft")

    assert run.view.on_failure == "continue"
    assert run.view.goal == "Note the well-known --draft"


@pytest.mark.parametrize(
    "line", ["", "--key", "--on-failure explode Note it", "--colour red Note it"]
)
def test_agent_says_how_it_is_used(shell, bench, line):
    """A goal that is missing or an option that is none gives one clear line, and starts nothing."""
    with pytest.raises(UsageError):
        shell.run_line_magic("agent", line)

    assert bench.runs().empty


def test_runs_gives_a_frame(shell, bench):
    """`%runs` lists the runs, newest first."""
    ask(bench, "a")
    newest = ask(bench, "b")

    frame = shell.run_line_magic("runs", "")

    assert frame["run"].tolist()[0] == newest.id
    assert len(frame) == 2


def test_pause_and_resume_mean_the_last_run(shell, bench, capsys):
    """Without a name the newest unfinished run is meant; any other can be named [RUNT-13]."""
    first, last = ask(bench, "a"), ask(bench, "b")

    shell.run_line_magic("pause", "")
    assert (first.state, last.state) == ("waiting", "paused")
    assert "paused" in capsys.readouterr().out

    shell.run_line_magic("pause", first.id.removeprefix("run-")[:5].upper())
    assert first.state == "paused"

    shell.run_line_magic("resume", "")
    assert last.wait_until("waiting") == "waiting"
    assert first.state == "paused"


def test_approve_answers_the_only_request(shell, bench, written, capsys):
    """`%approve` allows the call once, says what was allowed, and the answer names its door."""
    run = ask(bench, "a")

    shell.run_line_magic("approve", "")

    assert run.wait(timeout_s=20) == "a"
    assert written == ["a"]
    assert "Allowed once: note a" in capsys.readouterr().out
    answer = next(r.event for r in run.events() if r.kind == "request.answered")
    assert answer.surface == "magic"


def test_with_two_requests_the_number_decides(shell, bench, written):
    """Where two requests are open nothing is guessed."""
    run = ask(bench, "a", "b")
    second = bench.inbox[1].args["line"]

    with pytest.raises(NotFound, match="2 requests are open"):
        shell.run_line_magic("approve", "")
    shell.run_line_magic("approve", "1")

    run.wait_until("waiting", timeout_s=20)
    assert written == [second]


def test_deny_keeps_the_reason(shell, bench, written):
    """`%deny` with a number, a reason, both or neither refuses; nothing is called."""
    for line, reason in (("0 not today", "not today"), ("too late", "too late"), ("", "")):
        run = ask(bench, "a")
        shell.run_line_magic("deny", line)

        run.wait_until("succeeded", timeout_s=20)
        answer = next(r.event for r in run.events() if r.kind == "request.answered")
        assert answer.reason == reason
    assert written == []


def test_deny_says_what_then(shell, bench, written, capsys):
    """`%deny --then freeze` holds the run and freezes the tool until `%unfreeze`; another word than
    the four is a slip that refuses nothing [REL-4, COMP-10]."""
    run = ask(bench, "a")
    with pytest.raises(UsageError, match="--then continue"):
        shell.run_line_magic("deny", "0 --then freez it")
    assert len(run.inbox) == 1

    shell.run_line_magic("deny", "0 --then freeze not by hand")

    assert (run.state, run.view.reason) == ("paused", "not by hand")
    assert [str(one.rule) for one in bench.rules] == ["freeze: not tool note"]
    said = capsys.readouterr().out
    assert "Refused, then freeze: note a" in said
    assert "Frozen: not tool note, in every run; %unfreeze lifts it." in said
    shell.run_line_magic("unfreeze", "")
    other = ask(bench, "b")
    shell.run_line_magic("deny", "--then stop")
    other.wait_until("stopped", timeout_s=20)


def test_approve_takes_no_second_word(shell, bench, written):
    """`%approve all` does not allow what it does not understand."""
    ask(bench, "a")

    with pytest.raises(UsageError):
        shell.run_line_magic("approve", "all")
    assert written == []


def test_a_finished_run_is_not_paused(shell, bench):
    """An order to a run that has ended is refused in one sentence [ASYN-3]."""
    run = ask(bench, "a")
    run.stop()
    run.wait_until("stopped")

    with pytest.raises(NotFound, match="no unfinished run"):
        shell.run_line_magic("pause", "")
    with pytest.raises(RunFinished):
        shell.run_line_magic("pause", run.id)


def test_a_variable_of_that_name_is_not_overwritten(shell):
    """If `bench` is something else, the magic says so instead of taking the name."""
    shell.user_ns["bench"] = "a wooden one"

    with pytest.raises(WorkbenchError, match="no Workbench"):
        shell.run_line_magic("runs", "")
    assert shell.user_ns["bench"] == "a wooden one"


def test_approve_keeps_to_the_gate_where_it_must(shell, tmp_path):
    """With strict gates a magic arms, waits and confirms like a click [REL-1]."""
    clock = wb.testing.FakeClock()

    @wb.tool(effect="irreversible")
    def note(line: str) -> str:
        return line

    place = tmp_path / "strict.db"
    with wb.Workbench(place, tools=[note], planner=None, gates="strict", clock=clock) as bench:
        shell.user_ns["bench"] = bench
        run = ask(bench, "a")
        clock.advance(10)
        with pytest.raises(WorkbenchError, match="is not armed"):
            shell.run_line_magic("approve", "0")
        shell.run_line_magic("approve", "0 --arm")
        clock.advance(10)
        shell.run_line_magic("approve", "0 --confirm yes")
        assert run.wait(20) == "a"


def test_fork_makes_another_run_of_a_place(shell, bench, written):
    """`%fork --at PLACE` makes a paused run that shares what was done, as the variable `run`
    [RUNT-11] [REL-26]."""
    run = ask(bench, "a", "b")
    run.inbox[0].approve()
    run.wait_until("waiting")

    fork = shell.run_line_magic("fork", f"{run.id} --at after note0")

    assert shell.user_ns["run"].id == fork.id
    assert fork.state == "paused"
    assert fork.view.shared == ["note0"]
    assert written == ["a"]
    with pytest.raises(UsageError, match="--at PLACE"):
        shell.run_line_magic("fork", "--at")


def test_rollback_takes_the_last_run_back(shell, tmp_path, capsys):
    """`%rollback` undoes what the last run did and says what became of each effect [COMP-7]."""
    there: list[str] = []

    @wb.tool(effect="reversible", undo=lambda line: there.remove(line) or None)
    def put(line: str) -> str:
        there.append(line)
        return line

    with wb.Workbench(tmp_path / "back.db", tools=[put], planner=None) as bench:
        step = wb.Step(id="a", tool="put", args={"line": "one"})
        run = bench.start(plan=wb.Plan(goal="put", steps=[step]))
        run.wait(timeout_s=20)
        shell.user_ns |= {"bench": bench, "run": run}

        shell.run_line_magic("rollback", "to start")

    assert there == []
    assert "a: put" in capsys.readouterr().out


def test_a_freeze_of_a_cell(shell, bench, written, capsys):
    """`%freeze` holds every run at such a call, whatever was answered; `%unfreeze` lifts it
    [COMP-10]."""
    run = ask(bench, "one")
    shell.run_line_magic("freeze", "no writes")
    run.inbox[0].approve()
    run.wait_until("paused", timeout_s=20)
    shell.run_line_magic("unfreeze", "")
    assert "Lifted: freeze: no writes" in capsys.readouterr().out
    assert written == []
    run.resume()
    run.wait(20)
    assert written == ["one"]


def test_what_a_person_says_decides_and_takes_away(shell, bench, tmp_path):
    """A remark, a decision, a stop, a file of the run and a replay of it, each one line [HARN-12,
    MULT-4]."""
    run = ask(bench, "a")
    shell.run_line_magic("comment", "shorter, please")
    shell.run_line_magic("decide", "year = 2007")
    assert [(d.subject, d.choice) for d in run.decisions] == [("year", "2007")]
    with pytest.raises(UsageError, match="SUBJECT = CHOICE"):
        shell.run_line_magic("decide", "2007")
    shell.run_line_magic("stop", "")
    assert run.wait_until("stopped", timeout_s=20) == "stopped"
    assert "plan.commented" in [record.kind for record in run.events()]
    file = shell.run_line_magic("export", "")
    assert file.exists()
    assert shell.run_line_magic("replay", str(file)).same
    assert shell.run_line_magic("replay", "").same
