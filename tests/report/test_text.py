import re
from datetime import UTC, datetime

import pytest

import workbench as wb
from workbench import events as e
from workbench.events import Record
from workbench.plan import Skip
from workbench.report import event_text, request_text, run_line, run_text, short_id
from workbench.report.request_text import argument_texts
from workbench.report.words import amount_words, duration_words, one_line, plain_text
from workbench.tools.talking import Asked
from workbench.values import Stored
from workbench.view import RequestView

SAMPLES = {
    "run.created": e.RunCreated(goal="Report", on_behalf_of="ada", limits={"usd": 5}),
    "run.planning": e.RunPlanning(planner="builtin"),
    "run.started": e.RunStarted(),
    "run.paused": e.RunPaused(by="person", reason="look"),
    "run.resumed": e.RunResumed(by="person"),
    "run.waiting": e.RunWaiting(),
    "run.stopping": e.RunStopping(by="person", abandon=True),
    "run.succeeded": e.RunSucceeded(result=Stored(value=3)),
    "run.failed": e.RunFailed(errors={"load": "no file", "": "no way"}),
    "run.stopped": e.RunStopped(happened=("a",), in_flight={"b": "finished"}, not_begun=("c",)),
    "run.abandoned": e.RunAbandoned(reason="pointless"),
    "plan.revised": e.PlanRevised(
        number=2, digest="d", author="person", reason="shorter", edits=(Skip(step="a"),)
    ),
    "planner.called": e.PlannerCalled(planner="builtin", why="goal"),
    "plan.unchanged": e.PlanUnchanged(author="planner p", reason="it changes nothing real"),
    "plan.commented": e.PlanCommented(by="person", text="smaller, please", step="a"),
    "verdict.asked": e.VerdictAsked(step="a", by="model judge", criterion="has a total"),
    "verdict.given": e.VerdictGiven(step="a", ok=False, why="no total", by="model judge"),
    "decision.made": e.DecisionMade(by="person", subject="year", choice="2007"),
    "spec.drifted": e.SpecDrifted(parts={"policy": ("a", "b")}),
    "planner.answered": e.PlannerAnswered(planner="p", outcome="plan", usage={"usd": 0.02}),
    "call.intended": e.CallIntended(
        step="a",
        attempt=2,
        tool="read_table",
        effect="read",
        args=Stored(value={"path": "x"}),
        args_digest="d",
        key="k",
    ),
    "call.succeeded": e.CallSucceeded(
        step="a", attempt=1, output=Stored(summary="3 rows"), duration_s=1, verified=True
    ),
    "call.failed": e.CallFailed(step="a", attempt=1, error="no file", happened=False),
    "call.retrying": e.CallRetrying(step="a", attempt=1, error="busy", wait_s=0.5),
    "call.cancelled": e.CallCancelled(step="a", attempt=1, why="pause"),
    "call.doubted": e.CallDoubted(step="a", attempt=1, why="timeout"),
    "call.confirmed": e.CallConfirmed(step="a", by="probe", output=Stored(value=1)),
    "call.refuted": e.CallRefuted(step="a", by="probe", why="not there"),
    "loop.turned": e.LoopTurned(step="a", attempt=1, turn=2, why="too short"),
    "loop.exhausted": e.LoopExhausted(step="a", attempt=1, turn=1, why="too short", by="probe"),
    "call.unplanned": e.CallUnplanned(step="a", tool="b", effect="read"),
    "step.skipped": e.StepSkipped(step="a", by="person", reason="no need"),
    "step.given": e.StepGiven(step="a", by="person", output=Stored(value=[1])),
    "step.shared": e.StepShared(
        step="a", run="run-2", seq=9, output=Stored(value=[1]), tool="b", effect="reversible"
    ),
    "call.left": e.CallLeft(step="a", run="run-2", tool="b", args_digest="d", why="is done"),
    "checkpoint.amended": e.CheckpointAmended(
        name="here", reason="wrong", outputs={"a": Stored(value=1)}, limits={"usd": 2}
    ),
    "step.denied": e.StepDenied(step="a", by="policy", reason="no grant"),
    "run.timed_out": e.RunTimedOut(limit_s=10, took_s=10.1),
    "call.timed_out": e.CallTimedOut(step="a", attempt=2, limit_s=3, of="tool"),
    "step.timed_out": e.StepTimedOut(step="a", limit_s=3, attempts=2),
    "request.opened": e.RequestOpened(
        request="r", token="t", about="permission", step="a", title="send mail"
    ),
    "request.answered": e.RequestAnswered(
        request="r", step="a", verdict="approve", by="person", scope="run", args={}
    ),
    "request.expired": e.RequestExpired(request="r", step="a"),
    "request.armed": e.RequestArmed(request="r", step="mail", by="person"),
    "request.voided": e.RequestVoided(request="r", why="the run ended"),
    "limit.raised": e.LimitRaised(unit="usd", to=10, before=5, by="person"),
    "notice.delivered": e.NoticeDelivered(event="run-7f2k9qxz3m:9"),
    "checkpoint.made": e.CheckpointMade(name="before mail"),
    "host.attached": e.HostAttached(host="kernel 12", epoch=3),
    "call.submitted": e.CallSubmitted(step="a", attempt=1, handle=Stored(value="job-7")),
    "call.polled": e.CallPolled(step="a", attempt=1, polls=2, wait_s=3, progress=0.4),
    "call.reported": e.CallReported(step="a", attempt=1, progress=0.4, text="four of ten"),
    "call.asked": e.CallAsked(
        step="a", attempt=1, questions={"seat": Asked(by="the server", text="Which seat?")}
    ),
    "call.sampled": e.CallSampled(step="a", attempt=1, model="scripted", outcome="answered"),
    "rollback.begun": e.RollbackBegun(undo="run-u", to=3, by="person", reason="wrong month"),
    "rollback.ended": e.RollbackEnded(undo="run-u", effects={4: "undone"}, steps={"a": "undone"}),
    "breaker.opened": e.BreakerOpened(tool="send_mail", failures=1, why="no server"),
    "breaker.closed": e.BreakerClosed(tool="send_mail", by="engine"),
    "run.stalled": e.RunStalled(why="step a: 14 attempts", since=datetime(2026, 6, 3, tzinfo=UTC)),
    "tools.accepted": e.ToolsAccepted(by="person", tools={"send_mail": "d"}),
    "grant.given": e.GrantGiven(grant="g-1", right=wb.Grant("send_mail", uses=2), by="person"),
    "grant.revoked": e.GrantRevoked(grant="g-1", by="person", reason="done"),
    "autonomy.changed": e.AutonomyChanged(to="ask", before="risk", by="person"),
    "call.refused": e.CallRefused(
        step="a", tool="send_mail", args_digest="d", by="policy", reason="frozen"
    ),
    "control.revealed": e.ControlRevealed(request="req-a", refused=True),
    "variables.captured": e.VariablesCaptured(
        of=7,
        names={"df": e.CapturedVariable(type="int", stored=Stored(value=1), digest="d")},
        gone=("x",),
        left={"lock": "values of type _thread.lock are not captured"},
    ),
    "variables.restored": e.VariablesRestored(to=7, removed=("x",)),
    "model.asked": e.ModelAsked(
        number=1,
        model="openai:gpt-5",
        digest="d",
        request=Stored(value={}),
        zones={"rules": 900, "goal": 12},
        window=4000,
    ),
    "model.waiting": e.ModelWaiting(number=1, attempt=1, fault="rate_limit", wait_s=37),
    "model.streaming": e.ModelStreaming(number=1, characters=80, tokens=20, tail="and so"),
    "model.answered": e.ModelAnswered(
        number=1,
        model="gpt-5",
        reply=Stored(value={}),
        finish="stop",
        usage={"tokens_in": 912, "tokens_out": 20, "usd": 0.01},
        attempts=2,
        duration_s=38.5,
    ),
    "model.failed": e.ModelFailed(number=1, fault="cancelled", usage={"tokens_in": 912}),
    "context.compacted": e.ContextCompacted(
        why="it takes more than 70% of what it may",
        before={"results": 900},
        after={"results": 90},
        pieces={
            "output of load": e.Shortened(
                zone="results", original=Stored(value="long"), digest="d", text="short"
            )
        },
    ),
    "context.corrected": e.ContextCorrected(piece="output of load", reason="it matters"),
    "fault.recorded": e.FaultRecorded(where="widget", error="boom"),
    "resource.seen": e.ResourceSeen(step="a", key="file:/tmp/a.csv", version="12 bytes"),
}


