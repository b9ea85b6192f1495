"""A run is played again from its journal: the same events, and nothing is called."""

from __future__ import annotations

from pathlib import Path

import pytest

import workbench as wb
from tests.replay.conftest import Opened, Shop, step
from workbench.errors import ReplayDiverged, RunFailed
from workbench.planner import PlanningContext, Proposal, Question
from workbench.replay import Replay
from workbench.testing import ScriptedModel, allow_all


def same(bench: wb.Workbench, run: wb.Run, shop: Shop) -> Replay:
    """Replay a run, and hold what every test wants: the same course, no call, no trace of it."""
    calls, stock, head = list(shop.calls), dict(shop.stock), bench.journal.run(run.id).head
    replay = bench.replay(run).check()
    recorded = [(r.kind, r.step) for r in run.events()]
    assert [(r.kind, r.step) for r in replay.events] == recorded
    assert replay.digest == replay.recorded_digest
    assert replay.view.state == run.state
    assert (shop.calls, shop.stock, replay.calls) == (calls, stock, 0)
    assert bench.journal.run(run.id).head == head
    assert [row.id for row in bench.journal.runs()].count(run.id) == 1
    return replay


def test_a_run_with_answers_and_retries(shop: Shop, bench_of: Opened) -> None:
    """Reads, a retry with its wait, a request with edited arguments and an order with its key are
    the same events again, and no wait takes time [HARN-12, RUNT-8]."""
    bench = bench_of("shop", shop.tools(), clock=wb.testing.FakeClock())
    shop.faults = [ConnectionError("gone")]
    run = bench.start(
        plan=wb.Plan(
            goal="stock up",
            steps=[
                step("n", "count", args={"item": "pens"}),
                step("p", "price", args={"amount": wb.ref("n")}),
                step("o", "order", args={"item": "pens", "usd": wb.ref("p", "total")}),
            ],
        )
    )
    bench.clock.advance(0)  # type: ignore[attr-defined]  # a clock to set
    while run.state != "waiting":
        bench.clock.advance(30)  # type: ignore[attr-defined]  # as above
        run.wait_until("waiting", "running", timeout_s=5)
    run.inbox[0].approve(args={"usd": 20.0})
    run.wait(20)
    replay = same(bench, run, shop)
    assert replay.exact
    kinds = [record.kind for record in replay.events]
    assert "call.retrying" in kinds
    assert "request.answered" in kinds
    assert replay.view.steps["o"].output == run.view.steps["o"].output


def test_a_failed_run(shop: Shop, bench_of: Opened) -> None:
    """A run that failed fails again, at the same event and in the same words [HARN-12]."""
    bench = bench_of("shop", shop.tools())
    shop.faults = [ValueError("no such amount"), ValueError("nor this"), KeyError("x")]
    plan = wb.Plan(
        steps=[step("p", "price", args={"amount": 1}, retry=wb.Retry(attempts=3, wait_s=0))]
    )
    run = bench.start("what is it?", plan=plan)
    with pytest.raises(RunFailed, match="KeyError: 'x'"):
        run.wait(20)
    assert same(bench, run, shop).view.steps["p"].error == "KeyError: 'x'"


def test_edits_pauses_and_a_stop(shop: Shop, bench_of: Opened) -> None:
    """Edits, a pause, a denied request and a stop come at their places [HARN-12]."""
    bench = bench_of("shop", shop.tools())
    steps = [
        step("a", "order", args={"item": "a", "usd": 1}),
        step("b", "count", args={"item": "b"}),
    ]
    run = bench.start(plan=wb.Plan(goal="orders", steps=steps))
    run.wait_until("waiting")
    with run.editing(reason="one more") as draft:
        draft.add(step("c", "order", args={"item": "c", "usd": 2}, after=["b"]))
        draft.remove("a")
    run.resume()
    run.wait_until("waiting")
    run.inbox[0].deny(reason="too dear", then="stop")
    run.wait_until("stopped")
    replay = same(bench, run, shop)
    assert replay.view.revision == run.view.revision


def test_refusals_that_freeze(shop: Shop, bench_of: Opened) -> None:
    """A refusal sets its freeze in the replay, too; what was frozen then is not frozen twice, and
    what was lifted goes on [HARN-12, COMP-10]."""
    bench = bench_of("shop", shop.tools())
    steps = [step(n, "order", args={"item": n, "usd": 1}) for n in ("a", "b", "c")]
    run = bench.start(plan=wb.Plan(goal="orders", steps=steps))
    while len(run.inbox) < len(steps):
        run.wait_until("waiting", timeout_s=20)
    last = run.inbox[2]
    for request in run.inbox[:2]:
        request.deny("too dear", then="freeze")
    bench.unfreeze()
    last.approve()
    run.resume()
    run.wait(20)
    assert shop.calls == [f"order {last.args['item']}"]
    replay = same(bench, run, shop)
    assert sum(getattr(r.event, "rule", None) is not None for r in replay.events) == 1


