"""Calls of a server that crashes, hangs, prints, asks, and wants a model."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import workbench as wb
from tests.mcp.conftest import OLD, Scene, Steady, alive, asked, until
from workbench.errors import CommandRefused
from workbench.models import Message, ModelReply, ModelUsage
from workbench.report.request_text import evidence_text
from workbench.testing import ScriptedModel, allow_all

FREE = {"policy": allow_all()}


def test_a_crash_in_a_call_that_changes_the_world_is_in_doubt(steady: Steady) -> None:
    """The server dies after its effect: nobody knows, so the person is asked with its last words,
    and the next call starts it again [CONC-9].
    """
    before = steady.one.starts
    run = steady.start(steady.free, "crash", text="lost")
    request = asked(run)
    assert request.kind == "doubt"
    assert "exit code 3; it said: something gave way" in request.why
    assert steady.noted("written").count("lost") == 1
    request.choose("done")
    until(lambda: run.state == "succeeded")
    assert steady.start(steady.free, "echo", text="back").wait(timeout_s=120) == {"result": "back"}
    assert (steady.one.starts, steady.one.state) == (before + 1, "running")
    assert steady.noted("written").count("lost") == 1


def test_a_read_is_tried_again_on_a_restarted_server(steady: Steady) -> None:
    """A read that the server died in is repeated, as its step declares, on a new server."""
    before, retry = steady.one.starts, wb.Retry(attempts=2, wait_s=0.01)
    run = steady.start(steady.asking, "crash_once", retry=retry, text="hi")
    assert run.wait(timeout_s=120) == {"result": "hi"}
    assert steady.kinds(run).count("call.retrying") == 1
    assert steady.one.starts == before + 1


def test_a_call_that_hangs_is_cancelled_at_the_server_and_in_doubt(steady: Steady) -> None:
    """After its time the server is told to cancel, and what it did is asked about [CONC-9]."""
    bench, steady.one.timeout_s = steady.free, 0.5
    run = steady.start(bench, "hang", text="1")
    request = asked(run)
    assert (request.kind, "no answer within 0.5 s" in request.why) == ("doubt", True)
    until(lambda: steady.noted("cancelled"))
    steady.one.timeout_s = 60.0
    request.choose("skip")
    assert steady.start(bench, "echo", text="hi").wait(timeout_s=120) == {"result": "hi"}


def test_a_stop_reaches_the_server(steady: Steady) -> None:
    """Stopping a run cancels a call in flight at the server, within the grace of a stop."""
    before = len(steady.noted("cancelled"))
    run = steady.start(steady.free, "hang", text="to be stopped")
    until(lambda: "to be stopped" in steady.noted("written"))
    run.stop()
    until(lambda: run.state == "stopped")
    until(lambda: len(steady.noted("cancelled")) > before)


def test_junk_on_stdout_harms_nothing_and_is_shown(steady: Steady) -> None:
    """What on stdout is no message is kept with the server's words; the call has its answer."""
    server = steady.one
    run = steady.start(steady.asking, "junk", text="hi")
    assert run.wait(timeout_s=120) == {"result": "hi"}
    assert "(on stdout)" in server.stderr
    assert "DEBUG: not a message" in server.stderr
    assert "\x1b" not in repr(server)
    told = [record.event for record in run.events() if record.kind == "call.reported"]
    assert [one.text.partition(":")[0] for one in told] == ["stderr"]


def test_progress_stands_in_the_trace(steady: Steady) -> None:
    """A server says how far it is: at most one report a second is kept, and shown in words."""
    run = steady.start(steady.asking, "slow", parts=50)
    assert run.wait(timeout_s=120) == {"result": 50}
    told = [record for record in run.events() if record.kind == "call.reported"]
    assert 1 <= len(told) <= 5
    assert told[0].event.text.startswith("part ")
    from workbench.report.event_text import event_text

    assert "% done: part" in event_text(told[0])


def test_a_tool_that_says_it_failed_fails_with_its_words(steady: Steady) -> None:
    """An error of a tool is the step's error, named as the server's own words."""
    run = steady.start(steady.asking, "fail", text="x")
    until(lambda: run.state == "failed")
    assert "of the MCP server 'bad' answered with an error" in (run.view.steps["a"].error or "")


