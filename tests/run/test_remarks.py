"""What a person should know before steps are done: kept with the revision, shown everywhere."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, plan, states, step
from workbench.feed import Feed
from workbench.plan import Plan
from workbench.plan.remarks import MOST_REMARKS, MOST_STEPS, remarks_on
from workbench.planner import PlanningContext, Proposal
from workbench.report import run_html, run_text

EARLY = plan(
    step("ask", ask=True),
    step("mail", "send", after=["ask"]),
    step("check", "look", after=["ask"]),
)
ORDER = (
    "mail: cannot be undone, and may be done before check, which can still fail and does not need "
    "it; the proposal puts it behind: mail after check"
)


def waiting(lab: Lab, of: Plan = EARLY) -> wb.Run:
    run = lab.bench(policy=wb.Policy(allow=["*"])).start(plan=of)
    run.wait_until("waiting", timeout_s=20)
    return run


def test_every_surface_says_it_before_the_step(lab: Lab) -> None:
    """A one-way door before what can fail is told with the later order, as text [COMP-14]."""
    run = waiting(lab)
    for text in (str(run), run_text(run.view)):
        assert "Before you start:\n  ! mail: the point of no return" in text
        assert f"  ! {ORDER}" in text
    assert f"<li>{ORDER}</li>" in run_html(run.view)
    feed = Feed(run.bench.journal, run.id, run.bench.tool_map(), run.bench.clock)
    row, _contract = feed.full()["remarks"]
    assert (row["step"], row["text"]) == ("mail", ORDER.removeprefix("mail: "))


def test_another_process_without_the_tools_reads_it_from_the_journal(lab: Lab) -> None:
    """It is kept with the revision, so it is what the person was told then [COMP-14, RUNT-15]."""
    run = waiting(lab)
    lab.close()
    with wb.Workbench(lab.place, planner=None, read_only=True) as looking:
        assert ORDER in run_text(looking.look(run.id).view)


def test_it_goes_when_it_is_moot(lab: Lab, world: World) -> None:
    """Nothing is said of steps that were done, or that an edit has put in order [COMP-14]."""
    run = waiting(lab)
    with run.editing() as draft:
        draft.move("mail", after=["ask", "check"])
    assert "Before you" in str(run)
    assert "can still fail" not in str(run)
    run.resume()
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].approve()
    run.wait(20)
    assert "Before you" not in str(run)
    assert states(run)["mail"] == "succeeded"


def test_a_plan_without_doors_says_nothing(lab: Lab) -> None:
    """A plan that only computes and reads, in a run that knows when it is done and what it may
    take, has nothing to be said beforehand [COMP-14, MULT-10]."""
    bench = lab.bench(policy=wb.Policy(allow=["*"]), budget=wb.Budget(calls=9))
    reads = plan(step("a", ask=True), step("b", "look", after=["a"]))
    run = bench.start(plan=reads, done=wb.Check(not_empty=True))
    run.wait_until("waiting", timeout_s=20)
    assert run.view.revision.remarks == ()
    assert "Before you" not in str(run)


def test_a_run_that_nobody_can_call_done_is_warned_of(lab: Lab) -> None:
    """A run without completion criterion and limits says so before it begins, in its journal and
    wherever it is shown, until its first step; so do an edited plan and a planner's [MULT-10]."""
    run = waiting(lab, plan(step("a", ask=True), step("b", after=["a"], ask=True)))
    (warned,) = run.view.revision.remarks
    assert (warned.code, warned.step) == ("contract", None)
    feed = Feed(run.bench.journal, run.id, run.bench.tool_map(), run.bench.clock)
    for shown in (str(run), run_html(run.view), str(feed.full()["remarks"])):
        assert "no completion criterion (start(done=…) sets one)" in shown
        assert "no limits" in shown
    with run.editing() as draft:
        draft.change("b", args={"value": 2})
    assert "no completion criterion" in str(run)
    run.resume()
    run.inbox[0].approve()
    eventually(run, lambda v: v.steps["b"].state == "asking")
    assert "no completion criterion" not in str(run)

    class Planner:
        name = "scripted"

        async def propose(self, _context: PlanningContext) -> Proposal:
            return Proposal(plan=plan(step("a", ask=True)))

    planned = lab.bench(planner=Planner()).start("do a", limits={"calls": 3})
    planned.wait_until("waiting", timeout_s=20)
    assert "no completion criterion" in str(planned)
    assert "no limits" not in str(planned)


def test_a_plan_whose_last_steps_are_checked_says_when_it_is_done(lab: Lab) -> None:
    """A criterion of each of the last steps is one of the run [MULT-10]."""
    good = wb.Check(not_empty=True)
    checked = plan(step("a"), step("b", after=["a"], check=good), step("c", check=good))
    assert remarks_on(checked, World().tools(), {"usd": 1}, done=False) == ()
    open_ended = plan(step("a", check=good), step("b", after=["a"]))
    assert len(remarks_on(open_ended, World().tools(), {"usd": 1}, done=False)) == 1


@pytest.mark.parametrize("doors", [MOST_REMARKS, MOST_REMARKS + 3])
def test_many_remarks_are_counted(doors: int) -> None:
    """At most eight are told, and how many there are besides [COMP-14]."""
    steps = [step(f"m{n}", "send") for n in range(doors)]
    told = remarks_on(plan(step("look", "look"), *steps), World().tools(), {})
    assert [one.code for one in told][: MOST_REMARKS + 1] == [
        "point_of_no_return",
        *["irreversible_before_uncertain"] * MOST_REMARKS,
    ]
    rest = [one.text for one in told[MOST_REMARKS + 1 :]]
    assert rest == ([] if doors == MOST_REMARKS else ["3 more: plan.warnings(bench)"])


def test_a_very_large_plan_is_not_looked_through_at_its_start() -> None:
    """It says so instead of holding the start up; one without doors says nothing [COMP-14]."""
    many = [step(f"t{n}") for n in range(MOST_STEPS)]
    assert remarks_on(plan(*many, step("x")), World().tools(), {}) == ()
    door, said = remarks_on(plan(*many, step("mail", "send")), World().tools(), {})
    assert (door.code, door.step) == ("point_of_no_return", "mail")
    assert "plan.warnings(bench) does it" in said.text
