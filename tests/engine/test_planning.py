"""The planner: what it may do, and what becomes of it when it misbehaves."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, kinds, plan, states, step
from workbench.errors import RunFailed, RunStopped
from workbench.planner import Proposal, Question
from workbench.testing import capture_events


class Planner:
    """Gives one answer after the other."""

    name = "scripted"

    def __init__(self, *answers: Any) -> None:
        self.answers, self.seen = list(answers), []

    async def propose(self, context: Any) -> Any:
        self.seen.append(context)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def test_a_goal_becomes_a_plan(lab: Lab, world: World) -> None:
    """The planner's plan is the first revision, with author and reason, and is done [HARN-2]."""
    planner = Planner(Proposal(plan=chain("a", "b"), reason="obvious"))
    run = lab.bench(planner=planner).start("do a and b")
    assert run.wait(20) == "b"
    revision = run.view.revisions[0]
    assert (revision.author, revision.reason) == ("planner scripted", "obvious")
    assert planner.seen[0].goal == "do a and b"
    expected = ["run.created", "host.attached", "run.planning", "planner.called"]
    assert kinds(run)[:4] == expected


def test_an_own_plan_needs_no_planner(lab: Lab) -> None:
    """With a plan given nobody is asked, also where there is a planner [HARN-2]."""
    planner = Planner()
    run = lab.bench(planner=planner).start(plan=chain("a"))
    run.wait(20)
    assert planner.seen == []
    assert run.view.revisions[0].author == "person"


def test_a_goal_without_a_planner_fails_clearly(lab: Lab) -> None:
    """A goal that nobody can plan fails and says that there is no planner [HARN-2]."""
    with pytest.raises(RunFailed, match="has no planner"):
        lab.bench().start("do it").wait(20)


def test_resuming_never_asks_the_planner_again(lab: Lab, world: World) -> None:
    """Reopened in mid-run, the plan stands: the planner is not asked [RUNT-8]."""
    gate = world.gate("a")
    planner = Planner(Proposal(plan=chain("a", "b")))
    run = lab.bench(planner=planner).start("goal")
    gate.wait_reached()
    run.pause()
    gate.open()
    again = lab.reopen(run, planner=planner)
    again.resume()
    assert again.wait(20) == "b"
    assert len(planner.seen) == 1


def test_questions_are_asked_and_their_answers_known(lab: Lab, world: World) -> None:
    """Questions wait for the person; with every answer the planner is asked again [HARN-2]."""
    questions = [
        Question(id="q1", text="Which year?"),
        Question(id="q2", text="Which file?", choices={"a.csv": "the first", "b.csv": "the other"}),
    ]
    planner = Planner(Proposal(questions=questions), Proposal(plan=chain("a")))
    bench = lab.bench(planner=planner)
    run = bench.start("goal")
    run.wait_until("waiting", timeout_s=20)
    first, second = run.inbox
    assert (first.title, second.choices) == ("Which year?", dict(questions[1].choices))
    with pytest.raises(wb.errors.CommandRefused):
        second.choose("c.csv")
    first.choose("2007")
    run.wait_until("waiting", timeout_s=20)
    assert run.live_tasks() == []
    second.choose("b.csv")
    assert run.wait(20) == "a"
    assert planner.seen[1].answers == {"q1": "2007", "q2": "b.csv"}


def test_a_run_with_one_question_left_is_at_rest(lab: Lab) -> None:
    """One of two questions answered: the run waits for the other, and holds nothing [ASYN-7]."""
    questions = [Question(id=f"q{n}", text="?") for n in range(2)]
    bench = lab.bench(planner=Planner(Proposal(questions=questions)))
    run = bench.start("goal")
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].choose("x")
    run.wait_until("waiting", timeout_s=20)
    while bench.host.driving(run.id):
        run._journal.committed.wait(0.01)
    assert run.state == "waiting"
    assert bench.journal.run(run.id).owner == ""
    run.inbox[0].deny("no idea")
    with pytest.raises(RunStopped):
        run.wait(20)


def test_giving_up_is_an_outcome(lab: Lab) -> None:
    """A planner that gives up abandons the run, with its reason [PLAN-14]."""
    run = lab.bench(planner=Planner(Proposal(abandon="there is no such file"))).start("goal")
    with pytest.raises(RunStopped, match="no such file"):
        run.wait(20)
    assert run.state == "abandoned"
    ended = capture_events(run, "run.abandoned")[0]
    assert ended.reason == "there is no such file"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "a plan",
        {"plan": []},
        Proposal(),
        Proposal(plan="a, then b"),  # type: ignore[arg-type]
        Proposal(edits=["remove everything"]),  # type: ignore[list-item]
        Proposal(questions=["why?"]),  # type: ignore[list-item]
        Proposal(plan=wb.Plan(), usage={"usd": float("nan")}),
        Proposal(plan=wb.Plan(steps=[wb.Step(id="a", tool="think")]), usage=[1]),  # type: ignore[arg-type]
        Proposal(abandon=7),  # type: ignore[arg-type]
        Proposal(edits=[{"op": "skip", "step": "a"}]),  # type: ignore[list-item]
        ValueError("model down"),
        SystemExit(1),
        KeyboardInterrupt(),
    ],
    ids=repr,
)
def test_nonsense_fails_the_run_and_nothing_else(lab: Lab, answer: Any) -> None:
    """Whatever a planner gives or raises, its run fails with the reason, no other [HARN-2]."""
    bench = lab.bench(planner=Planner(answer))
    run = bench.start("goal")
    with pytest.raises(RunFailed, match="planner"):
        run.wait(20)
    assert bench.start(plan=chain("after")).wait(20) == "after"


