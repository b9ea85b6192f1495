"""`workbench runs`, `show`, `inbox`, `verify`: looking from another terminal."""

from __future__ import annotations

import sqlite3

import workbench as wb

JOURNAL = ("--journal", "runs.db")


def test_runs_are_listed_with_state_and_key(terminal, waiting):
    """A run of another process is listed with state, steps and key [RUNT-1] [ASYN-2]."""
    listed = terminal.ok("runs", *JOURNAL)

    assert "waits for you, 1 open" in listed
    assert "1 of 2" in listed
    assert "noted" in listed
    assert "Double it and note it" in listed


def test_a_run_is_shown_with_its_plan_and_its_question(terminal, waiting):
    """`show` gives plan, states and the open request with the exact arguments [ASYN-2]."""
    shown = terminal.ok("show", *JOURNAL)

    assert "✓ double" in shown or "✓ twice" in shown
    assert "! note the number" in shown
    assert "line: 42" in shown


def test_what_to_know_before_a_step_is_shown_without_the_tools(terminal, bench):
    """`show` tells of what cannot be undone and comes early, from the journal alone [COMP-14]."""
    check = wb.Check(not_empty=True)
    steps = [
        wb.Step(id="ask", tool="double", args={"number": 1}, ask=True),
        wb.Step(id="note", tool="note", args={"line": "x"}, after=["ask"]),
        wb.Step(id="sum", tool="double", args={"number": 2}, after=["ask"], check=check),
    ]
    bench.start(plan=wb.Plan(goal="Note", steps=steps)).wait_until("waiting")

    shown = terminal.ok("show", *JOURNAL)

    assert "Before you start:" in shown
    assert "! note: cannot be undone, and may be done before sum" in shown
    assert "note after sum" in shown


def test_a_run_is_named_by_id_by_its_beginning_or_by_key(terminal, waiting):
    """What a person sees of a run is enough to name it."""
    begin = waiting.id.removeprefix("run-")[:4].upper()

    shown = {terminal.ok("show", *JOURNAL, name) for name in (waiting.id, begin, "noted")}

    assert len({text.split(":")[0] for text in shown}) == 1


def test_events_are_told_one_a_line(terminal, waiting):
    """`show --events` says what happened, numbered as in the journal."""
    lines = terminal.ok("show", *JOURNAL, "--events").splitlines()

    assert [int(line.split()[0]) for line in lines] == list(range(1, len(lines) + 1))
    assert "The run waits for you." in lines[-1]


def test_the_inbox_lists_open_requests_of_all_runs(terminal, bench, waiting, plan):
    """Two waiting runs: two requests, each with its run and its number, and how to answer here."""
    bench.start(plan=plan).wait_until("waiting")

    listed = terminal.ok("inbox", *JOURNAL)
    assert listed.count("request 0:") == 2
    assert "workbench approve RUN" in listed.splitlines()[-1]
    assert terminal.ok("inbox", *JOURNAL, "noted").count("request 0:") == 1


def test_watch_ends_when_the_run_waits(terminal, waiting):
    """`show --watch` follows until the run needs a person, and ends there."""
    assert "waits for you" in terminal.ok("show", *JOURNAL, "--watch")


def test_verify_counts_the_events_of_an_untouched_journal(terminal, waiting):
    """An untouched journal is confirmed, run by run."""
    assert "the hash chain holds" in terminal.ok("verify", *JOURNAL)


def test_verify_finds_a_change_made_by_hand(terminal, bench, waiting):
    """One changed byte is named, with exit code 1."""
    bench.close()
    with sqlite3.connect(terminal.folder / "runs.db") as connection:
        connection.execute("update wb_events set body = replace(body, ':21}', ':22}')")
    connection.close()

    done = terminal("verify", *JOURNAL)

    assert done.returncode == 1
    assert "breaks at event 2" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_audit_is_written_and_finds_a_cut_end(terminal, bench, waiting):
    """`audit FILE` writes rows and anchors; `verify --anchors FILE` finds that the journal's end
    was cut off, although its chain holds [AUTH-14]."""
    assert "Wrote audit.jsonl" in terminal.ok("audit", "audit.jsonl", *JOURNAL)
    assert "as anchored" in terminal.ok("verify", "--anchors", "audit.jsonl", *JOURNAL)
    bench.close()
    with sqlite3.connect(terminal.folder / "runs.db") as connection:
        (seq,) = connection.execute("select max(seq) from wb_events").fetchone()
        connection.execute("delete from wb_events where seq = ?", (seq,))
        connection.execute(
            "update wb_runs set seq = ?, head = (select hash from wb_events where seq = ?)",
            (seq - 1, seq - 1),
        )
    connection.close()

    assert "the hash chain holds" in terminal.ok("verify", *JOURNAL)
    done = terminal("verify", "--anchors", "audit.jsonl", *JOURNAL)
    assert done.returncode == 1
    assert f"ends with event {seq - 1}, and had {seq} before" in done.stderr
    refused = terminal("audit", "audit.csv", *JOURNAL)
    assert (refused.returncode, "*.jsonl or *.parquet" in refused.stderr) == (1, True)


def test_an_empty_journal_says_so(terminal, bench):
    """Nothing is shown as nothing, in words."""
    assert "no runs yet" in terminal.ok("runs", *JOURNAL)
    assert "No open requests" in terminal.ok("inbox", *JOURNAL)


def test_a_missing_journal_is_one_clear_message_and_is_not_created(terminal):
    """A wrong name gives one sentence and exit code 1, and makes no file."""
    done = terminal("runs", "--journal", "nowhere.db")

    assert done.returncode == 1
    assert done.stderr.strip() == (
        "There is no journal nowhere.db. Name the right one: --journal FILE."
    )
    assert not (terminal.folder / "nowhere.db").exists()


def test_a_file_that_is_no_journal_is_refused_and_left_alone(terminal):
    """A foreign file gets one clear error and keeps its bytes."""
    (terminal.folder / "thesis.db").write_text("years of work")

    done = terminal("show", "--journal", "thesis.db")

    assert done.returncode == 1
    assert "not a workbench journal" in done.stderr
    assert (terminal.folder / "thesis.db").read_text() == "years of work"


def test_an_unknown_run_is_one_clear_message(terminal, waiting):
    """A run that is not there is named in the error."""
    done = terminal("show", *JOURNAL, "zzzz")

    assert (done.returncode, "no run 'zzzz'" in done.stderr) == (1, True)


def test_the_commands_of_the_design_are_all_there(terminal):
    """`workbench --help` lists every command that the design names."""
    listed = terminal.ok("--help")

    names = "demo runs show inbox approve deny pause resume stop audit verify doctor host"
    for name in names.split():
        assert f" {name} " in listed