# -- questions ---------------------------------------------------------------------------------


def test_a_question_of_the_server_is_a_request(steady: Steady) -> None:
    """It becomes a request that shows who asks and what for; nothing waits meanwhile; the answer
    is checked, journaled and sent [AUTH-16].
    """
    run = steady.start(steady.free, "book", flight="X1")
    request = asked(run)
    until(lambda: run.state == "waiting")
    assert request.kind == "elicitation"
    assert request.title == "the MCP server bad asks you something during a"
    assert request.evidence["asks"].startswith("Which seat in X1?")
    shown = evidence_text(request.view).splitlines()
    assert shown[0].startswith("asks: Which seat in X1?")
    assert any(line.startswith("answer row: integer, required") for line in shown)
    assert not [line for line in shown if line.startswith(("key:", "answers:", "{"))]
    assert run.view.steps["a"].state == "asking"
    with pytest.raises(CommandRefused, match=r"'near the wing' is not of type 'integer'"):
        request.approve(args={"row": "near the wing"})
    with pytest.raises(CommandRefused, match="does not fit"):
        request.approve(args={"row": 3, "password": "x"})
    assert not [line for line in steady.noted("written") if line.startswith("X1")]
    request.approve(args={"row": 7, "window": True})
    assert run.wait(timeout_s=120) == {"result": "X1: 7"}
    assert "X1 7 True" in steady.noted("written")
    answers = [r.event for r in run.events() if r.kind == "request.answered"]
    assert [(one.by, one.args) for one in answers] == [("person", {"row": 7, "window": True})]
    assert run.usage["calls"] == 1
    steady.free.replay(run).check()


def test_a_question_that_is_declined_is_declined_at_the_server(steady: Steady) -> None:
    """The server hears a decline, and does what it does then; nothing was booked."""
    run = steady.start(steady.free, "book", flight="Y2")
    asked(run).deny("none of your business")
    until(lambda: run.state == "failed")
    assert "Y2" not in str(steady.noted("written"))


LOOKALIKE = "https://b\u0430nk.example/sign?for=you"  # with a Cyrillic letter