@pytest.mark.parametrize(
    ("reserve", "why"),
    [
        (ValueError("no prices"), "ValueError: no prices"),
        ({"usd": float("nan")}, "its reserve gave a dict, no amounts by unit"),
        (["usd"], "its reserve gave a list, no amounts by unit"),
    ],
)
def test_a_planner_that_cannot_say_what_it_takes_is_not_asked(
    lab: Lab, reserve: Any, why: str
) -> None:
    """Where a limit wants to know, a reserve that raises or gives nonsense fails the run with the
    reason, before the planner is asked; other runs go on [HARN-2, HARN-9]."""

    class Unsure(Planner):
        """One that is asked beforehand."""

        def reserve(self, _context: Any) -> Any:
            if isinstance(reserve, Exception):
                raise reserve
            return reserve

    planner = Unsure(ValueError("it was asked"))
    bench = lab.bench(planner=planner, budget=wb.Budget(usd=1))
    run = bench.start("goal")
    with pytest.raises(RunFailed, match=f"the planner failed: .*{why}"):
        run.wait(20)
    assert planner.seen == []
    assert bench.start(plan=chain("after")).wait(20) == "after"


def test_a_plan_with_faults_is_never_begun(lab: Lab, world: World) -> None:
    """A planner's plan with faults fails the run, and none of it was called [PLAN-13]."""
    bad = plan(step("a", "send"), step("b", "no_such_tool"))
    run = lab.bench(planner=Planner(Proposal(plan=bad))).start("goal")
    with pytest.raises(RunFailed, match="no_such_tool"):
        run.wait(20)
    assert world.effects == []


class Thinker:
    """Thinks until its gate is opened."""

    name = "slow"

    def __init__(self, gate: Any, proposal: Proposal) -> None:
        self.gate, self.proposal, self.cancelled = gate, proposal, False

    async def propose(self, context: Any) -> Proposal:
        try:
            await self.gate.passing()
        except anyio.get_cancelled_exc_class():
            self.cancelled = True
            raise
        return self.proposal


def test_a_stop_ends_the_planner(lab: Lab, world: World) -> None:
    """A stop while the planner thinks cancels it, and the run ends at once [CONC-1]."""
    gate = world.gate("planner")
    planner = Thinker(gate, Proposal(plan=chain("a")))
    run = lab.bench(planner=planner).start("goal")
    gate.wait_reached()
    run.stop()
    with pytest.raises(RunStopped):
        run.wait(20)
    assert planner.cancelled
    assert run.plan is None


def test_a_pause_lets_the_planner_finish_and_starts_nothing(lab: Lab, world: World) -> None:
    """Paused while planning, the plan comes and can be edited; nothing of it begins [RUNT-13]."""
    gate = world.gate("planner")
    bench = lab.bench(planner=Thinker(gate, Proposal(plan=chain("a", "b"))))
    run = bench.start("goal")
    gate.wait_reached()
    run.pause()
    gate.open()
    while run.plan is None:
        run._journal.committed.wait(0.01)
    with run.editing() as draft:
        draft.remove("b")
    assert (run.state, world.calls) == ("paused", [])
    run.resume()
    assert run.wait(20) == "a"
    assert run.view.started is not None
    assert states(run) == {"a": "succeeded"}


def test_closing_while_the_planner_thinks(lab: Lab, world: World) -> None:
    """Closed while planning, the planner is asked anew on reopening [RUNT-9]."""
    gate = world.gate("planner")
    run = lab.bench(planner=Thinker(gate, Proposal(plan=chain("a")))).start("goal")
    gate.wait_reached()
    again = lab.reopen(run, planner=Planner(Proposal(plan=chain("b"))))
    assert again.wait(20) == "b"


def test_a_planner_may_wait(lab: Lab, world: World) -> None:
    """The run pauses with the planner's reason; resumed, the planner is asked again [REL-27]."""
    planner = Planner(Proposal(wait="the prices come at noon"), Proposal(plan=chain("a")))
    run = lab.bench(planner=planner).start("do a at noon's prices")
    run.wait_until("paused", timeout_s=20)
    assert (run.view.by, run.view.reason) == ("planner scripted", "the prices come at noon")
    run.resume()
    assert run.wait(20) == "a"
    assert len(planner.seen) == 2


def test_one_planner_decides_while_many_calls_are_made(lab: Lab, world: World) -> None:
    """Calls are made side by side, decisions are not: the planner is asked once at a time,
    and each has the whole plan and the state of every step [MULT-1]."""
    asked, most, seen = 0, 0, list[dict[str, str]]()

    class Planner:
        name = "the only one"

        async def propose(self, context: Any) -> Proposal:
            nonlocal asked, most
            asked += 1
            most = max(most, asked)
            await anyio.lowlevel.checkpoint()
            seen.append({report.id: report.state for report in context.steps})
            asked -= 1
            return Proposal(keep="fine")

    gates = [world.gate(name) for name in "abc"]
    run = lab.bench(planner=Planner()).start(plan=plan(*map(step, "abc")), replan="each")
    for gate in gates:
        gate.wait_reached()
    assert set(run.live_tasks()) == {"a", "b", "c"}
    world.open_all()
    run.wait(20)
    assert most == 1
    assert [set(states) for states in seen] == [{"a", "b", "c"}] * len(seen)
    assert {event.planner for event in capture_events(run, "planner.called")} == {"the only one"}