def record(event: e.Event) -> Record:
    return Record("run-7f2k9qxz3m", 1, datetime(2026, 6, 3, tzinfo=UTC), 1, event, "h")


@pytest.mark.parametrize("kind", e.KINDS)
def test_every_kind_of_event_has_a_sentence(kind):
    """Every kind of event is said in one plain sentence on one line [RUNT-15]."""
    text = event_text(record(SAMPLES[kind]))
    assert re.fullmatch(r"[A-Z].{9,400}[.?!…]", text), text
    assert kind not in text
    assert "None" not in text


def test_some_sentences_word_by_word():
    """A sentence names step, what happened, by whom and why [AUTH-14]."""
    said = {kind: event_text(record(event)) for kind, event in SAMPLES.items()}
    assert said["run.created"] == "The run was created for ada, at most $5.00: Report."
    assert said["call.failed"] == "Step a failed, nothing was done: no file."
    assert said["call.succeeded"] == "Step a is done and checked: 3 rows."
    assert said["request.answered"] == "Step a was allowed as edited, for this run by person."
    assert said["run.stopped"] == (
        "The run was stopped; happened: a; in flight: b (finished); will not happen: c."
    )
    assert (
        said["plan.revised"] == "Revision 2 of the plan was accepted, 1 edit, by person: shorter."
    )


def test_the_line_of_a_paused_run(paused):
    """One line says state, by whom, progress, open requests and what comes next [PLAN-17]."""
    assert run_line(paused.view) == (
        "Run 7F2K paused by person: 2 of 6 steps done, 1 request open (send mail). "
        "Next: top regions."
    )