@pytest.mark.parametrize("tool", ["visit", "sign"])
def test_an_address_to_visit_is_shown_with_its_host_and_never_opened(
    steady: Steady, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server sends the person to an address: it is text, its host is said in letters that cannot
    be mistaken, nothing opens it; confirmed, the call goes on; declined, the server is not asked
    again, and nobody is sent where an address hides [AUTH-16].
    """
    monkeypatch.setattr("webbrowser.open", lambda *_: pytest.fail("nobody opens it"))
    run = steady.start(steady.free, tool, address=LOOKALIKE)
    request = asked(run)
    until(lambda: run.state == "waiting")
    host = "xn--bnk-6cd.example"
    assert request.title == f"the MCP server bad wants you to visit {host} for a"
    assert (request.evidence["host"], request.evidence["url"]) == (host, LOOKALIKE)
    assert "when you have been there: request.approve()" in str(request)
    steady.set("visited")
    request.approve()
    assert run.wait(timeout_s=120) == {"result": "was there" if tool == "visit" else "accept"}
    (steady.folder / "visited").unlink()
    run = steady.start(steady.free, tool, address="https://x.example/")
    asked(run).deny("no")
    until(lambda: run.state in ("failed", "succeeded"))
    steady.free.replay(run).check()
    answers = [r.event.verdict for r in run.events() if r.kind == "request.answered"]
    assert (run.state == "failed" or run.result == {"result": "decline"}, answers) == (
        True, ["deny"]
    )  # fmt: skip
    run = steady.start(steady.free, tool, address="https://bank.example@evil.example/")
    until(lambda: run.state == "failed")
    assert "it hides where it leads" in (run.view.steps["a"].error or "")
    assert "request.opened" not in steady.kinds(run)


def test_without_a_person_a_question_is_declined(steady: Steady) -> None:
    """Unattended, there is nobody to ask, and the server is told so."""
    bench = steady.bench(steady.one, "alone.db", attended=False, **FREE)
    run = steady.start(bench, "book", flight="Z3")
    until(lambda: run.state == "failed")
    assert "request.opened" not in steady.kinds(run)
    assert "Z3" not in str(steady.noted("written"))


def test_a_question_survives_the_workbench_and_is_asked_again_of_a_new_server(
    scene: Scene,
) -> None:
    """The kernel goes while the person thinks: the request is still there, and can be answered;
    the new server refuses the old one's state, so it asks again, marked so [REL-11].
    """
    bench = scene.bench(scene.server(), **FREE)
    run_id = scene.start(bench, "book", flight="X1").id
    asked(bench.look(run_id))
    until(lambda: bench.look(run_id).state == "waiting")
    bench.close()
    assert scene.left == []
    later = scene.bench(scene.server(), **FREE)
    run = later.open(run_id)
    first = asked(run)
    first.approve(args={"row": 1})
    again = until(lambda: run.inbox and run.inbox[0].id != first.id and run.inbox[0])
    assert "it has forgotten what it asked before" in again.why
    again.approve(args={"row": 2})
    assert run.wait(timeout_s=120) == {"result": "X1: 2"}
    assert scene.noted("written") == ["X1 2 False"]


# -- models ------------------------------------------------------------------------------------


def _model() -> ScriptedModel:
    usage = ModelUsage(tokens_in=10, tokens_out=5)
    return ScriptedModel([ModelReply(text="42", usage=usage, cost_usd=0.25)] * 3)


def test_without_a_model_of_the_person_a_server_gets_none(steady: Steady) -> None:
    """Sampling is refused unless a model was offered; nothing was asked."""
    run = steady.start(steady.free, "think", prompt="6 * 7?")
    until(lambda: run.state == "failed")
    assert "call.sampled" not in steady.kinds(run)


def test_a_server_may_ask_a_model_within_the_budget_of_the_run(scene: Scene) -> None:
    """What the model took is the run's: counted, in the trace, and refused beyond the limit; a
    server that insists on what it was refused is not called a third time [RUNT-3, HARN-9].
    """
    model = _model()
    bench = scene.bench(scene.server(sampling=model), budget=wb.Budget(usd=0.2), **FREE)
    run = scene.start(bench, "think", prompt="6 * 7?")
    assert run.wait(timeout_s=120) == {"result": "42"}
    assert model.requests[0].messages == (Message("user", "6 * 7?"),)
    assert model.requests[0].max_output == 4096
    assert (run.usage["tokens_in"], run.usage["usd"]) == (10, 0.25)
    costs = run.cost()
    assert costs is not None
    plan = wb.Plan(
        goal="twice",
        steps=[
            wb.Step(id="a", tool="bad.think", args={"prompt": "1"}),
            wb.Step(id="b", tool="bad.think", args={"prompt": "2"}, after=["a"]),
        ],
    )
    run = bench.start(plan=plan)
    until(lambda: run.state == "paused")
    assert "insists on sampling/createMessage, which it was refused" in run.view.reason
    sampled = [r.event for r in run.events() if r.kind == "call.sampled"]
    assert [one.outcome for one in sampled] == ["answered", "refused"]
    assert "usd: 0.25 used" in sampled[1].why


def test_a_server_that_asks_a_model_over_and_over_stops_at_the_limit(tmp_path: Path) -> None:
    """An older server asks in the middle of its call, again and again: at the limit it is refused,
    the run pauses with the reason, and goes on when the limit was raised; where no limit is set,
    one call may ask so often and no more [RUNT-3, AUTH-16].
    """
    usage = ModelUsage(tokens_in=10, tokens_out=5)
    model = ScriptedModel([ModelReply(text="42", usage=usage, cost_usd=0.25)] * 100)
    command = [sys.executable, "-S", str(OLD)]
    server = wb.mcp(command, name="old", sampling=model, effects={"greedy": "read"})
    plan = wb.Plan(goal="x", steps=[wb.Step(id="a", tool="old.greedy", args={"text": "more"})])
    given = {"tools": [server], "planner": None}
    with wb.Workbench(tmp_path / "runs.db", budget=wb.Budget(usd=1), **given) as bench:
        run = bench.start(plan=plan)
        until(lambda: run.state == "paused")
        assert run.usage["usd"] == 1.0
        assert len(model.requests) == 4
        assert "refused a model before: No model is asked: usd: 1" in run.view.reason
        bench.replay(run).check()
        sampled = [r.event.outcome for r in run.events() if r.kind == "call.sampled"]
        assert sampled == ["answered"] * 4 + ["refused"]
        run.raise_limit("usd", 1.25)
        run.resume()
        until(lambda: run.state == "paused" and len(model.requests) == 5)
    with wb.Workbench(tmp_path / "free.db", **given) as bench:
        free = bench.start(plan=plan)
        until(lambda: free.state == "paused")
        assert len(model.requests) == 5 + 50
        assert "one call may ask 50 times" in free.view.reason


def test_a_server_that_was_refused_a_model_decides_what_becomes_of_its_call(
    scene: Scene,
) -> None:
    """A refusal is told to the server: to an older one as the error that the protocol names, with
    no word of what is left; to one of July 2026, whose protocol has none, as an answer that is left
    out. Both can go on without a model, and what they answer is what the step gives [RUNT-3].
    """
    usage = ModelUsage(tokens_in=10, tokens_out=5)
    model = ScriptedModel([ModelReply(text="42", usage=usage, cost_usd=0.25)] * 9)
    folder = scene.folder / "old"
    folder.mkdir()
    old = wb.mcp([sys.executable, "-S", str(OLD), str(folder)], name="old", sampling=model)
    new = scene.server(sampling=model)
    calls = [(1, "old.polite"), (2, "bad.guess"), (3, "old.polite"), (4, "bad.guess")]
    steps = [
        wb.Step(id=f"s{n}", tool=name, args={"text": "x"}, after=[f"s{n - 1}"] if n > 1 else [])
        for n, name in calls
    ]
    given = {"tools": [old, new], "planner": None, "policy": allow_all()}
    with wb.Workbench(folder / "runs.db", budget=wb.Budget(usd=0.5), **given) as bench:
        run = bench.start(plan=wb.Plan(goal="x", steps=steps))
        run.wait(timeout_s=120)
        said = [run.output(f"s{number}") for number, _ in calls]
        assert said == ["with", {"result": "thought"}, "without", {"result": "guessed"}]
        asked_of = {r.event.purpose for r in run.events() if r.kind == "model.asked"}
        assert asked_of == {"sampling"}
        bench.replay(run).check()
    _, refused = (folder / "written").read_text().splitlines()
    assert refused == "x -1 Refused: a limit forbids it"
    assert scene.noted("written") == ["guessing 1", "guessing 0"]


def test_a_call_with_effects_that_failed_for_a_limit_waits_for_the_person(tmp_path: Path) -> None:
    """A server that may have done something, and says that it failed when a limit refused it a
    model, is not called again by itself: the run pauses with the reason, and the step is made again
    when the person has raised the limit and says so [HARN-6, HARN-9].
    """
    usage = ModelUsage(tokens_in=10, tokens_out=5)
    model = ScriptedModel([ModelReply(text="42", usage=usage, cost_usd=0.25)] * 9)
    server = wb.mcp([sys.executable, "-S", str(OLD)], name="old", sampling=model)
    plan = wb.Plan(goal="x", steps=[wb.Step(id="a", tool="old.greedy", args={"text": "more"})])
    given = {"tools": [server], "planner": None, "policy": allow_all()}
    with wb.Workbench(tmp_path / "runs.db", budget=wb.Budget(usd=0.5), **given) as bench:
        run = bench.start(plan=plan)
        until(lambda: run.state == "paused")
        assert run.view.steps["a"].state == "failed"
        assert "may have done something" in run.view.reason
        bench.replay(run).check()
        run.raise_limit("usd", 0.75)
        with run.editing(reason="the limit was raised") as draft:
            draft.change("a", title="once more")
        run.resume()
        until(lambda: run.state == "paused" and len(model.requests) == 3)


def test_a_question_in_the_middle_of_a_call_replays(tmp_path: Path) -> None:
    """An older server asks while its call is open; what was answered plays again offline, from the
    exported file too [REL-13].
    """
    command = [sys.executable, "-S", str(OLD)]
    server = wb.mcp(command, name="old", effects={"hello": "read"})
    plan = wb.Plan(goal="x", steps=[wb.Step(id="a", tool="old.hello", args={"text": "hi"})])
    with wb.Workbench(tmp_path / "runs.db", tools=[server], planner=None) as bench:
        run = bench.start(plan=plan)
        asked(run).approve(args={"who": "Ada"})
        assert run.wait(timeout_s=120) == "hi Ada"
        run.export(tmp_path / "asked.run")
        other = bench.start(plan=plan)
        asked(other).deny("nobody's business")
        assert other.wait(timeout_s=120) == "nobody"
        bench.replay(other).check()
    with wb.Workbench(tmp_path / "else.db") as elsewhere:
        elsewhere.replay(tmp_path / "asked.run").check()


# -- processes ---------------------------------------------------------------------------------


def test_the_server_sees_little_of_our_environment(steady: Steady) -> None:
    """A secret of ours is not in its environment; what it is given, it has, and what was
    looked up for it is taken out of what it says [AUTH-13]."""
    assert os.environ["OPENAI_API_KEY"] == "canary"
    seen = steady.start(steady.asking, "environment").wait(timeout_s=120)
    assert "canary" not in str(seen)
    assert (seen["GIVEN"], seen["ASKED"]) == ("yes", "<secret of the MCP server bad>")


@pytest.mark.crash
def test_a_kernel_that_is_killed_leaves_no_server(quick: Scene) -> None:
    """SIGKILL of the process that started it: the server goes with it, even one that hangs."""
    code = f"""
        import sys, time, workbench as wb
        from workbench.testing import allow_all
        server = wb.mcp({quick.command!r}, name="bad")
        bench = wb.Workbench({str(quick.folder / "k.db")!r}, tools=[server], planner=None,
                             policy=allow_all())
        bench.start(plan=wb.Plan(goal="x", steps=[
            wb.Step(id="a", tool="bad.hang", args={{"text": "1"}})]))
        time.sleep(600)
    """
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)])
    try:
        until(lambda: quick.noted("written"))
        (pid,) = map(int, quick.noted("pids"))
        assert alive(pid)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        until(lambda: not alive(pid))
    finally:
        child.kill()
        child.wait()


def test_a_killed_server_is_started_again_and_stopped_with_the_workbench(quick: Scene) -> None:
    """Somebody kills the server between two calls: the next call finds it dead and starts it.
    Closing the workbench stops it.
    """
    server = quick.server()
    bench = quick.bench(server)
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    assert quick.start(bench, "echo", text="hi").wait(timeout_s=120) == "hi"
    assert (server.starts, len(quick.left)) == (2, 1)
    bench.close()
    assert (quick.left, server.state) == ([], "stopped")


def test_a_server_that_cannot_start_again_pauses_the_run(
    quick: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was called; the run pauses with what the server said, and goes on when resumed."""
    monkeypatch.setattr("workbench.mcp.connection.FIRST_WAIT_S", 0.01)
    server = quick.server()
    bench = quick.bench(server)
    assert server.pid is not None
    quick.set("broken")
    os.kill(server.pid, signal.SIGKILL)
    run = quick.start(bench, "write", text="1")
    until(lambda: run.state == "paused")
    reason = next(r.event.reason for r in run.events() if r.kind == "run.paused")
    assert "does not start: it ended with exit code 1; it said: no luck today" in reason
    (quick.folder / "broken").unlink()
    run.resume()
    request = asked(run)
    assert request.kind == "permission"
    request.deny()


def test_it_works_on_the_other_loop_and_servers_do_not_hold_each_other_up(quick: Scene) -> None:
    """The engine's own loop may be trio's; while one server hangs, another one answers."""
    slow, other = quick.server(timeout_s=None), quick.server(name="good", prefix="good.")
    bench = quick.bench(slow, tools=[slow, other], backend="trio", **FREE)
    bench.host._parts.stop_grace_s = 0.1
    plan = wb.Plan(
        goal="x",
        steps=[
            wb.Step(id="a", tool="bad.hang", args={"text": "1"}),
            wb.Step(id="b", tool="good.echo", args={"text": "hi"}),
        ],
    )
    run = bench.start(plan=plan)
    both = {"a": "running", "b": "succeeded"}
    until(lambda: {name: step.state for name, step in run.view.steps.items()} == both)
    run.stop()
    until(lambda: run.state == "stopped")
