"""What a person should know before steps are done: kept with the revision, shown everywhere."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, plan, states, step
from workbench.feed import Feed
from workbench.plan import Plan
from workbench.plan.remarks import MOST_REMARKS, MOST_STEPS, remarks_on
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
    (row,) = feed.full()["remarks"]
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
    """A plan that only computes and reads has nothing to be said beforehand [COMP-14]."""
    run = waiting(lab, plan(step("a", ask=True), step("b", "look", after=["a"])))
    assert run.view.revision.remarks == ()
    assert "Before you" not in str(run)


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