def test_a_rule_of_an_answer_outlives_its_process(shop: Shop, bench_of: Opened) -> None:
    """What an answer for always has set holds in the replay also behind a change of hands, until
    it was lifted [HARN-12, RUNT-9]."""
    bench = bench_of("shop", shop.tools())
    steps = [
        step("a", "order", args={"item": "a", "usd": 1}),
        step("b", "order", args={"item": "a", "usd": 1}, after=["a"], ask=True),
        step("c", "order", args={"item": "a", "usd": 1}, after=["b"]),
        step("d", "order", args={"item": "d", "usd": 1}, after=["c"], ask=True),
        step("e", "order", args={"item": "a", "usd": 1}, after=["d"]),
    ]
    run = bench.start(plan=wb.Plan(goal="orders", steps=steps))
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].approve(scope="always")
    run.wait_until("waiting", timeout_s=20)
    bench.close()
    bench = bench_of("shop", shop.tools())
    run = bench.open(run.id)
    run.inbox[0].approve()
    run.wait_until("waiting", timeout_s=20)
    assert len(shop.calls) == 3
    (rule,) = bench.rules
    bench.rules.lift(rule.id)
    run.inbox[0].approve()
    run.wait_until("waiting", timeout_s=20)
    assert run.inbox[0].step == "e"
    run.inbox[0].approve()
    run.wait(20)
    same(bench, run, shop)


def test_a_loop(shop: Shop, bench_of: Opened) -> None:
    """Each turn of a loop and its verdict come again; the check is not called either [RUNT-5]."""
    bench = bench_of("shop", shop.tools())
    loop = wb.Repeat(until=wb.Check(tool="is_loud"), at_most=4, carry="text")
    run = bench.start(
        "shout", plan=wb.Plan(steps=[step("s", "polish", args={"text": "hey"}, repeat=loop)])
    )
    assert run.wait(20) == "hey!!"
    replay = same(bench, run, shop)
    assert [r.kind for r in replay.events].count("loop.turned") == 1


def test_a_fork_and_a_rollback(shop: Shop, bench_of: Opened) -> None:
    """A fork, a run that was taken back, and the run that took it back are played again; an undo is
    not called either [HARN-12, MULT-7]."""
    bench = bench_of("shop", shop.tools(), policy=allow_all())
    steps = [
        step("a", "add", args={"item": "pens", "amount": 2}),
        step("b", "add", args={"item": "ink", "amount": 5}, after=["a"]),
    ]
    run = bench.start(plan=wb.Plan(goal="fill up", steps=steps))
    run.wait(20)
    fork = run.fork(at=run.checkpoints[1])
    fork.wait(20)
    report = run.rollback(to=run.checkpoints[0])
    assert shop.stock["pens"] == 3
    for one in (run, fork, bench.look(report.undo)):
        same(bench, one, shop)


def test_a_planner_that_asks_and_plans_anew(shop: Shop, bench_of: Opened) -> None:
    """Questions, proposals and a re-plan come from the recording: no planner and no model is asked,
    and what it was asked is the same [HARN-12, RUNT-8]."""
    asked: list[str] = []

    class Planning:
        name = "careful"

        async def propose(self, context: PlanningContext) -> Proposal:
            asked.append(context.why)
            if not context.answers:
                return Proposal(questions=[Question("what", "Which item?", {"pens": "Pens"})])
            item = context.answers["what"]
            again = context.plan is not None
            name = "second" if again else "first"
            args = {"item": item, "usd": 3} if again else {"amount": 1}
            return Proposal(
                plan=wb.Plan(
                    goal="g", steps=[step(name, "order" if again else "price", args=args)]
                ),
                reason="as answered",
                usage={"tokens_in": 100.0},
            )

    shop.faults = [TypeError("broken")]
    bench = bench_of("shop", shop.tools(), policy=allow_all())
    bench._parts.planner = Planning()
    run = bench.start("order something", on_failure="replan")
    run.wait_until("waiting")
    run.inbox[0].choose("pens")
    run.wait(20)
    before = len(asked)
    assert before == 3
    same(bench, run, shop)
    assert len(asked) == before


def test_a_scripted_model_is_not_asked(shop: Shop, bench_of: Opened) -> None:
    """The model of a planner is not called by a replay [HARN-12, HARN-2]."""
    made = {"kind": "plan", "steps": [{"id": "n", "tool": "count", "args": {"item": "pens"}}]}
    model = ScriptedModel([made])
    bench = bench_of("shop", shop.tools())
    bench._parts.planner = wb.ModelPlanner(model)
    run = bench.start("count the pens")
    run.wait(20)
    asked = len(model.requests)
    same(bench, run, shop)
    assert len(model.requests) == asked


