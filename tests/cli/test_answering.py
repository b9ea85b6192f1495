"""`workbench approve`, `deny`, `pause`, `resume`, `stop`, `limit`: orders from another process."""

from __future__ import annotations

import threading

import workbench as wb

JOURNAL = ("--journal", "runs.db")
WRITTEN = "it will be carried out when the run is opened"


def notes(terminal) -> list[str]:
    path = terminal.folder / "notes.txt"
    return path.read_text().split() if path.exists() else []


def test_a_waiting_run_of_another_process_is_approved(terminal, waiting):
    """An answer given in a terminal reaches the run at once: it acts exactly once [ASYN-7]."""
    said = terminal.ok("approve", *JOURNAL)

    assert WRITTEN not in said
    assert waiting.wait(timeout_s=20) == "42"
    assert notes(terminal) == ["42"]
    answer = next(r.event for r in waiting.events() if r.kind == "request.answered")
    assert (answer.surface, answer.by) == ("cli", "person")


def test_the_arguments_can_be_edited_in_the_answer(terminal, waiting):
    """`--args` replaces an argument; the tool is called with what was allowed."""
    terminal.ok("approve", *JOURNAL, "noted", "--args", '{"line": "43"}')

    waiting.wait(timeout_s=20)
    assert notes(terminal) == ["43"]


def test_edited_arguments_that_do_not_fit_are_refused(terminal, waiting):
    """Arguments that the tool does not take are refused in one sentence, and the request stays."""
    done = terminal("approve", *JOURNAL, "--args", '{"page": 7}')

    assert done.returncode == 1
    assert "do not fit note" in done.stderr
    assert len(waiting.inbox) == 1


def test_arguments_that_are_no_json_are_refused_before_anything_is_written(terminal, waiting):
    """A slip of the pen in `--args` changes nothing."""
    done = terminal("approve", *JOURNAL, "--args", "line=43")

    assert (done.returncode, "no JSON" in done.stderr) == (1, True)
    assert len(waiting.inbox) == 1


def test_a_request_is_refused_with_a_reason(terminal, waiting):
    """`deny` ends the step without a call, and the reason is kept."""
    terminal.ok("deny", *JOURNAL, "--reason", "not today")

    waiting.wait_until("succeeded", timeout_s=20)
    assert waiting.view.steps["note"].state == "denied"
    assert notes(terminal) == []
    answer = next(r.event for r in waiting.events() if r.kind == "request.answered")
    assert answer.reason == "not today"


def test_a_second_answer_is_told_that_nothing_is_open(terminal, waiting):
    """Whoever comes second gets one clear message, and nothing happens twice."""
    terminal.ok("approve", *JOURNAL)
    waiting.wait(timeout_s=20)

    done = terminal("approve", *JOURNAL, "noted")

    assert (done.returncode, "No request is open" in done.stderr) == (1, True)
    assert notes(terminal) == ["42"]


def test_pause_and_resume_reach_another_process(terminal, waiting):
    """A run that another process drives is paused and resumed from a terminal [RUNT-13]."""
    assert "paused" in terminal.ok("pause", *JOURNAL, "--reason", "lunch")
    assert (waiting.state, waiting.view.reason) == ("paused", "lunch")

    terminal.ok("resume", *JOURNAL)
    assert waiting.wait_until("waiting", timeout_s=20) == "waiting"


def test_stop_ends_the_run_and_keeps_what_was_done(terminal, waiting):
    """`stop` is final, and the outputs stay readable [ASYN-3]."""
    terminal.ok("stop", *JOURNAL, "--reason", "enough")

    assert waiting.wait_until("stopped", timeout_s=20) == "stopped"
    assert waiting.output("twice") == 42

    done = terminal("resume", *JOURNAL, "noted")
    assert (done.returncode, "does not change any more" in done.stderr) == (1, True)


def test_an_order_to_a_run_that_nobody_drives_is_written_and_carried_out_later(
    terminal, bench, waiting, shed
):
    """The answer waits in the journal; who opens the run next carries it out [RUNT-9] [ASYN-7]."""
    bench.close()

    assert WRITTEN in terminal.ok("approve", *JOURNAL)
    assert notes(terminal) == []

    with wb.Workbench(terminal.folder / "runs.db", tools=shed) as again:
        assert again.open(waiting.id).wait(timeout_s=20) == "42"
    assert notes(terminal) == ["42"]


