"""A sub-agent is a tool: typed, bounded, read-only unless declared, told what matters."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

import workbench as wb
from tests.agents.conftest import Opened, Shelf, first_question, plan_of, until
from workbench.agents import Session, add_agent, runs_below, take_back
from workbench.errors import CallNotMade, PlanError, RunFailed, StepFailed
from workbench.testing import allow_all


class Wanted(BaseModel):
    """What the agent is asked for."""

    item: str
    least: int = 2


class Found(BaseModel):
    """What it gives back."""

    item: str
    amount: int


def counting(work: Session) -> Found:
    item = work.task["item"]
    amount = work.call("count", item=item)
    work.decide(f"{item} are enough")
    return Found(item=item, amount=amount)


def test_input_and_output_are_typed(bench_of: Opened, shelf: Shelf) -> None:
    """Its input and answer have the declared types: a plan with another is refused, a later step
    refers into the answer [MULT-2]."""
    bench = bench_of()
    tool = add_agent(bench, counting, name="counter", takes=Wanted, gives=Found, tools=["count"])
    with pytest.raises(PlanError, match="item"):
        bench.start(plan=plan_of("counter", thing="pens"))
    assert tool.signature.required == {"item"}
    run = bench.start(
        plan=wb.Plan(
            goal="count twice",
            steps=(
                wb.Step(id="agent", tool="counter", args={"item": "pens"}),
                wb.Step(id="again", tool="count", args={"item": wb.ref("agent", "answer", "item")}),
            ),
        )
    )
    assert run.wait(120) == 3
    report = run.output("agent")
    assert report["answer"] == {"item": "pens", "amount": 3}
    assert report["decisions"] == ["pens are enough"]
    assert [call["tool"] for call in report["calls"]] == ["count"]
    assert shelf.calls == ["count pens", "count pens"]


def test_its_calls_are_runs_of_their_own(bench_of: Opened) -> None:
    """Each call is a run below the step's run, with intent and outcome in the journal; what it was
    told is there before the first of them [HARN-4, MULT-3]."""
    bench = bench_of()
    add_agent(bench, counting, name="counter", takes=Wanted, gives=Found, tools=["count"])
    run = bench.start(plan=plan_of("counter", item="pens"))
    run.wait(120)
    told, called = runs_below(run)
    assert [r.kind for r in called.events()].count("call.intended") == 1
    assert called.id == run.output("agent")["calls"][0]["run"]
    intent = next(r.event for r in told.events() if r.kind == "call.intended")
    assert intent.args.value["task"] == {"item": "pens", "least": 2}


def test_it_is_told_constraints_and_decisions(bench_of: Opened) -> None:
    """A constraint of the goal, what a person has decided, and the outputs that its step builds on
    stand in the recorded brief; of an earlier agent its decisions do, too [MULT-3]."""
    briefs = []

    def second(work: Session) -> str:
        briefs.append(work.brief)
        return "done"

    bench = bench_of()
    add_agent(bench, counting, name="first", takes=Wanted, gives=Found, tools=["count"])
    add_agent(bench, second, name="second")
    goal = "order pens; prices in EUR"
    steps = (
        wb.Step(id="a", tool="first", args={"item": "pens"}),
        wb.Step(id="mail", tool="send", args={"text": "hello"}, after=("a",)),
        wb.Step(id="b", tool="second", args={"task": "write it up"}, after=("mail",)),
    )
    run = bench.start(plan=wb.Plan(goal=goal, steps=steps), limits={"calls": 9})
    run.wait_until("waiting")
    run.inbox[0].approve()
    run.wait(120)
    told = runs_below(run)[-1]
    intent = next(r.event for r in told.events() if r.kind == "call.intended")
    recorded = intent.args.value["brief"]
    assert recorded["goal"] == goal
    assert any("at most 9 calls" in text for text in recorded["constraints"])
    decided = [d["what"] for d in recorded["decisions"]]
    assert "pens are enough" in decided
    assert any("approve" in what for what in decided)
    assert [s["step"] for s in recorded["trace"]] == ["a", "mail"]
    assert briefs[0].model_dump(mode="json") == recorded
    assert "prices in EUR" in str(briefs[0])


def test_a_long_trace_is_compressed(bench_of: Opened) -> None:
    """Of many steps it is told those that its own step needs and the last ones; which were left out
    is recorded [MULT-3]."""
    briefs = []

    def reading(work: Session) -> str:
        briefs.append(work.brief)
        return "ok"

    bench = bench_of()
    add_agent(bench, reading, name="reader")
    many = tuple(wb.Step(id=f"s{n}", tool="count", args={"item": f"i{n}"}) for n in range(30))
    last = wb.Step(id="z", tool="reader", args={"task": "read"}, after=("s0",))
    ends = wb.Step(id="end", tool="count", args={"item": "x"}, after=tuple(s.id for s in many[1:]))
    moved = last.model_copy(update={"after": ("s0", "end")})
    del last
    run = bench.start(plan=wb.Plan(goal="read", steps=(*many, ends, moved)))
    run.wait(120)
    brief = briefs[0]
    told = {s.step for s in brief.trace}
    assert {"s0", "end"} <= told
    assert len(told) == 12
    assert told | set(brief.left_out) == {*(s.id for s in many), "end"}
    assert len(told) + len(brief.left_out) == 31


def test_it_is_read_only_unless_declared(bench_of: Opened, shelf: Shelf) -> None:
    """Without `writes` a call that would change the world is refused before it, with the reason
    [MULT-2]."""
    said = []

    def greedy(work: Session) -> str:
        try:
            work.call("add", item="pens", amount=5)
        except CallNotMade as error:
            said.append(str(error))
        return "tried"

    bench = bench_of(policy=allow_all())
    add_agent(bench, greedy, name="greedy", tools=["count", "add"])
    bench.start(plan=plan_of("greedy", task="fill")).wait(120)
    assert "read-only" in said[0]
    assert shelf.items == {"pens": 3}


def test_it_has_no_right_that_its_caller_lacks(bench_of: Opened, shelf: Shelf) -> None:
    """A run whose grants do not cover a tool cannot reach it through an agent that may write
    [MULT-2]."""
    said = []

    def writer(work: Session) -> str:
        try:
            work.call("send", text="buy")
        except StepFailed as error:
            said.append(str(error))
        return "tried"

    bench = bench_of()
    add_agent(bench, writer, name="writer", tools=["send"], writes=True)
    run = bench.start(plan=plan_of("writer", task="x"), grants=[wb.Grant("writer")])
    run.wait(120)
    assert said
    assert shelf.calls == []


def test_a_tool_that_is_not_its_own(bench_of: Opened, shelf: Shelf) -> None:
    """It calls only the tools that it was given, however many the workbench has."""

    def curious(work: Session) -> str:
        work.call("send", text="x")
        return "done"

    bench = bench_of(policy=allow_all())
    add_agent(bench, curious, name="curious", tools=["count"], writes=True)
    run = bench.start(plan=plan_of("curious", task="x"))
    with pytest.raises(RunFailed, match="may not call 'send'"):
        run.wait(120)
    assert shelf.calls == []


def test_its_calls_are_bounded(bench_of: Opened, shelf: Shelf) -> None:
    """After so many calls no further one is made [MULT-2]."""

    def endless(work: Session) -> str:
        while True:
            work.call("count", item="pens")

    bench = bench_of()
    add_agent(bench, endless, name="endless", tools=["count"], calls=3)
    with pytest.raises(RunFailed, match="made its 3 calls"):
        bench.start(plan=plan_of("endless", task="x")).wait(120)
    assert shelf.calls == ["count pens"] * 3


def test_its_own_budget(bench_of: Opened) -> None:
    """Its budget is closer than that of the run, and what it spends is counted over its calls
    [MULT-2]."""
    spent = []

    @wb.tool(effect="read", spend=lambda n: {"usd": n})
    def buy_data(n: float) -> float:
        spent.append(n)
        return n

    def spender(work: Session) -> str:
        work.call("buy_data", n=2.0)
        work.call("buy_data", n=2.0)
        return "done"

    bench = bench_of(tools=[buy_data], budget=wb.Budget(usd=50))
    add_agent(bench, spender, name="spender", tools=["buy_data"], limits={"usd": 3.0})
    run = bench.start(plan=plan_of("spender", task="x"))
    first_question(bench)
    bench.inbox[0].deny(reason="too much", then="stop")
    with pytest.raises(RunFailed, match="buy_data"):
        run.wait(120)
    assert spent == [2.0]


def test_it_stops_when_its_answer_will_do(bench_of: Opened) -> None:
    """It is asked again with the reason until its answer fits its type and the criterion, a limited
    number of times [MULT-2, HARN-10]."""
    answers: list[object] = ["many", 1, 7]

    def guessing(_work: Session) -> object:
        return answers.pop(0)

    def enough(value: int) -> bool | str:
        return value > 5 or "too few"

    bench = bench_of()
    add_agent(bench, guessing, name="guess", gives=int, accept=enough)
    run = bench.start(plan=plan_of("guess", task="x"))
    assert run.wait(120)["answer"] == 7
    assert run.output("agent")["turns"] == 3
    answers[:] = [1, 1, 1]
    again = bench.start(plan=plan_of("guess", task="x"))
    with pytest.raises(RunFailed, match="in 3 turns: too few"):
        again.wait(120)


def test_what_it_did_is_taken_back(bench_of: Opened, shelf: Shelf) -> None:
    """Effects of an agent that may write are undone, the last first, by runs of their own
    [MULT-7]."""

    def filling(work: Session) -> str:
        work.call("add", item="pens", amount=5)
        work.call("add", item="ink", amount=1)
        return "filled"

    bench = bench_of(policy=allow_all())
    add_agent(bench, filling, name="filler", tools=["add"], writes=True)
    run = bench.start(plan=plan_of("filler", task="fill"))
    run.wait(120)
    assert shelf.items == {"pens": 8, "ink": 1}
    reports = take_back(run)
    assert len(reports) == 2
    assert shelf.items == {"pens": 3, "ink": 0}


def test_a_run_with_an_agent_replays(bench_of: Opened, shelf: Shelf) -> None:
    """A run with an agent, and each run of its calls, is played again with no call [HARN-12]."""
    asked = []

    def counted(work: Session) -> Found:
        asked.append(work.name)
        return counting(work)

    bench = bench_of()
    add_agent(bench, counted, name="counter", takes=Wanted, gives=Found, tools=["count"])
    run = bench.start(plan=plan_of("counter", item="pens"))
    run.wait(120)
    for one in (run, *runs_below(run)):
        assert bench.replay(one).check().digest == bench.replay(one).recorded_digest
    assert (asked, shelf.calls) == (["counter"], ["count pens"])


def test_a_question_of_an_agent_survives_a_restart(tmp_path: Path) -> None:
    """While a person is asked about a call of an agent that calls and waits, the call's run holds
    nothing, and the step's run one worker thread; closed and opened again the agent is asked anew,
    and its call is the one that waits: one question, answered once [ASYN-2, RUNT-8, MULT-2]."""
    asked, fetched = [], []

    @wb.tool(effect="read")
    def fetch(page: str) -> str:
        fetched.append(page)
        return f"text of {page}"

    def reading(work: Session) -> str:
        asked.append(work.name)
        return str(work.call("fetch", page="prices"))

    def opened() -> wb.Workbench:
        policy = wb.Policy(ask=["fetch"])
        bench = wb.Workbench(tmp_path / "runs.db", tools=[fetch], planner=None, policy=policy)
        add_agent(bench, reading, name="reader", tools=["fetch"])
        return bench

    with opened() as bench:
        run = bench.start(plan=plan_of("reader", task="read"))
        below = first_question(bench).run
        until(lambda: bench.look(below).live_tasks() == [], bench)
        assert run.live_tasks() == ["agent"]
    with opened() as bench:
        run = bench.open(run.id)
        until(lambda: len(asked) > 1, bench)
        assert first_question(bench).run == below
        first_question(bench).approve()
        run.wait(120)
        assert run.output("agent")["answer"] == "text of prices"
        assert run.output("agent")["calls"] == [
            {"tool": "fetch", "run": below, "state": "succeeded"}
        ]
    assert fetched == ["prices"]