def test_a_run_that_changed_hands(shop: Shop, bench_of: Opened) -> None:
    """A run that one process left and another carried on is played as both did [HARN-12]."""
    steps = [step("a", "order", args={"item": "a", "usd": 1})]
    first = bench_of("shop", shop.tools())
    run = first.start(plan=wb.Plan(goal="orders", steps=steps))
    run.wait_until("waiting")
    first.close()
    second = bench_of("shop", shop.tools())
    again = second.open(run.id)
    again.inbox[0].approve()
    again.wait(20)
    hosts = [r.kind for r in again.events()].count("host.attached")
    assert hosts == 2
    same(second, again, shop)


def test_many_at_the_same_time(shop: Shop, bench_of: Opened) -> None:
    """Steps side by side end in the recorded order, whatever the machine would do now [HARN-12]."""
    bench = bench_of("shop", shop.tools())
    steps = [step(f"s{n}", "count", args={"item": f"i{n}"}) for n in range(12)]
    last = step("t", "count", args={"item": "all"}, after=[s.id for s in steps])
    run = bench.start(plan=wb.Plan(goal="count", steps=[*steps, last]))
    run.wait(20)
    assert same(bench, run, shop).exact


def test_a_changed_declaration_is_found(shop: Shop, bench_of: Opened, tmp_path: Path) -> None:
    """A tool that has become irreversible since takes another course: the replay says at which
    event and why, as a failed assertion [HARN-12, HARN-1]."""
    bench = bench_of("shop", shop.tools())
    run = bench.start(plan=wb.Plan(goal="g", steps=[step("n", "count", args={"item": "pens"})]))
    run.wait(20)
    file = run.export(tmp_path / "run.wbrun")

    @wb.tool(effect="irreversible")
    def count(item: str) -> int:
        raise NotImplementedError

    other = bench_of("other", [count])
    replay = other.replay(file)
    assert not replay.same
    assert replay.divergence is not None
    assert replay.divergence.seq == 5
    assert "recorded was call.intended of step 'n'" in str(replay.divergence)
    assert "request.opened of step 'n'" in str(replay.divergence)
    with pytest.raises(ReplayDiverged, match="event 5") as raised:
        replay.check()
    assert isinstance(raised.value, AssertionError)


def test_a_changed_policy_is_found(shop: Shop, bench_of: Opened, tmp_path: Path) -> None:
    """Under another policy the replay diverges at the first call that is decided otherwise."""
    bench = bench_of("shop", shop.tools(), policy=allow_all())
    steps = [
        step("n", "count", args={"item": "pens"}),
        step("o", "order", args={"item": "a", "usd": 1}, after=["n"]),
    ]
    run = bench.start(plan=wb.Plan(goal="g", steps=steps))
    run.wait(20)
    file = run.export(tmp_path / "run.wbrun")
    assert bench_of("same", shop.tools(), policy=allow_all()).replay(file).same
    replay = bench_of("strict", shop.tools()).replay(file)
    assert replay.divergence is not None
    assert replay.divergence.seq > 4


def test_a_declaration_of_its_own_spend_is_not_called(shop: Shop, bench_of: Opened) -> None:
    """What a call has spent is taken from the recording, where the world may have changed."""
    usd = [3.0]

    @wb.tool(effect="irreversible", spend=lambda item: {"usd": usd[0]})
    def buy(item: str) -> str:
        return item

    bench = bench_of("shop", [buy], policy=allow_all())
    run = bench.start(plan=wb.Plan(goal="g", steps=[step("b", "buy", args={"item": "x"})]))
    run.wait(20)
    usd[0] = 99.0
    assert bench.replay(run).same


def test_a_run_whose_tools_have_changed(bench_of: Opened) -> None:
    """A tool that is another one when the run is taken up, while a question is open: the question
    about it, and what the person said, are part of what replays [HARN-12, HARN-1]."""

    @wb.tool(effect="irreversible")
    def send(text: str) -> str:
        return f"sent {text}"

    first = bench_of("shop", [send])
    plan = wb.Plan(goal="send", steps=[step("s", "send", args={"text": "hello"})])
    run = first.start(plan=plan)
    run.wait_until("waiting")
    run.pause()
    first.close()

    @wb.tool(effect="irreversible", name="send")
    def send_copied(text: str, cc: str = "") -> str:
        return f"sent {text} {cc}"

    bench = bench_of("shop", [send_copied])
    run = bench.open(run.id)
    run.resume()
    while not (drifted := [q for q in run.inbox if q.kind == "drift"]):
        bench.journal.committed.wait(0.02)
    next(q for q in run.inbox if q.kind == "permission").approve()
    drifted[0].choose("use")
    run.wait(20)
    bench.replay(run).check()