def test_two_open_requests_must_be_told_apart(terminal, bench):
    """Where two requests are open, the terminal lists them instead of guessing."""
    plan = wb.Plan(
        goal="Two notes",
        steps=[
            wb.Step(id="a", title="the first", tool="note", args={"line": "a"}),
            wb.Step(id="b", title="the second", tool="note", args={"line": "b"}),
        ],
    )
    run = bench.start(plan=plan)
    run.wait_until("waiting")

    done = terminal("approve", *JOURNAL)
    assert done.returncode == 1
    assert "the first" in done.stderr
    assert "the second" in done.stderr

    wanted = next(n for n, request in enumerate(run.inbox) if request.step == "b")
    terminal.ok("approve", *JOURNAL, "--request", str(wanted))
    run.wait_until("waiting", timeout_s=20)
    assert notes(terminal) == ["b"]


def test_a_limit_is_raised_from_a_terminal(terminal):
    """`limit` raises a limit of the budget, and the run that waited because of it goes on."""

    @wb.tool(effect="irreversible")
    def act() -> str:
        return "acted"

    policy, place = wb.Policy(allow=["act"]), terminal.folder / "runs.db"
    budget = wb.Budget(calls=0)
    with wb.Workbench(place, tools=[act], planner=None, policy=policy, budget=budget) as bench:
        run = bench.start(plan=wb.Plan(steps=[wb.Step(id="act", tool="act")]))
        run.wait_until("waiting", timeout_s=20)
        assert terminal("limit", *JOURNAL, "calls", "inf").returncode == 1
        assert "no limit of 'usd'" in terminal("limit", *JOURNAL, "usd", "5").stderr
        terminal.ok("limit", *JOURNAL, "calls", "1")
        assert run.wait(20) == "acted"
        (raised,) = (r.event for r in run.events() if r.kind == "limit.raised")
        assert (raised.by, raised.to) == ("person", 1)


def gated(terminal, risk, *, held=None, **options):
    """Start a run that asks about one call of a class, with gates for every door.

    `held`: an event for which the call waits.
    """

    @wb.tool(effect="irreversible", risk=risk, spend=lambda usd, **_: {"usd": usd})
    def act(usd: float) -> str:
        """Act."""
        if held is not None:
            held.wait(60)
        return f"acted for {usd:g}"

    place = terminal.folder / "runs.db"
    bench = wb.Workbench(place, tools=[act], planner=None, gates="strict", **options)
    steps = [wb.Step(id=f"act{n}", tool="act", args={"usd": 12.5 + n}) for n in range(3)]
    run = bench.start(plan=wb.Plan(steps=steps if risk == "shared" else steps[:1]))
    run.wait_until("waiting", timeout_s=20)
    return bench, run


def test_the_terminal_is_asked_for_the_amount(terminal):
    """Where every door is strict, `approve` needs `--confirm` with the amount; without it the
    refusal says so, and `inbox` shows class and gate [REL-1, REL-2]."""
    clock = wb.testing.FakeClock()
    bench, run = gated(terminal, "costly", clock=clock)
    clock.advance(10)
    with bench:
        shown = terminal.ok("inbox", *JOURNAL)
        for item in ("class: costly", "cost: $12.50", "why: ", "if refused: ", "type 12.50"):
            assert item in shown
        done = terminal("approve", *JOURNAL)
        assert (done.returncode, "confirmed with '12.50'" in done.stderr) == (1, True)
        terminal.ok("approve", *JOURNAL, "--confirm", "12.50")
        assert run.wait(20) == "acted for 12.5"


def test_the_terminal_takes_two_steps(terminal):
    """`--arm` is the first step; the second is refused until the delay is over [REL-1]."""
    clock = wb.testing.FakeClock()
    bench, run = gated(terminal, "irreversible", clock=clock)
    clock.advance(10)
    with bench:
        assert "is not armed" in terminal("approve", *JOURNAL).stderr
        terminal.ok("approve", *JOURNAL, "--arm")
        assert "armed a moment ago" in terminal("approve", *JOURNAL).stderr
        clock.advance(5)
        terminal.ok("approve", *JOURNAL)
        assert run.wait(20) == "acted for 12.5"


def test_a_batch_is_approved_from_a_terminal(terminal):
    """`--batch` allows what is alike, `--without` takes items out [REL-9]; that the calls which
    were allowed first are being made already, above the terminal, makes no call of the answers."""
    clock, held = wb.testing.FakeClock(), threading.Event()
    bench, run = gated(terminal, "shared", held=held, clock=clock)
    clock.advance(10)
    with bench:
        left = run.inbox[1].step
        terminal.ok("approve", *JOURNAL, "--request", "0", "--batch", "--without", "1")
        held.set()
        run.wait_until("waiting", timeout_s=20)
        assert [request.step for request in run.inbox] == [left]
