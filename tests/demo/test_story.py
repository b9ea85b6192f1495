"""The first story as a run: plan, pause, edit, restart, mail."""

from __future__ import annotations

from collections import Counter

import pytest

import workbench as wb
from workbench.demo import StandIn, World, add_richest, first_plan, tools


@pytest.fixture
def world(tmp_path):
    with World(tmp_path / "story") as made:
        yield made


@pytest.fixture
def you():
    return StandIn(active=True)


def open_bench(world: World) -> wb.Workbench:
    return wb.Workbench(world.journal, tools=tools(world))


def test_the_plan_of_the_story_is_sound(world):
    """The plan has eight steps, no fault, and refers to outputs that are made [PLAN-3]."""
    plan = first_plan(world)

    assert plan.check(tools(world)) == []
    assert len(plan.steps) == 8
    assert plan.order()[-1] == "mail"


def test_the_story_from_start_to_mail(world, you):
    """Paused after two steps, with a step added, it sends one mail that has the addition [PLAN-9].

    Nothing is sent before the mail is allowed, and the rows are stored once [RUNT-13] [HARN-15].
    """
    with open_bench(world) as bench:
        run = bench.start(plan=first_plan(world), key="first-run")
        you.pause(run, before="store")
        done = [step.id for step in run.view.steps.values() if step.state == "succeeded"]
        assert (run.state, done) == ("paused", ["load", "check"])

        with run.editing(reason="the boss asked for it") as draft:
            add_richest(draft)
        you.resume(run)
        you.approve(run, "store")
        assert world.mails == []
        you.approve(run, "mail")

        assert run.wait(timeout_s=30)["accepted"] == ["boss@example.org"]
        assert run.state == "succeeded"
        report = world.report.read_text()
        assert "| Africa | 54.8 |" in report
        assert "| Norway | 49,357 |" in report
        assert [mail.get_content().split() for mail in world.mails] == [report.split()]
        assert world.count_rows("gapminder") == 1704
        assert type(run.output("chart")).__name__ == "Figure"
        run.verify()


def test_the_story_goes_on_after_the_workbench_was_closed_in_the_middle(world, you):
    """Opened again by its key, no step is called a second time [ASYN-4] [ASYN-6] [RUNT-9]."""
    with open_bench(world) as bench:
        first = bench.start(plan=first_plan(world), key="first-run")
        you.approve(first, "store")
        you.wait_for(first, "mail")
    world.close()
    world.start()

    with open_bench(world) as bench:
        run = bench.start(plan=first_plan(world), key="first-run")
        assert run.id == first.id
        you.approve(run, "mail")
        run.wait(timeout_s=30)

        calls = Counter(record.step for record in run.events() if record.kind == "call.intended")
        assert set(calls) == {step.id for step in first_plan(world).steps}
        assert set(calls.values()) == {1}
        assert len(world.mails) == 1
        assert world.count_rows("gapminder") == 1704


def test_a_refused_mail_leaves_the_report(world, you):
    """If the mail is refused, the report is there and nothing was sent."""
    with open_bench(world) as bench:
        run = bench.start(plan=first_plan(world))
        you.approve(run, "store")
        you.wait_for(run, "mail")
        run.inbox[0].deny(reason="not today")
        run.wait(timeout_s=30)

        assert world.report.exists()
        assert world.mails == []
        assert run.view.steps["mail"].state == "denied"


def test_a_stand_in_does_nothing_where_a_person_is(world, monkeypatch):
    """Without WORKBENCH_SCRIPTED the buttons belong to the person [HARN-15]."""
    monkeypatch.delenv("WORKBENCH_SCRIPTED", raising=False)
    absent = StandIn()
    with open_bench(world) as bench:
        run = bench.start(plan=first_plan(world))
        run.wait_until("waiting")

        absent.pause(run, before="store")
        absent.approve(run, "store")

        assert run.state == "waiting"
        assert len(run.inbox) == 1


def test_a_stand_in_is_there_when_the_environment_says_so(monkeypatch):
    """WORKBENCH_SCRIPTED=1 means that nobody is there; 0 and nothing mean a person [HARN-15]."""
    for value, expected in (("1", True), ("0", False), ("", False)):
        monkeypatch.setenv("WORKBENCH_SCRIPTED", value)
        assert StandIn().active is expected
