"""Calls of models in a run: what was asked, what came, what it took, and who could see it."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

import anyio
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, kinds
from workbench.errors import RunFailed
from workbench.models import Message, ModelCallError, ModelReply, ModelRequest, ModelUsage, ask
from workbench.models.recording import key_of, read_reply
from workbench.report import event_text, run_text, trace_row
from workbench.testing import FakeClock, ScriptedModel
from workbench.testing.model import MALFORMED, NEVER, rate_limited, timed_out
from workbench.values import decode

PLAN = {"kind": "plan", "steps": [{"id": "a", "tool": "think", "args": {"name": "a"}}]}


def events(run: wb.Run, kind: str) -> list[Any]:
    return [record.event for record in run.events() if record.kind == kind]


class Slow(ScriptedModel):
    """Streams pieces of 8 characters, and lets time pass before each."""

    def __init__(self, clock: FakeClock, *replies: Any, each_s: float = 0.25) -> None:
        super().__init__(replies, label="slow", chunk=8)
        self.clock, self.each_s = clock, each_s

    async def stream(self, request: Any) -> Any:
        async with aclosing(super().stream(request)) as pieces:
            async for piece in pieces:
                self.clock.advance(self.each_s)
                yield piece


def test_a_call_is_in_the_journal_with_what_was_asked_and_what_came(lab: Lab) -> None:
    """Request, answer, tokens, cost, attempts and finish of a call are recorded; the recorded
    request is the one that was sent, byte for byte [HARN-2, HARN-12]."""
    model = ScriptedModel([PLAN], label="tiny", cost_usd=0.25)
    bench = lab.bench(planner=model)
    run = bench.start("do a")
    run.wait(20)

    (asked,), (answered,) = events(run, "model.asked"), events(run, "model.answered")
    sent = model.requests[0]
    kept = decode(asked.request, bench.journal.artifact)

    assert (asked.number, asked.model, asked.purpose, asked.step) == (1, "tiny", "plan", None)
    assert asked.digest == key_of(sent)
    assert [m["text"] for m in kept["messages"]] == [m.text for m in sent.messages]
    assert kept["output_schema"] == sent.output_schema
    assert asked.reserved["usd"] == 0.25
    reply = read_reply(decode(answered.reply, bench.journal.artifact))
    assert json.loads(reply.text) == PLAN
    assert (answered.finish, answered.attempts, answered.model) == ("stop", 1, "tiny")
    assert answered.usage == {
        "tokens_in": reply.usage.tokens_in, "tokens_out": reply.usage.tokens_out, "usd": 0.25,
    }  # fmt: skip
    assert kinds(run).index("model.asked") > kinds(run).index("planner.called")
    assert run.view.models == {}


def test_what_calls_took_is_counted_once(lab: Lab) -> None:
    """The calls of a planner's models and what the planner says it used are one amount, and the
    parts of the costs add up to it [HARN-9, REL-31]."""
    run = lab.bench(planner=ScriptedModel([MALFORMED, PLAN], cost_usd=0.25)).start("do a")
    run.wait(20)

    calls = events(run, "model.answered")
    (planned,) = events(run, "planner.answered")
    assert [e.purpose for e in events(run, "model.asked")] == ["plan", "repair"]
    for unit in ("usd", "tokens_in", "tokens_out"):
        total = sum(call.usage[unit] for call in calls)
        assert run.view.usage[unit] == planned.usage[unit] == total
        assert run.costs().query("unit == @unit")["amount"].sum() == pytest.approx(total)
    assert run.view.usage["usd"] == 0.5


def test_a_rate_limit_is_waited_for_in_sight(lab: Lab) -> None:
    """A 429 is waited for as long as the provider asks, by the run's clock; the wait is an event,
    and the attempts are counted [HARN-6, REL-31]."""
    clock = FakeClock()
    model = ScriptedModel([rate_limited(37), timed_out(), PLAN], cost_usd=0.25)
    run = lab.bench(planner=model, clock=clock).start("do a")

    view = eventually(run, lambda v: bool(v.models) and v.models[1].state == "waiting")
    assert "is asked again at" in run_text(view)
    clock.advance(36)
    assert len(model.requests) == 1
    clock.advance(1)
    eventually(run, lambda v: bool(v.models) and v.models[1].attempt == 3)
    clock.advance(2)
    run.wait(20)

    waits = events(run, "model.waiting")
    assert [(w.attempt, w.fault, w.wait_s) for w in waits] == [
        (1, "rate_limit", 37), (2, "timeout", 2.0),
    ]  # fmt: skip
    (answered,) = events(run, "model.answered")
    assert answered.attempts == 3
    assert answered.duration_s == pytest.approx(39)
    assert answered.usage["usd"] == 0.5, "the request that timed out may have been paid for"
    assert "429" in event_text(next(r for r in run.events() if r.kind == "model.waiting"))


def test_a_pause_ends_the_wait_for_a_model(lab: Lab) -> None:
    """Nothing is sent after a pause, however long the provider asked to wait; resumed, the planner
    is asked anew [PLAN-13, HARN-9]."""
    clock = FakeClock()
    model = ScriptedModel([rate_limited(90), PLAN])
    run = lab.bench(planner=model, clock=clock).start("do a")
    eventually(run, lambda v: bool(v.models) and v.models[1].state == "waiting")

    run.pause()
    eventually(run, lambda v: not v.models)
    clock.advance(1000)
    assert (run.state, len(model.requests)) == ("paused", 1)
    run.resume()

    run.wait(20)
    assert len(model.requests) == 2


@pytest.mark.parametrize(
    ("error", "requests"),
    [
        (ModelCallError.of("quota", "tiny", "no money left"), 1),
        (ModelCallError.of("authentication", "tiny", "wrong key"), 1),
        (rate_limited(3600), 1),
        (ValueError("a fault of the program"), 1),
    ],
    ids=["quota", "authentication", "too long a wait", "program"],
)
def test_what_does_not_pass_is_not_tried_again(lab: Lab, error: Any, requests: int) -> None:
    """Quota, a wrong key, an hour's wait and a fault of the program end the call at once, and the
    journal says why [HARN-6]."""
    model = ScriptedModel([error, PLAN])
    run = lab.bench(planner=model).start("do a")
    with pytest.raises(RunFailed):
        run.wait(20)

    (failed,) = events(run, "model.failed")
    assert len(model.requests) == requests
    assert failed.fault == getattr(error, "fault", "program")
    assert failed.usage == {}
    assert run.view.models == {}


def test_an_answer_is_seen_while_it_comes_in_constant_bytes(lab: Lab) -> None:
    """While an answer streams, an event a second says how much has come and its end; no event grows
    with the answer; the trace shows the text so far and its tokens [ASYN-9, HARN-2]."""
    clock = FakeClock()
    long = {**PLAN, "reason": "because " * 50}
    run = lab.bench(planner=Slow(clock, long), clock=clock).start("do a")
    run.wait(20)

    said = events(run, "model.streaming")
    text = json.dumps(long, ensure_ascii=False)
    assert len(said) == pytest.approx(len(text) / 32, abs=2), "four pieces of 8 a second"
    assert [e.characters for e in said] == sorted({e.characters for e in said})
    assert all(e.tail == text[: e.characters][-160:] for e in said)
    assert max(len(e.model_dump_json()) for e in said) < 400
    (answered,) = events(run, "model.answered")
    assert answered.first_s == 0.25
    view, tools = run.view, run.bench.tool_map()
    rows = [trace_row(r, view, tools) for r in run.events() if r.kind == "model.streaming"]
    assert max(len(json.dumps(row)) for row in rows) < 1500
    for row, one in zip(rows, said, strict=True):
        assert f"about {one.tokens} tokens so far" in row["text"]
        assert one.tail.strip()[-40:] in row["text"]


def test_stopping_ends_the_call(lab: Lab) -> None:
    """A stop cancels a call that does not answer; what was sent counts, because it may be charged
    [CONC-5, HARN-9]."""
    model = ScriptedModel([NEVER], cost_usd=0.25)
    run = lab.bench(planner=model).start("do a")
    eventually(run, lambda v: bool(v.models))
    run.stop("enough")
    run.wait_until("stopped", timeout_s=20)

    (failed,) = events(run, "model.failed")
    assert failed.fault == "cancelled"
    assert failed.usage["tokens_in"] > 0
    assert run.view.usage["usd"] == 0.25
    assert kinds(run).index("model.failed") < kinds(run).index("run.stopped")


def test_the_worst_case_must_fit_into_the_limit(lab: Lab) -> None:
    """A call that could cross the limit of US dollars is not made: the run pauses before, and goes
    on when the limit is raised [HARN-9]."""
    model = ScriptedModel([MALFORMED, PLAN], cost_usd=0.25)
    run = lab.bench(planner=model, budget=wb.Budget(usd=0.4)).start("do a")
    run.wait_until("paused", timeout_s=20)

    assert len(model.requests) == 1, "the repair could cross the limit"
    assert "usd" in run.view.reason
    assert "raise_limit" in run.view.reason
    assert run.view.usage["usd"] == 0.25
    run.raise_limit("usd", 1)
    model.replies = (*model.replies[:1], PLAN)
    run.resume()
    run.wait(20)
    assert run.view.usage["usd"] == 0.5


def test_caps_over_all_runs_hold_what_calls_may_take(lab: Lab) -> None:
    """What a call takes at worst is set aside for every run of the journal, and settled by what it
    took [AUTH-9, HARN-9]."""
    caps = [wb.Cap("usd", 1.0, per="day")]
    bench = lab.bench(planner=ScriptedModel([MALFORMED, PLAN], cost_usd=0.25), caps=caps)
    run = bench.start("do a")
    run.wait(20)
    (state,) = bench.caps
    assert (state.used, state.reserved) == (0.5, 0)

    dear = lab.bench(planner=ScriptedModel([PLAN], cost_usd=0.6), caps=caps)
    run = dear.start("do it again")
    run.wait_until("paused", timeout_s=20)
    assert "raise_cap" in run.view.reason
    (state,) = dear.caps
    assert (state.used, state.reserved) == (0.5, 0)


@pytest.mark.parametrize("of", ["step", "result"])
def test_caps_over_all_runs_hold_the_verifying_model(lab: Lab, of: str) -> None:
    """What it takes at worst is set aside before it is asked, and settled by what it took; a cap
    that it would cross pauses the run [MULT-6, AUTH-9]."""

    class Judge(ScriptedModel):
        def price(self, _tokens_in: int, _tokens_out: int) -> float:
            return 0.75

    judge = Judge([{"ok": True}, {"ok": True}], label="judge", cost_usd=0.5)
    bench = lab.bench(verifier=judge, caps=[wb.Cap("usd", 1.0, per="day")])
    check = wb.Check(judge="it is good")
    one = wb.Step(id="a", tool="think", args={"name": "a"}, check=check if of == "step" else None)
    start = {"plan": wb.Plan(goal="g", steps=[one]), "done": check if of == "result" else None}
    bench.start(**start).wait(20)
    second = bench.start(**start)
    second.wait_until("paused", timeout_s=20)
    assert "0.5 usd used + 0.75 would cross this cap" in second.view.reason
    assert (bench.caps[0].used, bench.caps[0].reserved) == (0.5, 0)
    bench.raise_cap("1 usd per day", 2)
    second.resume()
    second.wait(20)
    assert (bench.caps[0].used, bench.caps[0].reserved) == (1.0, 0)


def test_a_call_that_was_stopped_is_settled_by_what_it_may_have_taken(lab: Lab) -> None:
    """After a stop nothing stays set aside [AUTH-9]."""
    bench = lab.bench(
        planner=ScriptedModel([NEVER], cost_usd=0.25), caps=[wb.Cap("usd", 1.0, per="day")]
    )
    run = bench.start("do a")
    eventually(run, lambda v: bool(v.models))
    assert bench.caps[0].reserved == 0.25
    run.stop()
    run.wait_until("stopped", timeout_s=20)
    assert (bench.caps[0].used, bench.caps[0].reserved) == (0.25, 0)


def test_a_tool_that_asks_a_model_is_seen(lab: Lab, world: World) -> None:
    """A model that a tool asks in the engine's loop is journaled under its step, and its tokens
    count for the run [HARN-4]."""
    model = ScriptedModel(["yes"], cost_usd=0.5)

    @wb.tool(effect="read")
    async def judge(text: str) -> str:
        return (await ask(model, ModelRequest((Message("user", text),)))).text

    plan = wb.Plan(goal="g", steps=[wb.Step(id="j", tool="judge", args={"text": "good?"})])
    run = lab.bench(judge).start(plan=plan)
    assert run.wait(20) == "yes"
    (asked,) = events(run, "model.asked")
    assert asked.step == "j"
    assert run.view.usage["usd"] == 0.5
    parts = run.costs().query("unit == 'usd'")
    assert dict(zip(parts["part"], parts["amount"], strict=True)) == {"execution": 0.5}


def test_outside_of_a_run_nothing_is_kept_and_waits_are_told(backend: str) -> None:
    """`ask` alone waits as the provider says and tells whoever wants to know [HARN-6]."""
    waits: list[Any] = []
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await anyio.lowlevel.checkpoint()

    model = ScriptedModel([rate_limited(3), timed_out(), ModelReply("hi", usage=ModelUsage(1, 1))])

    async def main() -> ModelReply:
        return await ask(
            model, ModelRequest((Message("user", "?"),)), waiting=waits.append, sleep=sleep
        )

    assert anyio.run(main, backend=backend).text == "hi"
    assert slept == [3, 2.0]
    assert [w.fault for w in waits] == ["rate_limit", "timeout"]


def test_a_provider_that_counts_nothing_is_reckoned(lab: Lab) -> None:
    """An endpoint that gives no usage has its tokens reckoned from the texts; its cost is unknown,
    which is not 0 [HARN-9]."""
    model = ScriptedModel([ModelReply(json.dumps(PLAN))], cost_usd=None)
    run = lab.bench(planner=model, budget=wb.Budget(tokens=100_000)).start("do a")
    run.wait(20)
    (answered,) = events(run, "model.answered")
    sent = sum(len(message.text) for message in model.requests[0].messages)
    assert answered.usage["tokens_in"] == pytest.approx(sent / 4, abs=1)
    assert answered.usage["tokens_out"] == pytest.approx(len(json.dumps(PLAN)) / 4, abs=1)
    assert "usd" not in answered.usage
    assert "price unknown" in event_text(
        next(r for r in run.events() if r.kind == "model.answered")
    )
    assert run.usage["tokens"] == answered.usage["tokens_in"] + answered.usage["tokens_out"]