def test_the_lines_of_other_states(story, eventful):
    """A run without plan, a running, a failed and a finished one each have their line [PLAN-17]."""
    story.create()
    assert run_line(story.view) == "Run 7F2K queued: no plan yet."
    story.plan(wb.Step(id="load", tool="t"), wb.Step(id="next", tool="t", after=("load",)))
    story.add(e.RunStarted())
    story.intend("load")
    assert run_line(story.view) == "Run 7F2K running: 0 of 2 steps done. Now: load."
    story.add(e.CallFailed(step="load", attempt=1, error="no file"))
    story.add(e.RunFailed(errors={"load": "no file"}))
    assert run_line(story.view) == "Run 7F2K failed: 0 of 2 steps done (1 failed). Load: no file."
    assert run_line(eventful.view) == "Run 7F2K done: 5 of 6 steps done (1 skipped, 1 refused)."


def test_the_plan_as_text(paused):
    """The text has each step with icon and word, and all it takes to answer [REL-2]."""
    text = run_text(paused.view)
    assert "  ✓ load sales.csv  done           1,204 rows x 6 columns (performed)\n" in text
    assert "  ○ top regions     next\n" in text
    assert "  ○ chart           to come\n" in text
    assert "  ! mail            waits for you\n" in text
    for part in ("to: boss@example.org", "copies: 2", "cost: $0.50", "why: rule outward: asks"):
        assert part in text
    assert "No other step waits for it." in text
    assert text.endswith("Unanswered.")
    assert not any(line.endswith(" ") for line in text.split("\n"))


def test_text_is_stable(paused):
    """The same journal gives the same text: no address, no clock [HARN-15]."""
    text = run_text(paused.view)
    assert text == run_text(paused.view.snapshot())
    assert "0x" not in text
    measured = [line for line in text.splitlines() if not line.startswith("Forecast:")]
    assert not re.search(r"\d+:\d\d|\d s\b|2026", "\n".join(measured))
    assert "0.25 s" in run_text(paused.view, times=True)


def test_a_request_says_whether_it_can_be_undone(paused, tools):
    """The prompt states reversibility, and is honest about a tool that is not known [REL-2]."""
    request = paused.view.open_requests[0]
    assert "! Send mail. Cannot be undone.\n" in request_text(request, paused.view, tools)
    assert "Cannot be undone, as far as is known here." in request_text(request, paused.view)


def test_a_refusal_says_what_it_leaves_undone(story):
    """Without words of its own, a request counts the steps that a refusal would hold [REL-2]."""
    chain = [wb.Step(id="a", tool="t"), wb.Step(id="b", tool="t", after=("a",))]
    story.create().plan(*chain)
    story.add(e.RunStarted())
    story.ask("a")
    text = request_text(story.view.open_requests[0], story.view)
    assert "Nothing is done by this step. 1 step waits for it and will not run either" in text


def test_a_decided_request_says_how(eventful):
    """After the decision the text says who decided what [AUTH-14]."""
    requests = eventful.view.requests
    assert request_text(requests["req-r"]).endswith("Allowed by person.")
    assert request_text(requests["req-columns"]).endswith("Answered by person: yes.")


def test_text_from_outside_cannot_steer_a_terminal():
    """Escape sequences, direction marks and broken characters become visible signs [REL-18]."""
    assert plain_text("a\x1b[2Jb\u202ec\ud800\n") == "a�[2Jb�c�\n"
    assert one_line("a\nb\r\n c" + "x" * 500, 10) == "a b cxxxx…"


def test_numbers_have_units():
    """Durations and amounts read with their unit [PLAN-15]."""
    assert [duration_words(s) for s in (0.213, 4.26, 41, 59.7, 3725)] == [
        "0.21 s",
        "4.3 s",
        "41 s",
        "1:00",
        "1:02:05",
    ]
    assert amount_words(0.5, "usd") == "$0.50"
    assert amount_words(0.0004, "usd") == "$0.0004"
    assert amount_words(1000, "orders_usd") == "$1,000.00 (orders)"
    assert amount_words(1, "calls") == "1 call"
    assert amount_words(1, "tokens_in") == "1 token in"
    assert amount_words(15_088, "tokens_out") == "15,088 tokens out"
    assert short_id("run-7f2k9qxz3m") == "7F2K"
    assert short_id("demo") == "demo"


@pytest.mark.parametrize(("digest", "shown"), [("a" * 64, "3 rows (aaaaaaaaaaaa)"), ("rm", None)])
def test_a_frame_among_the_arguments_is_shown_by_its_size(digest, shown):
    """A live value reads as its size and digest; JSON that only looks like one is shown whole."""
    value = {"$artifact": digest, "summary": "3 rows"}
    opened = e.RequestOpened(
        request="r", token="t", about="permission", title="x", args={"frame": value}
    )
    at = datetime(2026, 1, 1, tzinfo=UTC)

    ((name, text),) = argument_texts(RequestView(opened=opened, opened_at=at, seq=1))

    assert name == "frame"
    assert text == shown if shown else '"rm"' in text
